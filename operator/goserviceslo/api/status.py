"""`goslo.dev/v1alpha1`: what the operator writes below `status`, the contract with users and dashboards.

Decimals are strings, as the Kubernetes API conventions ask; times are RFC 3339 in UTC at whole seconds.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from goserviceslo.api.base import ApiModel, keyed_by, notes
from goserviceslo.api.duration import LONGEST_SPAN_TEXT

Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"}, max_length=32)]


class ObjectiveState(StrEnum):
    """Where an objective stands. Only Met, AtRisk and Breached rest on evidence."""

    MET = "Met"
    AT_RISK = "AtRisk"
    BREACHED = "Breached"
    NO_DATA = "NoData"
    LOW_TRAFFIC = "LowTraffic"
    UNKNOWN = "Unknown"


class BurnRate(ApiModel):
    """How fast the error budget is spent: 1 spends it exactly over the objective's window."""

    window: str = Field(
        max_length=16, description="Length of the window that the rate was measured over.", examples=["1h"]
    )
    rate: str = Field(
        max_length=24, description="Share of bad events divided by the share that is allowed.", examples=['"0.4"']
    )


class MeasuredWindow(ApiModel):
    """The span of time that an objective was measured over."""

    start: Timestamp = Field(description="First instant of the window.", examples=["2026-10-01T00:00:00Z"])
    end: Timestamp = Field(
        description="Last instant of the window; for a calendar window its coming end.",
        examples=["2026-11-01T00:00:00Z"],
    )


class HistoryChunk(ApiModel):
    """What was counted from its start to where the chunk before it in the list, or the first tile, starts."""

    start: Timestamp = Field(description="First instant of the chunk.", examples=["2026-10-13T08:00:00Z"])
    good: int | None = Field(
        default=None,
        ge=0,
        description="Good events; absent where no series was there.",
        json_schema_extra=notes(unit="events"),
    )
    total: int | None = Field(
        default=None,
        ge=0,
        description="All events; absent where no series was there.",
        json_schema_extra=notes(unit="events"),
    )


class MeasuredHistory(ApiModel):
    """What was counted from the raw series, of the time before rules recorded an objective."""

    counted: str = Field(
        max_length=16, description="Checksum of what was counted: once that changes, the chunks are void."
    )
    recorded_since: Timestamp = Field(
        description="Where the first recorded tile starts.", examples=["2026-10-14T08:00:00Z"]
    )
    chunks: tuple[HistoryChunk, ...] | None = Field(
        default=None, max_length=64, description="Newest first; each adjoins the one before it."
    )


class ObjectiveStatus(ApiModel):
    """One objective as measured."""

    name: str = Field(max_length=63, description="Name of the objective.", examples=["availability"])
    state: ObjectiveState = Field(
        description="Met: kept. AtRisk: kept, but spent too fast. Breached: the budget is overspent. NoData: the "
        "series is absent. LowTraffic: too few events for a verdict. Unknown: not measured."
    )
    reason: str = Field(max_length=128, description="Why, as one word for machines.", examples=["BudgetLeft"])
    message: str = Field(max_length=1024, description="Why, as a sentence that says what to do.")
    target: str = Field(
        max_length=24,
        description="The promised share of good events.",
        examples=['"99.95"'],
        json_schema_extra=notes(unit="percent"),
    )
    sli: str | None = Field(
        default=None,
        max_length=24,
        description="The measured share of good events.",
        examples=['"99.981"'],
        json_schema_extra=notes(unit="percent"),
    )
    good: int | None = Field(
        default=None, ge=0, description="Good events in the window.", json_schema_extra=notes(unit="events")
    )
    total: int | None = Field(
        default=None, ge=0, description="All events in the window.", json_schema_extra=notes(unit="events")
    )
    excluded: int | None = Field(
        default=None,
        ge=0,
        description="Events that maintenance has left out of good and total, while maintenance is declared.",
        json_schema_extra=notes(unit="events"),
    )
    budget_remaining: str | None = Field(
        default=None,
        max_length=24,
        description="What is left of the error budget; below 0% it is overspent.",
        examples=["62%"],
    )
    burn_rates: tuple[BurnRate, ...] | None = Field(
        default=None, max_length=8, description="Burn rates by window, shortest first."
    )
    outage: str | None = Field(
        default=None,
        max_length=LONGEST_SPAN_TEXT,
        description="Time of the window in which no pod was up and nothing could be counted. It is in none of the "
        "other figures.",
        examples=["4m12s"],
        json_schema_extra=notes(unit="duration"),
    )
    window: MeasuredWindow | None = Field(default=None, description="What the figures cover.")
    evidence_since: Timestamp | None = Field(
        default=None,
        description="How far back the evidence goes: to the window's start, or for as long as the series have been "
        "there, or could be read. Absent until that is known.",
        examples=["2026-10-01T00:00:00Z"],
    )
    history: MeasuredHistory | None = Field(
        default=None,
        description="What the figures hold from before the objective was recorded. It shrinks as the window moves on.",
    )
    measured_at: Timestamp | None = Field(
        default=None, description="When these figures were measured.", examples=["2026-10-14T09:26:53Z"]
    )
    metric: str | None = Field(
        default=None, max_length=1024, description="The series that is counted.", examples=["http_requests_total"]
    )


