"""OpenSLO v1, as GoServiceSLOs."""

from textwrap import dedent

import pytest
from tests.table import cases
from tests.unit.authoring.foreign.imports import imported
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
SOURCE = "{metricSource: {type: Prometheus, spec: {query: '%s'}}}"


def threshold(query: str, objective: str, method: str = "Occurrences") -> str:
    metric = f"      thresholdMetric: {SOURCE % query}\n"
    text = SLO.replace(RATIO, metric).replace("displayName: Good", objective)
    return text.replace("Occurrences", method)


def found(text: str, *others: str) -> Found:
    (document,) = documents(text)
    return openslo.read(document, [document, *(one for other in others for one in documents(other))])


def objective(text: str, *others: str) -> Json:
    (promise,) = found(text, *others).promises
    return promise.objective


def lost(text: str) -> list[str]:
    return [remark.text for remark in found(text).remarks if remark.lost]


def noted(text: str) -> list[str]:
    return [remark.text for remark in found(text).remarks if not remark.lost]


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
    text = threshold("max(queue_length)", "op: gte\n    value: 7")
    assert objective(text)["boolean"] == {"holds": "(max(queue_length)) >= bool 7"}
    assert lost(text) == []


@pytest.mark.parametrize("compared", ["op: gt", "value: 7", "op: eq\n    value: 7"])
def test_a_threshold_without_a_comparison_is_named(compared: str) -> None:
    text = threshold("max(queue_length)", compared)
    assert found(text).promises == ()
    assert lost(text) == [
        "spec.objectives[0]: the whole objective, because it names no value and op (lt, lte, gt, gte) to compare with"
    ]


SLICED = "op: lte\n    value: 0.5\n    timeSliceWindow: 5m"


def test_a_threshold_of_slices_has_their_length() -> None:
    text = threshold("max(queue_length)", SLICED, "Timeslices")
    assert objective(text)["slices"] == {"length": "5m"}
    assert lost(text) == []


def test_a_threshold_without_the_length_of_slices_says_what_it_is() -> None:
    text = threshold("max(queue_length)", "op: lte\n    value: 1", "Timeslices")
    assert "slices" not in objective(text)
    assert "spec.objectives[0]: it names no timeSliceWindow: a slice is a minute" in noted(text)


def test_of_a_threshold_slices_that_must_be_good_as_a_whole_are_carried_over() -> None:
    text = threshold("max(queue_length)", f"{SLICED}\n    timeSliceTarget: 1.0", "Timeslices")
    assert list(lost(text)) == []
    assert objective(text)["boolean"]["holds"].startswith("(max(queue_length)) <")


def test_an_operator_that_is_a_list_is_named() -> None:
    (said,) = lost(threshold("max(queue_length)", "op: [lt]\n    value: 1"))
    assert said.startswith("spec.objectives[0]: the whole objective, because it names no value and op")


@cases(
    "text, named",
    {
        "how good a slice must be": (
            threshold("max(queue_length)", f"{SLICED}\n    timeSliceTarget: 0.9", "Timeslices"),
            "spec.objectives[0].timeSliceTarget: a slice is good or bad as a whole, by the value at its end",
        ),
        "how long a slice is, where there are none": (
            threshold("max(queue_length)", SLICED),
            "spec.objectives[0].timeSliceWindow: it is for Timeslices: write that as budgetingMethod, or leave it out",
        ),
        "how good a slice must be, where there are none": (
            threshold("max(queue_length)", "op: lt\n    value: 1\n    timeSliceTarget: 0.9"),
            "spec.objectives[0].timeSliceTarget: it is for Timeslices",
        ),
    },
)
def test_of_a_threshold_what_says_nothing_of_its_slices_is_named(text: str, named: str) -> None:
    (said,) = lost(text)
    assert said.startswith(named)
    assert objective(text)["boolean"]["holds"].startswith("(max(queue_length)) <")


@cases(
    "text, named",
    {
        "a mean of slices": (
            threshold("max(queue_length)", "op: lt\n    value: 1", "RatioTimeslices"),
            "spec.budgetingMethod: the whole objective: RatioTimeslices is neither",
        ),
        "a value that is no number": (
            threshold("max(queue_length)", "op: lt\n    value: true"),
            "spec.objectives[0]: the whole objective, because it names no value and op",
        ),
        "namespaces by an expression": (
            threshold('max(queue_length{namespace=~"p|q"})', "op: lt\n    value: 1"),
            'spec.indicator.spec.thresholdMetric: the whole objective, because queue_length{namespace=~"p|q"} counts',
        ),
        "two namespaces": (
            threshold('max(a{namespace="p"}) / max(b{namespace="q"})', "op: lt\n    value: 1"),
            "spec.indicator.spec.thresholdMetric: the whole objective, because it counts a{",
        ),
        "a query that the operator would refuse": (
            threshold("max_over_time(queue_length[30d])", "op: lt\n    value: 1"),
            "spec.indicator.spec.thresholdMetric: the whole objective, because its query is refused: look back at most",
        ),
        "no PromQL": (
            threshold("max(", "op: lt\n    value: 1"),
            "spec.indicator.spec.thresholdMetric: the whole objective, because its query is refused: ",
        ),
    },
)
def test_a_threshold_that_has_no_equivalent_is_named(text: str, named: str) -> None:
    (said,) = lost(text)
    assert said.startswith(named)
    assert found(text).promises == ()


