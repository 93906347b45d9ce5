"""How soon an alert fires, reckoned."""

from datetime import timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import objective

from goserviceslo.authoring.paging import Rate, first_to_fire, time_to_fire
from goserviceslo.slo.burn import burn_policy

THREE_NINES = burn_policy(objective("99.9", "30d"))
PAGE = THREE_NINES.pairs[0]


@cases(
    "bad, per_second, seconds",
    {
        "a full outage of a busy service": (Fraction(1), 100, 51.84),
        "a tenth": (Fraction(1, 10), 100, 518.4),
        "a share below the factor": (Fraction(1, 100), 100, None),
        "a share that is just the factor": (Fraction(144, 10_000), 100, None),
        "a quiet service, whose five bad events take longer": (Fraction(1), Fraction(1, 60), 300),
        "a service so quiet that five never come together": (Fraction(1), Fraction(1, 3600), None),
    },
)
def test_a_page_fires_after(bad: Fraction, per_second: Fraction, seconds: float | None) -> None:
    found = time_to_fire(PAGE, THREE_NINES, bad, Rate(Fraction(per_second)))
    assert found == (None if seconds is None else timedelta(seconds=seconds))


shares = st.fractions(min_value=Fraction(1, 1000), max_value=1)


@settings(deadline=None)
@given(shares, shares, st.sampled_from(["90", "99", "99.9", "99.99"]), st.sampled_from(["1h", "7d", "30d", "90d"]))
def test_more_bad_events_never_fire_later(one: Fraction, other: Fraction, target: str, window: str) -> None:
    policy = burn_policy(objective(target, window))
    less, more = sorted((one, other))
    slow, quick = (first_to_fire(policy.pairs, policy, ratio, None) for ratio in (less, more))
    assert slow is None or (quick is not None and quick <= slow)


@settings(deadline=None)
@given(shares, st.sampled_from(["50", "90", "99.9", "99.999"]), st.sampled_from(["1h", "1d", "7d", "30d"]))
def test_a_pair_fires_within_its_long_window_or_never(bad: Fraction, target: str, window: str) -> None:
    policy = burn_policy(objective(target, window))
    for pair in policy.pairs:
        found = time_to_fire(pair, policy, bad, None)
        assert found is None or found <= pair.long
