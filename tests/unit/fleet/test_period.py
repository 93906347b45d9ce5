"""Calendar windows by name, in a time zone."""

from datetime import timedelta

import pytest
from tests.table import cases

from goserviceslo.fleet.period import named_period

UTC, BERLIN = "UTC", "Europe/Berlin"


@cases(
    "name, zone, start, end",
    {
        "a month": ("2026-10", UTC, "2026-10-01T00:00:00", "2026-11-01T00:00:00"),
        "a month in which the clocks change": ("2026-10", BERLIN, "2026-09-30T22:00:00", "2026-10-31T23:00:00"),
        "a quarter": ("2026-Q3", UTC, "2026-07-01T00:00:00", "2026-10-01T00:00:00"),
        "a year": ("2026", BERLIN, "2025-12-31T23:00:00", "2026-12-31T23:00:00"),
        "a leap February": ("2028-02", UTC, "2028-02-01T00:00:00", "2028-03-01T00:00:00"),
        "a week, from Monday": ("2026-W40", UTC, "2026-09-28T00:00:00", "2026-10-05T00:00:00"),
        "a week that begins in the year before": ("2026-W01", UTC, "2025-12-29T00:00:00", "2026-01-05T00:00:00"),
        "a day": ("2026-10-14", BERLIN, "2026-10-13T22:00:00", "2026-10-14T22:00:00"),
        "a day of 25 hours": ("2026-10-25", BERLIN, "2026-10-24T22:00:00", "2026-10-25T23:00:00"),
    },
)
def test_a_window_begins_and_ends_where_its_zone_says(name: str, zone: str, start: str, end: str) -> None:
    period = named_period(name, zone)
    assert (period.start.isoformat(), period.end.isoformat()) == (f"{start}+00:00", f"{end}+00:00")


def test_the_days_of_a_month_adjoin_and_one_of_them_has_25_hours() -> None:
    period = named_period("2026-10", BERLIN)
    days = period.days()
    assert [day.day for day, _, _ in days] == list(range(1, 32))
    assert [first for _, first, _ in days[1:]] == [following for _, _, following in days[:-1]]
    assert (days[0][1], days[-1][2]) == (period.start, period.end)
    assert [day.day for day, first, following in days if following - first == timedelta(hours=25)] == [25]


@cases(
    "name, zone, sentence",
    {
        "no window at all": ("", UTC, "write a month"),
        "a month that no year has": ("2026-13", UTC, "there is no 2026-13"),
        "a week that the year has not": ("2026-W54", UTC, "there is no 2026-W54"),
        "a day that the month has not": ("2026-02-29", UTC, "there is no 2026-02-29"),
        "a zone that is none": ("2026-10", "Europe/Berlim", "write Europe/Berlin"),
    },
)
def test_a_name_that_means_nothing_is_refused_with_what_to_write(name: str, zone: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        named_period(name, zone)
