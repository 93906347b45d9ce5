"""Every kind of indicator: what its rules are made of, what it refuses, and in which words it is counted."""

import json
from datetime import timedelta
from fractions import Fraction
from typing import Any

import promql_parser
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import WORKLOAD, counted, counter, promise

from goserviceslo.api.amount import Unit
from goserviceslo.api.objective import KINDS, Objective
from goserviceslo.ports import Json
from goserviceslo.slo.counting import Events
from goserviceslo.slo.indicator import Indicator, Reason, SlicedEvents, TimeSlices, Unresolved, needs_a_look, resolve
from goserviceslo.slo.ratio import RatioIndicator
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups
from goserviceslo.slo.units import unit_of_metric
from goserviceslo.slo.workload import Workload

RATIO = {"bad": 'sync_mismatches_total{kind="metadata"}', "total": "sync_files_total"}
ONE_OF_EACH: dict[str, Json] = {
    "http": {"http": {"routes": ["/v1/pay"]}},
    "grpc": {"grpc": {"methods": ["shop.Cart/Add", "shop.Pay/Refund"]}},
    "ratio": {"ratio": RATIO},
    "a ratio of chosen pods": {"ratio": {"good": 'a_total{job="x"}', "total": 'b_total{job="x"}'}},
    "good minutes": {"slices": {"good": 99.5}, "ratio": RATIO},
    "saturation": {"saturation": {"gauge": "rate(process_cpu_seconds_total[2m])", "below": "0.8"}},
    "saturation of chosen pods": {"saturation": {"gauge": 'x{pod="y"} + on () group_left () z', "below": "80%"}},
    "leak": {"leak": {"of": "Memory", "atMost": "10Mi"}},
    "leak of goroutines": {"leak": {"of": "Goroutines", "atMost": 100, "over": "1h"}},
    "freshness": {"freshness": {"timestamp": 'synced_timestamp_seconds{a="\\"} or up{b=\\""}', "within": "2m"}},
    "throughput": {"throughput": {"counter": "messages_total", "atLeast": 5}},
    "throughput while asked for": {
        "throughput": {"counter": "messages_total", "atLeast": 5, "whileAskedFor": "sum(queue_length offset 1m) > 0"}
    },
    "spread": {"spread": {"histogram": "point_latency_seconds", "within": "700us"}},
    "boolean": {"boolean": {"holds": "min(cluster_healthy) or max_over_time(up[5m:1m])"}},
    "slices of half a minute": {"slices": {"length": "30s"}, "boolean": {"holds": "cluster_healthy"}},
}
SHAPES = (
    counter("http_requests_total", "code", "path"),
    counter("grpc_server_handled_total", "grpc_code", "grpc_service", "grpc_method"),
)


def indicator_of(objective: Objective) -> Indicator:
    found = resolve(objective, WORKLOAD, SHAPES, None)
    assert isinstance(found, Indicator), found
    return found


def selectors(promql: str) -> list[Any]:
    found: list[Any] = []

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(promql), visit)
    return found


@cases("kind", ONE_OF_EACH)
def test_every_selector_of_every_rule_is_bound_to_the_namespace(kind: Json) -> None:
    objective = promise(**kind)
    groups = render_groups(SloRef("shop", "checkout"), [(objective, indicator_of(objective))], RuleSettings())
    for group in groups:
        for rule in group["rules"]:
            for one in selectors(rule["expr"]):
                bound = [(m.name, str(m.op), m.value) for m in one.matchers.matchers if m.name == "namespace"]
                assert ("namespace", "MatchOp.Equal", "shop") in bound, rule["expr"]


@cases("kind", ONE_OF_EACH)
def test_every_kind_records_all_and_bad_ones_last(kind: Json) -> None:
    records = indicator_of(promise(**kind)).records('objective="it"', RuleSettings().tile)
    assert [name for name, _ in records] == ["goslo:events:delta", "goslo:total:delta", "goslo:bad:delta"]


def test_no_kind_is_left_out_here() -> None:
    assert {kind for one in ONE_OF_EACH.values() for kind in promise(**one).kinds} == set(KINDS)


@cases("kind", ONE_OF_EACH)
def test_what_is_counted_is_said_and_comes_back_from_the_status(kind: Json) -> None:
    objective = promise(**kind)
    found = indicator_of(objective)
    assert 0 < len(found.describe()) <= 1024
    assert resolve(objective, WORKLOAD, None, found.describe()) == found


@cases("kind", {name: kind for name, kind in ONE_OF_EACH.items() if not {"http", "grpc"} & kind.keys()})
def test_what_names_its_metrics_itself_needs_neither_a_look_nor_a_memory(kind: Json) -> None:
    objective = promise(**kind)
    assert resolve(objective, WORKLOAD, None, None) == resolve(objective, WORKLOAD, SHAPES, "whatever")
    assert not needs_a_look(objective, counted(objective))


