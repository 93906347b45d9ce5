"""A window in dates, and the nights in which the clocks change."""

from datetime import UTC, datetime, timedelta

from tests.table import cases
from tests.unit.slo.given import objective

from goserviceslo.authoring.dates import dates

BERLIN, LORD_HOWE = "Europe/Berlin", "Australia/Lord_Howe"


@cases(
    "zone, now, at, by",
    {
        "forward in spring": (BERLIN, "2026-03-10T12:00:00Z", "2026-03-29T03:00:00+02:00", timedelta(hours=1)),
        "back in autumn": (BERLIN, "2026-10-10T12:00:00Z", "2026-10-25T02:00:00+01:00", timedelta(hours=-1)),
        "by half an hour": (LORD_HOWE, "2026-10-01T12:00:00Z", "2026-10-04T02:30:00+11:00", timedelta(minutes=30)),
    },
)
def test_the_next_clock_change_is_told_to_the_second(zone: str, now: str, at: str, by: timedelta) -> None:
    found = dates(objective(window="Month", zone=zone), datetime.fromisoformat(now)).next_change
    assert found is not None
    assert (found.at.isoformat(), found.by) == (at, by)


@cases(
    "zone, now",
    {
        "the change is over": (BERLIN, "2026-03-29T01:00:00Z"),
        "the window has none": (BERLIN, "2026-05-10T12:00:00Z"),
        "the zone has none": ("UTC", "2026-03-10T12:00:00Z"),
    },
)
def test_there_is_nothing_to_tell_where(zone: str, now: str) -> None:
    assert dates(objective(window="Month", zone=zone), datetime.fromisoformat(now)).next_change is None


def test_a_month_with_a_change_has_its_real_length() -> None:
    found = dates(objective(window="Month", zone=BERLIN), datetime(2026, 3, 10, tzinfo=UTC))
    assert found.length == timedelta(days=31) - timedelta(hours=1)
