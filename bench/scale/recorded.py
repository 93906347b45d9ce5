"""A page of metrics as a Prometheus would hold them of promises that are kept: what pods expose and what rules record.

The recorded series are those of the operator's own rules, read off what it renders, so that they cannot drift apart
from what the sampler asks for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.scale.objectives import Promise, goserviceslo
from goserviceslo.api.duration import parse_duration
from goserviceslo.api.v1alpha1 import GoServiceSloSpec
from goserviceslo.ports import Json
from goserviceslo.slo import conventions
from goserviceslo.slo.burn import SUMMED, burn_policy
from goserviceslo.slo.discovery import MetricKind
from goserviceslo.slo.promql import duration
from goserviceslo.slo.rules import GRID, RuleSettings, SloRef, render_groups
from goserviceslo.slo.series import RequestIndicator, Source
from goserviceslo.slo.workload import Workload

TILE_SECONDS = int(RuleSettings().interval.total_seconds())
GRID_SECONDS = int(GRID.total_seconds())
_LONGEST_SUM_SECONDS = int(max(SUMMED).total_seconds())
_PAST_SECONDS = {
    conventions.TOTAL_DELTA: _LONGEST_SUM_SECONDS,
    conventions.BAD_DELTA: _LONGEST_SUM_SECONDS,
    conventions.TOTAL_WINDOW: 6 * 3600,
    conventions.BAD_WINDOW: 6 * 3600,
}
"""How far back the operator's queries look at most."""
_REQUESTS_PER_TILE = 30_000
_WINDOW_TILES = 30 * 86_400 // TILE_SECONDS
_BAD_RATIO = 0.0004
_POD_SUFFIX = "6b7f9c5d8-x2v4z"
"""As a Deployment's pods are called."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series: how it is called, what it says, and how often it gets a sample."""

    name: str
    labels: Mapping[str, str]
    value: float
    every_seconds: int

    def line(self, time: str = "") -> str:
        """As in the text exposition, with a time of OpenMetrics if one is given."""
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        return f"{self.name}{{{labels}}} {self.value:.10g}{time}\n"


def page(promises: Sequence[Promise], turn: int, every_seconds: int) -> bytes:
    """The text exposition of the series of one pace; tiles differ a little from ``turn`` to turn, as traffic does."""
    found = (one for number, promise in enumerate(promises) for one in series(promise, _drift(number, turn)))
    return "".join(one.line() for one in found if one.every_seconds == every_seconds).encode()


def history(promises: Sequence[Promise], until: float) -> Iterator[str]:
    """OpenMetrics lines of what queries look back at, up to ``until`` (seconds since the epoch)."""
    for number, promise in enumerate(promises):
        for one in series(promise, _drift(number, 0)):
            past = _PAST_SECONDS.get(one.name, 0)
            for ago in range(past, 0, -one.every_seconds):
                yield one.line(f" {until - ago:.3f}")
    yield "# EOF\n"


def series(made: Promise, factor: float) -> Iterator[Series]:
    """Every series of one promise, with ``factor`` times the usual events in a tile."""
    pod = {
        "namespace": made.key.namespace,
        "pod": f"{made.key.name}-{_POD_SUFFIX}",
        "container": "app",
        "job": made.key.name,
        "instance": "pod:8080",
    }
    yield Series("http_requests_total", {**pod, "code": "200"}, 1e6, TILE_SECONDS)
    yield Series("http_requests_total", {**pod, "code": "500"}, 400, TILE_SECONDS)
    spec = GoServiceSloSpec.model_validate(goserviceslo(made)["spec"])
    # One rule records the burn rates of all windows.
    rates = [duration(window) for window in burn_policy(spec.objectives[0]).recorded]
    for group in _groups(made, spec):
        every = int(parse_duration(group["interval"]).total_seconds())
        for rule in group["rules"]:
            name = rule.get("record", conventions.EVENTS_DELTA)
            # A step on the way to the two deltas that nobody asks for; and an outage, which there is none of.
            if name == conventions.BURN_RATE:
                for window in rates:
                    labels = {**rule["labels"], conventions.WINDOW_LABEL: window}
                    yield Series(name, labels, _value(name, factor), every)
            elif name not in (conventions.EVENTS_DELTA, conventions.OUTAGE_DELTA):
                yield Series(name, rule["labels"], _value(name, factor), every)


def _groups(made: Promise, spec: GoServiceSloSpec) -> tuple[Json, ...]:
    source = Source("http_requests_total", MetricKind.COUNTER, "code")
    indicator = RequestIndicator(Workload(made.key.namespace, spec.target.name), source, ("5xx",))
    return render_groups(
        SloRef(made.key.namespace, made.key.name), [(each, indicator) for each in spec.objectives], RuleSettings()
    )


def _value(name: str, factor: float) -> float:
    return {
        conventions.TOTAL_DELTA: round(_REQUESTS_PER_TILE * factor),
        conventions.BAD_DELTA: round(_REQUESTS_PER_TILE * _BAD_RATIO * factor),
        conventions.TOTAL_WINDOW: _REQUESTS_PER_TILE * _WINDOW_TILES,
        conventions.BAD_WINDOW: round(_REQUESTS_PER_TILE * _WINDOW_TILES * _BAD_RATIO),
        conventions.BURN_RATE: _BAD_RATIO / 0.001 * factor,
    }[name]


def _drift(number: int, turn: int) -> float:
    return 1 + ((number * 7 + turn * 3) % 11) / 1000
