"""What maintenance leaves out of tiles that were counted again, as its rules do with those that are recorded."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from goserviceslo.api.maintenance import MaintenanceWindow
from goserviceslo.slo.counting import Tile
from goserviceslo.slo.excluding import SETTLES, evaluations
from goserviceslo.slo.maintenance import Span, occurrences
from goserviceslo.slo.tiles import Tiles


def declared(windows: Iterable[MaintenanceWindow], start: datetime, end: datetime, tile: Tile) -> tuple[Span, ...]:
    """The maintenance that tiles recorded from `start` to `end` may overlap, or begin in the minute after.

    Raises ValueError for a zone that does not exist.
    """
    return occurrences(windows, start - tile.lag - tile.length - SETTLES, end)


def maintained(spans: Sequence[Span], tile: Tile) -> Callable[[int], bool]:
    """Whether maintenance counts as running in the evaluation at an instant, in milliseconds since the epoch."""
    bounds = evaluations(spans, tile)
    starts = [first * 1000 for first, _ in bounds]

    def runs(at_ms: int) -> bool:
        place = bisect_right(starts, at_ms) - 1
        return place >= 0 and at_ms < bounds[place][1] * 1000

    return runs


def left_out(tiles: Tiles, runs: Callable[[int], bool]) -> tuple[Tiles, Tiles]:
    """The tiles with 0 events where maintenance ran, and those of that time as they were."""
    excluded = [runs(at_ms) for at_ms in tiles.at_ms]
    total = [0.0 if out else count for count, out in zip(tiles.total, excluded, strict=True)]
    bad = [0.0 if out else count for count, out in zip(tiles.bad, excluded, strict=True)]
    at = [at_ms for at_ms, out in zip(tiles.at_ms, excluded, strict=True) if out]
    rest = [count for count, out in zip(tiles.total, excluded, strict=True) if out]
    return Tiles(tiles.at_ms, total, bad), Tiles(at, rest, [0.0] * len(at))
