"""What happened before the rules, asked of others than Prometheus, against what really happened."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.replay.counting import COUNTER, LAG, SETTINGS, TILE, WORKLOAD, failed, promise, rules
from tests.replay.pasts import WORLDS
from tests.replay.world import World
from tests.sources.asking import source_of
from tests.sources.evaluator import evaluate
from tests.sources.servers import Engine
from tests.sources.test_counting import counting_only, recorded
from tests.table import cases

from goserviceslo.adapters.clock import SystemClock
from goserviceslo.api.maintenance import MaintenanceWindow
from goserviceslo.api.slices import Slices
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.engine.bygone import Bygone
from goserviceslo.reconcile.model import Past
from goserviceslo.slo.history import History, next_chunk
from goserviceslo.slo.indicator import Indicator, resolve

pytestmark = pytest.mark.sources

HOURLY = promise(window="1h")
BEGAN = 2370
"""Where the rules begin, in seconds of a world."""


async def recalled(
    bygone: Bygone, now: datetime, promised: Objective = HOURLY, maintenance: Sequence[MaintenanceWindow] = ()
) -> History:
    """All that there is to know of the window, asked as the operator asks it."""
    indicator = resolve(promised, WORKLOAD, [COUNTER], None)
    assert isinstance(indicator, Indicator)
    past = Past(promised.name, promised.window, promised.time_zone, indicator, tuple(maintenance))
    history = await bygone.start(("shop", "checkout", promised.name), past, None, now)
    while (asked := next_chunk(history, past.window, past.time_zone, now, SETTINGS.interval)) is not None:
        history = await bygone.extend(past, history, asked, now)
    return history


MINUTES = HOURLY.model_copy(update={"slices": Slices.model_validate({"length": "1m", "good": 86})})
UNEVEN = ("pods that live for seconds", "a rolling restart", "a container that restarts twice")


@cases("world", {name: WORLDS[name] for name in UNEVEN})
async def test_the_minutes_before_the_rules_are_judged(engine: Engine, world: World, tmp_path: Path) -> None:
    backend, epoch = engine.fresh()
    assert epoch % 60 == 0
    backend.store(world.series(), epoch)
    evaluate(backend, counting_only(rules(MINUTES, COUNTER)), epoch + BEGAN, epoch + world.until)
    paused = (epoch + 1130, epoch + 1270)
    pause = {"name": "a", "start": f"{datetime.fromtimestamp(paused[0], UTC):%Y-%m-%dT%H:%M:%SZ}", "duration": "140s"}
    source = source_of(engine, backend, tmp_path)
    try:
        bygone = Bygone(source, SystemClock(), SETTINGS)
        now = datetime.fromtimestamp(epoch + world.until, UTC)
        history = await recalled(bygone, now, MINUTES, [MaintenanceWindow.model_validate(pause)])
    finally:
        source.close()
    # The newest reaches to where rules judge: 2340 is before they first look, and 2400 is theirs.
    end, wrong = BEGAN - 1, []
    for chunk in history.chunks:
        start = int(chunk.start.timestamp()) - epoch
        ends = [last for last in range(0, end + 1, 60) if last > start and (last <= 1130 or last > 1380)]
        found = [(world.seen(last) - world.seen(last - 60), fails(world, last)) for last in ends]
        judged = [failures * 100 > 14 * total for total, failures in found if total]
        if (chunk.total, chunk.bad) != (len(judged), sum(judged)):
            wrong.append(f"from {start} to {end} s: {chunk.total, chunk.bad}, not {len(judged), sum(judged)}")
        end = start
    assert wrong == []
    assert end < 0
    by_rules = recorded(backend, "goslo:total:delta", MINUTES.name, epoch + world.until)
    assert by_rules == 1
    assert recorded(backend, "goslo:total:delta", MINUTES.name, epoch + BEGAN) == 0


def fails(world: World, last: int) -> int:
    return world.seen(last, failed) - world.seen(last - 60, failed)


@cases("world", WORLDS)
async def test_what_happened_before_the_rules_is_counted(engine: Engine, world: World, tmp_path: Path) -> None:
    backend, epoch = engine.fresh()
    backend.store(world.series(), epoch)
    evaluate(backend, counting_only(rules(HOURLY, COUNTER)), epoch + BEGAN, epoch + world.until)
    source = source_of(engine, backend, tmp_path)
    try:
        bygone = Bygone(source, SystemClock(), SETTINGS)
        history = await recalled(bygone, datetime.fromtimestamp(epoch + world.until, UTC))
    finally:
        source.close()
    assert history.recorded_since.timestamp() - epoch == BEGAN - LAG - TILE
    end, wrong = BEGAN - LAG - TILE, []
    for chunk in history.chunks:
        start = int(chunk.start.timestamp()) - epoch
        truth = world.seen(end) - world.seen(start), world.seen(end, failed) - world.seen(start, failed)
        if (chunk.total, chunk.bad) != truth:
            wrong.append(f"from {start} to {end} s: {chunk.total, chunk.bad}, not {truth}")
        end = start
    assert wrong == []
    assert end < 0, "it reaches beyond the beginning of the world"
    assert history.chunks.seen_since is not None
    assert abs(history.chunks.seen_since - datetime.fromtimestamp(epoch + world.watched_from, UTC)) <= timedelta(
        minutes=5
    )
