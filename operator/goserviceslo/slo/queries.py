"""Reading the recorded series back, for all objectives at once.

Every query answers for the whole fleet, so that ten thousand objectives cost as many questions as one. Windows longer
than a day are recorded as of a grid instant; the tiles since then are added here, so that a status follows its evidence
and not the pace of a slow rule group. Calendar windows are sums of tiles from their start. The part of them that lies
in the past never changes: its queries are `settled`, and their answers may be kept for as long as they are asked.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import CalendarPeriod
from goserviceslo.ports import Key
from goserviceslo.slo.burn import SUMMED
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
    SEVERITY_LABEL,
    TOTAL_DELTA,
    TOTAL_WINDOW,
    WINDOW_LABEL,
)
from goserviceslo.slo.promql import duration, literal, quote
from goserviceslo.slo.rules import GRID, RuleSettings
from goserviceslo.slo.windows import span

ObjectiveKey = tuple[str, str, str]
"""Namespace, resource, objective."""

_ID = ", ".join(IDENTITY)
_RESOURCE = f"{NAMESPACE_LABEL}, {NAME_LABEL}"
_COMMON_WINDOWS = ("1h", "6h")
"""Of those whose burn rates are recorded."""
_LATE = timedelta(hours=6)
"""How long the last recorded long window stands in where its rule group did not run."""
_MOST_TILES = 24_000_000
"""What one query over the past of a calendar window reads at most; Prometheus takes less than a second for it."""
_LONGEST_PIECE = timedelta(days=64)
_LONGEST_FILTER = 2000


class Quantity(StrEnum):
    """What a query asks for."""

    TOTAL = "total"
    BAD = "bad"
    COUNTED_AT = "counted at"
    BURN_RATE = "burn rate"
    """Recorded over one of the common windows."""
    BAD_RATIO = "bad ratio"
    """Share of bad events in one of the windows that are summed, whatever the objective allows."""
    EXCLUDED = "excluded"
    URGENCY = "urgency"
    """Burn rates recorded over less common windows, and the alerts that fire."""
    DOWN = "down"
    """Resources whose workload is down now."""
    OUTAGE = "outage"
    """Seconds of a window in which it was, by resource and by what showed it."""


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
    """For a burn rate, a bad ratio and outages: over how long."""
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
    queries += [Query(_bad_ratio(window), Quantity.BAD_RATIO, now, duration(window)) for window in SUMMED]
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


def _bad_ratio(window: timedelta) -> str:
    bad, total = (f"sum by ({_ID}) (sum_over_time({delta}[{duration(window)}]))" for delta in (BAD_DELTA, TOTAL_DELTA))
    return f"{bad} / ({total} > 0)"


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
