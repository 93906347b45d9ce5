"""From when to when a promise is measured, in any zone and on any night."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases

from goserviceslo.api.window import CalendarPeriod
from goserviceslo.slo.windows import span, zone_problem


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@cases(
    "period, zone, now, start, end",
    {
        "a day in UTC": ("Day", None, "2026-03-14T15:00", "2026-03-14T00:00", "2026-03-15T00:00"),
        "a week starts on Monday": ("Week", "UTC", "2026-03-15T23:59", "2026-03-09T00:00", "2026-03-16T00:00"),
        "a Monday is the first of its week": (
            "Week",
            "UTC",
            "2026-03-16T00:00",
            "2026-03-16T00:00",
            "2026-03-23T00:00",
        ),
        "February of a leap year": ("Month", "UTC", "2028-02-29T12:00", "2028-02-01T00:00", "2028-03-01T00:00"),
        "December": ("Month", "UTC", "2026-12-31T23:59", "2026-12-01T00:00", "2027-01-01T00:00"),
        "the last quarter": ("Quarter", "UTC", "2026-11-05T00:00", "2026-10-01T00:00", "2027-01-01T00:00"),
        "a year": ("Year", "UTC", "2026-07-01T00:00", "2026-01-01T00:00", "2027-01-01T00:00"),
        "a month in Auckland that has already begun there": (
            "Month",
            "Pacific/Auckland",
            "2026-09-30T11:00",
            "2026-09-30T11:00",
            "2026-10-31T11:00",
        ),
        "a month in Auckland in which summer time began": (
            "Month",
            "Pacific/Auckland",
            "2026-09-30T10:59",
            "2026-08-31T12:00",
            "2026-09-30T11:00",
        ),
        "a day of 23 hours": ("Day", "Europe/Berlin", "2026-03-29T12:00", "2026-03-28T23:00", "2026-03-29T22:00"),
        "a day of 25 hours": ("Day", "Europe/Berlin", "2026-10-25T12:00", "2026-10-24T22:00", "2026-10-25T23:00"),
        "a zone of three quarters of an hour": (
            "Day",
            "Asia/Kathmandu",
            "2026-05-01T00:00",
            "2026-04-30T18:15",
            "2026-05-01T18:15",
        ),
        "a midnight that the clocks skip (Cairo, 00:00 becomes 01:00)": (
            "Day",
            "Africa/Cairo",
            "2026-04-24T12:00",
            "2026-04-23T22:00",
            "2026-04-24T21:00",
        ),
        "a midnight that comes twice (Havana, 01:00 becomes 00:00)": (
            "Day",
            "America/Havana",
            "2026-11-01T12:00",
            "2026-11-01T04:00",
            "2026-11-02T05:00",
        ),
        "a week over a year's end": ("Week", "UTC", "2026-12-31T12:00", "2026-12-28T00:00", "2027-01-04T00:00"),
        "a week with a leap day": ("Week", "UTC", "2028-02-29T12:00", "2028-02-28T00:00", "2028-03-06T00:00"),
        "a quarter with a leap day": ("Quarter", "UTC", "2028-02-29T12:00", "2028-01-01T00:00", "2028-04-01T00:00"),
        "a leap year in Berlin": ("Year", "Europe/Berlin", "2028-02-29T12:00", "2027-12-31T23:00", "2028-12-31T23:00"),
        "a year that has just begun in Kathmandu": (
            "Year",
            "Asia/Kathmandu",
            "2027-12-31T18:15",
            "2027-12-31T18:15",
            "2028-12-31T18:15",
        ),
        "the last instant of a quarter in Berlin": (
            "Quarter",
            "Europe/Berlin",
            "2028-03-31T21:59",
            "2027-12-31T23:00",
            "2028-03-31T22:00",
        ),
        "the first instant of the one after it": (
            "Quarter",
            "Europe/Berlin",
            "2028-03-31T22:00",
            "2028-03-31T22:00",
            "2028-06-30T22:00",
        ),
        "a day of 23 hours in the south": (
            "Day",
            "Pacific/Auckland",
            "2026-09-27T03:00",
            "2026-09-26T12:00",
            "2026-09-27T11:00",
        ),
        "a day of 25 hours in the south": (
            "Day",
            "Pacific/Auckland",
            "2026-04-05T03:00",
            "2026-04-04T11:00",
            "2026-04-05T12:00",
        ),
        "a week in which summer time begins in Auckland": (
            "Week",
            "Pacific/Auckland",
            "2026-09-26T13:00",
            "2026-09-20T12:00",
            "2026-09-27T11:00",
        ),
        "a midnight that the clocks skipped (Sao Paulo, 2018)": (
            "Day",
            "America/Sao_Paulo",
            "2018-11-04T12:00",
            "2018-11-04T03:00",
            "2018-11-05T02:00",
        ),
        "an hour before midnight that came twice (Sao Paulo, 2019)": (
            "Day",
            "America/Sao_Paulo",
            "2019-02-17T02:30",
            "2019-02-16T02:00",
            "2019-02-17T03:00",
        ),
        "a month in Sao Paulo that ends in another offset than it began": (
            "Month",
            "America/Sao_Paulo",
            "2018-11-15T12:00",
            "2018-11-01T03:00",
            "2018-12-01T02:00",
        ),
        "a day of 23 and a half hours (Lord Howe)": (
            "Day",
            "Australia/Lord_Howe",
            "2026-10-04T05:00",
            "2026-10-03T13:30",
            "2026-10-04T13:00",
        ),
        "a day of 24 and a half hours (Lord Howe)": (
            "Day",
            "Australia/Lord_Howe",
            "2026-04-05T05:00",
            "2026-04-04T13:00",
            "2026-04-05T13:30",
        ),
        "a day that a country left out (Samoa, 30 December 2011)": (
            "Day",
            "Pacific/Apia",
            "2011-12-30T12:00",
            "2011-12-30T10:00",
            "2011-12-31T10:00",
        ),
    },
)
def test_a_calendar_window_is_the_local_one(period: str, zone: str | None, now: str, start: str, end: str) -> None:
    assert span(CalendarPeriod(period), zone, utc(now)) == (utc(start), utc(end))


def test_a_rolling_window_ends_now() -> None:
    now = datetime(2026, 3, 29, 3, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    start, end = span(timedelta(days=1), None, now)
    assert (start, end) == (utc("2026-03-28T01:30"), utc("2026-03-29T01:30"))
    assert start.tzinfo is UTC


instants = st.datetimes(
    datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2060-01-01"), timezones=st.just(UTC)
)
zones = st.sampled_from(
    [
        *("UTC", "Pacific/Auckland", "Pacific/Apia", "America/Sao_Paulo", "Africa/Cairo", "Asia/Kathmandu"),
        *("Asia/Beirut", "Europe/Berlin", "Australia/Lord_Howe"),
    ]
)
periods = st.sampled_from(list(CalendarPeriod))


@given(periods, zones, instants)
def test_calendar_windows_follow_each_other_without_a_gap(period: CalendarPeriod, zone: str, now: datetime) -> None:
    start, end = span(period, zone, now)
    assert start <= now < end
    assert span(period, zone, start) == (start, end)
    assert span(period, zone, end)[0] == end
    assert span(period, zone, start - timedelta(microseconds=1))[1] == start


@cases(
    "name, sentence",
    {
        "a misspelled city": ("Europe/Berln", "there is no time zone Europe/Berln: write Europe/Berlin"),
        "another case": ("europe/berlin", "there is no time zone europe/berlin: write Europe/Berlin"),
        "a city alone": ("Auckland", "there is no time zone Auckland: write Pacific/Auckland"),
        "a place of fancy": (
            "Mars/Olympus",
            "there is no time zone Mars/Olympus: write an IANA name such as Pacific/Auckland, Europe/Berlin or UTC",
        ),
        "a path": (
            "../../etc/passwd",
            "there is no time zone ../../etc/passwd: write an IANA name such as Pacific/Auckland, Europe/Berlin or UTC",
        ),
    },
)
def test_an_unknown_zone_is_told_what_it_may_have_been_meant_to_be(name: str, sentence: str) -> None:
    assert zone_problem(name) == sentence
    with pytest.raises(ValueError, match="there is no time zone"):
        span(CalendarPeriod.DAY, name, utc("2026-01-01T00:00"))


@pytest.mark.parametrize("name", ["UTC", "Pacific/Auckland", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_a_known_zone_has_no_problem(name: str) -> None:
    assert zone_problem(name) is None


def test_a_directory_of_the_zone_data_is_no_zone() -> None:
    assert zone_problem("America") is not None
