"""Recurrence rules give what RFC 5545 says, and rules that never hold cost no more than those that do."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import window

from goserviceslo.slo.maintenance import embedded
from goserviceslo.slo.recurrence import starts

local = datetime.fromisoformat
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
NUMBERS = ["1", "2", "4", "5", "-1", "-2"]


def several(values: list[str], most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True).map(",".join)


def numbered(frequency: str) -> st.SearchStrategy[str]:
    """Of numbered and plain ones together dateutil takes what is both, where the RFC means each."""
    plain = several(WEEKDAYS, 4)
    if frequency not in ("MONTHLY", "YEARLY"):
        return plain
    return plain | several([f"{number}{day}" for number in NUMBERS for day in WEEKDAYS], 4)


@st.composite
def rules(draw: st.DrawFn) -> dict[str, str]:
    """Rules of any frequency with up to three further parts."""
    frequency = draw(st.sampled_from(["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    possible = {
        "INTERVAL": st.sampled_from(["2", "3", "5", "26"]),
        "BYDAY": numbered(frequency),
        "BYMONTHDAY": several(["1", "2", "13", "28", "29", "31", "-1", "-31"], 3),
        "BYYEARDAY": several(["1", "60", "200", "366", "-1", "-100"], 3),
        "BYMONTH": several([str(month) for month in range(1, 13)], 4),
        "BYSETPOS": several(["1", "2", "-1", "-2", "5"], 2),
        "BYMINUTE": st.sampled_from(["0", "31"]),
        "WKST": st.sampled_from(WEEKDAYS),
    }
    if frequency != "HOURLY":
        possible["BYHOUR"] = several(["0", "7", "12", "23"], 3)
        possible["COUNT"] = st.sampled_from(["1", "7", "40"])
    if frequency not in ("WEEKLY", "HOURLY"):
        # Weeks that lie in two years are told by the first of them alone in dateutil's rules of weeks and hours.
        possible["BYWEEKNO"] = several(["1", "10", "52", "53", "-1"], 3)
    names = draw(st.lists(st.sampled_from(sorted(possible)), max_size=3, unique=True))
    return {"FREQ": frequency} | {name: draw(possible[name]) for name in names}


@settings(deadline=None, max_examples=400)
@given(
    rules(),
    st.datetimes(local("2019-01-01"), local("2027-01-01")).map(lambda moment: moment.replace(microsecond=0)),
    st.integers(1, 1200),
)
def test_what_a_rule_gives_is_what_dateutil_gives(parts: dict[str, str], begins: datetime, days: int) -> None:
    last = begins + timedelta(days=days)
    found = list(starts(parts, begins, begins, last))
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    # Where nothing comes in years, nothing may ever come, and dateutil would look until the year 9999.
    further = list(islice(starts(parts, begins, begins, last + timedelta(days=12_000)), len(found) + 1))
    assert further == list(islice(rrulestr(text, dtstart=begins), len(further)))
    assert found == [one for one in further if one <= last]


@settings(deadline=None, max_examples=200)
@given(rules(), st.datetimes(local("2019-01-01"), local("2027-01-01")), st.integers(0, 1200), st.integers(0, 1200))
def test_a_later_look_sees_the_same(parts: dict[str, str], begins: datetime, ahead: int, days: int) -> None:
    begins = begins.replace(microsecond=0)
    earliest = begins + timedelta(days=ahead)
    last = earliest + timedelta(days=days)
    assert [one for one in starts(parts, begins, begins, last) if one >= earliest] == list(
        starts(parts, begins, earliest, last)
    )


NEVER = [
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=12;BYDAY=53MO",
    "FREQ=MONTHLY;BYDAY=6MO",
    "FREQ=MONTHLY;BYDAY=53MO",
    "FREQ=MONTHLY;BYDAY=-53MO,20TU",
    "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
    "FREQ=WEEKLY;BYMONTH=1;BYYEARDAY=200",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYSETPOS=2",
    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=HOURLY;BYSETPOS=2",
    "FREQ=HOURLY;INTERVAL=999;BYSETPOS=-366",
]


@pytest.mark.timeout(60)  # Followed to the year 9999, one of these alone would take minutes.
@pytest.mark.parametrize("rule", NEVER)
def test_a_rule_that_never_holds_gives_nothing_and_ends(rule: str) -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    windows = [window(f"w{number}", start=f"20{number + 10}-01-01T02:00:00Z", rule=rule) for number in range(16)]
    assert embedded(windows, now).spans == ()
    assert embedded(windows, now).declared


@cases(
    "rule, begins, expected",
    {
        "a numbered day and a plain one are each meant": (
            "FREQ=MONTHLY;BYDAY=1MO,TU",
            "2026-01-01",
            ["2026-01-05", "2026-01-06", "2026-01-13", "2026-01-20", "2026-01-27", "2026-02-02", "2026-02-03"],
        ),
        "the last working day of a week that lies in two years": (
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-12-21",
            ["2026-12-25", "2027-01-01", "2027-01-08"],
        ),
        "every other week, counted from Sundays": (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
            "2026-08-04",
            ["2026-08-04", "2026-08-16", "2026-08-18", "2026-08-30"],
        ),
        "every other week, counted from Mondays": (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO",
            "2026-08-04",
            ["2026-08-04", "2026-08-09", "2026-08-18", "2026-08-23"],
        ),
    },
)
def test_what_the_rfc_says(rule: str, begins: str, expected: list[str]) -> None:
    parts = dict(part.split("=") for part in rule.split(";"))
    found = starts(parts, local(begins), local(begins), local("2028-01-01"))
    assert [f"{one:%Y-%m-%d}" for one in islice(found, len(expected))] == expected


def test_the_53rd_of_a_weekday_comes_in_years_that_have_it() -> None:
    parts = {"FREQ": "YEARLY", "BYDAY": "53MO"}
    found = starts(parts, local("2018-01-01"), local("2018-01-01"), local("2031-01-01"))
    assert list(found) == [local("2018-12-31"), local("2024-12-30"), local("2029-12-31")]


def test_nothing_is_looked_for_beyond_the_last_year_that_there_is() -> None:
    parts = {"FREQ": "YEARLY"}
    assert list(starts(parts, local("9998-01-01"), local("9998-01-01"), local("9999-12-31"))) == [
        local("9998-01-01"),
        local("9999-01-01"),
    ]
