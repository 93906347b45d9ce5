"""What a report says of given tiles."""

from datetime import timedelta
from fractions import Fraction

from tests.table import cases
from tests.unit.slo.given import objective, promise

from goserviceslo.fleet.period import named_period
from goserviceslo.fleet.report import ReportedObjective
from goserviceslo.fleet.reporting import (
    NO_TILES,
    Asked,
    Counted,
    Outages,
    reported_objective,
    reported_outages,
)
from goserviceslo.slo.tiles import Tiles, milliseconds

TILE_MS = 30_000
PERIOD = named_period("2026-10-14", "UTC")
START = milliseconds(PERIOD.start)
DAY = 2880
"""Tiles of a day."""
NOTHING = NO_TILES
NO_OUTAGES = Outages(NO_TILES, NO_TILES)


def tiles(bad: dict[int, int], there: range = range(DAY), each: int = 10, first_ms: int = START) -> Tiles:
    """Tiles of ten events each; the bad ones by the tile's number."""
    numbers = list(there)
    return Tiles(
        [first_ms + (number + 1) * TILE_MS for number in numbers],
        [float(each)] * len(numbers),
        [float(bad.get(number, 0)) for number in numbers],
    )


def asked(ended: bool = True) -> Asked:
    now = PERIOD.end if ended else PERIOD.start + timedelta(hours=12)
    return Asked(PERIOD, now, Fraction(9, 10), timedelta(seconds=30))


def reported(
    counted: Tiles,
    excluded: Tiles = NOTHING,
    maintained: Tiles = NOTHING,
    target: str = "99.9",
    ended: bool = True,
    outages: Outages = NO_OUTAGES,
) -> ReportedObjective:
    return reported_objective(objective(target), Counted(counted, excluded, maintained, outages), asked(ended))


def down(numbers: range) -> Tiles:
    """Outage tiles: the first tells of ninety seconds, the others of their own."""
    at = [START + (number + 1) * TILE_MS for number in numbers]
    return Tiles(at, [90.0, *[30.0] * (len(at) - 1)], [0.0] * len(at))


