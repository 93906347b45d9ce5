"""Tiles from samples, and sums over them."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.slo.given import classic, counter, indicator, objective

from goserviceslo.ports import Track
from goserviceslo.slo.tiles import Tiles, recorded_range, recorded_tiles, recounted_tiles, tiles_of

TOTAL, BAD = {"__name__": "goslo:total:delta"}, {"__name__": "goslo:bad:delta"}
NAN = float("nan")


def test_a_tile_of_which_only_a_half_was_recorded_is_no_evidence() -> None:
    made = recorded_tiles([Track(TOTAL, [(1000, 5.0), (2000, 6.0)]), Track(BAD, [(2000, 1.0), (3000, 1.0)])])
    assert made == Tiles([2000], [6.0], [1.0])


def test_series_that_differ_in_their_tier_are_one_objective() -> None:
    tracks = [Track(TOTAL | {"tier": tier}, [(at, 5.0)]) for tier, at in (("L1", 1000), ("L2", 2000))]
    bad = [Track(BAD | {"tier": tier}, [(at, 1.0)]) for tier, at in (("L1", 1000), ("L2", 2000))]
    assert recorded_tiles([*tracks, *bad]) == Tiles([1000, 2000], [5.0, 5.0], [1.0, 1.0])


def test_what_is_no_number_is_left_out() -> None:
    assert tiles_of([Track({}, [(1000, NAN), (2000, 3.0), (3000, float("inf"))])]).at_ms == [2000]


def test_counts_split_by_status_are_put_together_again() -> None:
    counts = indicator(objective(), counter()).counts
    tracks = [Track({}, [(1000, 7.0), (2000, 8.0)]), Track({"goslo_events": "bad"}, [(2000, 2.0), (3000, 1.0)])]
    assert recounted_tiles(tracks, counts) == Tiles([1000, 2000, 3000], [7.0, 10.0, 1.0], [0.0, 2.0, 1.0])


def test_what_was_not_good_was_bad_where_the_good_are_counted() -> None:
    counts = indicator(objective(faster="300ms"), classic()).counts
    tracks = [
        Track({"goslo_events": "total"}, [(1000, 7.0), (2000, 8.0)]),
        Track({"goslo_events": "good"}, [(2000, 6.0)]),
    ]
    assert recounted_tiles(tracks, counts) == Tiles([1000, 2000], [7.0, 8.0], [7.0, 2.0])


def test_a_recorded_series_is_asked_for_by_its_whole_identity() -> None:
    asked = recorded_range("goslo:bad:delta", ("shop", 'check"out', "up"), timedelta(days=16))
    assert asked == r'goslo:bad:delta{namespace="shop",goslo="check\"out",objective="up"}[16d]'


COUNTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40)


@given(COUNTS, st.integers(-5, 45), st.integers(-5, 45), st.integers(-5, 45))
def test_adjoining_windows_add_up(counts: list[tuple[int, int]], one: int, other: int, third: int) -> None:
    made = Tiles(range(len(counts)), [float(a) for a, _ in counts], [float(b) for _, b in counts])
    first, middle, last = sorted((one, other, third))
    parts = zip(made.between(first, middle), made.between(middle, last), strict=True)
    assert made.between(first, last) == tuple(a + b for a, b in parts)
    joined = made.part(first, middle).joined(made.part(middle, last))
    assert (list(joined.at_ms), list(joined.bad)) == (
        list(made.part(first, last).at_ms),
        list(made.part(first, last).bad),
    )
