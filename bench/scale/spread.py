"""Quantiles of one sample, and the median and range of repeated measurements."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

LADDER = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values do not exceed (nearest rank); no interpolation.

    Raises ``ValueError`` for an empty sample.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ladder(values: Sequence[float]) -> dict[str, float]:
    """The quantiles of ``LADDER``, by name such as ``p50``; ``p100`` is the largest."""
    return {f"p{share * 100:g}": round(quantile(values, share), 4) for share in LADDER} if values else {}


@dataclass(frozen=True, slots=True)
class Spread:
    """Repetitions of one figure."""

    median: float
    least: float
    most: float
    count: int


def spread(values: Sequence[float]) -> Spread | None:
    """None where there is nothing to summarize."""
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Spread(median, ordered[0], ordered[-1], len(ordered))
