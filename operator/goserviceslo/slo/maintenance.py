"""When maintenance is: windows, and rules by which they come again, expanded into spans of UTC.

Rules go by the wall clock of their zone (RFC 5545): 02:00 stays 02:00 when summer time begins. A local time that the
clocks skip is read with the offset before the change, which moves it on by what they skip; of one that comes twice the
first is meant. How long an occurrence lasts is time that passes, whatever the clocks do.

Rules of Prometheus know no calendar, so the coming spans are embedded in them as constants. What is embedded is a
function of the day (UTC) alone: it is rendered anew once a day at most, and a span or two at a time. It reaches so far
ahead that an operator may be away for a week.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from goserviceslo.api.maintenance import MaintenanceWindow
from goserviceslo.slo import recurrence
from goserviceslo.slo.windows import zone_problem

HORIZON = timedelta(days=8)
"""How far ahead of today's midnight maintenance is embedded in rules."""
MOST_SPANS = 64
"""How many spans are embedded; of windows that give more in two days, the later ones wait for the next day's rules."""
_DAY = timedelta(days=1)
_TAIL = timedelta(hours=1)
"""What ended before midnight is embedded for so long: rules may lag behind and count the tile after it.

That it ran is recorded, which serves the slices (an hour at most) that reach back to it.
"""
_CROWDED_WITHIN = timedelta(days=2)
_SHORTEST_PAUSE = timedelta(seconds=1)
_EARLY = 10 / 11
"""Due times come up to a tenth late; looking so much earlier finds a boundary within seconds, after a look or two."""
_SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` to before `end`, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What rules are told of maintenance."""

    declared: bool = False
    """Whether there is any window, be it over or far ahead: then what was excluded is kept account of."""
    spans: tuple[Span, ...] = ()
    """The spans that are embedded: merged, sorted."""

    def running(self, now: datetime) -> Span | None:
        """The span that `now` lies in."""
        return next((span for span in self.spans if span.start <= now < span.end), None)

    def coming(self, now: datetime) -> Span | None:
        """The next span that begins after `now`, as far as they are embedded."""
        return next((span for span in self.spans if span.start > now), None)

    def look_again(self, now: datetime) -> timedelta | None:
        """When to look again: soon after a span begins or ends, and once a day; None without any window."""
        if not self.declared:
            return None
        bounds = [instant for span in self.spans for instant in (span.start, span.end) if instant > now]
        remaining = min([*bounds, _midnight(now) + _DAY]) - now
        return max(_SHORTEST_PAUSE, remaining if remaining <= _SOON else max(_SOON, remaining * _EARLY))


@lru_cache(maxsize=4096)
def _embedded(windows: tuple[MaintenanceWindow, ...], midnight: datetime) -> Maintenance:
    spans = occurrences(windows, midnight - _TAIL, midnight + HORIZON)
    return Maintenance(bool(windows), spans[:MOST_SPANS])


def embedded(windows: Sequence[MaintenanceWindow], now: datetime) -> Maintenance:
    """What the rules of today are told; the same from midnight to midnight in UTC. Raises as `occurrences`."""
    return _embedded(tuple(windows), _midnight(now))


def ahead(windows: Sequence[MaintenanceWindow], first: date, length: timedelta) -> Maintenance:
    """What rules are told that are not written anew for `length` from a day's midnight (UTC) on.

    The spans may be any number. Raises as `occurrences`.
    """
    midnight = datetime.combine(first, time(), UTC)
    return Maintenance(bool(windows), occurrences(windows, midnight - _TAIL, midnight + length))


def crowded(windows: Sequence[MaintenanceWindow], now: datetime) -> bool:
    """Whether more separate spans lie within two days than are embedded, so that some would be counted."""
    maintenance = embedded(windows, now)
    return len(maintenance.spans) == MOST_SPANS and maintenance.spans[-1].start < _midnight(now) + _CROWDED_WITHIN


def zone_problems(windows: Sequence[MaintenanceWindow]) -> list[str]:
    """A sentence for each window whose time zone does not exist."""
    found = ((index, zone_problem(window.time_zone or "UTC")) for index, window in enumerate(windows))
    return [f"[{index}].timeZone: {problem}" for index, problem in found if problem is not None]


def occurrences(windows: Iterable[MaintenanceWindow], since: datetime, until: datetime) -> tuple[Span, ...]:
    """Every span that overlaps `since` up to before `until`, whole; those that overlap or touch are one.

    Raises ValueError for an unknown zone, with the sentence of `zone_problem`.
    """
    return merged(
        Span(start, start + window.duration)
        for window in windows
        for start in _starts(window, since - window.duration, until)
    )


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time in as few spans as it takes, sorted."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)


def _starts(window: MaintenanceWindow, after: datetime, before: datetime) -> Iterator[datetime]:
    """Starts of a window after one instant and before another, in UTC."""
    begins = datetime.fromisoformat(window.start)
    problem = zone_problem(window.time_zone or "UTC")
    if problem is not None:
        raise ValueError(problem)
    zone = ZoneInfo(window.time_zone or "UTC")
    if window.rule is None:
        starts: Iterable[datetime] = [begins if begins.tzinfo is not None else begins.replace(tzinfo=zone)]
    else:
        # A day more on either side: wall time runs up to a day ahead of what it is compared with, or behind.
        earliest, latest = (instant.astimezone(zone).replace(tzinfo=None) for instant in (after - _DAY, before + _DAY))
        left_out = {date.fromisoformat(day) for day in window.left_out or ()}
        local = _expanded(window.rule, begins.replace(tzinfo=None), zone, earliest, latest)
        starts = (one.replace(tzinfo=zone) for one in local if one.date() not in left_out)
    yield from (start for one in starts if after < (start := one.astimezone(UTC)) < before)


def _expanded(text: str, begins: datetime, zone: ZoneInfo, earliest: datetime, latest: datetime) -> Iterator[datetime]:
    """Local starts that a rule gives from `begins`, between `earliest` and `latest`."""
    parts = dict(part.split("=", 1) for part in text.split(";"))
    end = parts.pop("UNTIL", None)
    return recurrence.starts(parts, begins, earliest, latest if end is None else min(latest, _last(end, zone)))


def _last(until: str, zone: ZoneInfo) -> datetime:
    """The local time up to which UNTIL lets a rule go: a day as a whole, an instant as the zone's clocks show it."""
    if len(until) == len("YYYYMMDD"):
        return datetime.combine(date.fromisoformat(until), time.max)
    instant = datetime.fromisoformat(until)
    return instant if instant.tzinfo is None else instant.astimezone(zone).replace(tzinfo=None)


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)
