"""One promise: what is counted, how much of it must be good, and over how long."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from goserviceslo.api.alerting import ObjectiveAlerting
from goserviceslo.api.base import ApiModel, notes
from goserviceslo.api.check import Check
from goserviceslo.api.eventkinds import GrpcIndicator, HttpIndicator, RatioIndicator
from goserviceslo.api.percent import Percent
from goserviceslo.api.slicekinds import (
    BooleanIndicator,
    FreshnessIndicator,
    LeakIndicator,
    SaturationIndicator,
    SpreadIndicator,
    ThroughputIndicator,
)
from goserviceslo.api.slices import DEFAULT_LENGTH, Slices
from goserviceslo.api.text import DnsLabel, LabelValue, TimeZoneName
from goserviceslo.api.whole import Whole
from goserviceslo.api.window import CALENDAR_PERIODS_IN_CEL, CalendarPeriod, Window

EVENT_KINDS = ("http", "grpc", "ratio")
"""Indicators that count events; with `slices`, slices of time."""
SLICE_KINDS = ("saturation", "leak", "freshness", "throughput", "spread", "boolean")
"""Indicators that always count slices of time."""
KINDS = (*EVENT_KINDS, *SLICE_KINDS)


def _cel_any(fields: tuple[str, ...]) -> str:
    return " || ".join(f"has(self.{field})" for field in fields)


_ONE_OF = "exactly one indicator is given"


def _zone_has_a_calendar(objective: "Objective") -> bool:
    return objective.time_zone in (None, "UTC") or isinstance(objective.window, CalendarPeriod)


class Objective(ApiModel):
    """One promise: a share of good events, or of good slices of time, over a window."""

    checks = (
        Check(
            rule="!has(self.timeZone) || self.timeZone == 'UTC' || "
            f"(has(self.window) && self.window in {CALENDAR_PERIODS_IN_CEL})",
            message="timeZone belongs to a calendar window: write window: Month (or Day, Week, Quarter, Year) beside "
            "it, or leave it out",
            holds=_zone_has_a_calendar,
        ),
        Check(
            rule=f"[{', '.join(f'has(self.{kind})' for kind in KINDS)}].filter(there, there).size() == 1",
            message=f"write exactly one of {', '.join(KINDS[:-1])} and {KINDS[-1]}, such as http: {{}}",
            holds=lambda objective: len(objective.kinds) == 1,
        ),
        Check(
            rule=f"!has(self.slices) || has(self.slices.good) || !({_cel_any(EVENT_KINDS)})",
            message="say how good a slice must be: write slices: {good: 99.5}, or leave slices out and every event "
            "counts",
            holds=lambda objective: (
                objective.slices is None
                or objective.slices.good is not None
                or not set(EVENT_KINDS) & set(objective.kinds)
            ),
        ),
        Check(
            rule=f"!has(self.slices) || !has(self.slices.good) || !({_cel_any(SLICE_KINDS)})",
            message="the others than http, grpc and ratio say themselves what is good: write slices without good",
            holds=lambda objective: (
                objective.slices is None or objective.slices.good is None or not set(SLICE_KINDS) & set(objective.kinds)
            ),
        ),
    )

    name: DnsLabel = Field(
        description="Name of the objective, unique in this resource; it becomes a label of rules and alerts.",
        examples=["availability"],
    )
    description: str | None = Field(
        default=None,
        max_length=512,
        description="What the promise means, in words; shown in alerts.",
        examples=["Paying works."],
    )
    target: Percent = Field(
        description="Share of good events that is promised, above 0 and below 100, with at most six decimals; a "
        "number or a string.",
        examples=["99.9", '"99.95%"'],
        json_schema_extra=notes(unit="percent"),
    )
    window: Window = Field(
        default=timedelta(days=30),
        description="Over how long the promise is kept: a rolling length from 1h to 90d, or a calendar Day, Week, "
        "Month, Quarter or Year that starts at midnight of timeZone.",
        examples=["30d", "Month"],
        json_schema_extra=notes(unit="duration in w, d, h, m and s, largest first, or calendar period", default="30d"),
    )
    time_zone: TimeZoneName | None = Field(
        default=None,
        description="IANA time zone of a calendar window.",
        examples=["Pacific/Auckland"],
        json_schema_extra=notes(default="UTC"),
    )
    min_events: Annotated[int, Whole(1, 1_000_000_000)] | None = Field(
        default=None,
        description="Events, or slices of time, in the window below which no verdict is given (state LowTraffic).",
        examples=["1000"],
        json_schema_extra=notes(
            unit="events or slices",
            default="as many as allow one bad event, 1/(1-target), and at least 10; of slices at most half of those "
            "in the window",
        ),
    )
    tier: LabelValue | None = Field(
        default=None,
        description="Tier of this objective, carried as a label on its rules and alerts.",
        examples=["L1"],
        json_schema_extra=notes(default="that of the resource"),
    )
    slices: Slices | None = Field(
        default=None,
        description="Counts slices of time (good minutes) instead of events; of the kinds that do so anyway it says "
        "how long a slice is.",
        examples=["{length: 1m, good: 99.5}"],
        json_schema_extra=notes(default="http, grpc and ratio count events, the others slices of 1m"),
    )
    http: HttpIndicator | None = Field(
        default=None,
        description="Counts requests of an HTTP server. Empty ({}) finds the service's own metric.",
        examples=["{}", "{faster: 300ms}"],
        json_schema_extra=notes(default=_ONE_OF),
    )
    alerting: ObjectiveAlerting | None = Field(
        default=None,
        description="Which alerts this objective gives, of those that spec.alerting leaves on.",
        examples=["{page: false}"],
        json_schema_extra=notes(default="all of them"),
    )
    grpc: GrpcIndicator | None = Field(
        default=None,
        description="Counts calls of a gRPC server. Empty ({}) finds the service's own metric.",
        examples=["{}", "{faster: 100ms}"],
        json_schema_extra=notes(default=_ONE_OF),
    )
    ratio: RatioIndicator | None = Field(
        default=None,
        description="Counts events by two counters of one's own.",
        examples=["{bad: sync_mismatches_total, total: sync_files_total}"],
        json_schema_extra=notes(default=_ONE_OF),
    )
    saturation: SaturationIndicator | None = Field(
        default=None,
        description="Counts slices of time in which a gauge is below a bound.",
        examples=["{gauge: 'rate(process_cpu_seconds_total[2m])', below: \"0.8\"}"],
        json_schema_extra=notes(default=_ONE_OF),
    )
    leak: LeakIndicator | None = Field(
        default=None,
        description="Counts slices of time in which memory or goroutines grow no faster than a bound.",
        examples=["{of: Memory, atMost: 10Mi}"],
        json_schema_extra=notes(default=_ONE_OF),
    )
    freshness: FreshnessIndicator | None = Field(
        default=None,
        description="Counts slices of time in which the last success is recent.",
        examples=["{timestamp: sync_last_success_timestamp_seconds, within: 2m}"],
        json_schema_extra=notes(default=_ONE_OF),
    )
    throughput: ThroughputIndicator | None = Field(
        default=None,
        description="Counts slices of time in which enough is done.",
        examples=["{counter: messages_total, atLeast: 1000, whileAskedFor: queue_length > 0}"],
        json_schema_extra=notes(default=_ONE_OF),
    )
    spread: SpreadIndicator | None = Field(
        default=None,
        description="Counts slices of time in which two percentiles lie close together (jitter).",
        examples=["{histogram: point_latency_seconds, within: 700us}"],
        json_schema_extra=notes(default=_ONE_OF),
    )
    boolean: BooleanIndicator | None = Field(
        default=None,
        description="Counts slices of time in which something is 1.",
        examples=["{holds: cluster_healthy}"],
        json_schema_extra=notes(default=_ONE_OF),
    )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The indicators that are given: exactly one of a valid objective."""
        return tuple(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def slice_length(self) -> timedelta | None:
        """How long each thing counted is; None where events are counted."""
        if self.slices is not None:
            return self.slices.length
        return DEFAULT_LENGTH if self.kinds[0] in SLICE_KINDS else None