@pytest.mark.parametrize(
    "kind",
    [{"saturation": {"gauge": "x or " + "y" * 1000, "below": 1}}, {"boolean": {"holds": "x" * 1024}}],
    ids=["a gauge", "a boolean"],
)
def test_a_long_expression_is_shown_as_far_as_a_status_can_hold_it(kind: Json) -> None:
    assert len(counted(promise(**kind)).describe()) <= 1024


def test_a_ratio_lives_anywhere_in_its_namespace() -> None:
    found = counted(promise(ratio=RATIO))
    assert isinstance(found, RatioIndicator)
    assert [(one.events, one.selector) for one in found.counts] == [
        (Events.TOTAL, 'sync_files_total{namespace="shop"}'),
        (Events.BAD, 'sync_mismatches_total{namespace="shop",kind="metadata"}'),
    ]
    assert found.targets == '{namespace="shop"}'


def test_a_ratio_looks_at_the_targets_that_both_its_counters_choose() -> None:
    found = counted(promise(ratio={"good": 'a_total{job="x",pod=~"y.*",k="v"}', "total": 'b_total{job="x",k="v"}'}))
    assert isinstance(found, RatioIndicator)
    assert found.targets == '{namespace="shop",job="x"}'


@cases(
    "kind, words",
    {
        "another namespace": (
            {"ratio": {**RATIO, "bad": 'a_total{namespace="bank"}'}},
            'ratio.bad: leave the matcher namespace="bank" out of a_total',
        ),
        "an operator that the form lets through": (
            {"ratio": {**RATIO, "total": 'a_total{b="c"} + d_total{e="f"}'}},
            "ratio.total: write a single selector",
        ),
        "a range that the form lets through": (
            {"freshness": {"timestamp": 'a{b="c"}[5m] + d{e="f"}', "within": "2m"}},
            "freshness.timestamp: ",
        ),
        "no PromQL": ({"boolean": {"holds": "cluster_healthy >"}}, "boolean.holds: "),
        "a range is no instant": ({"saturation": {"gauge": "x[5m]", "below": 1}}, "saturation.gauge: write what gives"),
        "a number is no series": ({"boolean": {"holds": "1"}}, "boolean.holds: write what gives an instant vector"),
        "a demand of another namespace": (
            {"throughput": {"counter": "x", "atLeast": 1, "whileAskedFor": 'q{namespace="bank"}'}},
            "throughput.whileAskedFor: leave the matcher",
        ),
        "a comparison that gives nothing where it fails": (
            {"boolean": {"holds": "(queue_length < 100)"}},
            "boolean.holds: write < bool: without it",
        ),
    },
)
def test_promql_that_cannot_be_used_is_refused_with_its_place(kind: Json, words: str) -> None:
    found = resolve(promise(**kind), WORKLOAD, None, None)
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.EXPRESSION_REFUSED
    assert found.message.startswith(words)


@cases(
    "metric, unit, factor",
    {
        "seconds": ("point_latency_seconds", Unit.SECONDS, 1),
        "milliseconds, summed up": ("rpc_server_duration_milliseconds_sum", Unit.SECONDS, 1000),
        "microseconds": ("hertz_server_latency_us", Unit.SECONDS, 1_000_000),
        "a counter of seconds": ("process_cpu_seconds_total", Unit.SECONDS, 1),
        "bytes": ("process_resident_memory_bytes", Unit.BYTES, 1),
        "a recorded share": ("job:used:ratio", Unit.PERCENT, 1),
        "percent": ("cpu_percent", Unit.PERCENT, 100),
    },
)
def test_a_metric_tells_its_unit_by_its_name(metric: str, unit: Unit, factor: int) -> None:
    assert unit_of_metric(metric) == (unit, Fraction(factor))


@pytest.mark.parametrize("metric", ["queue_length", "http_requests_total", "subseconds", "megabytes", "s2", "bits"])
def test_another_name_tells_none(metric: str) -> None:
    assert unit_of_metric(metric) is None


def saturation(gauge: str, below: Any) -> Json:
    return {"saturation": {"gauge": gauge, "below": below}}


