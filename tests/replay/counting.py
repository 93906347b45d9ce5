"""Objectives of one workload, the rules that count them, and what each tile holds if they are right."""

from collections.abc import Callable
from typing import Any

from tests.replay.promtool import Expectation, Promtool, Replay
from tests.replay.world import Process, Request, World, steady

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.ports import Json
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.indicator import Indicator, Workload, resolve
from goserviceslo.slo.maintenance import Maintenance, Span
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups

SETTINGS = RuleSettings()
TILE, LAG, STEP = 30, 5, 5
WORKLOAD = Workload("shop", "checkout")


def promise(name: str = "availability", target: str = "99.9", window: str = "30d", **http: Any) -> Objective:
    return Objective.model_validate({"name": name, "target": target, "window": window, "http": http})


AVAILABILITY = promise()
LATENCY = promise("latency", "99", faster="300ms")
STRICT_LATENCY = promise("latency", "99", faster="300ms", errors=["5xx"])
NATIVE_LATENCY = promise("latency", "99", faster="500ms")
LABELS = '{namespace="shop",goslo="checkout",objective="%s"}'
COUNTER = MetricShape("http_requests_total", MetricKind.COUNTER, frozenset({"code"}))
CLASSIC = MetricShape(
    "http_request_duration_seconds", MetricKind.CLASSIC_HISTOGRAM, frozenset({"code"}), ("0.1", "0.3", "1")
)
NATIVE = MetricShape("http_request_duration_seconds", MetricKind.NATIVE_HISTOGRAM, frozenset({"code"}))


def rules(objective: Objective, shape: MetricShape, *maintenance: Span) -> tuple[Json, ...]:
    indicator = resolve(objective, WORKLOAD, [shape], None)
    assert isinstance(indicator, Indicator)
    ref = SloRef("shop", "checkout", maintenance=Maintenance(bool(maintenance), maintenance))
    return render_groups(ref, [(objective, indicator)], SETTINGS)


OLD = -9000


def long_running(until: int, tells_its_age: bool = True) -> Process:
    """It has counted for hours before anybody looked."""
    return Process(OLD, 10**6, steady(OLD, until, 0.5, 7), contact=True, tells_its_age=tells_its_age)


def young(start: int, end: int, per_second: float = 0.5, fail_every: int = 7, tells_its_age: bool = True) -> Process:
    return Process(start, end, steady(start, end, per_second, fail_every), tells_its_age=tells_its_age)


def mixed(start: int, end: int) -> Process:
    """Good, slow, failed, and slow failed requests."""
    quick, late = steady(start, end, 0.7, fail_every=5), steady(start, end, 0.2, fail_every=3, seconds=0.8)
    return Process(start, end, [*quick, *late])


def failed(request: Request) -> bool:
    return request.code.startswith("5")


def slow(request: Request) -> bool:
    return request.seconds > 0.3


def is_recorded(world: World, end: int) -> bool:
    """Something was seen, and some step of the tile that ends here lies within five minutes of it."""
    last = world.last_shown(end)
    return last is not None and end - (TILE - STEP) < last + 300


def tiles(world: World, objective: Objective, bad: Callable[[Request], bool]) -> list[Expectation]:
    """Each tile as the truth has it."""
    expected = []
    labels = LABELS % objective.name
    for at in range(TILE, world.until + 1, TILE):
        end, start = at - LAG, at - LAG - TILE
        total = world.seen(end) - world.seen(start)
        failed = world.seen(end, bad) - world.seen(start, bad)
        for name, value in (("goslo:total:delta", total), ("goslo:bad:delta", failed)):
            expected.append(Expectation(name, at, {f"{name}{labels}": value} if is_recorded(world, end) else {}))
    return expected


def check(
    promtool: Promtool, world: World, objective: Objective, shape: MetricShape, bad: Callable[[Request], bool]
) -> None:
    assert_replays(promtool, Replay(world.series(), rules(objective, shape), tiles(world, objective, bad)))


def assert_replays(promtool: Promtool, replay: Replay) -> None:
    complaint = promtool.test(replay)
    assert not complaint, complaint
