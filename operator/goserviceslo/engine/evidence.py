"""What the source of measurements has told, by whom it concerns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from goserviceslo.api.observed import RuntimeSample
from goserviceslo.api.window import CalendarPeriod
from goserviceslo.ports import Key
from goserviceslo.slo.discovery import MetricShape
from goserviceslo.slo.history import History, recalled
from goserviceslo.slo.measurement import Measurement, SourceHealth


@dataclass(frozen=True, slots=True)
class KnownPast:
    """What is known of the time before an objective was recorded, and the window that it is held against."""

    history: History
    window: CalendarPeriod | timedelta
    time_zone: str | None


class Evidence:
    """The newest answers. The sampler writes them, workers read them."""

    def __init__(self, *, configured: bool) -> None:
        self.health = SourceHealth(configured=configured, asked=False)
        self.measurements: dict[Key, Mapping[str, Measurement]] = {}
        """By resource and objective."""
        self.pasts: dict[Key, dict[str, KnownPast]] = {}
        """By resource and objective; only of objectives that were recorded for less than their window."""
        self.runtime: Mapping[Key, Sequence[RuntimeSample]] = {}
        """By Deployment."""
        self.shapes: dict[Key, Sequence[MetricShape]] = {}
        """By Deployment; absent where nobody asked or the source did not answer."""
        self.rejected: dict[Key, str] = {}
        """What the source said of a resource's rules."""

    def recall(self, key: Key) -> None:
        """Let the measurements of a resource hold what is known of its past."""
        measured, pasts = self.measurements.get(key), self.pasts.get(key)
        if measured and pasts:
            self.measurements[key] = {
                name: one.with_past(recalled(known.history, known.window, known.time_zone, one.at))
                if (known := pasts.get(name)) is not None
                else one
                for name, one in measured.items()
            }
