"""RFC 5545 rules, expanded over a stretch of local time at a cost that the stretch bounds.

dateutil follows a rule that never holds (the 30th of February) to the year 9999, which takes it seconds or minutes. So
it is asked only for the days of single years, and how a rule goes on from period to period is reckoned here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import MAXYEAR, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby, product

from dateutil.rrule import rrulestr

Parts = Mapping[str, str]

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MONTHS = ",".join(str(month) for month in range(1, 13))
_OF_DAYS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "WKST")
_NAMING_DAYS = frozenset({"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY"})
_FROM_ITS_START = frozenset({"WEEKLY", "DAILY", "HOURLY"})
"""Frequencies whose first period begins with the rule; a first month or year is a whole one, as in dateutil."""
_MOST_OF_A_WEEKDAY = 5
"""In a month."""
_MOST_OF_A_WEEKDAY_IN_A_YEAR = 53
_WEEK = timedelta(weeks=1)


def starts(parts: Parts, begins: datetime, earliest: datetime, last: datetime) -> Iterator[datetime]:
    """What a rule gives from `begins`, between `earliest` and `last`, both included; all are local times.

    `parts` are the rule's, by name, without UNTIL, as `api.maintenance` takes them: HOURLY with neither BYHOUR nor
    COUNT, and one BYMINUTE.
    """
    count = int(parts.get("COUNT", 0))
    # One that counts its occurrences must be followed from the first, the others from a period before.
    since = begins if count else max(begins, earliest - _WEEK)
    found = (one for period in _periods(parts, begins, since.date(), last) for one in _chosen(parts, period))
    number = 0
    for one in found:
        if one < begins:
            continue
        number += 1
        if one > last or (count and number > count):
            return
        if one >= earliest:
            yield one


def _periods(parts: Parts, begins: datetime, since: date, last: datetime) -> Iterator[list[datetime]]:
    """The occurrences of each period, before BYSETPOS; from the one on that `since` lies in."""
    every = int(parts.get("INTERVAL", 1))
    week_start = _WEEKDAYS.index(parts.get("WKST", "MO"))
    first = _period(parts["FREQ"], begins.date(), week_start)
    named = _naming_days(parts, begins)
    years = range(since.year, min(last.year + 1, MAXYEAR) + 1)
    days: Iterable[date] = (day for year in years for day in _days(year, named))
    if parts["FREQ"] in _FROM_ITS_START:
        days = (day for day in days if day >= since)
    for period, of_period in groupby(days, lambda day: _period(parts["FREQ"], day, week_start)):
        if period >= first and (parts["FREQ"] == "HOURLY" or (period - first) % every == 0):
            yield from _at_times(parts, begins, list(of_period), every)


def _at_times(parts: Parts, begins: datetime, days: Sequence[date], every: int) -> Iterator[list[datetime]]:
    """The days of a period with the times of day; of a rule of hours, each hour is a period of its own."""
    minute = int(parts.get("BYMINUTE", begins.minute))
    if parts["FREQ"] == "HOURLY":
        for day in days:
            passed = (day - begins.date()).days * 24 - begins.hour
            for hour in range(-passed % every, 24, every):
                yield [datetime.combine(day, time(hour, minute, begins.second))]
        return
    hours = sorted({int(hour) for hour in parts.get("BYHOUR", str(begins.hour)).split(",")})
    times = [time(hour, minute, begins.second) for hour in hours]
    yield [datetime.combine(day, at) for day, at in product(days, times)]


def _chosen(parts: Parts, occurrences: Sequence[datetime]) -> Sequence[datetime]:
    """Those of a period that BYSETPOS leaves."""
    if "BYSETPOS" not in parts:
        return occurrences
    there = range(-len(occurrences), len(occurrences))
    positions = (int(text) for text in parts["BYSETPOS"].split(","))
    indices = (position - 1 if position > 0 else position for position in positions)
    return sorted({occurrences[index] for index in indices if index in there})


def _period(frequency: str, day: date, week_start: int) -> int:
    """The number of the year, month, week or day that a day lies in."""
    if frequency == "YEARLY":
        return day.year
    if frequency == "MONTHLY":
        return day.year * 12 + day.month
    if frequency == "WEEKLY":
        # Day 1 is a Monday.
        return (day.toordinal() - 1 - week_start) // 7
    return day.toordinal()


def _naming_days(parts: Parts, begins: datetime) -> str:
    """The parts of a rule that say which days it means, as those of a yearly rule that means the same days."""
    named = {name: parts[name] for name in _OF_DAYS if name in parts}
    if not _NAMING_DAYS & named.keys():
        named |= {
            "YEARLY": {"BYMONTH": str(begins.month), "BYMONTHDAY": str(begins.day)} | named,
            "MONTHLY": {"BYMONTHDAY": str(begins.day)},
            "WEEKLY": {"BYDAY": _WEEKDAYS[begins.weekday()]},
        }.get(parts["FREQ"], {"BYDAY": ",".join(_WEEKDAYS)})
    if parts["FREQ"] == "MONTHLY":
        # Numbered days of a year that names months are numbered within each.
        named.setdefault("BYMONTH", _MONTHS)
    return ";".join(f"{name}={value}" for name, value in named.items())


@lru_cache(maxsize=512)
def _days(year: int, named: str) -> tuple[date, ...]:
    """The days of a year that a yearly rule means."""
    parts = dict(part.split("=", 1) for part in named.split(";"))
    if "BYDAY" not in parts:
        return tuple(_looked_up(year, parts))
    weekdays = parts["BYDAY"].split(",")
    plain = [day for day in weekdays if day in _WEEKDAYS]
    # dateutil would look for the 53rd Monday of December beyond the days that it knows.
    most = _MOST_OF_A_WEEKDAY if "BYMONTH" in parts else _MOST_OF_A_WEEKDAY_IN_A_YEAR
    numbered = [day for day in weekdays if day not in _WEEKDAYS and abs(int(day[:-2])) <= most]
    # It takes the first Monday and every Tuesday for what is both; each is meant.
    found = (_looked_up(year, parts | {"BYDAY": ",".join(some)}) for some in (plain, numbered) if some)
    return tuple(sorted({day for days in found for day in days}))


def _looked_up(year: int, parts: Parts) -> Iterator[date]:
    # The step leads beyond the last year that there is: it looks at this one alone.
    once = {"FREQ": "YEARLY", "INTERVAL": str(MAXYEAR), "BYHOUR": "0", "BYMINUTE": "0", "BYSECOND": "0"}
    rule = ";".join(f"{name}={value}" for name, value in {**once, **parts}.items())
    return (day.date() for day in rrulestr(rule, dtstart=datetime.combine(date(year, 1, 1), time())))
