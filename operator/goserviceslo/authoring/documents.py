"""YAML as people write it: objects, and where in the text each of their values stands.

Values are read as `kubectl` reads them (YAML 1.1: a bare `off` is a boolean; a time is a text), so that what is judged
here is what the API server would get.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from goserviceslo.ports import Json

Location = tuple[str | int, ...]
_TAG = "tag:yaml.org,2002:"
_TRUE = frozenset({"yes", "true", "on", "y"})
DEEPEST = 100
"""Levels of a document. Who reads it recurses, and a resource of Kubernetes has some twenty."""
MOST_REPEATED = 10_000
"""Values of a document that stand there by aliases; ten lines can repeat one ten thousand million times."""
_NEST_LESS = f"nest lists and maps at most {DEEPEST} deep"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file; lines and columns are counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Unparsable(ValueError):
    """A text that is no YAML, says one thing twice, or is more than can be read."""

    def __init__(self, place: Place, sentence: str) -> None:
        super().__init__(f"{place}: {sentence}")
        self.place = place
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a file."""

    file: str
    value: Json
    _node: Node

    @property
    def kind(self) -> str:
        return str(self.value.get("kind", ""))

    @property
    def api_version(self) -> str:
        return str(self.value.get("apiVersion", ""))

    def place(self, location: Location = ()) -> Place:
        """Where the value of this location stands; of one that is not there, what it would stand in."""
        node, mark = self._node, self._node.start_mark
        for part in location:
            found = _entry(node, part)
            if found is None:
                break
            node, mark = found, found.start_mark
        return _place(self.file, mark)

    def key(self, location: Location) -> Place:
        """Where the key of this location stands; for an item of a list, or where there is none, as `place` has it."""
        node = self._node
        for part in location[:-1]:
            found = _entry(node, part)
            if found is None:
                return self.place(location)
            node = found
        keys = node.value if isinstance(node, MappingNode) else ()
        marks = (key.start_mark for key, _ in keys if _text(key) == location[-1])
        return next((_place(self.file, mark) for mark in marks), self.place(location))


def read(file: str, text: str) -> Iterator[Document | Unparsable]:
    """The objects of a file: each of its documents, the items of lists (also of kind `List`), in order.

    What is no object (a lone text, an empty document) is left out. After something unparsable nothing more comes.
    """
    parser = YAML(typ="safe", pure=True)
    parser.version = (1, 1)
    parser.max_depth = DEEPEST
    try:
        for node in parser.compose_all(text):
            _Expansion(file).check(node)
            yield from _objects(file, node)
    except MaxDepthExceededError as error:
        yield Unparsable(_place(file, error.problem_mark), f"{_NEST_LESS}{_hint(text)}")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = _place(file, mark) if mark is not None else Place(file, 1, 1)
        said = ", ".join(part for part in (error.context, error.problem) if part)
        yield Unparsable(where, f"this is no YAML: {said or 'it cannot be read'}{_hint(text)}")
    except Unparsable as error:
        yield Unparsable(error.place, f"{error.sentence}{_hint(text)}")
    except ReaderError as error:
        yield _unreadable_character(file, text, chr(error.character))


def _hint(text: str) -> str:
    return "; render templates before they are read" if "{{" in text else ""


def _unreadable_character(file: str, text: str, character: str) -> Unparsable:
    at = text.find(character)
    where = Place(file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    return Unparsable(where, f"this is no YAML: write the character U+{ord(character):04X} as an escape in quotes")


def _objects(file: str, node: Node | None) -> Iterator[Document]:
    if isinstance(node, SequenceNode):
        for item in node.value:
            yield from _objects(file, item)
    elif isinstance(node, MappingNode):
        items = _entry(node, "items")
        kind = _entry(node, "kind")
        if isinstance(items, SequenceNode) and isinstance(kind, ScalarNode) and kind.value.endswith("List"):
            yield from _objects(file, items)
        else:
            yield Document(file, _Reading(file).value(node), node)


def _entry(node: Node, part: str | int) -> Node | None:
    if isinstance(node, MappingNode) and isinstance(part, str):
        merged = [value for key, value in node.value if key.tag == f"{_TAG}merge"]
        own = (value for key, value in node.value if _text(key) == part)
        return next(own, None) or next((found for one in merged if (found := _entry(one, part))), None)
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        item: Node = node.value[part]
        return item
    return None


class _Expansion:
    """A document with each alias as what it stands for: what is endless, or too much, is refused before it is read."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._seen: set[int] = set()
        self._open: set[int] = set()
        self._repeated = 0

    def check(self, node: Node | None) -> None:
        """Raises Unparsable."""
        if id(node) in self._open:
            raise self._unparsable(node, "this holds itself: write it out without an alias")
        if id(node) in self._seen:
            self._repeated += 1
        if self._repeated > MOST_REPEATED:
            raise self._unparsable(
                node, f"aliases repeat this and others, more than {MOST_REPEATED} values: write out what is needed"
            )
        self._seen.add(id(node))
        if not isinstance(node, SequenceNode | MappingNode):
            return
        if len(self._open) == DEEPEST:
            raise self._unparsable(node, _NEST_LESS)
        self._open.add(id(node))
        for part in node.value:
            for child in part if isinstance(part, tuple) else (part,):
                self.check(child)
        self._open.remove(id(node))

    def _unparsable(self, node: Any, sentence: str) -> Unparsable:
        return Unparsable(_place(self._file, node.start_mark), sentence)


class _Reading:
    """Nodes as plain values."""

    def __init__(self, file: str) -> None:
        self._file = file

    def value(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            return _scalar(node)
        return [self.value(item) for item in node.value] if isinstance(node, SequenceNode) else self._mapping(node)

    def _mapping(self, node: Node) -> Json:
        own: Json = {}
        merged: Json = {}
        for key, item in node.value:
            if key.tag == f"{_TAG}merge":
                several = self.value(item)
                for one in reversed(several if isinstance(several, list) else [several]):
                    merged |= one if isinstance(one, dict) else {}
                continue
            if not isinstance(key, ScalarNode):
                raise Unparsable(
                    _place(self._file, key.start_mark), "this is no YAML: a map stands where a name belongs"
                )
            name = _text(key)
            if name in own:
                raise Unparsable(
                    _place(self._file, key.start_mark), f"there are two fields {name} here: keep one of them"
                )
            own[name] = self.value(item)
        return {**merged, **own}


def _text(key: Node) -> str:
    return str(key.value) if isinstance(key, ScalarNode) else ""


def _scalar(node: ScalarNode) -> Any:
    text = node.value
    match (node.tag or "").removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return text.lower() in _TRUE
        case "int":
            return _whole(text)
        case "float":
            return _fraction(text)
        case _:
            return text


def _whole(text: str) -> int | str:
    plain = text.replace("_", "").lower()
    try:
        if plain.lstrip("+-").startswith("0") and plain.lstrip("+-").isdecimal() and len(plain.lstrip("+-")) > 1:
            return int(plain, 8)
        return int(plain, 0)
    except ValueError:
        return text  # 1:30 is a number of base sixty in YAML 1.1, and a text for kubectl


def _fraction(text: str) -> float | str:
    try:
        return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan").replace(".NaN", "nan"))
    except ValueError:
        return text


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1)
