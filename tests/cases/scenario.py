"""What a case's `replays.yaml` says that its pods expose, and the series that Prometheus would have stored of it.

Of each objective it tells two behaviours, `good` and `bad`: by series, what moves and how. `100/s` and `10/h` are
counters (or what grows), a number is a gauge, `now` and `stands` are a timestamp that follows the clock or ceases to,
and a mapping such as `{300ms: 100/s}` is a histogram that so many observations of that length go into. A replay behaves
well but for one stretch in its middle; `keeps` and `misses` say how long that is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from tests.replay.world import Series

from goserviceslo.api.duration import parse_duration
from goserviceslo.slo.buckets import in_units

EVERY = 15
"""Seconds between scrapes."""
_SECOND = timedelta(seconds=1)
_WITHOUT_TRAFFIC = 1800
"""Seconds of a replay without traffic, or without series."""
_CLOCK = frozenset({"now", "stands"})
_PER = {"s": 1, "h": 3600}

Motion = float | str
"""Of one series: a gauge's value, `100/s`, `now` or `stands`."""
Behaviour = Mapping[str, Motion]


class World(StrEnum):
    """The four replays of every objective."""

    KEEPS = "keeps the figure"
    MISSES = "just misses it"
    QUIET = "no traffic"
    ABSENT = "no series"


class Scenario(BaseModel):
    """The replays of one objective, as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    good: dict[str, Any]
    bad: dict[str, Any]
    idle: dict[str, Any] | None = None
    """What is exposed where there is nothing to do; left out: what moves stands still, the rest is as in `good`."""
    buckets: tuple[str, ...] = ()
    """Bounds of the histograms."""
    lasts: str = "30m"
    keeps: str
    misses: str
    pages_within: str | None = None
    """How soon after `bad` begins, and goes on, somebody must have been called; left out: that is not claimed."""

    @property
    def length(self) -> int:
        """Seconds of a replay with traffic."""
        return parse_duration(self.lasts) // _SECOND

    def length_of(self, world: World) -> int:
        """Seconds of a replay; without traffic it soon shows that nothing is judged."""
        return self.length if world in (World.KEEPS, World.MISSES) else _WITHOUT_TRAFFIC

    @property
    def onset(self) -> int:
        """The second in which `bad` begins."""
        return self.length // 2 // EVERY * EVERY

    def series(self, world: World, labels: str) -> Series:
        """What is stored in a world, of one pod with these labels."""
        if world is World.ABSENT:
            return self._stored([], labels)
        if world is World.QUIET:
            return self._stored([_Stretch(0, self.length + 1, self._expanded(self.idle or _still(self.good)))], labels)
        return self.failing(parse_duration(self.keeps if world is World.KEEPS else self.misses), labels)

    def failing(self, bad: timedelta, labels: str) -> Series:
        """What is stored where all is well but for so long."""
        start, end = self.onset, self.onset + bad / _SECOND
        good, wrong = self._expanded(self.good), self._expanded(self.bad)
        stretches = [
            _Stretch(0, start, good),
            _Stretch(start, end, wrong),
            _Stretch(end, self.length + 1, good),
        ]
        return self._stored(stretches, labels)

    def _expanded(self, behaviour: Mapping[str, Any]) -> Behaviour:
        return {name: motion for series, moves in behaviour.items() for name, motion in self._plain(series, moves)}

    def _plain(self, series: str, moves: Any) -> Iterator[tuple[str, Motion]]:
        """A histogram as the counters that it is made of."""
        if not isinstance(moves, dict):
            yield series, moves
            return
        name, _, rest = series.partition("{")
        others = f",{rest}" if rest else "}"
        observed = [(parse_duration(length), _per_second(rate)) for length, rate in moves.items()]
        for bound in map(parse_duration, self.buckets):
            le = f"{float(in_units(bound, _SECOND)):g}"
            yield f'{name}_bucket{{le="{le}"{others}', f"{sum(rate for length, rate in observed if length <= bound)}/s"
        every = sum(rate for _, rate in observed)
        yield f'{name}_bucket{{le="+Inf"{others}', f"{every}/s"
        yield f"{name}_count{{{rest}" if rest else f"{name}_count", f"{every}/s"
        total = sum(length / _SECOND * rate for length, rate in observed)
        yield f"{name}_sum{{{rest}" if rest else f"{name}_sum", f"{total}/s"

    def _stored(self, stretches: "list[_Stretch]", labels: str) -> Series:
        scrapes = range(0, self.length + 1, EVERY)
        series = {f"up{{{labels}}}": dict.fromkeys(scrapes, "1")}
        if stretches:
            series[f"process_start_time_seconds{{{labels}}}"] = dict.fromkeys(scrapes, "0")
        for name in dict.fromkeys(name for stretch in stretches for name in stretch.behaviour):
            own = f"{name.removesuffix('}')}," if name.endswith("}") else f"{name}{{"
            series[f"{own}{labels}}}"] = {at: f"{_value(name, stretches, at):.12g}" for at in scrapes}
        return series


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of seconds in which one behaviour goes on; its end is left out."""

    start: float
    end: float
    behaviour: Behaviour


def _value(name: str, stretches: list[_Stretch], at: int) -> float:
    """What a scrape shows. Raises ValueError for a gauge of which a behaviour says nothing."""
    moved = 0.0
    for stretch in stretches:
        motion = stretch.behaviour.get(name, "0/s")
        here = stretch.start <= at < stretch.end
        if isinstance(motion, str) and motion not in _CLOCK:
            moved += _per_second(motion) * max(0.0, min(at, stretch.end) - stretch.start)
        elif here:
            return float(motion) if not isinstance(motion, str) else float(at if motion == "now" else stretch.start)
    return moved


def _still(behaviour: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _at_rest(moves) for name, moves in behaviour.items()}


def _at_rest(moves: Any) -> Any:
    if isinstance(moves, dict):
        return dict.fromkeys(moves, "0/s")
    return "0/s" if isinstance(moves, str) and moves not in _CLOCK else moves


def _per_second(rate: str) -> float:
    amount, _, unit = rate.partition("/")
    return float(amount) / _PER[unit]
