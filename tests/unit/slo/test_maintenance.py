"""When maintenance is: in local time, on any night, and merged."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import window

from goserviceslo.api.maintenance import MaintenanceWindow
from goserviceslo.slo.maintenance import (
    HORIZON,
    MOST_SPANS,
    Span,
    crowded,
    embedded,
    merged,
    occurrences,
    zone_problems,
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(spans: tuple[Span, ...]) -> list[str]:
    return [f"{span.start:%Y-%m-%dT%H:%M} {span.end - span.start}" for span in spans]


@cases(
    "windows, since, until, expected",
    {
        "an instant in UTC": (
            [window(start="2026-12-01T02:00:00Z", duration="2h")],
            *("2026-11-01", "2027-01-01"),
            ["2026-12-01T02:00 2:00:00"],
        ),
        "an instant with an offset": (
            [window(start="2026-12-01T02:00:00+05:45")],
            *("2026-11-01", "2027-01-01"),
            ["2026-11-30T20:15 1:00:00"],
        ),
        "a local time": (
            [window(start="2026-12-01T02:00:00", zone="Pacific/Auckland")],
            *("2026-11-01", "2027-01-01"),
            ["2026-11-30T13:00 1:00:00"],
        ),
        "one that runs already counts from its own start": (
            [window(start="2026-12-01T02:00:00Z", duration="7d")],
            *("2026-12-05", "2026-12-06"),
            ["2026-12-01T02:00 7 days, 0:00:00"],
        ),
        "one that ended just before is over": (
            [window(start="2026-12-01T23:00:00Z")],
            *("2026-12-02", "2026-12-03"),
            [],
        ),
        "over midnight and a month's end": (
            [window(start="2026-01-31T23:30:00", zone="Europe/Berlin", rule="FREQ=MONTHLY;BYMONTHDAY=-1")],
            *("2028-01-30", "2028-04-01"),
            ["2028-01-31T22:30 1:00:00", "2028-02-29T22:30 1:00:00", "2028-03-31T21:30 1:00:00"],
        ),
        "the 29th of February comes in leap years only": (
            [window(start="2024-02-29T00:00:00Z", rule="FREQ=YEARLY")],
            *("2025-01-01", "2033-01-01"),
            ["2028-02-29T00:00 1:00:00", "2032-02-29T00:00 1:00:00"],
        ),
        "the 31st comes in long months only": (
            [window(start="2026-01-31T00:00:00Z", rule="FREQ=MONTHLY")],
            *("2026-01-01", "2026-06-01"),
            ["2026-01-31T00:00 1:00:00", "2026-03-31T00:00 1:00:00", "2026-05-31T00:00 1:00:00"],
        ),
        "Sundays in Berlin keep their hour when summer time begins": (
            [window(start="2026-01-04T04:00:00", zone="Europe/Berlin", rule="FREQ=WEEKLY;BYDAY=SU")],
            *("2026-03-21", "2026-04-01"),
            ["2026-03-22T03:00 1:00:00", "2026-03-29T02:00 1:00:00"],
        ),
        "an hour that the clocks skip is moved on by it": (
            [window(start="2026-03-28T02:30:00", zone="Europe/Berlin", rule="FREQ=DAILY")],
            *("2026-03-28", "2026-03-31"),
            ["2026-03-28T01:30 1:00:00", "2026-03-29T01:30 1:00:00", "2026-03-30T00:30 1:00:00"],
        ),
        "an hour that comes twice is taken once, the first": (
            [window(start="2026-10-24T02:30:00", zone="Europe/Berlin", rule="FREQ=DAILY", duration="30m")],
            *("2026-10-24", "2026-10-27"),
            ["2026-10-24T00:30 0:30:00", "2026-10-25T00:30 0:30:00", "2026-10-26T01:30 0:30:00"],
        ),
        "clocks that change by half an hour (Lord Howe)": (
            [window(start="2026-10-03T02:15:00", zone="Australia/Lord_Howe", rule="FREQ=DAILY", duration="10m")],
            *("2026-10-02", "2026-10-05"),
            ["2026-10-02T15:45 0:10:00", "2026-10-03T15:45 0:10:00", "2026-10-04T15:15 0:10:00"],
        ),
        "a single local time in the gap, in the south": (
            [window(start="2026-09-27T02:30:00", zone="Pacific/Auckland")],
            *("2026-09-01", "2026-10-01"),
            ["2026-09-26T14:30 1:00:00"],
        ),
        "a day is 24 hours, also where it has 23": (
            [window(start="2026-03-29T00:00:00", zone="Europe/Berlin", duration="1d")],
            *("2026-03-01", "2026-04-01"),
            ["2026-03-28T23:00 1 day, 0:00:00"],
        ),
        "the last working day of a month": (
            [window(start="2026-01-01T20:00:00Z", rule="FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1")],
            *("2026-01-01", "2026-04-01"),
            ["2026-01-30T20:00 1:00:00", "2026-02-27T20:00 1:00:00", "2026-03-31T20:00 1:00:00"],
        ),
        "every other week, as counted from the start": (
            [window(start="2026-01-04T02:00:00Z", rule="FREQ=WEEKLY;INTERVAL=2")],
            *("2026-11-20", "2026-12-10"),
            ["2026-11-22T02:00 1:00:00", "2026-12-06T02:00 1:00:00"],
        ),
        "only so often": (
            [window(start="2026-01-05T02:00:00Z", rule="FREQ=DAILY;COUNT=3")],
            *("2026-01-06", "2026-02-01"),
            ["2026-01-06T02:00 1:00:00", "2026-01-07T02:00 1:00:00"],
        ),
        "until a day, which is the last": (
            [window(start="2026-01-05T22:00:00", zone="America/New_York", rule="FREQ=DAILY;UNTIL=20260107")],
            *("2026-01-01", "2026-02-01"),
            ["2026-01-06T03:00 1:00:00", "2026-01-07T03:00 1:00:00", "2026-01-08T03:00 1:00:00"],
        ),
        "until an instant in UTC": (
            [window(start="2026-01-05T22:00:00", zone="America/New_York", rule="FREQ=DAILY;UNTIL=20260107T030000Z")],
            *("2026-01-01", "2026-02-01"),
            ["2026-01-06T03:00 1:00:00", "2026-01-07T03:00 1:00:00"],
        ),
        "days left out, by their local date": (
            [
                window(
                    start="2026-12-20T20:00:00",
                    zone="America/New_York",
                    rule="FREQ=WEEKLY;BYDAY=SU",
                    left_out=["2026-12-27"],
                )
            ],
            *("2026-12-01", "2027-01-10"),
            ["2026-12-21T01:00 1:00:00", "2027-01-04T01:00 1:00:00"],
        ),
        "a start that its own rule does not give is not an occurrence": (
            [window(start="2026-01-05T02:00:00Z", rule="FREQ=WEEKLY;BYDAY=SU")],
            *("2026-01-01", "2026-01-18"),
            ["2026-01-11T02:00 1:00:00"],
        ),
        "a rule that never holds": (
            [window(start="2026-01-01T02:00:00Z", rule="FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")],
            *("2026-01-01", "2036-01-01"),
            [],
        ),
        "two that overlap are one": (
            [
                window("a", start="2026-12-01T02:00:00Z", duration="2h"),
                window("b", start="2026-12-01T03:30:00Z", duration="1h"),
            ],
            *("2026-12-01", "2026-12-02"),
            ["2026-12-01T02:00 2:30:00"],
        ),
        "two that touch are one": (
            [window("a", start="2026-12-01T02:00:00Z"), window("b", start="2026-12-01T03:00:00Z")],
            *("2026-12-01", "2026-12-02"),
            ["2026-12-01T02:00 2:00:00"],
        ),
        "a short one within a long one": (
            [
                window("a", start="2026-12-01T02:00:00Z", duration="5h"),
                window("b", start="2026-12-01T03:00:00Z", duration="1h"),
            ],
            *("2026-12-01", "2026-12-02"),
            ["2026-12-01T02:00 5:00:00"],
        ),
    },
)
def test_when_maintenance_is(windows: list[MaintenanceWindow], since: str, until: str, expected: list[str]) -> None:
    assert told(occurrences(windows, utc(since), utc(until))) == expected


ZONES = ["UTC", "Pacific/Auckland", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe"]
instants = st.datetimes(utc("2015-01-01").replace(tzinfo=None), utc("2032-01-01").replace(tzinfo=None)).map(
    lambda moment: moment.replace(microsecond=0)
)
_days = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)
rules = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 40)),
    st.builds("FREQ=HOURLY;INTERVAL={}".format, st.integers(1, 40)),
    st.builds(lambda days, every: f"FREQ=WEEKLY;INTERVAL={every};BYDAY={','.join(days)}", _days, st.integers(1, 6)),
    st.builds(lambda days: f"FREQ=WEEKLY;BYDAY={','.join(days)};BYSETPOS=1", _days),
    st.builds(lambda days, at: f"FREQ=MONTHLY;BYDAY={','.join(days)};BYSETPOS={at}", _days, st.sampled_from([1, -1])),
    st.builds("FREQ=DAILY;BYHOUR={},{};COUNT={}".format, st.integers(0, 11), st.integers(12, 23), st.integers(1, 99)),
    st.sampled_from(["FREQ=MONTHLY", "FREQ=YEARLY", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO", "FREQ=MONTHLY;BYMONTHDAY=-1"]),
)
windows_of_any_kind = st.builds(
    lambda start, zone, minutes, rule: window(
        start=f"{start:%Y-%m-%dT%H:%M:%S}", zone=zone, duration=f"{minutes}m", rule=rule
    ),
    instants,
    st.sampled_from(ZONES),
    st.integers(1, 7 * 24 * 60),
    st.none() | rules,
)
stretches = st.tuples(instants, st.integers(1, 20 * 24 * 60), st.integers(1, 20 * 24 * 60)).map(
    lambda one: tuple(
        one[0].replace(tzinfo=UTC) + timedelta(minutes=minutes) for minutes in (0, one[1], one[1] + one[2])
    )
)


@settings(deadline=None)
@given(st.lists(windows_of_any_kind, max_size=3), stretches)
def test_splitting_a_stretch_of_time_changes_nothing(windows: list[MaintenanceWindow], cut: Any) -> None:
    since, between, until = cut
    parts = (*occurrences(windows, since, between), *occurrences(windows, between, until))
    assert merged(parts) == occurrences(windows, since, until)


@settings(deadline=None)
@given(st.lists(windows_of_any_kind, max_size=4), stretches)
def test_spans_are_sorted_apart_and_within_what_was_asked(windows: list[MaintenanceWindow], cut: Any) -> None:
    since, _, until = cut
    spans = occurrences(windows, since, until)
    assert all(before.end < after.start for before, after in pairwise(spans))
    assert all(span.start < until and span.end > since for span in spans)


@settings(deadline=None)
@given(windows_of_any_kind, stretches)
def test_a_recurring_window_keeps_its_wall_clock_and_comes_24_times_a_day_at_most(
    one: MaintenanceWindow, cut: Any
) -> None:
    since, _, until = cut
    brief = one.model_copy(update={"duration": timedelta(seconds=1)})
    starts = [span.start for span in occurrences([brief], since, until)]
    minutes = {start.astimezone(ZoneInfo(one.time_zone or "UTC")).minute for start in starts}
    # What the clocks skip is half an hour in Lord Howe and an hour or a quarter elsewhere.
    assert len(minutes) <= 2
    assert len(starts) <= 24 * ((until - since) / timedelta(days=1) + 2)


@settings(deadline=None)
@given(windows_of_any_kind, instants)
def test_what_is_embedded_changes_at_midnight_only(one: MaintenanceWindow, moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    midnight = now.replace(hour=0, minute=0, second=0)
    assert embedded([one], now) == embedded([one], midnight)


def test_a_weekly_window_changes_the_rules_twice_a_week_and_none_never_does() -> None:
    weekly, start = (
        window(rule="FREQ=WEEKLY;BYDAY=SU", start="2026-01-04T02:00:00", zone="Europe/Berlin"),
        utc("2026-06-01"),
    )
    days = [embedded([weekly], start + timedelta(days=day)) for day in range(29)]
    assert sum(before != after for before, after in pairwise(days)) == 8
    assert embedded([], start) == embedded([], start + timedelta(days=400))
    assert embedded([], start).look_again(start) is None


def test_what_runs_now_stays_embedded_until_its_last_tile_is_counted() -> None:
    one = window(start="2026-06-01T22:00:00Z", duration="2h")
    assert embedded([one], utc("2026-06-02")).spans == (Span(utc("2026-06-01T22:00"), utc("2026-06-02T00:00")),)
    assert embedded([one], utc("2026-06-03")).spans == ()
    assert embedded([one], utc("2026-06-03")).declared


@cases(
    "now, running, coming",
    {
        "before it": ("2026-06-01T21:59", False, "2026-06-01T22:00"),
        "at its first instant": ("2026-06-01T22:00", True, "2026-06-08T22:00"),
        "at its end": ("2026-06-01T23:00", False, "2026-06-08T22:00"),
    },
)
def test_what_runs_and_what_is_next(now: str, running: bool, coming: str) -> None:
    maintenance = embedded([window(start="2026-06-01T22:00:00Z", rule="FREQ=WEEKLY")], utc(now))
    assert (maintenance.running(utc(now)) is not None) is running
    following = maintenance.coming(utc(now))
    assert following is not None
    assert following.start == utc(coming)


def test_due_times_find_every_bound_soon_after_it_though_they_come_up_to_a_tenth_late() -> None:
    one = window(start="2026-06-02T20:00:00Z", duration="3h")
    now, looks = utc("2026-06-02T01:00"), 0
    for bound in (utc("2026-06-02T20:00"), utc("2026-06-02T23:00"), utc("2026-06-03T00:00")):
        while now < bound:
            due = embedded([one], now).look_again(now)
            assert due is not None
            now += due * 1.1
            looks += 1
        assert now - bound <= timedelta(seconds=10)
    assert looks < 20


def test_more_spans_than_are_embedded_within_two_days_are_too_many() -> None:
    now = utc("2026-06-01T12:00")
    hourly = [
        window(f"w{minute}", start=f"2026-06-01T00:{minute}:00Z", duration="1m", rule="FREQ=HOURLY")
        for minute in ("10", "30")
    ]
    assert not crowded(hourly[:1], now)
    assert crowded(hourly, now)
    assert len(embedded(hourly, now).spans) == MOST_SPANS
    assert embedded(hourly[:1], now).spans[-1].start > now + timedelta(days=1)


def test_the_horizon_lasts_longer_than_a_week() -> None:
    daily = window(start="2026-01-01T02:00:00Z", rule="FREQ=DAILY")
    now = utc("2026-06-01T23:59")
    assert embedded([daily], now).spans[-1].start > now + HORIZON - timedelta(days=2)


def test_an_unknown_zone_is_told() -> None:
    one = window(start="2026-01-01T02:00:00", zone="Europe/Berln")
    assert zone_problems([one]) == ["[0].timeZone: there is no time zone Europe/Berln: write Europe/Berlin"]
    with pytest.raises(ValueError, match="there is no time zone"):
        occurrences([one], utc("2026-01-01"), utc("2026-02-01"))
