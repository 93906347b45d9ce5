"""Alert conditions follow from the objective's own window, exactly."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import objective, promise

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.slo.burn import SUMMED, BurnPair, burn_policy, least_events
from goserviceslo.slo.promql import duration, number


def told(pair: BurnPair) -> str:
    return f"{pair.severity} {duration(pair.short)}/{duration(pair.long)} {number(pair.factor)}"


@cases(
    "target, window, pairs",
    {
        "30d, as in the Site Reliability Workbook": (
            "99.9",
            "30d",
            ["page 5m/1h 14.4", "page 30m/6h 6", "ticket 2h/1d 3", "ticket 6h/3d 1"],
        ),
        "28d": (
            "99.9",
            "28d",
            ["page 5m/1h 13.44", "page 30m/6h 5.6", "ticket 2h/1d 2.8", "ticket 6h/3d 0.933333333333"],
        ),
        "90d": ("99.9", "90d", ["page 5m/1h 43.2", "page 30m/6h 18", "ticket 2h/1d 9", "ticket 6h/3d 3"]),
        "a calendar month, reckoned as 30d": (
            "99.9",
            "Month",
            ["page 5m/1h 14.4", "page 30m/6h 6", "ticket 2h/1d 3", "ticket 6h/3d 1"],
        ),
        "7d, with shorter windows": (
            "99.9",
            "7d",
            ["page 1m/15m 13.44", "page 5m/1h 8.4", "ticket 30m/6h 2.8", "ticket 2h/1d 0.9"],
        ),
        "1d": ("99.9", "1d", ["page 1m/5m 5.76", "page 1m/15m 4.8", "ticket 3m/45m 3.2", "ticket 15m/3h 0.9"]),
        "1h: one page, and no time for tickets": ("99.9", "1h", ["page 1m/5m 3"]),
        "a low target, whose factors a full outage must reach": (
            "90",
            "30d",
            ["page 5m/1h 8", "page 30m/6h 6", "ticket 2h/1d 3", "ticket 6h/3d 1"],
        ),
    },
)
def test_the_pairs_of_a_window(target: str, window: str, pairs: list[str]) -> None:
    assert [told(pair) for pair in burn_policy(objective(target, window)).pairs] == pairs


windows = st.integers(60, 90 * 1440).map(lambda minutes: f"{minutes}m")
targets = st.decimals(Decimal("0.01"), Decimal("99.999999"), places=6).map(str)


@given(targets, windows)
def test_a_full_outage_pages_whatever_the_target_and_the_window(target: str, window: str) -> None:
    policy = burn_policy(objective(target, window))
    pages = [pair for pair in policy.pairs if pair.severity == "page"]
    assert pages
    assert all(pair.factor * policy.budget < 1 for pair in policy.pairs)


@given(targets, windows)
def test_later_pairs_are_slower_and_more_sensitive(target: str, window: str) -> None:
    pairs = burn_policy(objective(target, window)).pairs
    for one, following in pairwise(pairs):
        assert one.long < following.long
        assert one.factor > following.factor
    for pair in pairs:
        assert timedelta(minutes=1) <= pair.short < pair.long <= timedelta(minutes=int(window[:-1]))


@given(st.integers(28, 90))
def test_from_four_weeks_on_the_quick_page_spends_two_percent_of_the_budget_in_its_hour(days: int) -> None:
    quick = burn_policy(objective("99.9", f"{days}d")).pairs[0]
    assert quick.factor * Fraction(quick.long // timedelta(minutes=1), days * 1440) == Fraction(2, 100)


@cases(
    "length, recorded, summed",
    {
        "a month": ("30d", ["1h", "6h"], ["5m", "30m"]),
        "a week": ("7d", ["1m", "15m", "1h"], ["5m"]),
        "a day: what is short beside one window is long beside another": ("1d", ["1m", "5m", "15m", "1h"], []),
        "an hour": ("1h", ["1m", "5m", "1h"], []),
    },
)
def test_windows_that_page_and_the_last_hour_are_recorded_less_the_usual_short_ones(
    length: str, recorded: list[str], summed: list[str]
) -> None:
    policy = burn_policy(objective("99.9", length))
    assert ([*map(duration, policy.recorded)], [*map(duration, policy.summed)]) == (recorded, summed)


@given(targets, windows, st.sampled_from([None, "1m", "10m", "17m", "30m", "1h"]))
def test_every_window_that_pages_is_either_recorded_or_one_of_the_two_that_are_summed(
    target: str, window: str, length: str | None
) -> None:
    policy = burn_policy(objective(target, window) if length is None else of_slices(length, window, target))
    paging = {span for pair in policy.pairs if pair.severity == "page" for span in (pair.short, pair.long)}
    assert {*policy.recorded, *policy.summed} == paging | {timedelta(hours=1)}
    assert not {*policy.recorded} & {*policy.summed}
    assert {*policy.summed} <= {*SUMMED}


def of_slices(length: str, window: str = "30d", target: str = "99.9") -> Objective:
    return promise(slices={"length": length}, boolean={"holds": "healthy"}, window=window, target=target)


@cases(
    "length, window, pairs",
    {
        "minutes, like events": ("1m", "30d", ["page 5m/1h 14.4", "page 30m/6h 6", "ticket 2h/1d 3", "ticket 6h/3d 1"]),
        "the short window holds a slice": (
            "10m",
            "30d",
            ["page 10m/1h 14.4", "page 30m/6h 6", "ticket 2h/1d 3", "ticket 6h/3d 1"],
        ),
        "and so does the long one": ("1h", "1d", ["page 1h/1h 3", "ticket 1h/12h 0.9"]),
        "half minutes make no shorter window": (
            "30s",
            "1d",
            ["page 1m/5m 5.76", "page 1m/15m 4.8", "ticket 3m/45m 3.2", "ticket 15m/3h 0.9"],
        ),
    },
)
def test_no_window_is_shorter_than_a_slice(length: str, window: str, pairs: list[str]) -> None:
    assert [told(pair) for pair in burn_policy(of_slices(length, window)).pairs] == pairs


@given(st.integers(10, 3600), st.sampled_from(["1h", "6h", "1d", "7d", "30d", "90d", "Quarter"]), targets)
def test_a_long_enough_outage_is_told_whatever_the_slice(seconds: int, window: str, target: str) -> None:
    for pair in burn_policy(of_slices(f"{seconds}s", window, target)).pairs:
        fits = pair.long // timedelta(seconds=seconds)
        assert fits >= 1
        assert 1 <= pair.least_bad <= fits


@cases(
    "promised, least",
    {
        "as many as allow a bad event": (objective("99.9"), 1000),
        "at least ten": (objective("50"), 10),
        "what the user says": (promise(minEvents=3, http={}), 3),
        "minutes, where the window has enough": (of_slices("1m", "30d"), 1000),
        "half of them, where it has not": (of_slices("1m", "1d", "99.99"), 720),
        "an hour of minutes": (of_slices("1m", "1h", "99.9"), 30),
        "at least one": (of_slices("1h", "1h", "99"), 1),
        "good minutes are slices too": (
            promise(target="99.99", window="1d", http={}, slices={"length": "5m", "good": 99}),
            144,
        ),
    },
)
def test_how_much_a_verdict_takes(promised: Objective, least: int) -> None:
    assert least_events(promised) == least
