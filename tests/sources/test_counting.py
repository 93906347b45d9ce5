"""Our rules and our questions, evaluated by others than Prometheus, against what really happened.

The rules are run here, one after the other at each instant, as Prometheus and the rulers of Mimir, Cortex and Thanos
run them; queries and recorded samples are the sources' own.
"""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.replay.counting import (
    AVAILABILITY,
    CLASSIC,
    COUNTER,
    LABELS,
    LAG,
    LATENCY,
    TILE,
    failed,
    is_recorded,
    long_running,
    mixed,
    promise,
    rules,
    slow,
    young,
)
from tests.replay.world import Pod, Process, Request, World, classic_histogram, steady
from tests.sources.asking import source_of
from tests.sources.evaluator import Backend, evaluate
from tests.sources.remotewrite import push
from tests.sources.servers import Engine, thanos
from tests.table import cases

from goserviceslo.ports import Json, Partial, Unavailable, Vector
from goserviceslo.slo.assembly import assemble
from goserviceslo.slo.burn import burn_policy
from goserviceslo.slo.discovery import MetricKind
from goserviceslo.slo.promql import duration
from goserviceslo.slo.queries import measurement_queries
from goserviceslo.slo.rules import RuleSettings
from goserviceslo.slo.runtime import runtime_queries
from goserviceslo.slo.shapes import assemble_shapes, discovery_query

pytestmark = pytest.mark.sources

LONG = promise(window="25h")
"""Its window is recorded on the grid of four minutes, and ends before what the tests before counted."""
OTHER = "checkout-5d9f8c7b6-b7c8d"
WORLDS = {
    "steady traffic of a process that ran long before it was watched": World([Pod([long_running(300)])], 300),
    "a container that restarts twice": World([Pod([young(0, 157), young(159, 300), young(323, 480)], phase=2)], 480),
    "a new pod beside an old one, and the old one goes": World(
        [
            Pod([long_running(600)], known_until=420),
            Pod([young(200, 600)], OTHER, "10.0.0.2:8080", known_from=190, phase=4),
        ],
        600,
    ),
    "the first failure ever, long after the start": World(
        [Pod([Process(-9000, 10**6, [*steady(-9000, 420, 0.5), Request(233.3, "500")], contact=True)])], 420
    ),
    "scrapes that fail for two minutes with a restart in between": World(
        [Pod([young(0, 200), young(220, 480)], unreachable=[(150, 270)])], 480
    ),
}


def recorded(backend: Backend, metric: str, objective: str, at: int) -> float | None:
    """What was recorded at the very instant."""
    found = backend.instant(f"{metric}{LABELS % objective}", at)
    if not found:
        return None
    (sample,) = found
    return float(sample["value"][1])


def counting_only(groups: tuple[Json, ...]) -> list[Json]:
    """The group of tiles, without what needs hours of them."""
    return [{**groups[0], "rules": [rule for rule in groups[0]["rules"] if ":delta" in rule.get("record", "")]}]


@cases("world", WORLDS)
def test_every_tile_holds_exactly_what_the_scrapes_had_shown(engine: Engine, world: World) -> None:
    backend, epoch = engine.fresh()
    backend.store(world.series(), epoch)
    evaluate(backend, counting_only(rules(AVAILABILITY, COUNTER)), epoch, epoch + world.until)
    wrong = []
    for at in range(TILE, world.until + 1, TILE):
        end, start = at - LAG, at - LAG - TILE
        if not is_recorded(world, end):
            continue
        for metric, bad in (("goslo:total:delta", lambda _: True), ("goslo:bad:delta", failed)):
            expected = world.seen(end, bad) - world.seen(start, bad)
            found = recorded(backend, metric, "availability", epoch + at)
            if found is None or abs(found - expected) > 1e-6:
                wrong.append(f"{metric} at {at}s: {found}, not {expected}")
    assert wrong == []


def test_latency_is_counted_from_buckets(engine: Engine) -> None:
    world = replace(World([Pod([mixed(0, 200), mixed(211, 300)])], 300), expose=classic_histogram("0.1", "0.3", "1"))
    backend, epoch = engine.fresh()
    backend.store(world.series(), epoch)
    evaluate(backend, counting_only(rules(LATENCY, CLASSIC)), epoch, epoch + world.until)
    found = [recorded(backend, "goslo:bad:delta", "latency", epoch + at) for at in range(TILE, world.until + 1, TILE)]
    expected = [
        world.seen(at - LAG, slow) - world.seen(at - LAG - TILE, slow) for at in range(TILE, world.until + 1, TILE)
    ]
    assert found == pytest.approx(expected)


async def test_the_operators_questions_are_understood_and_answered_with_the_truth(
    engine: Engine, tmp_path: Path
) -> None:
    world = World([Pod([young(0, 10**4)])], 600)
    backend, epoch = engine.fresh()
    backend.store(world.series(), epoch)
    evaluate(backend, rules(LONG, COUNTER), epoch, epoch + world.until)
    now = datetime.fromtimestamp(epoch + world.until, UTC)
    source = source_of(engine, backend, tmp_path)
    policy = burn_policy(LONG)
    answers = [
        (query, await source.query(query.promql, query.at)) for query in measurement_queries(now, RuleSettings())
    ]
    plain, buckets, native = discovery_query(["shop"])
    seen = [await source.query(query, now) for query in (plain, buckets)]
    asked = [*seen, *[await source.query(query, now) for query in runtime_queries()]]
    if engine.native_histograms:
        asked.append(await source.query(native, now))
    source.close()
    measured = assemble(answers, lambda _: policy)["shop", "checkout", "availability"]
    assert measured.total == pytest.approx(world.seen(world.until - LAG))
    assert measured.bad == pytest.approx(world.seen(world.until - LAG, failed))
    assert measured.counted_at == now
    end = world.until - LAG
    starts = {duration(one): end - one.total_seconds() for one in (*policy.summed, *policy.recorded)}
    assert measured.burn_rates == pytest.approx(
        {
            window: (world.seen(end, failed) - world.seen(start, failed))
            / (world.seen(end) - world.seen(start))
            / 0.001
            for window, start in starts.items()
        }
    )
    assert [answer for answer in asked if isinstance(answer, Partial | Unavailable)] == []
    (shape,) = assemble_shapes(seen)["shop", "checkout"]
    assert (shape.name, shape.kind, shape.labels) == ("http_requests_total", MetricKind.COUNTER, frozenset({"code"}))


async def test_an_answer_as_of_now_is_of_now(engine: Engine, tmp_path: Path) -> None:
    backend, _ = engine.fresh()
    at = int(time.time()) - 1
    push(backend.write_url, [({"__name__": "just_now", "engine": engine.name}, {at * 1000: 7.0})], backend.headers)
    backend.settle()
    source = source_of(engine, backend, tmp_path)
    answer = await source.query("just_now")
    source.close()
    assert isinstance(answer, Vector), answer
    assert [sample.value for sample in answer.samples] == [7.0]


async def test_an_answer_of_which_a_store_is_missing_is_partial(tmp_path: Path) -> None:
    with thanos(tmp_path / "thanos") as engine:
        backend, epoch = engine.fresh()
        backend.store(World([Pod([young(0, 10**4)])], 60).series(), epoch)
        now = datetime.fromtimestamp(epoch + 60, UTC)
        source = source_of(engine, backend, tmp_path)
        whole = await source.query("up", now)
        assert isinstance(whole, Vector), whole
        engine.stop_a_part()
        part = await source.query("up", now)
        source.close()
    assert isinstance(part, Partial), part
