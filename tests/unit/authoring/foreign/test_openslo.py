"""OpenSLO v1, as GoServiceSLOs."""

from textwrap import dedent

import pytest
from tests.table import cases
from tests.unit.authoring.given import documents

from goserviceslo.authoring.foreign import openslo
from goserviceslo.authoring.foreign.promise import Found
from goserviceslo.ports import Json

SLO = dedent("""\
    apiVersion: openslo/v1
    kind: SLO
    metadata: {name: answers, displayName: Answers}
    spec:
      description: Searching works.
      service: search-api
      indicator:
        metadata: {name: good-answers}
        spec:
          ratioMetric:
            counter: true
            good: {metricSource: {type: Prometheus, spec: {query: 'sum(asked_total{job="search",code!~"5.."})'}}}
            total: {metricSource: {type: Prometheus, spec: {query: 'sum(asked_total{job="search"})'}}}
      timeWindow:
      - duration: 28d
        isRolling: true
      budgetingMethod: Occurrences
      objectives:
      - displayName: Good
        target: 0.995
    """)
HTTP = {"metric": "asked_total", "statusLabel": "code", "labels": {"job": "search"}}
CALENDAR = """\
  - duration: %s
    isRolling: false
    calendar: {startTime: %s, timeZone: America/New_York}
"""
ROLLING = "  - duration: 28d\n    isRolling: true\n"
RATIO = SLO[SLO.index("      ratioMetric:") : SLO.index("  timeWindow:")]


def found(text: str, *others: str) -> Found:
    (document,) = documents(text)
    return openslo.read(document, [document, *(one for other in others for one in documents(other))])


def objective(text: str, *others: str) -> Json:
    (promise,) = found(text, *others).promises
    return promise.objective


def lost(text: str) -> list[str]:
    return [remark.text for remark in found(text).remarks if remark.lost]


def test_an_slo_becomes_an_objective() -> None:
    (promise,) = found(SLO).promises
    assert promise.service == "search-api"
    assert promise.objective == {
        "name": "answers",
        "description": "Searching works.",
        "target": "99.5",
        "window": "28d",
        "http": HTTP,
    }
    assert lost(SLO) == []


def test_an_sli_that_is_referred_to_is_looked_up() -> None:
    start, end = SLO.index("  indicator:"), SLO.index("  timeWindow:")
    sli = "apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: good-answers}\nspec:\n" + dedent(RATIO).replace(
        "ratioMetric", "  ratioMetric"
    ).replace("\n  ", "\n    ")
    referring = SLO[:start] + "  indicatorRef: good-answers\n" + SLO[end:]
    assert objective(referring, sli) == objective(SLO)
    assert lost(referring)[0].startswith("spec.indicatorRef: the whole objective: there is no SLI good-answers")


@cases(
    "window, fields",
    {
        "a month": (CALENDAR % ("1M", "2026-01-01 00:00:00"), {"window": "Month", "timeZone": "America/New_York"}),
        "a week from Monday": (
            CALENDAR % ("1w", "2026-01-05 00:00:00"),
            {"window": "Week", "timeZone": "America/New_York"},
        ),
        "a quarter": (CALENDAR % ("1Q", "2026-04-01 00:00:00"), {"window": "Quarter", "timeZone": "America/New_York"}),
        "a week that rolls": ("  - {duration: 1w, isRolling: true}\n", {"window": "1w"}),
    },
)
def test_windows_are_carried(window: str, fields: Json) -> None:
    one = objective(SLO.replace(ROLLING, window))
    assert {name: one[name] for name in ("window", "timeZone") if name in one} == fields
    assert lost(SLO.replace(ROLLING, window)) == []


def test_slices_that_must_be_good_enough_are_slices() -> None:
    text = SLO.replace("Occurrences", "Timeslices").replace(
        "target: 0.995", "target: 0.99\n    timeSliceTarget: 0.95\n    timeSliceWindow: 5m"
    )
    assert objective(text)["slices"] == {"length": "5m", "good": "95"}


def test_a_threshold_is_a_comparison() -> None:
    text = SLO.replace(
        RATIO, "      thresholdMetric: {metricSource: {type: Prometheus, spec: {query: max(queue_length)}}}\n"
    ).replace("displayName: Good", "op: gte\n    value: 7")
    assert objective(text)["boolean"] == {"holds": "(max(queue_length)) >= bool 7"}
    assert lost(text) == []


