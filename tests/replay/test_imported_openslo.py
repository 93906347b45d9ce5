"""Every public example of OpenSLO v1 that its own tool is tested with: what is not carried over is named with its line.

None of them is measured by Prometheus, so nothing of them can be counted; test_openslo.py has some that can.
"""

from pathlib import Path

import pytest
from tests.replay.originals import OPENSLO_EXAMPLES

from goserviceslo.authoring.documents import Document, read
from goserviceslo.authoring.foreign.importing import Import, ImportOptions, import_all

NOT_CARRIED = {
    "test/v1/slo/slo-no-indicatorref-calendar-alerts": [
        (17, "measured by Datadog, not by Prometheus"),
        (23, "measured by Datadog, not by Prometheus"),
        (31, "a Day starts at midnight"),
        (39, "alerts follow from the objective"),
    ],
    "test/v1/slo/slo-no-indicatorref-calendar-no-alerts": [
        (17, "measured by Datadog, not by Prometheus"),
        (23, "measured by Datadog, not by Prometheus"),
        (31, "a Day starts at midnight"),
    ],
    "test/v1/slo/slo-no-indicatorref-rolling-alerts": [
        (17, "measured by Datadog, not by Prometheus"),
        (23, "measured by Datadog, not by Prometheus"),
        (29, "30d is written instead, or write window: Month"),
        (36, "alerts follow from the objective"),
    ],
    "test/v1/slo/slo-no-indicatorref-rolling-no-alerts": [
        (17, "measured by Datadog, not by Prometheus"),
        (23, "measured by Datadog, not by Prometheus"),
        (29, "30d is written instead, or write window: Month"),
    ],
    "test/v1/slo/slo-indicatorref-calendar-alerts": [
        (9, "there is no SLI indicatorRefString in these files"),
        (13, "a Day starts at midnight"),
        (21, "alerts follow from the objective"),
    ],
    "test/v1/slo/slo-indicatorref-calendar-no-alerts": [
        (9, "there is no SLI indicatorRefString in these files"),
        (13, "a Day starts at midnight"),
    ],
    "test/v1/slo/slo-indicatorref-rolling-alerts": [
        (9, "there is no SLI indicatorRefString in these files"),
        (18, "alerts follow from the objective"),
    ],
    "test/v1/slo/slo-indicatorref-rolling-no-alerts": [(9, "there is no SLI indicatorRefString in these files")],
    "test/v1/slo/slo-indicatorRef-rolling-cloudwatch": [(8, "there is no SLI foo-sli in these files")],
    "test/v1/slo/slo-with-annotations": [(9, "no pair of good or bad and total")],
    "test/v1/slo/slo-with-labels": [(10, "none that Kubernetes takes"), (16, "no pair of good or bad and total")],
    "test/v1/multi": [
        (29, "measured by CloudWatch, not by Prometheus"),
        (42, "this DataSource: where measurements come from is the operator's to know"),
    ],
}
"""Examples of OpenSLO v1 with an SLO, and what of them is named at which line: none is measured by Prometheus."""


def of_openslo(file: Path) -> Import:
    return import_all(read(file.name, file.read_text()), ImportOptions())


def documents(file: Path) -> list[Document]:
    return [one for one in read(file.name, file.read_text()) if isinstance(one, Document)]


def place_in_module(file: Path) -> str:
    return str(file.with_suffix("")).partition("@")[2].partition("/")[2]


def test_no_example_of_openslo_is_left_out() -> None:
    with_slo = {place_in_module(file) for file in OPENSLO_EXAMPLES if _kinds(file) >= {"openslo/v1 SLO"}}
    assert with_slo == NOT_CARRIED.keys()


@pytest.mark.parametrize(("place", "named"), NOT_CARRIED.items(), ids=NOT_CARRIED)
def test_of_an_example_of_openslo_every_line_that_is_not_carried_is_named(
    place: str, named: list[tuple[int, str]]
) -> None:
    (file,) = (one for one in OPENSLO_EXAMPLES if place_in_module(one) == place)
    found = of_openslo(file)
    assert found.resources == ()
    assert [remark.place.line for remark in found.remarks if remark.lost] == [line for line, _ in named]
    for remark, (_, words) in zip(found.remarks, named, strict=True):
        assert words in remark.text


@pytest.mark.parametrize(
    "file",
    [file for file in OPENSLO_EXAMPLES if place_in_module(file) not in NOT_CARRIED],
    ids=place_in_module,
)
def test_an_example_of_openslo_without_an_slo_is_named_as_a_whole(file: Path) -> None:
    found = of_openslo(file)
    assert found.resources == ()
    assert [str(remark.origin) for remark in found.remarks] == [str(one.place()) for one in documents(file)]
    assert all(remark.lost for remark in found.remarks)


def _kinds(file: Path) -> set[str]:
    return {f"{one.api_version} {one.kind}" for one in documents(file)}
