"""Reading the recorded series back, for all objectives at once.

Every query answers for the whole fleet, so that ten thousand objectives cost as many questions as one. Windows longer
than a day are recorded as of a grid instant; the tiles since then are added here, so that a status follows its evidence
and not the pace of a slow rule group. Calendar windows are sums of tiles from their start. The part of them that lies
in the past never changes: its queries are `settled`, and their answers may be kept for as long as they are asked.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isfinite

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import CalendarPeriod
from goserviceslo.ports import Answer, Key, Partial, Sample, Unavailable, Vector
from goserviceslo.slo.conventions import (
    BAD_DELTA,
    BAD_WINDOW,
    BUDGET_ALERT,
    BURN_RATE,
    EXCLUDED_DELTA,
    EXCLUDED_WINDOW,
    GRID_LABEL,
    IDENTITY,
    NAME_LABEL,
    NAMESPACE_LABEL,
    OUTAGE_DELTA,
    SEEN_BY_LABEL,
    SEEN_BY_REPLICAS,
    SEVERITY_LABEL,
    TOTAL_DELTA,
    TOTAL_WINDOW,
    WINDOW_LABEL,
)
from goserviceslo.slo.measurement import CALENDAR, NO_OUTAGE, Measurement, Outage
from goserviceslo.slo.promql import duration, literal, quote
from goserviceslo.slo.rules import GRID, RuleSettings
from goserviceslo.slo.windows import span

ObjectiveKey = tuple[str, str, str]
"""Namespace, resource, objective."""

_ID = ", ".join(IDENTITY)
_RESOURCE = f"{NAMESPACE_LABEL}, {NAME_LABEL}"
_COMMON_WINDOWS = ("5m", "30m", "1h", "6h")
_LATE = timedelta(hours=6)
"""How long the last recorded long window stands in where its rule group did not run."""
_MOST_TILES = 24_000_000
"""What one query over the past of a calendar window reads at most; Prometheus takes less than a second for it."""
_LONGEST_PIECE = timedelta(days=64)
_LONGEST_FILTER = 2000
_MOST_SECONDS = 366 * 86_400


class Quantity(StrEnum):
    """What a query asks for."""

    TOTAL = "total"
    BAD = "bad"
    COUNTED_AT = "counted at"
    BURN_RATE = "burn rate"
    EXCLUDED = "excluded"
    URGENCY = "urgency"
    """Burn rates over less common windows, and the alerts that fire."""
    DOWN = "down"
    """Resources whose workload is down now."""
    OUTAGE = "outage"
    """Seconds of a window in which it was, by resource and by what showed it."""


_SUMS = (Quantity.TOTAL, Quantity.BAD, Quantity.EXCLUDED)


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    """The objectives whose calendar window started at the same instant."""

    start: datetime
    objectives: tuple[ObjectiveKey, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """One question about many objectives."""

    promql: str
    quantity: Quantity
    at: datetime
    """The instant that the round of questions is about."""
    window: str = ""
    """For a burn rate and for outages: over how long."""
    part_of: tuple[CalendarWindow, ...] = ()
    """For sums of tiles: the calendar windows that the answer is a part of."""
    settled: bool = False
    """Whether the answer to this very text is the same for ever."""


def calendar_windows(objectives: Iterable[tuple[Key, Objective]], now: datetime) -> tuple[CalendarWindow, ...]:
    """The calendar windows that `now` lies in, each with all its objectives; zones that do not exist are left out."""
    by_start: dict[datetime, list[ObjectiveKey]] = {}
    for key, objective in objectives:
        if isinstance(objective.window, CalendarPeriod):
            try:
                start, _ = span(objective.window, objective.time_zone, now)
            except ValueError:
                continue
            by_start.setdefault(start, []).append((key.namespace, key.name, objective.name))
    return tuple(CalendarWindow(start, tuple(sorted(by_start[start]))) for start in sorted(by_start))


def measurement_queries(
    now: datetime,
    settings: RuleSettings,
    windows: Sequence[CalendarWindow] = (),
    rolling: Collection[timedelta] = (),
) -> tuple[Query, ...]:
    """The questions of one round: ten, two more where there are calendar windows, and for each of these the settled
    ones and what maintenance has left out of it.

    One more for each window, of those in `rolling` and of `windows`: outages are few, and summing them costs little.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    base = _grid(now) - GRID
    """Every long window has been recorded as of this instant by the time that the grid's next one has come."""
    queries = [
        Query(_rolling(TOTAL_WINDOW, TOTAL_DELTA, base, now), Quantity.TOTAL, now),
        Query(_rolling(BAD_WINDOW, BAD_DELTA, base, now), Quantity.BAD, now),
        Query(f"max by ({_ID}) (timestamp({TOTAL_DELTA}))", Quantity.COUNTED_AT, now),
        Query(f"max by ({_ID}) ({EXCLUDED_WINDOW})", Quantity.EXCLUDED, now),
    ]
    for window in _COMMON_WINDOWS:
        promql = f'max by ({_ID}) ({BURN_RATE}{{{WINDOW_LABEL}="{window}"}})'
        queries.append(Query(promql, Quantity.BURN_RATE, now, window))
    queries.append(Query(_urgency(), Quantity.URGENCY, now))
    queries.append(Query(f"max by ({_RESOURCE}) ({OUTAGE_DELTA}) > 0", Quantity.DOWN, now))
    queries += [Query(_outages(window), Quantity.OUTAGE, now, duration(window)) for window in sorted(rolling)]
    for calendar in windows:
        if calendar.start < now:
            queries.append(Query(_outages(now - calendar.start), Quantity.OUTAGE, now, part_of=(calendar,)))
        queries += _settled(calendar, base, now, settings)
        if calendar.start < now:
            # Recorded only while maintenance runs: a year of it is quickly read.
            excluded = _sum(EXCLUDED_DELTA, _names(calendar), calendar.start, now)
            queries.append(Query(excluded, Quantity.EXCLUDED, now, part_of=(calendar,)))
    begun = tuple(calendar for calendar in windows if calendar.start <= base)
    if begun:
        queries += _tiles(begun, base, now, now)
    for calendar in windows:
        if base < calendar.start < now:
            queries += _tiles((calendar,), calendar.start, now, now)
    return tuple(queries)


