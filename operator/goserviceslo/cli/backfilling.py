"""The samples that an objective's rules would have recorded before they were there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.cli.asking import pieces, whole
from goserviceslo.cli.recounting import NothingToCount, found_indicator, recounted
from goserviceslo.cli.resources import Named
from goserviceslo.ports import HistoryPort
from goserviceslo.slo.conventions import TOTAL_DELTA
from goserviceslo.slo.leftout import left_out, maintained
from goserviceslo.slo.openmetrics import lines
from goserviceslo.slo.rules import RuleSettings, SloRef, recorded_labels
from goserviceslo.slo.tiles import Tiles, instant, recorded_range
from goserviceslo.slo.workload import Workload

HEAD = timedelta(hours=3)
"""What Prometheus keeps in memory. A block that reaches into it would have the next start forget samples."""
_READ_AT_ONCE = timedelta(days=16)


@dataclass(frozen=True, slots=True)
class Past:
    """What rules would have recorded of an objective."""

    tiles: int
    lines: Iterator[str]
    """Of OpenMetrics."""


def past_of(
    history: HistoryPort,
    named: Named,
    objective: Objective,
    now: datetime,
    reach: timedelta,
    settings: RuleSettings,
    patience: timedelta,
) -> Past:
    """What ends where the first tile begins. Raises NothingToCount, NoAnswer and Unreadable."""
    first = _first_recorded(history, named, objective, now - reach, now)
    if first is None:
        raise NothingToCount(
            f"nothing was recorded since {now - reach:%Y-%m-%d %H:%M}: apply the resource, wait for its first figures, "
            "and run this again, so that what is made ends where they begin"
        )
    # Aligned with the first tile recorded: adjoining it, and none overlapping.
    end = first - settings.interval
    if end > now - HEAD:
        raise NothingToCount(
            f"the first tile was recorded at {first:%H:%M} UTC, which Prometheus still keeps in memory, where no block "
            f"may reach: run this again after {first + HEAD:%Y-%m-%d %H:%M} UTC"
        )
    count = (end - (now - reach)) // settings.interval
    if count < 1:
        raise NothingToCount("it was recorded all the time since then")
    workload = Workload(named.key.namespace, named.spec.target.name)
    indicator = found_indicator(history, objective, workload, end)
    tiles = Tiles((), (), ())
    begin = end - count * settings.interval
    told = f"{named.key} {objective.name}"
    for piece in recounted(history, indicator, settings, begin, end, at_most=patience, say=told):
        tiles = tiles.joined(piece)
    if not tiles.at_ms:
        raise NothingToCount(
            f"no raw series of {indicator.describe()} are there from before {first:%Y-%m-%d %H:%M} UTC"
        )
    ref = SloRef(named.key.namespace, named.key.name, named.spec.tier)
    spans = named.maintenance(begin, end, settings.tile)
    kept, excluded = left_out(tiles, maintained(spans, settings.tile))
    return Past(len(tiles.at_ms), lines(recorded_labels(ref, objective.name, objective.tier), kept, excluded))


def _first_recorded(
    history: HistoryPort, named: Named, objective: Objective, start: datetime, end: datetime
) -> datetime | None:
    for low, high in pieces(start, end, _READ_AT_ONCE):
        tracks = whole(history.samples(recorded_range(TOTAL_DELTA, named.identity(objective), high - low), high))
        if tracks:
            return instant(min(track.points[0][0] for track in tracks))
    return None