@cases(
    "kind, bound",
    {
        "a number as it is": (saturation("handling_milliseconds", "0.8"), "0.8"),
        "milliseconds of seconds": (saturation("handling_seconds", "300ms"), "0.3"),
        "milliseconds of milliseconds": (saturation("handling_milliseconds", "300ms"), "300"),
        "microseconds of milliseconds": (saturation("handling_milliseconds", "700us"), "0.7"),
        "hours of seconds": (saturation("age_seconds", "1.5h"), "5400"),
        "memory of bytes": (saturation("process_resident_memory_bytes", "400Mi"), "419430400"),
        "a thousand of bytes": (saturation("process_resident_memory_bytes", "400M"), "400000000"),
        "percent of a ratio": (saturation("used_ratio", "80%"), "0.8"),
        "percent of percent": (saturation("used_percent", "80%"), "80"),
        "percent of a rate": (saturation("rate(process_cpu_seconds_total[2m])", "80%"), "0.8"),
        "percent of nobody knows what": (saturation("a / b", "80%"), "0.8"),
        "a length of time of nobody knows what is seconds": (saturation("a - b", "2s"), "2"),
        "a spread in the histogram's unit": (
            {"spread": {"histogram": "point_latency_microseconds", "within": "0.7ms"}},
            "700",
        ),
        "bytes per second": ({"throughput": {"counter": "sent_bytes_total", "atLeast": "10Mi"}}, "10485760"),
    },
)
def test_a_bound_is_converted_to_the_metrics_unit(kind: Json, bound: str) -> None:
    found = counted(promise(**kind))
    assert isinstance(found, TimeSlices)
    assert found.failed.endswith(f" bool {bound}")


@cases(
    "kind, words",
    {
        "bytes of seconds": (
            saturation("handling_seconds", "512Mi"),
            "saturation.below is 512Mi, and handling_seconds is measured in units of time: write a bound such as 300ms",
        ),
        "a length of time of bytes": (saturation("heap_bytes", "300ms"), "write a bound such as 512Mi"),
        "percent of seconds": (saturation("handling_seconds", "80%"), "write a bound such as 300ms"),
        "bytes of a ratio": (saturation("used_ratio", "1Ki"), "write one such as 80%"),
        "a length of time of a rate": (
            saturation("rate(process_cpu_seconds_total[2m])", "800ms"),
            "what it bounds is a rate: write a number, or a percentage",
        ),
        "bytes of a histogram of seconds": (
            {"spread": {"histogram": "point_latency_seconds", "within": "1Ki"}},
            "spread.within is 1Ki, and point_latency_seconds",
        ),
        "bytes of seconds that are counted": (
            {"throughput": {"counter": "work_seconds_total", "atLeast": "1Ki"}},
            "throughput.atLeast is 1Ki",
        ),
    },
)
def test_a_bound_of_another_unit_is_refused_by_condition(kind: Json, words: str) -> None:
    found = resolve(promise(**kind), WORKLOAD, None, None)
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.UNIT_MISMATCH
    assert words in found.message


def test_good_minutes_are_what_is_asked_for_of_the_events_and_no_more() -> None:
    found = indicator_of(promise(slices={"length": "5m", "good": 99.5}, ratio=RATIO))
    assert isinstance(found, SlicedEvents)
    assert (found.length, Fraction(found.good)) == (timedelta(minutes=5), Fraction(199, 2))
    assert found.describe() == RATIO["bad"]


@given(st.integers(10, 3600), st.sampled_from(["1h", "1d", "7d", "30d", "90d", "Month"]))
def test_every_slice_lies_in_exactly_one_tile(length: int, window: str) -> None:
    """Tiles adjoin, and leave out their left edge; ends of slices are multiples of their length."""
    kind = {"slices": {"length": f"{length}s"}, "boolean": {"holds": "x"}, "window": window}
    records = dict(counted(promise(**kind)).records('objective="it"', RuleSettings().tile))
    parsed: Any = promql_parser.parse(records["goslo:events:delta"])
    subqueries: list[Any] = []

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.SubqueryExpr):
            subqueries.append(node)

    promql_parser.walk(parsed, visit)
    (tile,) = subqueries
    assert (tile.range, tile.step, tile.offset) == (
        timedelta(seconds=30),
        timedelta(seconds=length),
        timedelta(seconds=5),
    )


NAMES = st.from_regex(r"q[a-z]{6,15}q", fullmatch=True)


@given(st.lists(NAMES, min_size=8, max_size=8, unique=True), st.sampled_from(sorted(ONE_OF_EACH)))
def test_renaming_changes_no_number(names: list[str], kind: str) -> None:
    """Rules of a renamed resource are the same rules under the other names."""

    def rules(namespace: str, slo: str, name: str, deployment: str) -> str:
        objective = promise(name=name, **ONE_OF_EACH[kind])
        indicator = resolve(objective, Workload(namespace, deployment), SHAPES, None)
        assert isinstance(indicator, Indicator)
        ref = SloRef(namespace, slo, deployment=deployment)
        return json.dumps(render_groups(ref, [(objective, indicator)], RuleSettings()))

    before, after = names[:4], names[4:]
    assume(not any(one in other for one in names for other in names if one != other))
    renamed = rules(*before)
    for one, other in zip(before, after, strict=True):
        renamed = renamed.replace(one, other)
    assert renamed == rules(*after)