def _grid(now: datetime) -> datetime:
    step = GRID // timedelta(seconds=1)
    return datetime.fromtimestamp(int(now.timestamp()) // step * step, UTC)


def _rolling(recorded: str, delta: str, base: datetime, now: datetime) -> str:
    """Events of each rolling window: as recorded with every tile, or as of the grid and the tiles since."""
    grid = f'{recorded}{{{GRID_LABEL}="{duration(GRID)}"}}'
    # Just before the next grid instant: by then every group has run once since `base`, and none after it.
    then = _at(base + GRID - timedelta(milliseconds=1))
    late = f"last_over_time({grid}[{duration(_LATE)}] @ {then})"
    as_of = f'label_replace(max by ({_ID}) ({grid} @ {then}) or max by ({_ID}) ({late}), "as_of", "grid", "", "")'
    current = f'max by ({_ID}) ({recorded}{{{GRID_LABEL}=""}})'
    return f"{current} or sum by ({_ID}) ({as_of} or {_sum(delta, '', base, now)})"


def _outages(window: timedelta) -> str:
    return f"sum by ({_RESOURCE}, {SEEN_BY_LABEL}) (sum_over_time({OUTAGE_DELTA}[{duration(window)}]))"


def _urgency() -> str:
    rates = f'{BURN_RATE}{{{WINDOW_LABEL}!~"{"|".join(_COMMON_WINDOWS)}"}}'
    alerts = f'ALERTS{{alertname="{BUDGET_ALERT}",alertstate="firing"}}'
    return f"max by ({_ID}, {WINDOW_LABEL}) ({rates}) or max by ({_ID}, {SEVERITY_LABEL}) ({alerts})"


def _settled(calendar: CalendarWindow, base: datetime, now: datetime, settings: RuleSettings) -> list[Query]:
    """The past of a calendar window, in pieces of bounded cost that stay the same from round to round."""
    piece = timedelta(days=1)
    while 2 * (piece // settings.interval) * len(calendar.objectives) <= _MOST_TILES and piece < _LONGEST_PIECE:
        piece *= 2
    queries, start = [], calendar.start
    while start < base:
        end = min(start + piece, base)
        queries += _tiles((calendar,), start, end, now, settled=True)
        start = end
    return queries


def _tiles(
    windows: tuple[CalendarWindow, ...], start: datetime, end: datetime, now: datetime, *, settled: bool = False
) -> list[Query]:
    matcher = _names(*windows)
    return [
        Query(_sum(delta, matcher, start, end), quantity, now, part_of=windows, settled=settled)
        for delta, quantity in ((TOTAL_DELTA, Quantity.TOTAL), (BAD_DELTA, Quantity.BAD))
    ]


def _names(*windows: CalendarWindow) -> str:
    """A matcher of the resources that have these windows; empty where they are too many to be named."""
    names = sorted({name for window in windows for _, name, _ in window.objectives})
    pattern = quote("|".join(map(literal, names)))
    return f"{NAME_LABEL}=~{pattern}" if len(pattern) <= _LONGEST_FILTER else ""


def _sum(delta: str, matcher: str, start: datetime, end: datetime) -> str:
    """Events of the tiles recorded after `start` and not after `end`."""
    selected = f"{delta}{{{matcher}}}" if matcher else delta
    return f"sum by ({_ID}) (sum_over_time({selected}[{duration(end - start)}] @ {_at(end)}))"


def _at(instant: datetime) -> str:
    return f"{instant.timestamp():.3f}"


@dataclass(slots=True)
class _Figures:
    """What has been read of one objective so far."""

    counts: dict[Quantity, float] = field(default_factory=dict)
    counted_at: float | None = None
    burn_rates: dict[str, float] = field(default_factory=dict)
    alerts: frozenset[str] = frozenset()


class Assembly:
    """Puts the answers of one round together, one at a time, so that no two need to be in memory."""

    def __init__(self, windows: Sequence[CalendarWindow] = ()) -> None:
        self._figures: dict[ObjectiveKey, _Figures] = {}
        self._calendar = {key for window in windows for key in window.objectives}
        self._broken: set[ObjectiveKey] = set()
        """Objectives of calendar windows of which a part was not answered."""
        self._down: set[tuple[str, str]] = set()
        self._outages: dict[tuple[str, str], dict[str, Outage]] = {}
        """Of resources, by rolling window."""
        self._since_start: dict[ObjectiveKey, Outage] = {}
        """Of objectives with a calendar window."""
        self._at: datetime | None = None

    def take(self, query: Query, answer: Answer) -> None:
        """Read one answer; one that is not whole counts for nothing."""
        self._at = query.at
        members = {key for window in query.part_of for key in window.objectives}
        if isinstance(answer, Unavailable | Partial):
            self._broken |= members
            return
        for sample in answer.samples if isinstance(answer, Vector) else ():
            if not isfinite(sample.value) or sample.value < 0:
                continue
            key = _key(sample)
            if query.quantity is Quantity.DOWN:
                self._down.add(key[:2])
                continue
            if query.quantity is Quantity.OUTAGE:
                self._read_outage(query, key[:2], sample)
                continue
            if bool(query.part_of) != (key in self._calendar) and query.quantity in _SUMS:
                continue  # the sums of calendar windows and of rolling ones come from different questions
            if not query.part_of or key in members:
                self._read(query, self._figures.setdefault(key, _Figures()), sample)

    def _read(self, query: Query, figures: _Figures, sample: Sample) -> None:
        if query.quantity in _SUMS:
            figures.counts[query.quantity] = figures.counts.get(query.quantity, 0.0) + sample.value
        elif query.quantity is Quantity.COUNTED_AT:
            figures.counted_at = sample.value
        elif query.quantity is Quantity.BURN_RATE:
            figures.burn_rates[query.window] = sample.value
        elif SEVERITY_LABEL in sample.labels:
            figures.alerts |= {sample.labels[SEVERITY_LABEL]}
        elif WINDOW_LABEL in sample.labels:
            figures.burn_rates[sample.labels[WINDOW_LABEL]] = sample.value

    def _read_outage(self, query: Query, resource: tuple[str, str], sample: Sample) -> None:
        if not query.part_of:
            outages = self._outages.setdefault(resource, {})
            outages[query.window] = _longer(outages.get(query.window, NO_OUTAGE), sample)
            return
        for key in query.part_of[0].objectives:
            if key[:2] == resource:
                self._since_start[key] = _longer(self._since_start.get(key, NO_OUTAGE), sample)

    def measurements(self) -> dict[ObjectiveKey, Measurement]:
        """What was measured, by objective; an objective of which nothing was read is absent."""
        if self._at is None:
            return {}
        return {
            key: Measurement(
                at=self._at,
                bad=self._count(key, figures, Quantity.BAD),
                total=self._count(key, figures, Quantity.TOTAL),
                burn_rates=figures.burn_rates,
                counted_at=None if figures.counted_at is None else datetime.fromtimestamp(figures.counted_at, UTC),
                alerts=figures.alerts,
                down=key[:2] in self._down,
                outages=self._outages_of(key),
                excluded=figures.counts.get(Quantity.EXCLUDED),
            )
            for key, figures in self._figures.items()
        }

    def _outages_of(self, key: ObjectiveKey) -> Mapping[str, Outage]:
        if key in self._calendar:
            return {CALENDAR: self._since_start[key]} if key in self._since_start else {}
        return self._outages.get(key[:2], {})

    def _count(self, key: ObjectiveKey, figures: _Figures, quantity: Quantity) -> float | None:
        if key in self._broken:
            return None
        # A calendar window that has just begun holds no tile yet: nothing happened, which is not the same as no data.
        nothing = 0.0 if key in self._calendar and figures.counted_at is not None else None
        return figures.counts.get(quantity, nothing)


def assemble(
    answers: Iterable[tuple[Query, Answer]], windows: Sequence[CalendarWindow] = ()
) -> dict[ObjectiveKey, Measurement]:
    """The measurements of a round whose answers are all there."""
    assembly = Assembly(windows)
    for query, answer in answers:
        assembly.take(query, answer)
    return assembly.measurements()


def _longer(outage: Outage, sample: Sample) -> Outage:
    """More of an outage, as whole seconds; no window holds more than a year of it."""
    more = timedelta(seconds=round(min(sample.value, _MOST_SECONDS)))
    if sample.labels.get(SEEN_BY_LABEL) == SEEN_BY_REPLICAS:
        return replace(outage, proven=outage.proven + more)
    return replace(outage, suspected=outage.suspected + more)


def _key(sample: Sample) -> ObjectiveKey:
    namespace, name, objective = (sample.labels.get(label, "") for label in IDENTITY)
    return namespace, name, objective
