"""Slices of time in a real Prometheus engine: each is judged once, by what was there at its end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from tests.replay.counting import TILE, assert_replays
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.replay.slices import IDENTITY, OURS, THEIRS, assert_judged, ends, rules, scraped
from tests.replay.world import Series
from tests.table import cases

pytestmark = pytest.mark.prometheus

END = 900
ENDS = ends(END)
HEALTH = {"boolean": {"holds": "cluster_healthy"}}
CPU = {"saturation": {"gauge": "rate(process_cpu_seconds_total[2m])", "below": "0.8"}}
FRESH = {"freshness": {"timestamp": "sync_last_success_timestamp_seconds", "within": "2m"}}
QUANTILE = "histogram_quantile(0.99, sum by (le) (rate(answers_seconds_bucket[2m])))"
QUEUE = {"saturation": {"gauge": "queue_ratio", "below": "80%"}}


def health(value: Callable[[int], float | str | None], **more: Any) -> Series:
    return scraped("cluster_healthy", value, END, **more)


def queue(value: Callable[[int], float | str | None], **more: Any) -> Series:
    return scraped("queue_ratio", value, END, **more)


def answered(number: Callable[[int], int]) -> Series:
    """A histogram of so many requests, each of them between 0.3 s and 0.5 s long."""
    found: Series = {}
    for bound, counted in (("0.3", lambda _: 0), ("0.5", number), ("+Inf", number)):
        found |= scraped("answers_seconds_bucket", counted, END, labels=f',le="{bound}"')
    return found


def after(*starts: int) -> list[int]:
    """Ends from the first start on, up to the second if there is one."""
    start, stop = (*starts, END)[:2]
    return [end for end in ENDS if start <= end < stop]


@cases(
    "kind, series, judged, bad",
    {
        "a boolean is bad while it is 0": (
            HEALTH,
            health(lambda at: 0 if 300 <= at < 480 else 1),
            ENDS,
            after(300, 480),
        ),
        "the lowest of several counts": (
            HEALTH,
            health(lambda _: 1) | health(lambda at: int(at < 600), pod=OURS),
            ENDS,
            after(600),
        ),
        "what is no number is no evidence": (
            HEALTH,
            health(lambda at: "NaN" if 300 <= at < 480 else 1),
            [*after(0, 300), *after(480)],
            [],
        ),
        "a gap is bridged for five minutes, and then there is no slice": (
            HEALTH,
            health(lambda at: None if 300 <= at < 780 else 1),
            [*after(0, 600), *after(780)],
            [],
        ),
        "a comparison with bool is 1 or 0": (
            {"boolean": {"holds": "queue_ratio < bool 0.5"}},
            queue(lambda at: 0.5 if at >= 600 else 0.4),
            ENDS,
            after(600),
        ),
        "a comparison of what is no number is no evidence": (
            {"boolean": {"holds": "queue_ratio < bool 0.5 and 0.1 < bool queue_ratio"}},
            queue(lambda at: "NaN" if 300 <= at < 480 else 0.4),
            [*after(0, 300), *after(480)],
            [],
        ),
        "the least there can be is a number": (
            {"boolean": {"holds": "queue_ratio >= bool 0"}},
            queue(lambda at: "-Inf" if 300 <= at < 480 else 0.4),
            ENDS,
            after(300, 480),
        ),
        "a bound that is not there is no evidence": (
            {"boolean": {"holds": "queue_ratio < bool scalar(queue_limit)"}},
            queue(lambda _: 0.4) | scraped("queue_limit", lambda at: 0.3 if at >= 600 else None, END),
            after(600),
            after(600),
        ),
        "a quantile is no evidence while nothing comes": (
            {"boolean": {"holds": f"{QUANTILE} <= bool 0.5"}},
            answered(lambda at: at if at <= 300 else max(300, at - 300)),
            [*ENDS[1:7], *after(660)],
            [],
        ),
        "a quantile above the bound has failed": (
            {"boolean": {"holds": f"{QUANTILE} <= bool 0.2"}},
            answered(lambda at: at),
            ENDS[1:],
            ENDS[1:],
        ),
        "a gauge at its bound is not below it": (
            QUEUE,
            queue(lambda at: 0.8 if at >= 600 else 0.79),
            ENDS,
            after(600),
        ),
        "the worst pod counts": (
            QUEUE,
            queue(lambda _: 0.1) | queue(lambda at: 0.9 if 300 <= at < 480 else 0.1, pod=OURS),
            ENDS,
            after(300, 480),
        ),
        "another workload's pods do not count": (
            QUEUE,
            queue(lambda _: 0.1) | queue(lambda _: 0.9, pod=THEIRS),
            ENDS,
            [],
        ),
        "nothing but another workload's pods is no evidence": (QUEUE, queue(lambda _: 0.9, pod=THEIRS), [], []),
        "they do count where they are chosen": (
            {"saturation": {"gauge": 'queue_ratio{pod=~"cart.*"}', "below": "80%"}},
            queue(lambda _: 0.1) | queue(lambda _: 0.9, pod=THEIRS),
            ENDS,
            ENDS,
        ),
        "what is no pod's counts": (QUEUE, queue(lambda at: 0.9 if at >= 600 else 0.1, pod=""), ENDS, after(600)),
        "the use of CPU goes on through a restart": (
            CPU,
            scraped("process_cpu_seconds_total", lambda at: 0.5 * (at if at < 450 else at - 450), END),
            ENDS[1:],  # a rate takes two samples
            [],
        ),
        "a bound in the metric's own unit": (
            {"saturation": {"gauge": "handling_milliseconds", "below": "300ms"}},
            scraped("handling_milliseconds", lambda at: 300 if at >= 600 else 299, END),
            ENDS,
            after(600),
        ),
        "a success is fresh for exactly as long as is allowed": (
            FRESH,
            scraped("sync_last_success_timestamp_seconds", lambda at: 300 if 300 <= at < 600 else at, END),
            ENDS,
            after(421, 600),
        ),
        "the latest success of all pods counts": (
            FRESH,
            scraped("sync_last_success_timestamp_seconds", lambda at: at, END)
            | scraped("sync_last_success_timestamp_seconds", lambda _: 0, END, pod=OURS),
            ENDS,
            [],
        ),
        "a timestamp in milliseconds": (
            {"freshness": {"timestamp": "synced_timestamp_milliseconds", "within": "2m"}},
            scraped("synced_timestamp_milliseconds", lambda at: 1000 * min(at, 300), END),
            ENDS,
            after(421),
        ),
        "a timestamp that is no number is no evidence": (
            FRESH,
            scraped("sync_last_success_timestamp_seconds", lambda at: "NaN" if 300 <= at < 480 else at, END),
            [*after(0, 300), *after(480)],
            [],
        ),
        "a restart that forgets its last success does not hide another's": (
            FRESH,
            scraped("sync_last_success_timestamp_seconds", lambda at: 0 if at >= 450 else at, END)
            | scraped("sync_last_success_timestamp_seconds", lambda at: at, END, pod=OURS),
            ENDS,
            [],
        ),
        "success that nobody tells is no evidence": (FRESH, queue(lambda _: 1), [], []),
        "a gauge that is no number is no evidence": (
            QUEUE,
            queue(lambda at: "NaN" if 300 <= at < 480 else 0.9),
            [*after(0, 300), *after(480)],
            [*after(0, 300), *after(480)],
        ),
        "half minutes are twice as many": (
            {"slices": {"length": "30s"}, **HEALTH},
            health(lambda at: 0 if 300 <= at < 480 else 1),
            ends(END, 30),
            range(300, 480, 30),
        ),
        "without a series there is no slice": (HEALTH, queue(lambda _: 1), [], []),
        "another namespace judges nothing": (
            HEALTH,
            health(lambda _: 1) | {'cluster_healthy{namespace="bank"}': dict.fromkeys(range(0, END, 15), "0")},
            ENDS,
            [],
        ),
    },
)
def test_every_slice_is_judged_once(
    promtool: Promtool, kind: Mapping[str, Any], series: Series, judged: Sequence[int], bad: Sequence[int]
) -> None:
    assert_judged(promtool, kind, series, END, judged, bad)


def test_a_long_slice_counts_none_while_it_lasts_and_ends_with_its_evidence(promtool: Promtool) -> None:
    kind = {"slices": {"length": "10m"}, **HEALTH}
    total = f"goslo:total:delta{IDENTITY}"
    expected = [
        Expectation(total, 600 + TILE, {total: 1}),
        Expectation(total, 900, {total: 0}),
        Expectation(total, 1200, {total: 0}),
        # The slice that ended at 600 s was counted at 630 s: nothing is left of it after another 10 min and a tile.
        Expectation(f"last_over_time({total}[30s])", 1290, {}),
    ]
    series = scraped("cluster_healthy", lambda at: 1 if at <= 600 else None, 1300)
    assert_replays(promtool, Replay(series, rules(kind), expected))
