"""What happened before the rules, asked of others than Prometheus, against what really happened."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.replay.counting import COUNTER, LAG, SETTINGS, TILE, WORKLOAD, failed, promise, rules
from tests.replay.pasts import WORLDS
from tests.replay.world import World
from tests.sources.asking import source_of
from tests.sources.evaluator import evaluate
from tests.sources.servers import Engine
from tests.sources.test_counting import counting_only
from tests.table import cases

from goserviceslo.adapters.clock import SystemClock
from goserviceslo.engine.bygone import Bygone
from goserviceslo.reconcile.model import Past
from goserviceslo.slo.history import History, next_chunk
from goserviceslo.slo.indicator import Indicator, resolve

pytestmark = pytest.mark.sources

HOURLY = promise(window="1h")
BEGAN = 2370
"""Where the rules begin, in seconds of a world."""


async def recalled(bygone: Bygone, now: datetime) -> History:
    """All that there is to know of the window, asked as the operator asks it."""
    indicator = resolve(HOURLY, WORKLOAD, [COUNTER], None)
    assert isinstance(indicator, Indicator)
    past = Past(HOURLY.name, HOURLY.window, HOURLY.time_zone, indicator, ())
    history = await bygone.start(("shop", "checkout", HOURLY.name), past, None, now)
    while (asked := next_chunk(history, past.window, past.time_zone, now, SETTINGS.interval)) is not None:
        history = await bygone.extend(past, history, asked, now)
    return history


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
