"""The metrics that a target's pods expose, in the shape that indicator choice needs."""

from dataclasses import dataclass
from enum import StrEnum


class MetricKind(StrEnum):
    """How a metric counts."""

    COUNTER = "counter"
    CLASSIC_HISTOGRAM = "classic histogram"
    NATIVE_HISTOGRAM = "native histogram"


@dataclass(frozen=True, slots=True)
class MetricShape:
    """One metric of one workload, as found in the source."""

    name: str
    """Without `_bucket` or `_count` for histograms."""
    kind: MetricKind
    labels: frozenset[str]
    """Of the candidate labels, those that are present with a value."""
    bounds: tuple[str, ...] = ()
    """For classic histograms: the `le` values as spelled by the source, ascending, without +Inf."""
