"""Calendar windows as people name them: `2026-10`, `2026-Q3`, `2026`, `2026-W40`, `2026-10-14`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from goserviceslo.api.window import CalendarPeriod
from goserviceslo.slo.windows import span, zone_problem

_ADVICE = "write a month (2026-10), a quarter (2026-Q3), a year (2026), a week (2026-W40) or a day (2026-10-14)"
_FORMS: tuple[tuple[str, CalendarPeriod, Callable[..., date]], ...] = (
    (r"(\d{4})", CalendarPeriod.YEAR, lambda year: date(year, 1, 1)),
    (r"(\d{4})-Q([1-4])", CalendarPeriod.QUARTER, lambda year, quarter: date(year, 3 * quarter - 2, 1)),
    (r"(\d{4})-(\d{2})", CalendarPeriod.MONTH, lambda year, month: date(year, month, 1)),
    (r"(\d{4})-W(\d{2})", CalendarPeriod.WEEK, lambda year, week: date.fromisocalendar(year, week, 1)),
    (r"(\d{4})-(\d{2})-(\d{2})", CalendarPeriod.DAY, date),
)


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar window that has a name."""

    name: str
    time_zone: str
    start: datetime
    """The first instant, in UTC."""
    end: datetime
    """The first instant after it."""

    def days(self) -> tuple[tuple[date, datetime, datetime], ...]:
        """Each local day with its first instant and the first after it; 23 or 25 hours where the clocks change."""
        found, here, zone = [], self.start, ZoneInfo(self.time_zone)
        while here < self.end:
            _, following = span(CalendarPeriod.DAY, self.time_zone, here)
            found.append((here.astimezone(zone).date(), here, following))
            here = following
        return tuple(found)


def named_period(name: str, time_zone: str) -> Period:
    """The window of this name in a time zone. Raises ValueError with what to write instead."""
    problem = zone_problem(time_zone)
    if problem is not None:
        raise ValueError(problem)
    for form, period, first in _FORMS:
        match = re.fullmatch(form, name)
        if match is not None:
            try:
                day = first(*map(int, match.groups()))
                noon = datetime.combine(day, time(12), tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
                return Period(name, time_zone, *span(period, time_zone, noon))
            except (ValueError, OverflowError):
                raise ValueError(f"there is no {name} in the calendar: {_ADVICE}") from None
    raise ValueError(f"{name}: {_ADVICE}")
