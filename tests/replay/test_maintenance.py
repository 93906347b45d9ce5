"""Maintenance in a real Prometheus engine: what is left out, to the tile, and who is left to sleep."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from tests.replay.counting import COUNTER, LABELS, TILE, assert_replays, failed, is_recorded, promise, rules
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.replay.world import Pod, Process, Request, World, steady
from tests.table import cases

from goserviceslo.api.slices import Slices
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.slo.maintenance import Span

pytestmark = pytest.mark.prometheus

MONTHLY, HOURLY = promise(), promise(window="1h", target="99")
SETTLED = 60
"""Seconds after maintenance in which tiles that begin are left out too."""
DAY = 86_400


def span(start: int, end: int) -> Span:
    """Seconds of the replay as instants: it begins at the epoch."""
    return Span(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def tiles(world: World, maintenance: Sequence[tuple[int, int]], since: int = TILE) -> list[Expectation]:
    """Each tile as the truth has it: what its scrapes had shown, or that on the side of what is left out."""
    expected = []
    for at in range(since, world.until + 1, TILE):
        end, start = at - 5, at - 5 - TILE
        total, bad = world.seen(end) - world.seen(start), world.seen(end, failed) - world.seen(start, failed)
        out = any(start < last + SETTLED and end > first for first, last in maintenance)
        labels, seen = LABELS % MONTHLY.name, is_recorded(world, end)
        for name, value in (("goslo:total:delta", total), ("goslo:bad:delta", bad)):
            expected.append(Expectation(name, at, {f"{name}{labels}": 0 if out else value} if seen else {}))
        left_out = {f"goslo:excluded:delta{labels}": total} if seen and out else {}
        expected.append(Expectation("goslo:excluded:delta", at, left_out))
    return expected


@cases(
    "maintenance",
    {
        "between two tiles' ends": [(600, 900)],
        "from the end of a tile to the end of another": [(595, 895)],
        "a second before and after these": [(594, 896)],
        "shorter than a tile": [(611, 613)],
        "twice, a minute apart": [(300, 400), (460, 600)],
        "twice, further apart": [(300, 400), (700, 800)],
        "at odd seconds": [(303, 417)],
    },
)
def test_tiles_that_overlap_maintenance_count_nothing_and_are_kept_account_of(
    promtool: Promtool, maintenance: list[tuple[int, int]]
) -> None:
    world = World([Pod([Process(0, 1500, steady(0, 1500, 0.5, 7))])], 1500)
    groups = rules(MONTHLY, COUNTER, *(span(*one) for one in maintenance))
    assert_replays(promtool, Replay(world.series(), groups, tiles(world, maintenance)))


def test_maintenance_over_midnight_is_one(promtool: Promtool) -> None:
    begins, until = DAY - 1200, DAY + 1200
    world = World([Pod([Process(begins, until, steady(begins, until, 0.2, 3))], known_from=begins - 5)], until)
    maintenance = (DAY - 400, DAY + 333)
    expected = tiles(world, [maintenance], DAY - 900)
    assert_replays(promtool, Replay(world.series(), rules(MONTHLY, COUNTER, span(*maintenance)), expected))


def test_a_window_is_the_sum_of_its_tiles_with_maintenance_left_out(promtool: Promtool) -> None:
    world = World([Pod([Process(0, 3000, steady(0, 3000, 0.5, 7))])], 3000)
    counted = [(-5, 595), (985, 2995)]
    total = sum(world.seen(b) - world.seen(a) for a, b in counted)
    bad = sum(world.seen(b, failed) - world.seen(a, failed) for a, b in counted)
    out = world.seen(985) - world.seen(595)
    expected = [
        Expectation(f"sum({name})", 3000, {"{}": value})
        for name, value in (("goslo:total:window", total), ("goslo:bad:window", bad), ("goslo:excluded:window", out))
    ]
    per_mille = 'round(1000 * sum(goslo:burn_rate:ratio{window="1h"}))'
    rate = Expectation(per_mille, 3000, {"{}": round(1000 * bad / total / 0.01)})
    groups = rules(HOURLY, COUNTER, span(600, 900))
    assert_replays(promtool, Replay(world.series(), groups, [*expected, rate]))


def judged(total: int, bad: int, out: int, until: int) -> list[Expectation]:
    """How many slices rules have judged, and left out, by an instant."""
    named = (("goslo:total:delta", total), ("goslo:bad:delta", bad), ("goslo:excluded:delta", out))
    return [Expectation(f"sum(sum_over_time({name}[{until}s]))", until, {"{}": value}) for name, value in named]


def test_a_slice_of_events_that_lies_partly_in_maintenance_is_left_out(promtool: Promtool) -> None:
    in_maintenance = [Request(600 + at, "500") for at in range(100)]
    world = World([Pod([Process(0, 1501, [*steady(0, 600, 1), *in_maintenance, *steady(700, 1500, 1)])])], 1500)
    promised = HOURLY.model_copy(update={"slices": Slices.model_validate({"length": "5m", "good": 99})})
    expected = judged(4, 0, 1, 1500)
    assert_replays(promtool, Replay(world.series(), rules(promised, COUNTER, span(600, 720)), expected))
    assert_replays(promtool, Replay(world.series(), rules(promised, COUNTER), judged(5, 1, 0, 1500)[:2]))


def test_of_slices_with_maintenance_every_hour_those_that_never_touch_it_are_judged(promtool: Promtool) -> None:
    pauses = [(hour, hour + 600) for hour in range(3600, 14_401, 3600)]
    bad = [Request(first + at, "500") for first, _ in pauses for at in range(600)]
    good = [one for first, _ in [(0, 0), *pauses] for one in steady(first + 600, first + 3600, 0.2)]
    world = World([Pod([Process(0, 18_001, [*steady(0, 600, 0.2), *good, *bad])])], 18_000)
    promised = promise(window="1d", target="99").model_copy(
        update={"slices": Slices.model_validate({"length": "30m", "good": 99})}
    )
    expected = judged(6, 0, 4, 18_000)
    assert_replays(
        promtool, Replay(world.series(), rules(promised, COUNTER, *(span(*one) for one in pauses)), expected)
    )


def test_a_slice_whose_rate_reaches_back_into_maintenance_is_left_out(promtool: Promtool) -> None:
    done = {at: str(20 * (min(at, 630) + max(0, at - 750))) for at in range(0, 1801, 15)}
    series = {'messages_total{namespace="shop",pod="checkout-5d9f8c7b6-x2z4k",instance="a:1",job="pods"}': done}
    kind = {"throughput": {"counter": "messages_total", "atLeast": 15}, "slices": {"length": "5m"}}
    promised = Objective.model_validate({"name": "it", "target": 99, "window": "1h", **kind})
    expected = judged(5, 0, 1, 1830)
    assert_replays(promtool, Replay(series, rules(promised, COUNTER, span(630, 750)), expected))
    assert_replays(promtool, Replay(series, rules(promised, COUNTER), judged(6, 1, 0, 1830)[:2]))


def firing(alert: str, at: int, count: int) -> Expectation:
    alerts = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'
    return Expectation(alerts, at, {"{}": count} if count else {})


def outage(start: int, end: int, until: int) -> World:
    bad = [Request(start + i, "500") for i in range(end - start)]
    return World([Pod([Process(0, until + 1, [*steady(0, start, 1), *bad, *steady(end, until, 1)])])], until)


def replay(promtool: Promtool, promised: Objective, happened: World, kept: Span, *expected: Expectation) -> None:
    assert_replays(promtool, Replay(happened.series(), rules(promised, COUNTER, kept), expected))


@cases(
    "start, end, over",
    {
        "all of it": (3600, 5400, 5400),
        "a part of it": (4000, 4600, 5400),
        "the last seconds of more than an hour, which a scrape shows only after it": (6900, 7195, 7195),
    },
)
def test_an_outage_within_maintenance_calls_nobody_then_or_later(
    promtool: Promtool, start: int, end: int, over: int
) -> None:
    quiet = [firing("GoSLOBudgetBurn", at, 0) for at in range(3600, over + 1201, 30)]
    replay(promtool, MONTHLY, outage(start, end, over + 1200), span(3590, over), *quiet)


def test_what_was_bad_before_maintenance_does_not_page_while_it_runs(promtool: Promtool) -> None:
    happened = outage(3420, 3600, 5400)
    moments = [firing("GoSLOBudgetBurn", 3600, 1), *(firing("GoSLOBudgetBurn", at, 0) for at in range(3630, 4801, 30))]
    replay(promtool, MONTHLY, happened, span(3600, 4800), *moments)


def test_an_outage_that_outlasts_maintenance_pages_within_four_minutes_of_its_end(promtool: Promtool) -> None:
    happened = outage(3700, 5400, 5400)
    quiet = [firing("GoSLOBudgetBurn", at, 0) for at in range(3600, 4801, 30)]
    replay(promtool, MONTHLY, happened, span(3600, 4800), *quiet, firing("GoSLOBudgetBurn", 5040, 1))


def test_the_same_outage_without_maintenance_does_page(promtool: Promtool) -> None:
    replay(promtool, MONTHLY, outage(4000, 4600, 4600), span(9000, 9600), firing("GoSLOBudgetBurn", 4170, 1))


def test_pods_that_are_down_for_maintenance_make_no_outage_and_those_that_stay_down_do(promtool: Promtool) -> None:
    down = World([Pod([Process(0, 1800, steady(0, 1800, 1))])], 6000)
    moments = [*((at, 0) for at in range(1800, 5461, 60)), (5400 + 120, 1)]
    expected = [firing("GoSLOOutage", at, count) for at, count in moments]
    lost = "sum(sum_over_time(goslo:outage:delta[2h]))"
    seconds = [Expectation(lost, 5490, {"{}": 0}), Expectation(lost, 6000, {"{}": 6000 - 5490})]
    groups = rules(MONTHLY, COUNTER, span(1800, 5400))
    assert_replays(promtool, Replay(down.series(), groups, [*expected, *seconds]))
