"""From when to when a promise is measured: rolling lengths, and calendar periods in a time zone."""

import difflib
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from goserviceslo.api.window import CalendarPeriod

_DEFAULT_ZONE = "UTC"
_MONTHS = {CalendarPeriod.MONTH: 1, CalendarPeriod.QUARTER: 3, CalendarPeriod.YEAR: 12}


def span(window: CalendarPeriod | timedelta, time_zone: str | None, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the window that `now` lies in, in UTC; a calendar window's end is still to come.

    A calendar window starts with the first instant of its first local day: where the clocks skip midnight that is when
    they skip it, where midnight comes twice it is the first. Weeks start on Monday. Raises ValueError for an unknown
    zone, with the sentence of `zone_problem`.
    """
    now = now.astimezone(UTC)
    if isinstance(window, timedelta):
        return now - window, now
    zone = _zone(time_zone or _DEFAULT_ZONE)
    first, following = _days(window, now.astimezone(zone).date())
    return _first_instant(first, zone), _first_instant(following, zone)


def _days(period: CalendarPeriod, today: date) -> tuple[date, date]:
    """The first day of the period, and of the one after it."""
    if period is CalendarPeriod.DAY:
        return today, today + timedelta(days=1)
    if period is CalendarPeriod.WEEK:
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=7)
    months = _MONTHS[period]
    month = (today.month - 1) // months * months
    following = today.year * 12 + month + months
    return date(today.year, month + 1, 1), date(following // 12, following % 12 + 1, 1)


def _first_instant(day: date, zone: ZoneInfo) -> datetime:
    # With fold=0 a midnight that is skipped is read with the offset before the change: the very instant of the change.
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    problem = zone_problem(name)
    if problem is not None:
        raise ValueError(problem)
    return ZoneInfo(name)


@lru_cache(maxsize=1024)
def zone_problem(name: str) -> str | None:
    """Why `name` is no IANA time zone, with what to write instead; None where it is one."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = _near(name)
        instead = " or ".join(near) if near else "an IANA name such as Pacific/Auckland, Europe/Berlin or UTC"
        return f"there is no time zone {name}: write {instead}"
    return None


def _near(name: str) -> list[str]:
    """Known zones that `name` may have been meant to be: the nearest by its whole name, and by its city."""
    known = sorted(available_timezones())
    by_name = {zone.lower(): zone for zone in known}
    by_city = {zone.rsplit("/", 1)[-1].lower(): zone for zone in known}
    wanted = name.lower()
    whole = difflib.get_close_matches(wanted, by_name, n=1, cutoff=0.8)
    city = difflib.get_close_matches(wanted.rsplit("/", 1)[-1], by_city, n=1, cutoff=0.8)
    return list(dict.fromkeys([*(by_name[match] for match in whole), *(by_city[match] for match in city)]))
