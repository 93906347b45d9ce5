"""The example files: those that are shown are good, those that are refused say why."""

import re
from pathlib import Path

import pytest
import yaml

from goserviceslo.api.objective import KINDS
from goserviceslo.api.problems import parse_spec
from goserviceslo.api.v1alpha1 import GoServiceSloSpec
from goserviceslo.slo.indicator import Indicator, Reason, Workload, resolve

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
OBJECTIVES = sorted(f"objectives/{file.stem}" for file in EXAMPLES.joinpath("objectives").glob("*.yaml"))
INVALID = sorted(EXAMPLES.joinpath("invalid").glob("*.yaml"))


@pytest.mark.parametrize("file", INVALID, ids=lambda file: file.stem)
def test_a_bad_resource_is_refused_with_the_sentence_in_its_file(file: Path) -> None:
    text = file.read_text()
    expected = re.search("^# goslo validate: (.+)$", text, re.MULTILINE)
    assert expected is not None, f"{file.name} does not say what goslo validate answers"
    refusals = parse_spec(yaml.safe_load(text))
    assert isinstance(refusals, list), "it was taken"
    assert len(refusals) == 1
    assert refusals[0].startswith(expected[1])


@pytest.mark.parametrize("name", ["quickstart", "full", *OBJECTIVES])
def test_a_shown_resource_is_good(name: str) -> None:
    assert isinstance(parse_spec(yaml.safe_load(EXAMPLES.joinpath(f"{name}.yaml").read_text())), GoServiceSloSpec)


def test_the_quickstart_has_ten_lines() -> None:
    assert len(EXAMPLES.joinpath("quickstart.yaml").read_text().splitlines()) == 10


def test_every_kind_of_indicator_is_shown() -> None:
    shown = set()
    for name in OBJECTIVES:
        spec = parse_spec(yaml.safe_load(EXAMPLES.joinpath(f"{name}.yaml").read_text()))
        assert isinstance(spec, GoServiceSloSpec)
        for objective in spec.objectives:
            found = resolve(objective, Workload("shop", spec.target.name), None, None)
            assert isinstance(found, Indicator) or found.reason is Reason.NOT_YET_KNOWN, found
            shown |= {*objective.kinds} | ({"slices"} if objective.slices else set())
    assert shown == {*KINDS, "slices"}


def test_the_full_example_leaves_no_field_out() -> None:
    def fields(path: str, node: object) -> set[str]:
        match node:
            case dict():
                return {path}.union(*(fields(f"{path}.{key}", child) for key, child in node.items()))
            case list():
                return {path}.union(*(fields(f"{path}[]", child) for child in node))
        return {path}

    shown = fields("spec", yaml.safe_load(EXAMPLES.joinpath("full.yaml").read_text())["spec"])
    spec = GoServiceSloSpec.model_json_schema()
    models = {"spec": spec, **{f"spec.{name}": spec["$defs"][kind] for name, kind in _PLACES.items()}}
    missing = {f"{path}.{field}" for path, model in models.items() for field in model["properties"]} - shown
    assert missing == set()


_PLACES = {
    "target": "Target",
    "objectives[]": "Objective",
    "objectives[].slices": "Slices",
    "objectives[].http": "HttpIndicator",
    "objectives[].alerting": "ObjectiveAlerting",
    "maintenance[]": "MaintenanceWindow",
    "maintenanceFrom": "MaintenanceFrom",
    "alerting": "Alerting",
    "objectives[].grpc": "GrpcIndicator",
    "objectives[].ratio": "RatioIndicator",
    "objectives[].saturation": "SaturationIndicator",
    "objectives[].leak": "LeakIndicator",
    "objectives[].freshness": "FreshnessIndicator",
    "objectives[].throughput": "ThroughputIndicator",
    "objectives[].spread": "SpreadIndicator",
    "objectives[].boolean": "BooleanIndicator",
    "runtime": "Runtime",
    "autoscaling": "Autoscaling",
    "sla": "Sla",
}
