"""The conditions by which slices of time are judged, as PromQL.

Each gives 1 where it failed, 0 where it held, and nothing where there is no evidence. What is no number is no evidence:
`> -Inf` drops NaN, which a comparison with `bool` would take for good.
"""

from datetime import timedelta
from fractions import Fraction

from goserviceslo.api.duration import format_duration
from goserviceslo.api.slicekinds import (
    BooleanIndicator,
    FreshnessIndicator,
    LeakIndicator,
    SaturationIndicator,
    SpreadIndicator,
    ThroughputIndicator,
)
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.slo.promql import duration, number, quote, seconds, selector
from goserviceslo.slo.slices import TimeSlices
from goserviceslo.slo.units import bound_of_expression, in_metrics_unit, unit_of_metric
from goserviceslo.slo.users import Written, read_expression, read_selector, read_truth
from goserviceslo.slo.workload import Workload

SHORTEST_RANGE = timedelta(minutes=2)
"""Over how long a rate is taken in a slice that is shorter: two scrapes a minute apart must fit."""
LATELY = timedelta(hours=1)
"""How long a counter that is gone counts as standing still while it is asked for."""
_TARGET = "job, instance, pod"
_WHOSE = "goslo_whose"
"""Label by which the series of others' pods are told apart; no recorded series carries it."""
_LEAKING = {
    "Memory": ("process_resident_memory_bytes", "go_memstats_heap_inuse_bytes"),
    "Goroutines": ("go_goroutines",),
}

_Condition = tuple[str, str]
"""PromQL, and the words for it."""


def time_slices(objective: Objective, workload: Workload) -> TimeSlices:
    """The indicator of a kind that judges slices. Raises Refused where what the user wrote cannot be measured."""
    length = objective.slice_length
    if length is None:
        raise ValueError(f"{objective.name} counts events")
    failed, text = _condition(objective, workload, length)
    # A leak's slope is taken over hours: left out after all maintenance, it might never be judged.
    rates = objective.throughput or objective.spread
    return TimeSlices(length, failed, text, max(length, SHORTEST_RANGE) if rates else timedelta(0))


def _condition(objective: Objective, workload: Workload, length: timedelta) -> _Condition:
    span = max(length, SHORTEST_RANGE)
    if objective.saturation is not None:
        return _saturation(objective.saturation, workload)
    if objective.leak is not None:
        return _leak(objective.leak, workload)
    if objective.freshness is not None:
        return _freshness(objective.freshness, workload)
    if objective.throughput is not None:
        return _throughput(objective.throughput, workload, span)
    if objective.spread is not None:
        return _spread(objective.spread, workload, span)
    if objective.boolean is not None:
        return _boolean(objective.boolean, workload)
    raise ValueError(f"{objective.name} has no indicator of slices")


def _saturation(saturation: SaturationIndicator, workload: Workload) -> _Condition:
    gauge = read_expression("saturation.gauge", saturation.gauge, workload.namespace)
    below = bound_of_expression("saturation.below", saturation.below, gauge)
    return f"{_extreme('max', gauge, workload)} >= bool {number(below)}", f"{gauge.text} < {saturation.below}"


def _boolean(boolean: BooleanIndicator, workload: Workload) -> _Condition:
    holds = read_truth("boolean.holds", boolean.holds, workload.namespace)
    return f"{_extreme('min', holds, workload)} < bool 1", holds.text


def _extreme(which: str, expression: Written, workload: Workload) -> str:
    """The highest or lowest of an expression's series that are no other workload's pods'."""
    values = f"({expression.confined}) > -Inf"
    if expression.chooses_pods:
        return f"{which}({values})"
    own = quote(workload.pod_expression())
    told = f'label_replace(label_replace({values}, "{_WHOSE}", "other", "pod", ".+"), "{_WHOSE}", "", "pod", {own})'
    others = f'label_replace(vector(1), "{_WHOSE}", "other", "", "")'
    return f"{which}({which} by ({_WHOSE}) ({told}) unless on ({_WHOSE}) {others})"


def _leak(leak: LeakIndicator, workload: Workload) -> _Condition:
    """Growth by least squares, of pods that have run all the time: a restart, or a start, is no leak and no proof."""
    over, pods = duration(leak.over), workload.matchers()

    def slope(metric: str) -> str:
        series = selector(metric, pods)
        return f"(deriv({series}[{over}]) and {series} offset {over})"

    started = selector("process_start_time_seconds", pods)
    restarted = f"changes({started}[{over}]) > 0"
    slopes = f" or on ({_TARGET}) ".join(map(slope, _LEAKING[leak.of]))
    worst = f"max((({slopes}) unless on ({_TARGET}) {restarted}) > -Inf)"
    text = f"deriv({_LEAKING[leak.of][0]}[{over}]) * 3600 <= {leak.at_most}"
    return f"3600 * {worst} > bool {number(leak.at_most.value)}", text


def _freshness(freshness: FreshnessIndicator, workload: Workload) -> _Condition:
    timestamp = read_selector("freshness.timestamp", freshness.timestamp, workload.namespace)
    unit = unit_of_metric(timestamp.metric)
    latest = f"max({timestamp.of(workload)} > -Inf)"
    if unit is not None and unit[1] > 1:
        latest += f" / {number(unit[1])}"
    text = f"time() - {timestamp.text} <= {format_duration(freshness.within)}"
    return f"time() - {latest} > bool {seconds(freshness.within)}", text


def _throughput(throughput: ThroughputIndicator, workload: Workload, span: timedelta) -> _Condition:
    counter = read_selector("throughput.counter", throughput.counter, workload.namespace)
    series = counter.of(workload)
    least = in_metrics_unit("throughput.atLeast", throughput.at_least, counter.metric)
    # A counter that is younger than the range has done less in it than it does now.
    rate = f"sum(rate({series}[{duration(span)}]) > -Inf) and sum({series} offset {duration(span)})"
    text = f"rate({counter.text}) >= {throughput.at_least}"
    if throughput.while_asked_for is None:
        return f"({rate}) < bool {number(least)}", text
    asked = read_expression("throughput.whileAskedFor", throughput.while_asked_for, workload.namespace)
    # A counter that went away while there was work to do is not idle.
    lately, now = (f"sum(count_over_time({series}[{duration(back)}]))" for back in (LATELY, span))
    still = f"{rate} or 0 * ({lately} unless {now})"
    failed = f"(({still}) < bool {number(least)}) and on () ((({asked.confined}) != 0) > -Inf)"
    return failed, f"{text} while {asked.text}"


def _spread(spread: SpreadIndicator, workload: Workload, span: timedelta) -> _Condition:
    histogram = read_selector("spread.histogram", spread.histogram, workload.namespace)
    within = in_metrics_unit("spread.within", spread.within, histogram.metric)

    def percentile(percent: int) -> str:
        at, rate = number(Fraction(percent, 100)), f"[{duration(span)}]"
        native = f"histogram_quantile({at}, sum(rate({histogram.of(workload)}{rate})))"
        classic = f"histogram_quantile({at}, sum by (le) (rate({histogram.of(workload, '_bucket')}{rate})))"
        return f"({native} or {classic})"

    apart = f"(({percentile(spread.upper)} - {percentile(spread.lower)}) > -Inf)"
    text = f"p{spread.upper} - p{spread.lower} of {histogram.text} <= {spread.within}"
    return f"{apart} > bool {number(within)}", text
