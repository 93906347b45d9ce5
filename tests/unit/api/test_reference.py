"""The API reference: up to date, whole, and with examples that work."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.api.specs import replaced, resource
from tests.unit.api.values import EVERYTHING, FIELDS
from tests.unit.api.values import Path as Place

from goserviceslo.api.problems import parse_spec
from goserviceslo.api.reference import reference
from goserviceslo.api.schema import inlined, raw_schema
from goserviceslo.api.status import GoServiceSloStatus
from goserviceslo.api.v1alpha1 import GoServiceSloSpec

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "reference" / "goserviceslo.md"
OBJECTS: list[Place] = [
    ("target",),
    ("objectives", 0, "http"),
    ("objectives", 0, "http", "errors"),
    ("objectives", 0, "http", "labels"),
    ("objectives",),
    *(("maintenance",), ("maintenance", 0, "except"), ("maintenanceFrom",)),
    *(("alerting",), ("alerting", "labels"), ("alerting", "annotations"), ("objectives", 0, "alerting")),
    *(("runtime",), ("runtime", "env"), ("autoscaling",), ("sla",)),
]


def test_the_committed_page_is_what_the_models_render() -> None:
    assert COMMITTED.read_text() == reference(), "run `make generate`"


def test_every_field_has_a_row() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", reference(), re.MULTILINE))
    for model in (GoServiceSloSpec, GoServiceSloStatus):
        schema = raw_schema(model)
        for definition in (schema, *schema["$defs"].values()):
            assert set(definition.get("properties", ())) <= rows


def test_every_row_has_all_its_cells() -> None:
    rows = [line for line in reference().splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("spec.objectives[]", "| `target` | number or string | **required** | percent |"),
        ("spec.objectives[]", "| `window` | string, at most 24 | 30d |"),
        ("spec.objectives[]", "| `minEvents` | integer, 1 to 1,000,000,000 |"),
        ("spec.objectives[].http", "| `errors` | list of integer or string, at most 16 | [5xx] |"),
        ("spec.objectives[].http", "| `labels` | map of string to string, at most 256, at most 16 |"),
        ("spec.runtime", "| `takeOver` | boolean | false |"),
        ("status.objectives[]", "| `good` | integer, at least 0 |  | events |"),
        ("status.objectives[]", "| `state` | `Met` \\| `AtRisk` \\| `Breached` \\| `NoData` |"),
    ],
)
def test_a_row_gives_type_default_and_unit(heading: str, row: str) -> None:
    section = reference().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert any(line.startswith(row.removesuffix("|").rstrip()) for line in section.splitlines()), section


def documented(place: Place) -> dict[str, Any]:
    node = root = raw_schema(GoServiceSloSpec)
    for part in place:
        child = node["items"] if isinstance(part, int) else node["properties"][part]
        node, _ = inlined(child, root["$defs"], "", ())
    return node


@pytest.mark.parametrize("place", [*OBJECTS, *(place for place in FIELDS if not isinstance(place[-1], int))], ids=str)
def test_every_example_of_the_spec_is_taken_where_it_stands(place: Place) -> None:
    if place[-2:-1] in (("labels",), ("annotations",), ("env",)):
        place = place[:-1]
    examples = documented(place)["examples"]
    for example in examples:
        taken = parse_spec(resource(replaced(EVERYTHING, place, yaml.safe_load(example))))
        assert isinstance(taken, GoServiceSloSpec), (example, taken)


def test_a_default_in_words_is_the_models_default() -> None:
    without = replaced(EVERYTHING, ("objectives", 0, "window"), None)
    with_default = replaced(
        EVERYTHING, ("objectives", 0, "window"), documented(("objectives", 0, "window"))["x-goslo-default"]
    )
    assert parse_spec(resource(without)) == parse_spec(resource(with_default))
