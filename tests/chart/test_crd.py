"""The CustomResourceDefinition in the chart: the one of crds/, and one that upgrades."""

from typing import Any

import pytest
import yaml
from tests.chart.programs import CHART, CRD, ROOT, Helm, Json, only
from tests.table import cases

pytestmark = pytest.mark.helm

SOURCES = sorted((ROOT / "crds").glob("*.yaml"))
KEEP = {"helm.sh/resource-policy": "keep"}


def without_helms_marks(crd: Json, marks: set[str]) -> Json:
    """The definition less what the chart adds to its metadata."""
    metadata = {**crd["metadata"], "annotations": dict(crd["metadata"].get("annotations", {}))}
    metadata.pop("labels", None)
    for mark in marks:
        metadata["annotations"].pop(mark, None)
    return {**crd, "metadata": metadata}


def test_the_charts_copies_are_the_rendered_definitions_byte_for_byte() -> None:
    copies = {path.name: path.read_bytes() for path in (CHART / "files" / "crds").iterdir()}
    rendered = {path.name: path.read_bytes() for path in SOURCES}
    assert copies == rendered, "run: cp crds/*.yaml charts/goserviceslo/files/crds/"
    assert list(rendered) == ["goslo.dev_goserviceslos.yaml"]


def test_nothing_in_the_definition_is_lost_on_the_way_through_helm(helm: Helm) -> None:
    rendered = only(helm.template(), "CustomResourceDefinition", CRD)
    source = yaml.safe_load((CHART / "files" / "crds" / "goslo.dev_goserviceslos.yaml").read_text(encoding="utf-8"))
    assert without_helms_marks(rendered, set(KEEP)) == without_helms_marks(source, set())


@cases(
    "crds, found",
    {
        "is kept by default": ({}, [True]),
        "goes with the chart where the user says so": ({"keep": False}, [False]),
        "is left to others where the user says so": ({"install": False}, []),
    },
)
def test_the_definition(helm: Helm, crds: dict[str, Any], found: list[bool]) -> None:
    definitions = [item for item in helm.template({"crds": crds}) if item["kind"] == "CustomResourceDefinition"]
    assert [KEEP.items() <= item["metadata"].get("annotations", {}).items() for item in definitions] == found


def test_helms_own_folder_for_definitions_is_not_used_because_it_never_upgrades() -> None:
    assert not (CHART / "crds").exists()
