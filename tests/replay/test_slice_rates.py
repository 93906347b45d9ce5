"""Slices that judge a rate: throughput, and how far two percentiles of what was observed lie apart."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from tests.replay.promtool import Promtool
from tests.replay.slices import OURS, THEIRS, assert_judged, ends, scraped
from tests.replay.world import Series
from tests.table import cases

pytestmark = pytest.mark.prometheus

END = 900
ENDS = ends(END)


def after(*starts: int) -> list[int]:
    """Ends from the first start on, up to the second if there is one."""
    start, stop = (*starts, END)[:2]
    return [end for end in ENDS if start <= end < stop]


FLOW = {"counter": "messages_total", "atLeast": "10"}
ASKED = {"throughput": {**FLOW, "whileAskedFor": "queue_length > 0"}}


def messages(value: Callable[[int], float | str | None], **more: Any) -> Series:
    return scraped("messages_total", value, END, **more)


def length(value: Callable[[int], float | None]) -> Series:
    return scraped("queue_length", value, END, pod="")


@cases(
    "kind, series, judged, bad",
    {
        "enough of all pods together is good": (
            {"throughput": FLOW},
            messages(lambda at: 6 * at) | messages(lambda at: 5 * at, pod=OURS),
            ENDS[2:],  # a rate over two minutes
            [],
        ),
        "too little is bad all the time": ({"throughput": FLOW}, messages(lambda at: 9 * at), ENDS[2:], ENDS[2:]),
        "another workload's pods do nothing of it": (
            {"throughput": FLOW},
            messages(lambda at: 9 * at) | messages(lambda at: 9 * at, pod=THEIRS),
            ENDS[2:],
            ENDS[2:],
        ),
        "a restart of the counter is no standstill": (
            {"throughput": FLOW},
            messages(lambda at: 12 * (at if at < 450 else at - 450)),
            ENDS[2:],
            [],
        ),
        "while nothing is asked for nothing is judged": (
            ASKED,
            messages(lambda _: 0) | length(lambda at: 5 if 300 <= at < 480 else 0),
            after(300, 480),
            after(300, 480),
        ),
        "a demand may be a plain gauge": (
            {"throughput": {**FLOW, "whileAskedFor": "queue_length"}},
            messages(lambda at: 12 * at) | length(lambda at: 5 if 300 <= at < 480 else 0),
            after(300, 480),
            [],
        ),
        "a counter that went away while there was work to do stands still": (
            ASKED,
            messages(lambda at: 12 * at if at < 300 else None) | length(lambda _: 5),
            ENDS[2:],
            after(360),
        ),
        "a new pod beside an old one adds what it does": (
            {"throughput": FLOW},
            messages(lambda at: 12 * at) | messages(lambda at: None if at < 450 else 12 * (at - 450), pod=OURS),
            ENDS[2:],
            [],
        ),
        "a first pod has no verdict before it was there for two minutes": (
            {"throughput": FLOW},
            messages(lambda at: None if at < 450 else 12 * (at - 450)),
            after(570),
            [],
        ),
        "a counter that is no number is no evidence": ({"throughput": FLOW}, messages(lambda _: "NaN"), [], []),
        "of two pods the one whose counter is no number adds nothing": (
            {"throughput": FLOW},
            messages(lambda at: 12 * at) | messages(lambda _: "NaN", pod=OURS),
            ENDS[2:],
            [],
        ),
        "work to do without any counter is no evidence": (ASKED, length(lambda _: 5), [], []),
    },
)
def test_throughput_is_judged_while_it_is_asked_for(
    promtool: Promtool, kind: Mapping[str, Any], series: Series, judged: Sequence[int], bad: Sequence[int]
) -> None:
    assert_judged(promtool, kind, series, END, judged, bad)


def classic(share_of_slow: Callable[[int], float], stops: int) -> Series:
    """A hundred observations a second; each is below 1 ms but for a share between 1 and 10 ms."""

    def seen(share: Callable[[int], float]) -> Callable[[int], float]:
        return lambda at: sum(100 * (1 - share(second)) for second in range(min(at, stops)))

    return {
        **scraped("point_latency_seconds_bucket", seen(share_of_slow), END, labels=',le="0.001"'),
        **scraped("point_latency_seconds_bucket", seen(lambda _: 0.0), END, labels=',le="0.01"'),
        **scraped("point_latency_seconds_bucket", seen(lambda _: 0.0), END, labels=',le="+Inf"'),
    }


def native(share_of_slow: Callable[[int], float], stops: int) -> Series:
    """The same with buckets from a sixteenth to an eighth, and from one to two."""

    def seen(at: int) -> str:
        slow = round(sum(100 * share_of_slow(second) for second in range(min(at, stops))))
        quick = 100 * min(at, stops) - slow
        return f"{{{{schema:0 offset:-3 count:{quick + slow} sum:1 buckets:[{quick} 0 0 0 {slow}]}}}}"

    return scraped("point_latency_seconds", seen, END)


def scraped_buckets(seconds: Callable[[int], int], slow: float = 0.0, since: int = 0, **more: Any) -> Series:
    """A hundred observations for each second, a share of them between 1 and 10 ms."""

    def seen(share: float) -> Callable[[int], float | None]:
        return lambda at: None if at < since else 100 * share * seconds(at)

    bucket = "point_latency_seconds_bucket"
    return {
        **scraped(bucket, seen(1 - slow), END, labels=',le="0.001"', **more),
        **scraped(bucket, seen(1), END, labels=',le="0.01"', **more),
        **scraped(bucket, seen(1), END, labels=',le="+Inf"', **more),
    }


@pytest.mark.parametrize(("histogram", "within"), [(classic, "700us"), (native, "0.5")])
def test_two_percentiles_lie_apart_while_one_in_fifty_is_slow(
    promtool: Promtool, histogram: Callable[[Callable[[int], float], int], Series], within: str
) -> None:
    """Slow ones from 300 s to 480 s, in a rate over two minutes until they are less than one in a hundred of it."""
    series = histogram(lambda second: 0.02 if 300 <= second < 480 else 0.0, 600)
    kind = {"spread": {"histogram": "point_latency_seconds", "within": within}}
    # At 660 s a part of the two minutes before still has traffic, at 720 s none has.
    assert_judged(promtool, kind, series, END, ENDS[1:12], range(360, 481, 60))


@cases(
    "series, judged, bad",
    {
        "a restart is no spread": (
            scraped_buckets(lambda at: at if at < 450 else at - 450),
            ENDS[1:],
            [],
        ),
        "a new pod's slow first answers count as soon as its rate is known": (
            scraped_buckets(lambda at: at)
            | scraped_buckets(lambda at: max(0, at - 450), slow=0.2, pod=OURS, since=450),
            ENDS[1:],
            after(480),
        ),
        "another workload's pods are as slow as they like": (
            scraped_buckets(lambda at: at) | scraped_buckets(lambda at: at, slow=0.2, pod=THEIRS),
            ENDS[1:],
            [],
        ),
        "no series": (length(lambda _: 1), [], []),
    },
)
def test_a_spread_is_that_of_what_the_pods_answered(
    promtool: Promtool, series: Series, judged: Sequence[int], bad: Sequence[int]
) -> None:
    kind = {"spread": {"histogram": "point_latency_seconds", "within": "1ms"}}
    assert_judged(promtool, kind, series, END, judged, bad)