def test_the_namespace_of_a_thresholds_query_is_the_resources() -> None:
    (promise,) = found(threshold('max(a{namespace="p"})', "op: lt\n    value: 1")).promises
    assert (promise.namespace, promise.asked) == ("p", "p")


@cases(
    "text, note",
    {
        "op": (SLO.replace("displayName: Good", "op: lt"), "spec.objectives[0].op: it is for a thresholdMetric"),
        "value": (
            SLO.replace("displayName: Good", "value: 1"),
            "spec.objectives[0].value: it is for a thresholdMetric",
        ),
        "a name for people": (SLO, "metadata.displayName: an objective has no name for people beside its own: Answers"),
        "a name of the only objective": (SLO, "spec.objectives[0].displayName: an objective has no name for people"),
        "what an SLI is described as": (
            SLO.replace(RATIO, f"      description: Good.\n{RATIO}"),
            "spec.indicator.spec.description: an objective has the description of its SLO",
        ),
        "a reference to a source": (
            SLO.replace("total: {metricSource: {", "total: {metricSource: {metricSourceRef: main, "),
            "spec.indicator.spec.ratioMetric.total.metricSource.metricSourceRef: series are read from the operator's",
        ),
        "pods that nobody chose": (
            threshold("queue_length", "op: lt\n    value: 1"),
            "spec.objectives[0]: of series with a pod, those of other Deployments are left out",
        ),
    },
)
def test_what_is_not_needed_is_noted(text: str, note: str) -> None:
    assert [said for said in noted(text) if said.startswith(note)]
    assert lost(text) == []


def test_a_remark_on_an_sli_stands_with_the_resource_of_its_slo() -> None:
    start, end = SLO.index("  indicator:"), SLO.index("  timeWindow:")
    sli = (
        "apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: good-answers}\nspec:\n  colour: red\n"
        f"  ratioMetric: {{counter: true, good: {SOURCE % 'sum(well)'}, total: {SOURCE % 'sum(asked)'}}}\n"
    )
    together = imported(f"{SLO[:start]}  indicatorRef: good-answers\n{SLO[end:]}---\n{sli}")
    (one,) = together.resources
    assert [str(remark.text) for remark in one.remarks if remark.lost] == [
        "spec.colour: there is no such thing in a GoServiceSLO"
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
            "spec.objectives[0]: the whole objective, because it names no timeSliceTarget: write timeSliceTarget: 0.99",
        ),
        "how good a slice must be, where there are none": (
            "target: 0.995",
            "target: 0.995\n    timeSliceTarget: 0.9",
            "spec.objectives[0].timeSliceTarget: it is for Timeslices: write that as budgetingMethod, or leave it out",
        ),
        "how long a slice is, where there are none": (
            "target: 0.995",
            "target: 0.995\n    timeSliceWindow: 5m",
            "spec.objectives[0].timeSliceWindow: it is for Timeslices: write that as budgetingMethod, or leave it out",
        ),
        "two targets that disagree": (
            "target: 0.995",
            "target: 0.995\n    targetPercent: 99",
            (
                "spec.objectives[0]: the whole objective, because its target is 99.5%, and 99% by targetPercent: write "
                "one of the two"
            ),
        ),
        "a target that is no number": (
            "target: 0.995",
            "target: high",
            "spec.objectives[0]: the whole objective, because its target is no number: write target: 0.99",
        ),
        "no objectives": (
            SLO[SLO.index("  objectives:") :],
            "",
            "spec.objectives: the whole SLO, because it has no objectives: write one with a target",
        ),
        "bad ones beside the good ones": (
            "counter: true\n",
            f"counter: true\n        bad: {SOURCE % 'sum(failed_total)'}\n",
            "spec.indicator.spec.ratioMetric.good: there is no such thing in a GoServiceSLO",
        ),
        "the share's kind where there are two counters": (
            "counter: true\n",
            "counter: true\n        rawType: failure\n",
            "spec.indicator.spec.ratioMetric.rawType: there is no such thing in a GoServiceSLO",
        ),
        "a share of neither good nor bad ones": (
            RATIO,
            f"      ratioMetric: {{counter: true, raw: {SOURCE % 'sum(well) / sum(asked)'}}}\n",
            "spec.indicator.spec.ratioMetric: the whole objective, because its rawType is neither success nor failure",
        ),
        "a rate over an increase": (
            RATIO,
            f"      ratioMetric: {{good: {SOURCE % 'sum(rate(a[1m]))'}, total: {SOURCE % 'sum(increase(b[1m]))'}}}\n",
            "spec.indicator.spec.ratioMetric: the whole objective, because it counts a by rate() over 1m and b by incr",
        ),
        "namespaces by an expression": (
            'search"})',
            'search",namespace=~"p|q"})',
            "spec.indicator.spec.ratioMetric: the whole objective, because asked_total{",
        ),
        "a namespace of one side alone": (
            'code!~"5.."',
            'code!~"5..",namespace="p"',
            "spec.indicator.spec.ratioMetric: the whole objective, because it counts asked_total{",
        ),
        "a window that both rolls and is the calendar's": (
            "isRolling: true",
            "isRolling: true\n    calendar: {startTime: 2026-01-05 00:00:00}",
            "spec.timeWindow[0]: the whole SLO, because a window is either rolling or of a calendar: write one of them",
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
