"""What a scenario says is what is stored."""

from typing import Any

from tests.cases.scenario import EVERY, Scenario, World
from tests.table import cases

POD = 'pod="a"'
LENGTH, ONSET = 1800, 900


@cases(
    "good, bad, series, before, during, last",
    {
        "a counter goes on at another pace": ({"n": "10/s"}, {"n": "4/s"}, "n", 9000, 9120, 17820),
        "what is counted by the hour grows by the second": ({"n": "7200/h"}, {"n": "0/s"}, "n", 1800, 1800, 3540),
        "a counter that is named while all is bad only stands still otherwise": ({}, {"n": "1/s"}, "n", 0, 30, 30),
        "a gauge holds": ({"g": 3}, {"g": 0.5}, "g", 0.5, 3, 3),
        "a timestamp follows the clock, and stands": ({"t": "now"}, {"t": "stands"}, "t", 900, 930, 1800),
        "labels of its own come first": ({'n{code="200"}': "1/s"}, {}, 'n{code="200"', 900, 900, 1770),
        "a bucket holds what took as long as its bound": (
            {"h": {"300ms": "10/s"}},
            {"h": {"301ms": "10/s"}},
            'h_bucket{le="0.3"',
            9000,
            9000,
            17700,
        ),
        "everything is below infinity": (
            {"h": {"300ms": "10/s"}},
            {"h": {"301ms": "10/s"}},
            'h_bucket{le="+Inf"',
            9000,
            9300,
            18000,
        ),
        "a histogram sums what it observes": (
            {"h": {"300ms": "10/s"}},
            {"h": {"1s": "10/s"}},
            "h_sum",
            2700,
            3000,
            5610,
        ),
    },
)
def test_a_bad_stretch_shows_in_the_series(
    good: dict[str, Any], bad: dict[str, Any], series: str, before: float, during: float, last: float
) -> None:
    """At its beginning, at its end 30 s later, and at the end of all."""
    written = Scenario(good=good, bad=bad, buckets=("300ms",), keeps="0s", misses="30s")
    stored = written.series(World.MISSES, POD)
    (name,) = (one for one in stored if one.startswith((f"{series},", f"{series}{{")))
    shown = [float(stored[name][at]) for at in (ONSET, ONSET + 30, LENGTH)]
    assert shown == [before, during, last]


def test_without_traffic_counters_stand_and_gauges_stay() -> None:
    written = Scenario(good={"n": "10/s", "g": 3}, bad={"n": "0/s", "g": 4}, keeps="0s", misses="1s")
    stored = written.series(World.QUIET, POD)
    assert {*stored[f"n{{{POD}}}"].values()} == {"0"}
    assert {*stored[f"g{{{POD}}}"].values()} == {"3"}


def test_without_series_the_pods_are_still_scraped() -> None:
    written = Scenario(good={"n": "10/s"}, bad={"n": "0/s"}, keeps="0s", misses="1s")
    assert written.series(World.ABSENT, POD) == {f"up{{{POD}}}": dict.fromkeys(range(0, LENGTH + 1, EVERY), "1")}
