"""The events of an objective tile by tile, as rules record them or as they are counted again from raw series.

A window's events are those of the tiles recorded after its start and not after its end, as in every query and rule.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from math import isfinite
from statistics import median_low

from goserviceslo.ports import Track
from goserviceslo.slo.conventions import BAD_DELTA, EVENTS_LABEL, IDENTITY, TOTAL_DELTA
from goserviceslo.slo.counting import Counted, Events, Tile, tile_events
from goserviceslo.slo.promql import duration, quote
from goserviceslo.slo.series import EventIndicator

_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(instant: datetime) -> int:
    """Since the epoch, as Prometheus keeps time."""
    return (instant - datetime.fromtimestamp(0, UTC)) // _MILLISECOND


def instant(at_ms: int) -> datetime:
    """The instant so many milliseconds after the epoch."""
    return datetime.fromtimestamp(0, UTC) + at_ms * _MILLISECOND


@dataclass(frozen=True)
class Tiles:
    """Tiles in the order of their time; between two may be gaps."""

    at_ms: Sequence[int]
    """When each was recorded, in milliseconds since the epoch."""
    total: Sequence[float]
    bad: Sequence[float]

    @cached_property
    def _totals(self) -> list[float]:
        return list(accumulate(self.total, initial=0.0))

    @cached_property
    def _bads(self) -> list[float]:
        return list(accumulate(self.bad, initial=0.0))

    def between(self, start_ms: int, end_ms: int) -> tuple[float, float]:
        """All and bad events of the tiles recorded after `start_ms` and not after `end_ms`."""
        low, high = bisect_right(self.at_ms, start_ms), bisect_right(self.at_ms, end_ms)
        return self._totals[high] - self._totals[low], self._bads[high] - self._bads[low]

    def part(self, start_ms: int, end_ms: int) -> "Tiles":
        """The tiles recorded after `start_ms` and not after `end_ms`."""
        low, high = bisect_right(self.at_ms, start_ms), bisect_right(self.at_ms, end_ms)
        return Tiles(self.at_ms[low:high], self.total[low:high], self.bad[low:high])

    def spacing_ms(self, default: timedelta) -> int:
        """The usual distance of a tile from the one before it."""
        steps = [after - before for before, after in pairwise(self.at_ms)]
        return median_low(steps) if steps else default // _MILLISECOND

    def joined(self, later: "Tiles") -> "Tiles":
        """These tiles and those after the last of them."""
        rest = later.part(self.at_ms[-1], later.at_ms[-1]) if self.at_ms and later.at_ms else later
        return Tiles([*self.at_ms, *rest.at_ms], [*self.total, *rest.total], [*self.bad, *rest.bad])


def recorded_range(series: str, identity: Sequence[str], length: timedelta) -> str:
    """The samples of a recorded series of one resource, or one objective of it: `identity` is its namespace and name,
    and the objective's."""
    matchers = ",".join(f"{label}={quote(value)}" for label, value in zip(IDENTITY, identity, strict=False))
    return f"{series}{{{matchers}}}[{duration(length)}]"


def recorded_tiles(tracks: Iterable[Track]) -> Tiles:
    """Tiles from the samples of the two deltas. One of which only a half was recorded is no evidence, and left out.

    Series that differ in another label (the tier, say, which may change) are added up.
    """
    sums: dict[str, dict[int, float]] = {TOTAL_DELTA: {}, BAD_DELTA: {}}
    for track in tracks:
        _add(sums[track.labels["__name__"]], track)
    total, bad = sums[TOTAL_DELTA], sums[BAD_DELTA]
    at = sorted(total.keys() & bad.keys())
    return Tiles(at, [total[one] for one in at], [bad[one] for one in at])


def tiles_of(tracks: Iterable[Track]) -> Tiles:
    """Tiles of a single recorded series, as their `total`."""
    sums: dict[int, float] = {}
    for track in tracks:
        _add(sums, track)
    at = sorted(sums)
    return Tiles(at, [sums[one] for one in at], [0.0] * len(at))


def recount(indicator: EventIndicator, tile: Tile) -> str:
    """PromQL that counts from the raw series what the rules of the objective would record at that instant."""
    return tile_events(indicator.counts, indicator.targets, None, tile, indicator.judged_by)


def recounted_tiles(tracks: Iterable[Track], counts: Sequence[Counted]) -> Tiles:
    """Tiles from the answer to `recount`; the same arithmetic as in the rules `total_of` and `bad_of`."""
    by_events: dict[str, dict[int, float]] = {}
    for track in tracks:
        _add(by_events.setdefault(track.labels.get(EVENTS_LABEL, ""), {}), track)
    total, good, bad, rest = (by_events.get(name, {}) for name in (Events.TOTAL, Events.GOOD, Events.BAD, ""))
    if counts[0].split:
        at = sorted(rest.keys() | bad.keys())
        return Tiles(at, [rest.get(t, 0.0) + bad.get(t, 0.0) for t in at], [bad.get(t, 0.0) for t in at])
    at = sorted(total)
    return Tiles(at, [total[t] for t in at], [max(total[t] - good.get(t, 0.0), 0.0) for t in at])


def _add(sums: dict[int, float], track: Track) -> None:
    for at, value in track.points:
        if isfinite(value):
            sums[at] = sums.get(at, 0.0) + value
