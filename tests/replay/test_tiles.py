"""Counted against the truth: every tile of every world holds exactly the events that its scrapes had shown."""

from dataclasses import replace

import pytest
from tests.replay.counting import (
    AVAILABILITY,
    CLASSIC,
    COUNTER,
    LATENCY,
    NATIVE,
    NATIVE_LATENCY,
    OLD,
    STRICT_LATENCY,
    assert_replays,
    check,
    failed,
    long_running,
    mixed,
    promise,
    rules,
    slow,
    tiles,
    young,
)
from tests.replay.promtool import Promtool, Replay
from tests.replay.world import Pod, Process, Request, World, classic_histogram, native_histogram, steady
from tests.table import cases

from goserviceslo.slo.discovery import MetricShape

pytestmark = pytest.mark.prometheus

OTHER = "checkout-5d9f8c7b6-b7c8d"
AVAILABILITY_WORLDS = {
    "steady traffic of a process that ran long before it was watched": World([Pod([long_running(900)])], 900),
    "nothing but good requests": World([Pod([young(0, 900, fail_every=0)])], 900),
    "a pod whose first scrape comes seconds after it began": World([Pod([young(47, 900)], known_from=40)], 900),
    "a pod whose port opens late, so that its first scrapes fail": World([Pod([young(200, 900)], known_from=100)], 900),
    "scrapes at odd seconds": World([Pod([young(3, 900)], phase=7, every=11)], 900),
    "scrapes every second": World([Pod([young(3, 300, per_second=3)], every=1)], 300),
    "scrapes once a minute": World([Pod([young(3, 1500)], phase=13, every=60)], 1500),
    "a new pod beside an old one": World(
        [
            Pod([long_running(1200)]),
            Pod([young(300, 1200)], OTHER, "10.0.0.2:8080", known_from=290, phase=4),
        ],
        1200,
    ),
    "a new pod that does not tell its age, beside ones that were known": World(
        [
            Pod([long_running(1500)]),
            Pod([young(700, 1500, tells_its_age=False)], OTHER, "10.0.0.2:8080", known_from=690, phase=4),
        ],
        1500,
    ),
    "an old pod that is scraped from now on, beside one that always was": World(
        [Pod([long_running(1500)]), Pod([long_running(1500)], OTHER, "10.0.0.2:8080", known_from=700, phase=4)], 1500
    ),
    "scrapes that fail for longer than a series is remembered": World(
        [Pod([long_running(1500, tells_its_age=False)], unreachable=[(300, 760)])], 1500
    ),
    "a pod that goes": World(
        [
            Pod([long_running(1200)]),
            Pod([young(-60, 500)], OTHER, "10.0.0.2:8080", known_from=0, known_until=500, phase=4),
        ],
        1200,
    ),
    "a pod that dies before it was ever scraped": World(
        [Pod([long_running(900)]), Pod([young(306, 314)], OTHER, "10.0.0.2:8080", known_from=305, known_until=315)], 900
    ),
    "most pods go, as in a scale-down": World(
        [
            Pod([long_running(900)]),
            *(
                Pod([young(-60, end)], f"checkout-5d9f8c7b6-b7c8{i}", f"10.0.1.{i}:8080", phase=i, known_until=end)
                for i, end in ((4, 401), (5, 409), (6, 409), (7, 433))
            ),
        ],
        900,
    ),
    "a container that restarts twice": World([Pod([young(0, 307), young(309, 700), young(733, 1200)], phase=2)], 1200),
    "a container that restarts while most of its requests fail": World(
        [Pod([young(0, 307, fail_every=2), young(309, 900, fail_every=0)], phase=2)], 900
    ),
    "the first failure ever, long after the start": World(
        [Pod([Process(OLD, 10**6, [*steady(OLD, 900, 0.5), Request(433.3, "500")], contact=True)])], 900
    ),
    "the first request ever, long after the start": World(
        [Pod([Process(OLD, 10**6, [Request(611.1), Request(700.5, "500")], contact=True)])], 900
    ),
    "one request an hour": World([Pod([Process(OLD, 10**6, [Request(1200.5), Request(4800.5)])], every=30)], 6000),
    "idle for a quarter of an hour, its series exposed": World(
        [Pod([Process(0, 10**6, [*steady(0, 120, 1, 5), *steady(1020, 1200, 1, 5)])])], 1200
    ),
    "scrapes that fail for four minutes": World([Pod([young(0, 1200)], unreachable=[(300, 540)])], 1200),
    "scrapes that fail for four minutes with a restart in between": World(
        [Pod([young(0, 400), young(420, 1200)], unreachable=[(300, 540)])], 1200
    ),
    "the first failure while scrapes fail": World(
        [Pod([Process(0, 10**6, [*steady(0, 1200, 1), Request(410, "500")])], unreachable=[(300, 540)])], 1200
    ),
    "Prometheus starts in the middle: old processes count from there, young ones from their start": World(
        [
            Pod([Process(0, 10**6, steady(0, 1500, 0.5, 7), contact=True)]),
            Pod([young(590, 1500)], OTHER, "10.0.0.2:8080", known_from=580, phase=4),
        ],
        1500,
        watched_from=600,
    ),
    "the address of a pod that went is given to a new one": World(
        [
            Pod([long_running(1200)], known_until=400),
            Pod([young(410, 1200)], OTHER, known_from=405, phase=4),
        ],
        1200,
    ),
    "a scrape configuration that gives the targets a new label and so all series a new start": World(
        [Pod([long_running(1200)], known_until=600), Pod([long_running(1200)], known_from=600, more=',zone="a"')], 1200
    ),
    "the same with processes that do not tell their age, and addresses written in another way": World(
        [
            Pod([long_running(1500, tells_its_age=False)], known_until=900),
            Pod([long_running(1500, tells_its_age=False)], known_from=900, instance="checkout:8080"),
        ],
        1500,
    ),
    "everything goes, and comes back an hour later": World(
        [
            Pod([long_running(300)], known_until=300),
            Pod([young(3900, 4500)], OTHER, known_from=3895, phase=4),
        ],
        4500,
    ),
}


