"""A backtest calls whom Prometheus calls, when it calls them: the arithmetic on numbers against the rules."""

import random

import pytest
from tests.replay.counting import COUNTER, SETTINGS, TILE, assert_replays, promise, rules
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.replay.world import Series
from tests.table import cases

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.ports import Json
from goserviceslo.slo.backtest import firing
from goserviceslo.slo.tiles import Tiles, instant

pytestmark = pytest.mark.prometheus

ID = '{namespace="shop",goslo="checkout",objective="availability"}'
HOURS, PACE = 8, 240
GOOD_MINUTES = Objective.model_validate(
    {"name": "availability", "target": "99", "window": "30d", "slices": {"good": 99.5}, "http": {}}
)


def tiles(seed: int) -> Tiles:
    """Quiet, busy, failing and absent stretches at random."""
    chance, at = random.Random(seed), PACE
    at_ms: list[int] = []
    total: list[float] = []
    bad: list[float] = []
    there = True
    while at <= HOURS * 3600:
        length, busy, share = chance.randint(1, 80), chance.choice((0, 1, 5, 200)), chance.choice((0, 0.002, 0.05, 0.9))
        for _ in range(length):
            if there and at <= HOURS * 3600:
                events = chance.randint(0, busy)
                at_ms.append(at * 1000)
                total.append(float(events))
                bad.append(float(sum(chance.random() < share for _ in range(events))))
            at += TILE
        there = chance.random() < 0.9
    return Tiles(at_ms, total, bad)


def without_counting(groups: tuple[Json, ...]) -> list[Json]:
    """The rules that read tiles: the tiles themselves are given."""
    return [
        {**group, "rules": [rule for rule in group["rules"] if ":delta" not in rule.get("record", "")]}
        for group in groups
        if group["name"].endswith(("/tiles", "/windows"))
    ]


@pytest.mark.parametrize("seed", range(4))
@cases(
    "promised",
    {
        "of a month at three nines": promise(target="99.9", window="30d"),
        "of a day at two": promise(target="99", window="1d"),
        "of good minutes, few of which are many": GOOD_MINUTES,
    },
)
def test_pages_are_those_that_prometheus_says_fire(promtool: Promtool, promised: Objective, seed: int) -> None:
    happened = tiles(seed)
    pages, _ = firing(promised, happened, instant(0), instant(HOURS * 3600_000), SETTINGS)
    series: Series = {
        f"{name}{ID}": {at // 1000: f"{value:g}" for at, value in zip(happened.at_ms, values, strict=True)}
        for name, values in (("goslo:total:delta", happened.total), ("goslo:bad:delta", happened.bad))
    }
    alerts = 'count(ALERTS{alertname="GoSLOBudgetBurn",alertstate="firing",severity="page"})'
    expected = [
        Expectation(alerts, at, {"{}": 1} if any(one.start_ms <= at * 1000 <= one.end_ms for one in pages) else {})
        for at in range(TILE, HOURS * 3600 + 1, TILE)
    ]
    assert pages or seed, "a world in which nothing happens would prove nothing"
    assert_replays(promtool, Replay(series, without_counting(rules(promised, COUNTER)), expected, step=30))


@pytest.mark.parametrize("seed", range(3))
def test_tickets_are_those_that_prometheus_says_fire(promtool: Promtool, seed: int) -> None:
    happened, promised = tiles(seed), promise(target="99", window="7d")
    _, tickets = firing(promised, happened, instant(0), instant(HOURS * 3600_000), SETTINGS)
    series: Series = {
        f"{name}{ID}": {at // 1000: f"{value:g}" for at, value in zip(happened.at_ms, values, strict=True)}
        for name, values in (("goslo:total:delta", happened.total), ("goslo:bad:delta", happened.bad))
    }
    alerts = 'count(ALERTS{alertname="GoSLOBudgetBurn",alertstate="firing",severity="ticket"})'
    expected = [
        Expectation(alerts, at, {"{}": 1} if any(one.start_ms <= at * 1000 <= one.end_ms for one in tickets) else {})
        for at in range(0, HOURS * 3600 + 1, PACE)
    ]
    groups = without_counting(rules(promised, COUNTER))
    assert_replays(promtool, Replay(series, groups, expected, step=30, pace=PACE))