@cases(
    "counted, verdict, reason",
    {
        "nothing recorded is no evidence": (NOTHING, "NoEvidence", "Nothing was recorded"),
        "exactly on target is kept": (tiles({0: 10, 1: 10, 2: 8}), "Kept", "28 of 28800 events were bad where 28"),
        "one more is broken": (tiles({0: 10, 1: 10, 2: 9}), "Broken", "29 of 28800 events were bad where 28"),
        "too few events are no evidence": (tiles({0: 1}, each=0), "NoEvidence", "0 events are too few"),
        "half a day kept is no evidence for the day": (tiles({}, range(DAY // 2)), "NoEvidence", "Only 50% of the"),
        "a promise broken in half a day is broken": (tiles(dict.fromkeys(range(9), 10), range(DAY // 2)), "Broken", ""),
    },
)
def test_a_promise_is_kept_broken_or_without_evidence(counted: Tiles, verdict: str, reason: str) -> None:
    made = reported(counted)
    assert made.verdict == verdict
    assert reason in made.reason


def test_the_figures_are_those_of_the_window_alone() -> None:
    around = tiles({0: 10, DAY + 1: 10}, range(-10, DAY + 10))
    made = reported(around)
    assert (made.total, made.good, made.budget.spent, made.budget.allowed) == (28800, 28790, 10, "28.8")
    assert (made.sli, made.budget.remaining) == ("99.965", "65%")


def test_what_is_bad_before_the_window_counts_for_no_incident_in_it() -> None:
    assert reported(tiles(dict.fromkeys(range(-40, 0), 10), range(-800, DAY))).incidents == ()


def test_an_outage_is_one_incident_from_its_first_bad_tile_to_its_last() -> None:
    made = reported(tiles(dict.fromkeys(range(100, 120), 10)))
    [incident] = made.incidents
    assert (incident.start, incident.end) == ("2026-10-14T00:50:00Z", "2026-10-14T01:00:00Z")
    assert (incident.bad, incident.total, incident.budget_share) == (200, 200, "694.4%")


def test_three_bad_minutes_on_end_are_an_incident_where_minutes_are_counted_and_two_are_none() -> None:
    each_minute = range(1, DAY, 2)
    minutes = tiles(dict.fromkeys((*range(101, 107, 2), *range(901, 905, 2)), 1), each_minute, each=1)
    healthy = promise(target="99", boolean={"holds": "healthy"})
    [incident] = reported_objective(healthy, Counted(minutes), asked()).incidents
    assert (incident.start, incident.end, incident.bad) == ("2026-10-14T00:50:00Z", "2026-10-14T00:53:00Z", 3)


def test_two_outages_are_two_incidents_and_single_bad_events_none() -> None:
    bad = {**dict.fromkeys(range(100, 110), 10), **dict.fromkeys(range(2000, 2010), 10), 1500: 1}
    assert [one.bad for one in reported(tiles(bad)).incidents] == [100, 100]


def test_an_incident_ends_with_its_trouble_though_single_errors_follow() -> None:
    bad = {**dict.fromkeys(range(0, DAY, 7), 1), **dict.fromkeys(range(100, 120), 60)}
    [incident] = reported(tiles(bad, each=100), target="99").incidents
    assert (incident.start, incident.end) == ("2026-10-14T00:50:00Z", "2026-10-14T01:00:00Z")


def test_what_is_left_of_the_budget_never_grows() -> None:
    month = named_period("2026-10", "UTC")
    count = (month.end - month.start) // timedelta(seconds=30)
    bad = {number: number % 11 for number in range(0, count, 97)}
    counted = Counted(tiles(bad, range(count), each=50, first_ms=milliseconds(month.start)), NOTHING)
    about = Asked(month, month.end, Fraction(9, 10), timedelta(seconds=30))
    left = [
        int((day.budget_remaining or "").removesuffix("%"))
        for day in reported_objective(objective(), counted, about).days
    ]
    assert left == sorted(left, reverse=True)
    assert left[0] > left[-1]


@cases(
    "outages, verdict, reason",
    {
        "proven for longer than the budget lasts": (Outages(down(range(9)), NOTHING), "Broken", "5m30s where 99.9%"),
        "suspected for longer": (Outages(NOTHING, down(range(9))), "NoEvidence", "reached no pod for 5m30s"),
        "no longer than the budget lasts": (
            Outages(Tiles([START + 1], [60.0], [0.0]), NOTHING),
            "Kept",
            "0 of 28710 events",
        ),
    },
)
def test_time_in_which_nothing_could_be_counted_counts_for_itself(outages: Outages, verdict: str, reason: str) -> None:
    made = reported(tiles({}, range(9, DAY)), outages=outages)
    assert made.verdict == verdict
    assert reason in made.reason


def test_an_outage_begins_when_the_workload_was_down_and_not_when_that_was_sure() -> None:
    first, second = reported_outages(Outages(down(range(10, 20)), down(range(100, 102))), asked())
    assert (first.start, first.end, first.seconds) == ("2026-10-14T00:04:00Z", "2026-10-14T00:10:00Z", 360)
    assert (first.proven, second.proven, second.seconds) == (True, False, 120)


def test_maintenance_is_shown_and_is_no_gap() -> None:
    at = [START + (number + 1) * TILE_MS for number in (*range(10, 20), *range(60, 64))]
    ran = Tiles(at, [1.0] * len(at), [0.0] * len(at))
    left_out = tiles({}, range(10, 15), each=7)
    made = reported(tiles({}, range(10)).joined(tiles({}, range(20, DAY))), left_out, ran)
    assert made.excluded == 35
    assert [(one.start, one.end) for one in made.maintenance] == [
        ("2026-10-14T00:05:00Z", "2026-10-14T00:10:00Z"),
        ("2026-10-14T00:30:00Z", "2026-10-14T00:32:00Z"),
    ]
    assert (made.coverage.ratio, made.coverage.gaps) == ("100", ()), "pods that are away on purpose are no gap"


def test_coverage_is_the_share_of_tiles_and_gaps_are_listed() -> None:
    counted = tiles({}, range(100)).joined(tiles({}, range(160, DAY)))
    made = reported(counted).coverage
    assert made.ratio == "97.91"
    assert [(gap.start, gap.end) for gap in made.gaps] == [("2026-10-14T00:50:00Z", "2026-10-14T01:20:30Z")]


def test_a_window_that_runs_is_measured_up_to_now() -> None:
    made = reported(tiles({0: 5}, range(DAY // 2)), ended=False)
    assert (made.total, made.coverage.ratio) == (14400, "100")
    [day] = made.days
    assert (day.total, day.bad, day.budget_remaining) == (14400, 5, "65%")


def test_the_days_add_up_to_the_window_over_a_night_of_25_hours() -> None:
    month = named_period("2026-10", "Europe/Berlin")
    count = (month.end - month.start) // timedelta(seconds=30)
    counted = tiles({7: 3, 60_000: 4}, range(count), first_ms=milliseconds(month.start))
    about = Asked(month, month.end, Fraction(9, 10), timedelta(seconds=30))
    made = reported_objective(objective(), Counted(counted, NOTHING), about)
    assert len(made.days) == 31
    assert (sum(day.total for day in made.days), sum(day.bad for day in made.days)) == (made.total, 7)
    assert made.days[24].total == 25 * 120 * 10
    assert made.days[-1].budget_remaining == made.budget.remaining
