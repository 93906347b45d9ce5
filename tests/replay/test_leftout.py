"""Maintenance is left out of tiles that are counted again where its rules leave it out of those that are recorded."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.replay.counting import SETTINGS, TILE, assert_replays
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.table import cases

from goserviceslo.api.maintenance import MaintenanceWindow
from goserviceslo.slo.excluding import active
from goserviceslo.slo.leftout import declared, left_out, maintained
from goserviceslo.slo.maintenance import Span
from goserviceslo.slo.tiles import Tiles, milliseconds


def span(start: float, length: float) -> Span:
    begin = datetime.fromtimestamp(start, UTC)
    return Span(begin, begin + timedelta(seconds=length))


SPANS = {
    "one on the grid": [span(600, 300)],
    "one off the grid": [span(607.5, 301.3)],
    "two that their minutes after make one": [span(600, 60), span(700, 60)],
    "two apart": [span(300, 60), span(900, 3)],
}


@pytest.mark.prometheus
@cases("spans", SPANS)
def test_rules_and_arithmetic_agree_on_when_maintenance_runs(promtool: Promtool, spans: list[Span]) -> None:
    runs = maintained(spans, SETTINGS.tile)
    instants = range(0, 1500, 7)
    text = active(spans, SETTINGS.tile)
    expected = [Expectation(text, at, {"{}": 1} if runs(at * 1000) else {}) for at in instants]
    assert {runs(at * 1000) for at in instants} == {True, False}
    assert_replays(promtool, Replay({}, [], expected))


def test_maintenance_that_ended_before_is_looked_up_for_as_long_as_a_tile_may_overlap_it() -> None:
    windows = [MaintenanceWindow(name="move", start="2026-10-14T02:00:00Z", duration=timedelta(hours=1))]
    ended, day = datetime(2026, 10, 14, 3, tzinfo=UTC), timedelta(days=1)
    later = next(
        seconds
        for seconds in range(0, 600, 5)
        if not declared(windows, ended + timedelta(seconds=seconds), ended + day, SETTINGS.tile)
    )
    runs = maintained(declared(windows, ended, ended + day, SETTINGS.tile), SETTINGS.tile)
    last = max(seconds for seconds in range(600) if runs(milliseconds(ended + timedelta(seconds=seconds))))
    assert (last, later) == (94, 95)


def test_tiles_keep_their_place_and_lose_their_events() -> None:
    at = list(range(0, 1500_000, TILE * 1000))
    tiles = Tiles(at, [5.0] * len(at), [1.0] * len(at))
    kept, excluded = left_out(tiles, maintained(SPANS["one on the grid"], SETTINGS.tile))
    assert (kept.at_ms, sum(kept.total) + sum(excluded.total)) == (at, sum(tiles.total))
    assert sum(kept.bad) == sum(kept.total) / 5
    assert [one // 1000 for one in excluded.at_ms] == list(range(630, 991, TILE))
