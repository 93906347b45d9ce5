"""Tiles as OpenMetrics text, from which promtool makes blocks."""

from collections.abc import Iterator, Mapping, Sequence

from goserviceslo.slo.conventions import BAD_DELTA, EXCLUDED_DELTA, MAINTENANCE_ACTIVE, TOTAL_DELTA
from goserviceslo.slo.promql import quote
from goserviceslo.slo.tiles import Tiles

END = "# EOF\n"


def lines(labels: Mapping[str, str], tiles: Tiles, excluded: Tiles) -> Iterator[str]:
    """One line a sample, as the rules of an objective would have recorded them; `END` must follow the last."""
    shown = ",".join(f"{name}={quote(value)}" for name, value in labels.items())
    columns: tuple[tuple[str, Sequence[int], Sequence[float]], ...] = (
        (TOTAL_DELTA, tiles.at_ms, tiles.total),
        (BAD_DELTA, tiles.at_ms, tiles.bad),
        (EXCLUDED_DELTA, excluded.at_ms, excluded.total),
        (MAINTENANCE_ACTIVE, excluded.at_ms, [1.0] * len(excluded.at_ms)),
    )
    for name, at, values in columns:
        for at_ms, value in zip(at, values, strict=True):
            yield f"{name}{{{shown}}} {value!r} {at_ms // 1000}.{at_ms % 1000:03}\n"
