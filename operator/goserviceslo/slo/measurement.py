"""What was measured of an objective, and how well the source of measurements is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from goserviceslo.api.window import CalendarPeriod
from goserviceslo.ports import Trouble
from goserviceslo.slo.history import Recalled
from goserviceslo.slo.promql import duration

CALENDAR = "calendar"
"""Stands for an objective's calendar window, of which it has only one."""


def window_key(window: CalendarPeriod | timedelta) -> str:
    """Names an objective's window among those that outages were summed over."""
    return CALENDAR if isinstance(window, CalendarPeriod) else duration(window)


@dataclass(frozen=True, slots=True)
class Outage:
    """Time in which the whole workload was down and nothing could be counted."""

    proven: timedelta = timedelta()
    """While Kubernetes said that no pod was available."""
    suspected: timedelta = timedelta()
    """While Prometheus reached no pod, and nothing told whether they served."""

    @property
    def total(self) -> timedelta:
        return self.proven + self.suspected


NO_OUTAGE = Outage()


@dataclass(frozen=True, slots=True)
class Measurement:
    """The recorded series of one objective, as read at one instant."""

    at: datetime
    """When the source was asked."""
    bad: float | None = None
    """Bad events in the objective's window; None where the series is absent."""
    total: float | None = None
    burn_rates: Mapping[str, float] = field(default_factory=dict)
    """Burn rate by window (`5m`, `1h`, ...); a window without events is absent, never NaN."""
    counted_at: datetime | None = None
    """When the newest tile of events was counted; None where no tile is younger than the staleness bound."""
    alerts: frozenset[str] = frozenset()
    """Severities (`page`, `ticket`) of the budget alerts that fire."""
    down: bool = False
    """Whether the workload as a whole is down now, as the outage rules see it."""
    outages: Mapping[str, Outage] = field(default_factory=dict)
    """By `window_key`; a window without any is absent."""

    def outage(self, window: CalendarPeriod | timedelta) -> Outage:
        """The outages within one window."""
        return self.outages.get(window_key(window), NO_OUTAGE)

    excluded: float | None = None
    """Events that maintenance left out of the window; None where it left out none."""
    recalled: Recalled | None = None
    """What `total` and `bad` hold from before the objective was recorded."""

    def recorded(self) -> "Measurement":
        """What was recorded alone."""
        past = self.recalled
        if past is None or self.total is None or self.bad is None:
            return self
        return replace(self, total=self.total - past.total, bad=self.bad - past.bad, recalled=None)

    def with_past(self, past: Recalled) -> "Measurement":
        """What was recorded and what was before; nothing recorded stays nothing."""
        recorded = self.recorded()
        if recorded.total is None or recorded.bad is None:
            return recorded
        return replace(recorded, total=recorded.total + past.total, bad=recorded.bad + past.bad, recalled=past)


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """Whether the source of measurements answers."""

    trouble: Trouble | None = None
    detail: str = ""
    configured: bool = True
    """False where the operator was given no Prometheus at all."""
    asked: bool = True
    """False until the first answer (or failure) after the operator's start."""
