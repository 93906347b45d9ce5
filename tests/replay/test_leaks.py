"""Slices that judge growth: of memory, or of goroutines."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.replay.promtool import Promtool
from tests.replay.slices import OURS, THEIRS, assert_judged, ends, scraped
from tests.replay.world import Series
from tests.table import cases

pytestmark = pytest.mark.prometheus

LONG = 2400
LONG_ENDS = ends(LONG)
MEBIBYTE = 2**20
LEAK = {"leak": {"of": "Memory", "atMost": "10Mi", "over": "10m"}}


def memory(per_hour: float, since: int = 0, restarts: Sequence[int] = (), **more: Any) -> Series:
    """The memory of a process that gains so many MiB an hour, from its start or last restart on."""

    def started(at: int) -> int:
        return max((one for one in (since, *restarts) if one <= at), default=since)

    def value(at: int) -> float | None:
        return None if at < since else MEBIBYTE * (100 + per_hour * (at - started(at)) / 3600)

    metric = more.pop("metric", "process_resident_memory_bytes")
    ages = scraped("process_start_time_seconds", lambda at: None if at < since else started(at), LONG, **more)
    return scraped(metric, value, LONG, **more) | ages


@cases(
    "kind, series, judged, bad",
    {
        "a slow growth is no leak, once there is history": (LEAK, memory(9), LONG_ENDS[10:], []),
        "a fast one is": (LEAK, memory(11), LONG_ENDS[10:], LONG_ENDS[10:]),
        "of several pods one that leaks is enough": (
            LEAK,
            memory(0) | memory(11, pod=OURS),
            LONG_ENDS[10:],
            LONG_ENDS[10:],
        ),
        "another workload's pods may leak": (LEAK, memory(0) | memory(11, pod=THEIRS), LONG_ENDS[10:], []),
        "a restart is no proof, for as long as growth is looked at": (
            LEAK,
            memory(9, restarts=[1200]),
            [end for end in LONG_ENDS if 600 <= end < 1200 or end > 1785],
            [],
        ),
        "a new pod has no verdict before it has history, and is no leak while it grows to its size": (
            LEAK,
            memory(0) | memory(500, since=1500, pod=OURS),
            LONG_ENDS[10:],
            [end for end in LONG_ENDS if end >= 2100],
        ),
        "where the process does not tell its memory, the heap does": (
            LEAK,
            memory(11, metric="go_memstats_heap_inuse_bytes"),
            LONG_ENDS[10:],
            LONG_ENDS[10:],
        ),
        "goroutines": (
            {"leak": {"of": "Goroutines", "atMost": 100, "over": "10m"}},
            scraped("go_goroutines", lambda at: 10 + at // 30, LONG),
            LONG_ENDS[10:],
            LONG_ENDS[10:],
        ),
        "nothing is there": (LEAK, scraped("other", lambda _: 1, LONG), [], []),
    },
)
def test_a_leak_is_a_growth_of_pods_that_have_run_all_the_time(
    promtool: Promtool, kind: Mapping[str, Any], series: Series, judged: Sequence[int], bad: Sequence[int]
) -> None:
    assert_judged(promtool, kind, series, LONG, judged, bad)
