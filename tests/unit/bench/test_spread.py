"""Quantiles are values that were measured; a median lies between its neighbours."""

import pytest
from bench.scale.spread import ladder, quantile, spread
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases

samples = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


@given(samples, st.floats(0.01, 1.0))
def test_a_quantile_is_a_measured_value_that_enough_do_not_exceed_and_no_smaller_one_does(
    values: list[float], share: float
) -> None:
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9


@cases(
    "values, share, found",
    {
        "the only value": ([7.0], 0.5, 7.0),
        "p50 of two is the lower": ([1.0, 2.0], 0.5, 1.0),
        "p99 of a hundred is the last but one": ([float(n) for n in range(100)], 0.99, 98.0),
        "p100 is the largest": ([3.0, 1.0, 2.0], 1.0, 3.0),
    },
)
def test_quantiles_go_by_nearest_rank(values: list[float], share: float, found: float) -> None:
    assert quantile(values, share) == found


def test_nothing_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)
    assert ladder([]) == {}
    assert spread([]) is None


@given(samples)
def test_the_median_lies_within_the_range(values: list[float]) -> None:
    found = spread(values)
    assert found is not None
    assert found.least <= found.median <= found.most
    assert found.count == len(values)
