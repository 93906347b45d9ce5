"""A window in dates: from when to when, and whether the clocks change within it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import CalendarPeriod
from goserviceslo.slo.windows import span

_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """An instant at which the clocks of a zone are put forward or back."""

    at: datetime
    """In the zone, by the clock after the change."""
    by: timedelta
    """Positive: forward."""


@dataclass(frozen=True, slots=True)
class Dates:
    """The window that an instant lies in."""

    start: datetime
    end: datetime
    """Both in the window's zone."""
    next_change: ClockChange | None
    """The first clock change after now and before the end."""

    @property
    def length(self) -> timedelta:
        return self.end.astimezone(UTC) - self.start.astimezone(UTC)


def dates(objective: Objective, now: datetime) -> Dates:
    """The window of an objective at `now`, in its zone (else UTC). Raises ValueError for an unknown zone."""
    start, end = span(objective.window, objective.time_zone, now)
    zone = ZoneInfo(objective.time_zone or "UTC")
    change = clock_change(zone, now, end) if isinstance(objective.window, CalendarPeriod) else None
    return Dates(start.astimezone(zone), end.astimezone(zone), change)


def clock_change(zone: ZoneInfo, after: datetime, before: datetime) -> ClockChange | None:
    """The first change of a zone's offset in a stretch of time, both ends left out."""
    here, last = after.astimezone(UTC), before.astimezone(UTC)
    while here < last:
        following = min(here + _HOUR, last)
        if _offset(following, zone) != _offset(here, zone):
            instant = _halved(here, following, zone)
            if instant >= last:
                return None
            by = _offset(following, zone) - _offset(here, zone)
            return ClockChange(instant.astimezone(zone), by)
        here = following
    return None


def _halved(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second of the new offset."""
    while after - before > _SECOND:
        middle = before + (after - before) / 2
        if _offset(middle, zone) == _offset(before, zone):
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)