class RuntimeGeneration(ApiModel):
    """What the processes of one generation of pods really run with, read from their own metrics."""

    pod_template_hash: str = Field(
        max_length=63, description="The generation, as its ReplicaSet names it.", examples=["7d4b9c6f5"]
    )
    pods: int = Field(
        ge=0, description="Pods of this generation that were measured.", json_schema_extra=notes(unit="pods")
    )
    gogc: str | None = Field(
        default=None,
        max_length=32,
        description="Effective GOGC, or off.",
        examples=['"200"'],
        json_schema_extra=notes(unit="percent"),
    )
    memory_limit: str | None = Field(
        default=None, max_length=32, description="Effective GOMEMLIMIT, or none.", examples=["460MiB"]
    )
    max_procs: int | None = Field(
        default=None, description="Effective GOMAXPROCS.", json_schema_extra=notes(unit="threads")
    )


class RuntimeStatus(ApiModel):
    """The Go runtime as set and as obeyed."""

    summary: str | None = Field(
        default=None, max_length=128, description="What is set, in short.", examples=["GOGC=200 460MiB"]
    )
    container: str | None = Field(
        default=None, max_length=63, description="The container that is set.", examples=["app"]
    )
    generations: tuple[RuntimeGeneration, ...] | None = Field(
        default=None, max_length=4, description="What is obeyed, newest generation first."
    )


class ScalingStatus(ApiModel):
    """Replicas as wanted and as ready."""

    wanted: int | None = Field(
        default=None,
        ge=0,
        description="Replicas that the Deployment asks for.",
        json_schema_extra=notes(unit="replicas"),
    )
    ready: int | None = Field(
        default=None, ge=0, description="Replicas that are ready.", json_schema_extra=notes(unit="replicas")
    )
    autoscaler: str | None = Field(
        default=None,
        max_length=300,
        description="What scales the target now.",
        examples=["HorizontalPodAutoscaler checkout"],
    )


class MaintenanceStatus(ApiModel):
    """Whether the service may be down now, and when it may be next."""

    running: bool = Field(description="Whether maintenance runs: nothing is counted, no alert fires.")
    until: Timestamp | None = Field(
        default=None, description="When the maintenance that runs ends.", examples=["2026-12-06T03:00:00Z"]
    )
    next: Timestamp | None = Field(
        default=None,
        description="When the next one begins, if that is within eight days.",
        examples=["2026-12-13T01:00:00Z"],
    )


class Condition(ApiModel):
    """A condition as in metav1.Condition."""

    type: str = Field(
        max_length=316, description="Ready, Measured, Compliant, RuntimeApplied or Scaled.", examples=["Compliant"]
    )
    status: Literal["True", "False", "Unknown"] = Field(description="True, False, or Unknown without evidence.")
    reason: str = Field(max_length=1024, description="Why, as one word for machines.", examples=["NoData"])
    message: str = Field(max_length=32768, description="Why, as a sentence that says what to do.")
    observed_generation: int = Field(ge=0, description="The generation of the spec that this speaks of.")
    last_transition_time: Timestamp = Field(description="When status last changed.", examples=["2026-10-14T09:26:53Z"])


class GoServiceSloStatus(ApiModel):
    """The measured state."""

    observed_generation: int | None = Field(
        default=None, description="The generation of the spec that was last planned."
    )
    sli: str | None = Field(
        default=None,
        max_length=24,
        description="SLI of the worst objective.",
        examples=['"99.981"'],
        json_schema_extra=notes(unit="percent"),
    )
    target: str | None = Field(
        default=None,
        max_length=24,
        description="Target of the worst objective.",
        examples=['"99.95"'],
        json_schema_extra=notes(unit="percent"),
    )
    budget_remaining: str | None = Field(
        default=None, max_length=24, description="Error budget left of the worst objective.", examples=["62%"]
    )
    burn_rate: str | None = Field(
        default=None,
        max_length=24,
        description="Burn rate of the worst objective over the last hour.",
        examples=['"0.4"'],
    )
    worst_objective: str | None = Field(
        default=None, max_length=63, description="The objective in these columns.", examples=["availability"]
    )
    objectives: tuple[ObjectiveStatus, ...] | None = Field(
        default=None,
        max_length=16,
        description="Every objective as measured.",
        json_schema_extra=keyed_by("name"),
    )
    runtime: RuntimeStatus | None = Field(default=None, description="The Go runtime as set and as obeyed.")
    scaling: ScalingStatus | None = Field(default=None, description="Replicas as wanted and as ready.")
    maintenance: MaintenanceStatus | None = Field(
        default=None, description="Maintenance, where any is declared. Written when one begins or ends."
    )
    rules: str | None = Field(
        default=None,
        max_length=512,
        description="Where the recording and alerting rules were written.",
        examples=["PrometheusRule shop/checkout-goslo"],
    )
    conditions: tuple[Condition, ...] | None = Field(
        default=None,
        max_length=16,
        description="Ready, Measured, Compliant, RuntimeApplied and Scaled.",
        json_schema_extra=keyed_by("type"),
    )
