"""Queries of other tools are read back to the counters that they count, or it is said why they cannot be."""

import pytest
from tests.table import cases

from goserviceslo.authoring.foreign.events import Dialect, NotEvents, Ratio, counter, good_ratio, ratio, raw_ratio

W = "[{{.window}}]"
TOTAL = f"sum(rate(asked{W}))"
OPEN = Dialect(any_range=True, bare=True)


def shown(found: Ratio) -> tuple[str, str]:
    """The side that is told, and the total."""
    return (f"bad {found.bad}" if found.bad else f"good {found.good}"), str(found.total)


@cases(
    "bad, told",
    {
        "a rate": (f'sum(rate(failed{{code=~"5.."}}{W}))', 'bad failed{code=~"5.."}'),
        "a rate that is not summed": (f"rate(failed{W})", "bad failed"),
        "a window that is written with blanks": ("sum(rate(failed[{{ .window }}]))", "bad failed"),
        "nothing where there are no series": (f"sum(rate(failed{W})) or on() vector(0)", "bad failed"),
        "all less the good ones": (f"({TOTAL} - sum(rate(well{W})))", "good well"),
    },
)
def test_a_count_of_bad_events_is_recovered(bad: str, told: str) -> None:
    assert shown(ratio(bad, TOTAL)) == (told, "asked")


@cases(
    "bad, why",
    {
        "a gauge that is averaged": (f"sum(avg_over_time(failed{W}))", "counts by avg_over_time()"),
        "a subquery": ("sum_over_time((count(failed < 0.5))[{{.window}}:])", "counts by sum_over_time()"),
        "a range of its own": ("sum(rate(failed[5m]))", "reads a range of its own"),
        "each group by itself": (f"sum by (job) (rate(failed{W}))", "counts each group by itself"),
        "the largest of series": (f"max(rate(failed{W}))", "takes max of series"),
        "two counters": (f"sum(rate(failed{W})) + sum(rate(lost{W}))", "adds several counters up"),
        "a multiple": (f"2 * sum(rate(failed{W}))", "reckons with *"),
        "yesterday": (f"sum(rate(failed{W} offset 1d))", "reads another time than now"),
        "a threshold": (f"sum(rate(failed{W})) > 5", "reckons with >"),
        "no rate": ("sum(failed)", "does not count by rate() or increase()"),
        "another language": ("1 - histogram_share(0.2, failed)", "is no PromQL"),
    },
)
def test_what_counts_no_events_is_refused_with_the_reason(bad: str, why: str) -> None:
    with pytest.raises(NotEvents) as refused:
        ratio(bad, TOTAL)
    assert why in str(refused.value)


@cases(
    "query, told",
    {
        "bad over all": (f"sum(rate(failed{W})) / {TOTAL}", "bad failed"),
        "one less the good over all": (f"1 - (sum(rate(well{W})) / {TOTAL})", "good well"),
    },
)
def test_a_share_of_bad_events_is_taken_apart(query: str, told: str) -> None:
    assert shown(raw_ratio(query)) == (told, "asked")


def test_a_share_of_good_events_is_taken_apart() -> None:
    assert shown(raw_ratio(f"sum(rate(well{W})) / {TOTAL}", of_good=True)) == ("good well", "asked")


def test_two_increases_are_a_share_as_two_rates_are() -> None:
    total = f"sum(increase(asked{W}))"
    assert shown(ratio(f"sum(increase(failed{W}))", total)) == ("bad failed", "asked")
    assert shown(ratio(f"{total} - sum(increase(well{W}))", total)) == ("good well", "asked")


OFF = "off by the seconds of the range; write both by rate() over one range"


@cases(
    "query, why",
    {
        "an increase over a rate": (
            f"sum(increase(failed{W})) / {TOTAL}",
            f"failed by increase() and asked by rate(): {OFF}",
        ),
        "a rate over an increase": (f"sum(rate(failed{W})) / sum(increase(asked{W}))", OFF),
        "a rate less an increase": (f"({TOTAL} - sum(increase(well{W}))) / {TOTAL}", OFF),
        "one less an increase over a rate": (f"1 - sum(increase(well{W})) / {TOTAL}", OFF),
        "rates over two ranges": (
            "sum(rate(failed[1m])) / sum(rate(asked[5m]))",
            "failed by rate() over 1m and asked by rate() over 5m: they are taken over different times",
        ),
        "a rate over a counter as it is": ("sum(rate(failed[1m])) / sum(asked)", "they are taken over different times"),
        "each series by itself": (f"rate(failed{W}) / rate(asked{W})", "write sum() around both sides"),
    },
)
def test_counts_that_are_not_made_alike_are_no_share(query: str, why: str) -> None:
    with pytest.raises(NotEvents) as refused:
        raw_ratio(query, OPEN)
    assert why in str(refused.value).replace("the one is per second and the other is not, so their quotient is ", "")


def test_good_and_all_that_are_not_made_alike_are_no_share() -> None:
    with pytest.raises(NotEvents, match="off by the seconds of the range"):
        good_ratio(f"sum(increase(well{W}))", TOTAL)


def test_a_share_that_is_no_quotient_is_refused() -> None:
    with pytest.raises(NotEvents, match="no quotient of two counts"):
        raw_ratio(f"avg_over_time(satisfied{W})")


def test_a_dialect_may_take_any_range_and_bare_counters() -> None:
    for good, total in (("sum(rate(well[1m]))", "sum(rate(asked[1m]))"), ("sum(well)", "sum(asked)")):
        assert shown(good_ratio(good, total, OPEN)) == ("good well", "asked")


def test_a_selector_is_taken_as_it_is_and_nothing_else() -> None:
    assert str(counter('asked{job="a",code!~"4.."}')) == 'asked{code!~"4..",job="a"}'
    assert str(counter('{__name__="asked"}')) == "asked"
    with pytest.raises(NotEvents, match="no selector of one metric"):
        counter("sum(asked)")