LATENCY_WORLDS = {
    "slow and quick requests, failed ones among both": World([Pod([mixed(0, 900)])], 900),
    "a restart": World([Pod([mixed(0, 400), mixed(411, 900)])], 900),
    "all requests slow": World([Pod([Process(0, 900, steady(0, 900, 0.5, 3, seconds=0.8))])], 900),
    "the first request ever is slow": World(
        [Pod([Process(OLD, 900, [Request(400.2, seconds=0.9)], contact=True)])], 900
    ),
}


@cases("world", AVAILABILITY_WORLDS)
def test_every_tile_holds_exactly_what_the_scrapes_had_shown(promtool: Promtool, world: World) -> None:
    check(promtool, world, AVAILABILITY, COUNTER, failed)


@cases("world", LATENCY_WORLDS)
def test_latency_counts_all_requests_and_those_above_the_bound_as_bad(promtool: Promtool, world: World) -> None:
    world = replace(world, expose=classic_histogram("0.1", "0.3", "1"))
    check(promtool, world, LATENCY, CLASSIC, slow)


@cases("world", LATENCY_WORLDS)
def test_latency_with_errors_counts_quick_failures_as_bad_too(promtool: Promtool, world: World) -> None:
    world = replace(world, expose=classic_histogram("0.1", "0.3", "1"))
    check(promtool, world, STRICT_LATENCY, CLASSIC, lambda request: slow(request) or failed(request))


@cases("world", LATENCY_WORLDS)
def test_native_histograms_are_counted_the_same(promtool: Promtool, world: World) -> None:
    world = replace(world, expose=native_histogram)
    check(promtool, world, NATIVE_LATENCY, NATIVE, lambda request: request.seconds > 0.5)
    check(promtool, world, AVAILABILITY, NATIVE, failed)


def test_the_count_of_a_histogram_serves_for_availability(promtool: Promtool) -> None:
    world = World([Pod([young(0, 400), young(410, 900)])], 900, expose=classic_histogram("1"))
    check(promtool, world, AVAILABILITY, CLASSIC, failed)


@pytest.mark.parametrize("value", ["NaN", "Inf"])
def test_a_counter_that_is_no_number_is_left_out_and_spoils_no_other(promtool: Promtool, value: str) -> None:
    world = World([Pod([young(0, 900)])], 900)
    series = world.series()
    for code in ("418", "599"):
        name = f'http_requests_total{{code="{code}",{world.pods[0].labels()}}}'
        series[name] = {at: value if at >= 300 else "0" for at in range(0, 900, 15)}
    assert_replays(promtool, Replay(series, rules(AVAILABILITY, COUNTER), tiles(world, AVAILABILITY, failed)))


def test_splitting_the_traffic_over_pods_changes_no_count(promtool: Promtool) -> None:
    requests = [Request(3 + i * 0.9, "500" if i % 9 == 0 else "200") for i in range(700)]
    names = ["checkout-5d9f8c7b6-x2z4k", OTHER, "checkout-6f7b8c9d4-b7c8d"]
    split = [Pod([Process(0, 900, requests[i::3])], name, f"10.0.0.{i}:8080") for i, name in enumerate(names)]
    whole = World([Pod([Process(0, 900, requests)])], 900)
    expected = tiles(whole, AVAILABILITY, failed)
    assert_replays(promtool, Replay(World(split, 900).series(), rules(AVAILABILITY, COUNTER), expected))


def test_a_version_whose_buckets_lack_the_bound_is_judged_neither_good_nor_bad(promtool: Promtool) -> None:
    other = Process(300, 900, steady(300, 900, 2, seconds=0.8), bounds=("0.5", "1"))
    judged = Pod([mixed(0, 900)])
    unjudged = Pod([other], OTHER, "10.0.0.2:8080", known_from=290, phase=4)
    both = World([judged, unjudged], 900, expose=classic_histogram("0.1", "0.3", "1"))
    expected = tiles(replace(both, pods=[judged]), LATENCY, slow)
    assert_replays(promtool, Replay(both.series(), rules(LATENCY, CLASSIC), expected))


def test_a_bucket_that_is_spelled_otherwise_from_now_on_is_the_same_bucket(promtool: Promtool) -> None:
    before = Pod([Process(0, 420, steady(0, 420, 1, seconds=1.5), bounds=("1", "2"))], known_until=420)
    after = Pod([Process(430, 900, steady(430, 900, 1), bounds=("1.0", "2.0"))], OTHER, known_from=425)
    world = World([before, after], 900, expose=classic_histogram())
    shape = MetricShape(CLASSIC.name, CLASSIC.kind, CLASSIC.labels, ("1", "2"))
    check(promtool, world, promise("latency", faster="1s"), shape, lambda request: request.seconds > 1)