@pytest.mark.parametrize("compared", ["op: gt", "value: 7", "op: eq\n    value: 7"])
def test_a_threshold_without_a_comparison_is_named(compared: str) -> None:
    text = SLO.replace(
        RATIO, "      thresholdMetric: {metricSource: {type: Prometheus, spec: {query: max(queue_length)}}}\n"
    ).replace("displayName: Good", compared)
    assert found(text).promises == ()
    assert lost(text) == [
        "spec.objectives[0]: the whole objective, because it names no value and op (lt, lte, gt, gte) to compare with"
    ]


def test_an_sli_that_no_slo_refers_to_is_named() -> None:
    sli = "{apiVersion: openslo/v1, kind: SLI, metadata: {name: alone}, spec: {}}"
    assert lost(sli) == ["kind: this SLI: no SLO in these files has indicatorRef: alone"]


def test_the_parts_of_a_composite_are_named() -> None:
    own = "  - {compositeWeight: 2, indicatorRef: a, target: 0.9}\n"
    assert found(SLO + own).promises == ()
    assert [sentence.partition(": it")[0] for sentence in lost(SLO + own)] == [
        "spec.objectives[1].indicatorRef: the whole objective",
        "spec.objectives[1].compositeWeight: the whole objective",
    ]


def test_what_an_sli_says_besides_is_named() -> None:
    text = SLO.replace("metadata: {name: good-answers}", "metadata: {name: good-answers, annotations: {a: b}}")
    assert lost(text) == ["spec.indicator.metadata.annotations: there is no such thing in a GoServiceSLO"]


def test_several_objectives_of_one_slo_have_names_of_their_own() -> None:
    promises = found(SLO + "  - displayName: Very good\n    target: 0.9\n").promises
    assert [promise.objective["name"] for promise in promises] == ["answers-good", "answers-very-good"]


@cases(
    "old, new, text",
    {
        "another system": (
            "good: {metricSource: {type: Prometheus",
            "good: {metricSource: {type: Datadog",
            "spec.indicator.spec.ratioMetric.good.metricSource: the whole objective: it is measured by Datadog",
        ),
        "an alert policy": (
            "  budgetingMethod",
            "  alertPolicies: [urgent]\n  budgetingMethod",
            "spec.alertPolicies[0]: alerts follow from the objective",
        ),
        "a month that rolls": ("28d", "1M", "spec.timeWindow[0].duration: a rolling 1M, which has no fixed length"),
        "a week that starts at noon": (
            ROLLING,
            CALENDAR % ("1w", "2026-01-05 12:00:00"),
            "spec.timeWindow[0].calendar.startTime: 2026-01-05 12:00:00: a Week starts at midnight",
        ),
        "two weeks by the calendar": (
            ROLLING,
            CALENDAR % ("2w", "2026-01-05 00:00:00"),
            "spec.timeWindow[0]: the whole SLO, because a calendar window is one of 1d, 1w",
        ),
        "a mean of slices": (
            "Occurrences",
            "RatioTimeslices",
            "spec.budgetingMethod: the whole objective: RatioTimeslices is neither",
        ),
        "a share that has no method of its own": (
            "Occurrences",
            "Timeslices",
            "spec.budgetingMethod: the whole objective: Timeslices is neither",
        ),
        "counters that are none": (
            "counter: true",
            "counter: false",
            "spec.indicator.spec.ratioMetric: the whole objective, because sum(asked_total",
        ),
        "a label with several values": (
            "displayName: Answers",
            "labels: {team: [a, b]}",
            "metadata.labels.team: its value is none that Kubernetes takes",
        ),
    },
)
def test_what_has_no_equivalent_is_named(old: str, new: str, text: str) -> None:
    assert old in SLO
    (named,) = lost(SLO.replace(old, new))
    assert named.startswith(text)


@cases(
    "kind",
    {kind: kind for kind in ("DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "Service")},
)
def test_the_other_kinds_say_what_is_said_elsewhere_here(kind: str) -> None:
    (named,) = lost(f"{{apiVersion: openslo/v1, kind: {kind}, metadata: {{name: a}}, spec: {{}}}}")
    assert named.startswith(f"kind: this {kind}: ")


def test_another_version_is_named_as_unknown() -> None:
    assert lost("{apiVersion: openslo/v1alpha, kind: SLO, spec: {}}") == [
        "apiVersion: the whole object: only openslo/v1 is known"
    ]
