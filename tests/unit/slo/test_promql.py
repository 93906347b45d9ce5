"""Whatever a user writes stands in PromQL as that very text."""

import re
from datetime import timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import matchers

from goserviceslo.slo.promql import Matcher, duration, literal, number, quote, seconds, selector

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(texts)
def test_a_label_value_reads_back_as_it_was_written(value: str) -> None:
    assert matchers(selector("up", [Matcher("a", "=", value)])) == [("a", value)]


@given(st.text(st.characters(codec="ascii"), max_size=20), texts)
def test_a_literal_in_an_expression_matches_itself_and_nothing_else(value: str, other: str) -> None:
    expression = re.compile(literal(value))
    assert expression.fullmatch(value)
    assert bool(expression.fullmatch(other)) is (other == value)


def test_a_value_cannot_leave_its_quotes() -> None:
    assert quote('x"} or up{a="') == r'"x\"} or up{a=\""'
    assert quote("a\\") == r'"a\\"'


@cases(
    "span, text",
    {
        "seconds": (timedelta(seconds=30), "30s"),
        "an hour, not sixty minutes": (timedelta(hours=1), "1h"),
        "what no larger unit divides": (timedelta(seconds=90), "90s"),
        "a month": (timedelta(days=30), "30d"),
        "milliseconds": (timedelta(milliseconds=1500), "1500ms"),
    },
)
def test_a_duration_has_one_unit(span: timedelta, text: str) -> None:
    assert duration(span) == text


@cases(
    "value, text",
    {
        "whole": (Fraction(14), "14"),
        "exact": (Fraction(72, 5), "14.4"),
        "endless": (Fraction(14, 15), "0.933333333333"),
        "small, without an exponent": (Fraction(1, 10**8), "0.00000001"),
        "large": (Fraction(10**13), "10000000000000"),
        "round": (Fraction(100), "100"),
    },
)
def test_a_number_is_a_plain_decimal(value: Fraction, text: str) -> None:
    assert number(value) == text


def test_seconds_are_exact() -> None:
    assert seconds(timedelta(milliseconds=2500)) == "2.5"
