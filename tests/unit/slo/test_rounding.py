"""Figures never flatter, and do not move by noise."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases

from goserviceslo.slo.rounding import budget_text, burn_text, sli_text


@cases(
    "good, target, text",
    {
        "all good": ("1", "99.9", "100"),
        "two decimals more than the target": ("0.999815", "99.9", "99.981"),
        "never rounded up": ("0.9999999", "99.9", "99.99999"),
        "just below 100": ("0.999996", "99", "99.9996"),
        "just below the target": ("0.9989999", "99.9", "99.899"),
        "half of them": ("0.5", "99", "50"),
        "none": ("0", "99.9", "0"),
        "a target of one nine": ("0.98765", "90", "98.76"),
    },
)
def test_an_sli_is_rounded_down_to_what_matters(good: str, target: str, text: str) -> None:
    assert sli_text(Fraction(good), Decimal(target), None) == text


@cases(
    "remaining, text",
    {
        "untouched": ("1", "100%"),
        "hardly touched": ("0.9999", "99%"),
        "used up": ("0", "0%"),
        "nearly used up": ("0.004", "0%"),
        "just overspent": ("-0.0001", "-1%"),
        "overspent many times": ("-12.34", "-1234%"),
    },
)
def test_a_budget_is_rounded_down_to_whole_percent(remaining: str, text: str) -> None:
    assert budget_text(Fraction(remaining), None) == text


@cases(
    "rate, text",
    {
        "none": ("0", "0"),
        "small": ("0.0434", "0.043"),
        "below one": ("0.449", "0.45"),
        "one": ("1", "1"),
        "more than one": ("14.44", "14.4"),
        "much more": ("1000", "1000"),
        "past a hundred": ("123.4", "123"),
    },
)
def test_a_burn_rate_has_one_decimal_or_two_digits(rate: str, text: str) -> None:
    assert burn_text(float(rate), None) == text


def sli(good: str) -> Callable[[str], str]:
    return lambda before: sli_text(Fraction(good), Decimal("99.9"), before)


def budget(remaining: str) -> Callable[[str], str]:
    return lambda before: budget_text(Fraction(remaining), before)


def burn(rate: str) -> Callable[[str], str]:
    return lambda before: burn_text(float(rate), before)


@cases(
    "figure, before, after",
    {
        "an SLI that moves within a quarter of a step": (sli("0.999809"), "99.981", "99.981"),
        "an SLI that moves further": (sli("0.9998"), "99.981", "99.98"),
        "an SLI that leaves 100 is shown at once": (sli("0.99999"), "100", "99.999"),
        "an SLI that falls below its target is shown at once": (sli("0.9989999"), "99.9", "99.899"),
        "a budget that moves within a quarter": (budget("0.6193"), "62%", "62%"),
        "a budget that moves further": (budget("0.6170"), "62%", "61%"),
        "a budget that falls below nothing is shown at once": (budget("-0.0001"), "0%", "-1%"),
        "a burn rate that moves within a quarter": (burn("14.47"), "14.4", "14.4"),
        "a burn rate that moves further": (burn("14.48"), "14.4", "14.5"),
        "a burn that begins is shown at once": (burn("0.0001"), "0", "0.0001"),
        "a text of somebody else counts for nothing": (sli("0.5"), "lots", "50"),
        "nor does one that is no number": (sli("0.5"), "NaN", "50"),
    },
)
def test_a_written_figure_stays_where_noise_alone_would_move_it(
    figure: Callable[[str], str], before: str, after: str
) -> None:
    assert figure(before) == after


ratios = st.fractions(0, 1)
targets = st.sampled_from(["90", "99", "99.9", "99.95", "99.999"])


@given(ratios, targets, st.none() | st.sampled_from(["100", "99.9", "99.981", "50"]))
def test_an_sli_is_never_shown_on_the_better_side_of_100_or_its_target(
    good: Fraction, target: str, before: str | None
) -> None:
    shown = Fraction(sli_text(good, Decimal(target), before))
    for mark in (Fraction(100), Fraction(target)):
        assert shown < mark or good * 100 >= mark


@given(st.fractions(-5, 1), st.none() | st.integers(-500, 100).map("{}%".format))
def test_a_budget_is_never_shown_as_left_when_it_is_overspent(remaining: Fraction, before: str | None) -> None:
    shown = int(budget_text(remaining, before).removesuffix("%"))
    assert (shown < 0) is (remaining < 0)
    assert abs(shown - remaining * 100) <= Fraction(5, 4)


@given(ratios, targets)
def test_a_figure_that_was_just_written_is_written_the_same_again(good: Fraction, target: str) -> None:
    text = sli_text(good, Decimal(target), None)
    assert sli_text(good, Decimal(target), text) == text
