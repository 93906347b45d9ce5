"""YAML is read as kubectl reads it, and every value knows its place."""

from typing import Any

import pytest
from tests.table import cases
from tests.unit.authoring.given import documents, objects

from goserviceslo.authoring.documents import Place, Unparsable

TEXT = """\
kind: Thing
spec:
  list:
  - {name: a, size: 1}
  - name: b
    size: 2
"""


@cases(
    "location, line, column",
    {
        "the object": ((), 1, 1),
        "a value": (("kind",), 1, 7),
        "a map": (("spec",), 3, 3),
        "an item": (("spec", "list", 1), 5, 5),
        "a value in a flow map": (("spec", "list", 0, "size"), 4, 21),
        "what is not there, where it belongs": (("spec", "list", 1, "colour"), 5, 5),
    },
)
def test_a_value_stands_where_its_text_begins(location: tuple[str | int, ...], line: int, column: int) -> None:
    (document,) = documents(TEXT)
    assert document.place(location) == Place("slo.yaml", line, column)


def test_a_key_has_a_place_of_its_own() -> None:
    (document,) = documents(TEXT)
    assert document.key(("spec", "list", 0, "size")) == Place("slo.yaml", 4, 15)
    assert document.key(("spec", "list", 0, "colour")) == Place("slo.yaml", 4, 5)


@cases(
    "text, value",
    {
        "a bare word that is a boolean": ("off", False),
        "the same in quotes": ('"off"', "off"),
        "a time": ("2026-12-01T02:00:00Z", "2026-12-01T02:00:00Z"),
        "a number": ("99.9", 99.9),
        "a whole number": ("1_000", 1000),
        "an octal number": ("010", 8),
        "what is a number of base sixty elsewhere": ("1:30", "1:30"),
        "nothing": ("~", None),
        "a class of status codes": ("5xx", "5xx"),
        "a merge": ("{<<: {a: 1, b: 2}, b: 3}", {"a": 1, "b": 3}),
    },
)
def test_a_value_is_what_kubectl_would_send(text: str, value: Any) -> None:
    (document,) = documents(f"x: {text}\n")
    assert document.value == {"x": value}


def test_documents_lists_and_items_come_one_after_the_other() -> None:
    text = """\
    {n: 1}
    ---
    # nothing
    ---
    - {n: 2}
    - {n: 3}
    ---
    kind: List
    items:
    - n: 4
    - {kind: ThingList, items: [{n: 5}]}
    ---
    just a text
    """
    assert [one.value["n"] for one in documents(text)] == [1, 2, 3, 4, 5]


def bomb(opening: str, before: str, closing: str) -> str:
    """Ten lines that stand for nine to the tenth values."""
    first = f"- &a0 {opening}{before}{{k: v}}{closing}\n"
    others = (", ".join([f"{before}*a{number}"] * 9) for number in range(9))
    return first + "".join(f"- &a{number} {opening}{nine}{closing}\n" for number, nine in enumerate(others, 1))


NESTED_BY_ALIASES = "- &a0 [[[[[[x]]]]]]\n" + "".join(
    f"- &a{number} {'[' * 50}*a{number - 1}{']' * 50}\n" for number in range(1, 4)
)


@cases(
    "text, line, column, said",
    {
        "a bracket that is never closed": ("a: [1\nb: 2\n", 2, 2, "this is no YAML"),
        "two fields of one name": ("a: 1\nb: 2\na: 3\n", 3, 1, "there are two fields a here: keep one of them"),
        "a value that holds itself": ("a: &x [*x]\n", 1, 4, "this holds itself"),
        "an object that is merged into itself": ("&x\n<<: *x\n", 1, 1, "this holds itself"),
        "lists nested without end": ("a: " + "[" * 1000 + "]" * 1000, 1, 103, "nest lists and maps at most 100 deep"),
        "lists that are opened only": ("[" * 1000, 1, 101, "nest lists and maps at most 100 deep"),
        "items nested without end": ("- " * 1000 + "a", 1, 201, "nest lists and maps at most 100 deep"),
        "aliases that nest": (NESTED_BY_ALIASES, 2, 56, "nest lists and maps at most 100 deep"),
        "aliases of aliases": (bomb("[", "", "]"), 1, 12, "aliases repeat this and others, more than 10000 values"),
        "merges of merges": (bomb("{", "<<: ", "}"), 1, 3, "aliases repeat this and others, more than 10000 values"),
        "a character that cannot be seen": ("a: \xa0\nb: \x01\n", 2, 4, "write the character U+0001 as an escape"),
        "a template": ("a: 1\n---\n{{ if .Values.x }}\n", 3, 1, "render templates before they are read"),
    },
)
def test_what_cannot_be_read_says_where(text: str, line: int, column: int, said: str) -> None:
    *_, last = objects(text)
    assert isinstance(last, Unparsable)
    assert (last.place.line, last.sentence.find(said) >= 0) == (line, True), last
    assert last.place.column == column or "template" in said


def test_a_few_aliases_are_what_they_stand_for() -> None:
    (document,) = documents("a: &x {b: [1]}\nc: *x\nd: [*x, *x]\n")
    assert document.value == {"a": {"b": [1]}, "c": {"b": [1]}, "d": [{"b": [1]}, {"b": [1]}]}


@pytest.mark.parametrize("text", ["", "# only words\n", "---\n---\n"])
def test_a_file_without_objects_gives_none(text: str) -> None:
    assert objects(text) == []
