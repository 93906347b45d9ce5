"""The operator's questions, asked of a real engine over recorded series."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from tests.replay.counting import COUNTER, SETTINGS, TILE, assert_replays, failed, promise, rules
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.replay.world import Pod, Process, Series, World, steady
from tests.table import cases

from goserviceslo.ports import Json
from goserviceslo.slo.queries import (
    CalendarWindow,
    Quantity,
    Query,
    measurement_queries,
)
from goserviceslo.slo.runtime import runtime_queries
from goserviceslo.slo.shapes import discovery_query

pytestmark = pytest.mark.prometheus

ID = '{namespace="shop",goslo="checkout",objective="availability"}'
KEY = ("shop", "checkout", "availability")


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def asked(seconds: int, windows: Iterable[CalendarWindow] = ()) -> dict[Quantity, list[Query]]:
    found: dict[Quantity, list[Query]] = {}
    for query in measurement_queries(instant(seconds), SETTINGS, tuple(windows)):
        found.setdefault(query.quantity, []).append(query)
    return found


WORLD = World([Pod([Process(5, 10**6, steady(5, 2700, 0.5, 7))])], 2700)


def counted(start: int, end: int) -> tuple[int, int]:
    """Events and bad ones of the tiles recorded after `start` and not after `end`, as the truth has them."""
    first, last = start // TILE * TILE - SETTINGS.lag.seconds, end // TILE * TILE - SETTINGS.lag.seconds
    return (
        WORLD.seen(last) - WORLD.seen(first),
        WORLD.seen(last, failed) - WORLD.seen(first, failed),
    )


@pytest.mark.parametrize("now", [45, 239, 240, 241, 479, 480, 500, 1234, 2690])
@pytest.mark.parametrize("window", ["30d", "1d"])
def test_a_rolling_window_holds_every_tile_up_to_now_from_the_first_minute_on(
    promtool: Promtool, window: str, now: int
) -> None:
    questions = asked(now)
    expected = [
        Expectation(questions[quantity][0].promql, now, {ID: value})
        for quantity, value in zip((Quantity.TOTAL, Quantity.BAD), counted(0, now), strict=True)
    ]
    assert_replays(promtool, Replay(WORLD.series(), rules(promise(window=window), COUNTER), expected))


def test_a_rolling_window_of_an_hour_forgets_what_is_older(promtool: Promtool) -> None:
    world = World([Pod([Process(5, 10**6, steady(5, 5400, 0.2, 7))])], 5400)
    total = world.seen(5400 - 5) - world.seen(1800 - 5)
    expected = [Expectation(asked(5400)[Quantity.TOTAL][0].promql, 5400, {ID: total})]
    assert_replays(promtool, Replay(world.series(), rules(promise(window="1h"), COUNTER), expected))


def test_a_long_window_stays_known_while_its_slow_group_does_not_run(promtool: Promtool) -> None:
    """Prometheus was down: the last recorded window is half an hour old, tiles are there since five minutes."""
    series: Series = {
        f'goslo:total:window{ID[:-1]},window="30d",grid="4m"}}': {600: "1000"},
        f"goslo:total:delta{ID}": dict.fromkeys(range(2130, 2431, 30), "10"),
    }
    question = asked(2430)[Quantity.TOTAL][0].promql
    assert_replays(promtool, Replay(series, [], [Expectation(question, 2430, {ID: 1090})], step=30))


def slow_rules(window: str) -> list[Json]:
    return [group for group in rules(promise(window=window), COUNTER) if group["name"].endswith("/windows")]


@pytest.mark.parametrize("before_the_end", [70, 130, 190, 250, 300, 601])
def test_two_days_of_tiles_are_summed_exactly_though_the_slow_group_runs_every_four_minutes(
    promtool: Promtool, before_the_end: int
) -> None:
    until = 50 * 3600
    tile = {at: str(at // 30 % 7) for at in range(30, until + 1, 30)}
    series: Series = {f"goslo:total:delta{ID}": tile}
    now = until - before_the_end
    base = now // 240 * 240 - 240
    expected = sum(int(value) for at, value in tile.items() if base - 2 * 86400 < at <= now)
    question = asked(now)[Quantity.TOTAL][0].promql
    # promtool stores samples up to the last evaluation before the last expectation.
    expectations = [Expectation(question, now, {ID: expected}), Expectation("vector(1)", until, {"{}": 1})]
    assert_replays(promtool, Replay(series, slow_rules("2d"), expectations, step=30, pace=240))


@pytest.mark.parametrize(("now", "start"), [(2690, 0), (2690, 900), (2690, 2100), (2690, 2520), (645, 600)])
def test_a_calendar_window_is_the_sum_of_its_parts(promtool: Promtool, now: int, start: int) -> None:
    questions = asked(now, [CalendarWindow(instant(start), (KEY,))])
    for quantity, value in zip((Quantity.TOTAL, Quantity.BAD), counted(start, now), strict=True):
        parts = [query.promql for query in questions[quantity] if query.part_of]
        either = " or ".join(f'label_replace({part}, "part", "{i}", "", "")' for i, part in enumerate(parts))
        expected = [Expectation(f"sum by (namespace, goslo, objective) ({either})", now, {ID: value})]
        assert_replays(promtool, Replay(WORLD.series(), rules(promise(window="Month"), COUNTER), expected))


def test_the_newest_tile_tells_when_it_was_counted_until_nothing_is_seen(promtool: Promtool) -> None:
    world = World([Pod([Process(5, 600, steady(5, 600, 0.5))], known_until=600)], 1500)
    question = asked(0)[Quantity.COUNTED_AT][0].promql
    expected = [Expectation(question, 615, {ID: 600}), Expectation(question, 1400, {})]
    assert_replays(promtool, Replay(world.series(), rules(promise(), COUNTER), expected))


def test_burn_rates_and_alerts_are_told_by_window_and_severity(promtool: Promtool) -> None:
    """On uneven traffic, where the mean of the shares of each minute would be something else."""
    turns = [(0, 1000, 9, 3), (1000, 2700, 1, 30), (2700, 3500, 5, 4), (3500, 4500, 1, 2)]
    uneven = [one for begin, end, every, fail in turns for one in steady(begin, end, every, fail_every=fail)]
    world = World([Pod([Process(0, 10**6, uneven)])], 4500)
    questions = asked(4500)

    def ratio(seconds: int) -> float:
        end, start = 4495, 4495 - seconds
        return (world.seen(end, failed) - world.seen(start, failed)) / (world.seen(end) - world.seen(start))

    spans = {"5m": 300, "30m": 1800, "1h": 3600, "6h": 21_600}
    assert len({round(ratio(seconds), 4) for seconds in spans.values()}) == 4
    asked_for = [*questions[Quantity.BURN_RATE], *questions[Quantity.BAD_RATIO]]
    assert {one.window for one in asked_for} == {*spans}
    expected = [
        Expectation(
            one.promql,
            4500,
            {ID: ratio(spans[one.window]) / (0.001 if one.quantity is Quantity.BURN_RATE else 1)},
        )
        for one in asked_for
    ]
    urgency = {f'{ID[:-1]},severity="page"}}': 1}  # the ticket gives way to it
    expected.append(Expectation(questions[Quantity.URGENCY][0].promql, 4500, urgency))
    assert_replays(promtool, Replay(world.series(), rules(promise(), COUNTER), expected))


def test_where_nothing_happened_lately_there_is_no_share_of_bad_events(promtool: Promtool) -> None:
    world = World([Pod([Process(5, 10**6, steady(5, 2100, 1, fail_every=2))])], 3000)
    quick, slow = asked(3000)[Quantity.BAD_RATIO]
    then, now = (world.seen(at, failed) for at in (1195, 2995))
    share = (now - then) / (world.seen(2995) - world.seen(1195))
    expected = [Expectation(quick.promql, 3000, {}), Expectation(slow.promql, 3000, {ID: share})]
    assert_replays(promtool, Replay(world.series(), rules(promise(), COUNTER), expected))


LONG = "x" * 52
PODS = {
    "a pod": ("checkout-5d9f8c7b6-x2z4k", "checkout", "5d9f8c7b6"),
    "a pod with a long name": (f"{LONG}-5d9f8-x2z4k".replace("8-x", "8x"), f"{LONG}-5d9f8", ""),
}


@cases("pod, workload, generation", PODS)
def test_metrics_are_told_by_workload_with_their_labels_and_bounds(
    promtool: Promtool, pod: str, workload: str, generation: str
) -> None:
    target = f'namespace="shop",pod="{pod}"'
    series: Series = {
        f'http_requests_total{{code="200",route="/a",{target}}}': {0: "1"},
        f'http_requests_total{{code="500",route="/b",{target}}}': {0: "1"},
        f'http_requests_total{{code="500",route="/b",{target.replace("shop", "other")}}}': {0: "1"},
        f'http_requests_total{{code="500",{target.replace("x2z4k", "0")}}}': {0: "1"},
        f'http_request_duration_seconds_count{{status="200",{target}}}': {0: "1"},
        f'http_request_duration_seconds_bucket{{status="200",le="0.3",{target}}}': {0: "1"},
        f'http_request_duration_seconds_bucket{{status="500",le="0.3",{target}}}': {0: "1"},
        f'http_request_duration_seconds_bucket{{status="200",le="+Inf",{target}}}': {0: "1"},
        f'gin_request_duration_seconds{{code="200",{target}}}': {0: "{{schema:0 count:1 sum:1 buckets:[1]}}"},
        f'promhttp_metric_handler_requests_total{{code="200",{target}}}': {0: "1"},
    }
    plain, buckets, native = discovery_query(["shop"])
    at = f'namespace="shop",goslo_workload="{workload}"'
    expected = [
        Expectation(
            plain,
            0,
            {
                f'http_requests_total{{goslo_has_code="y",{at}}}': 1,
                f'http_request_duration_seconds_count{{goslo_has_status="y",{at}}}': 1,
            }
            # A pod that is no Deployment's has no workload, and is left out when the answer is read.
            | {'http_requests_total{goslo_has_code="y",namespace="shop"}': 1},
        ),
        Expectation(
            buckets,
            0,
            {
                f'http_request_duration_seconds_bucket{{le="0.3",{at}}}': 1,
                f'http_request_duration_seconds_bucket{{le="+Inf",{at}}}': 1,
            },
        ),
        Expectation(native, 0, {f'{{goslo_metric="gin_request_duration_seconds",goslo_has_code="y",{at}}}': 1}),
    ]
    assert_replays(promtool, Replay(series, [], expected))


@cases("pod, workload, generation", PODS)
def test_runtime_settings_are_told_by_generation_with_what_differs(
    promtool: Promtool, pod: str, workload: str, generation: str
) -> None:
    other = pod[:-1] + "b"
    series: Series = {
        f'go_gc_gogc_percent{{namespace="shop",pod="{pod}",container="app"}}': {0: "200"},
        f'go_gc_gogc_percent{{namespace="shop",pod="{other}",container="app"}}': {0: "100"},
        f'go_gc_gomemlimit_bytes{{namespace="shop",pod="{pod}",container="app"}}': {0: "9.223372036854776e18"},
        f'process_start_time_seconds{{namespace="shop",pod="{pod}",container="app"}}': {0: "1700000060"},
        f'process_start_time_seconds{{namespace="shop",pod="{other}",container="app"}}': {0: "1700000000"},
    }
    gogc, limit, procs, started = runtime_queries()
    told = f'namespace="shop",goslo_workload="{workload}",container="app"'
    told += f',goslo_generation="{generation}"' if generation else ""
    expected = [
        Expectation(
            gogc,
            0,
            {
                f'{{{told},goslo_setting="gogc",goslo_kind="max"}}': 200,
                f'{{{told},goslo_setting="gogc",goslo_kind="min"}}': 100,
                f'{{{told},goslo_setting="gogc",goslo_kind="pods"}}': 2,
            },
        ),
        Expectation(
            limit,
            0,
            {
                f'{{{told},goslo_setting="memoryLimit",goslo_kind="max"}}': 9.223372036854776e18,
                f'{{{told},goslo_setting="memoryLimit",goslo_kind="pods"}}': 1,
            },
        ),
        Expectation(procs, 0, {}),
        Expectation(started, 0, {f'{{{told},goslo_setting="started"}}': 1700000000}),
    ]
    assert_replays(promtool, Replay(series, [], expected))
