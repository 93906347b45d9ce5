"""The SLA report of a calendar window: what it says, and the schema that programs may rely on.

Decimals are strings, as in the status; times are RFC 3339 in UTC. A change that could break a reader takes another
`schemaVersion`.
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from goserviceslo.api.base import ApiModel
from goserviceslo.api.v1alpha1 import Sla

SCHEMA_VERSION: Literal["1"] = "1"


class Verdict(StrEnum):
    """What the evidence says of a promise."""

    KEPT = "Kept"
    BROKEN = "Broken"
    NO_EVIDENCE = "NoEvidence"


class Stretch(ApiModel):
    """A stretch of time."""

    start: str = Field(description="First instant, RFC 3339.")
    end: str = Field(description="Last instant, RFC 3339.")


class ReportedIncident(Stretch):
    """A stretch in which a page's condition held, or bad events came at 14.4 times the rate that is allowed."""

    bad: int = Field(description="Bad events in it.")
    total: int = Field(description="All events in it.")
    budget_share: str | None = Field(
        default=None, description="Its bad events as a share of those that the whole window allows."
    )


class ReportedOutage(Stretch):
    """A stretch in which the workload was down and nothing could be counted."""

    seconds: int = Field(description="How long nothing could be counted.")
    proven: bool = Field(
        description="True where Kubernetes said that no pod was available; false where Prometheus reached none, which "
        "a scrape path that is cut looks like too."
    )


class Day(ApiModel):
    """One local day of the window."""

    date: str = Field(description="The day in the report's time zone, such as 2026-10-14.")
    total: int = Field(description="All events.")
    bad: int = Field(description="Bad events.")
    sli: str | None = Field(default=None, description="Share of good events in percent; null where there were none.")
    budget_remaining: str | None = Field(
        default=None, description="What was left of the budget of the window so far, at the end of the day."
    )


class Coverage(ApiModel):
    """How much of the window was watched."""

    ratio: str = Field(description="Share of the window's tiles that were recorded, in percent, rounded down.")
    gaps: tuple[Stretch, ...] = Field(description="Stretches without a tile, oldest first.")


class Budget(ApiModel):
    """Bad events: allowed, and spent."""

    allowed: str = Field(description="Bad events that the target allows of the events counted.")
    spent: int = Field(description="Bad events counted.")
    remaining: str | None = Field(default=None, description="What is left in whole percent; below 0% it is overspent.")


class ReportedObjective(ApiModel):
    """One promise over the window."""

    name: str
    description: str | None = None
    target: str = Field(description="The promised share of good events in percent.")
    window: str = Field(description="The window of the promise itself, such as 30d; the report's may be another.")
    verdict: Verdict
    reason: str = Field(description="Why, as a sentence.")
    sli: str | None = Field(default=None, description="The measured share of good events in percent, rounded down.")
    good: int
    total: int
    budget: Budget
    excluded: int = Field(description="Events left out on both sides because maintenance ran.")
    maintenance: tuple[Stretch, ...] = Field(
        description="When they were left out, to a tile and with the minute after maintenance, oldest first."
    )
    incidents: tuple[ReportedIncident, ...]
    coverage: Coverage
    days: tuple[Day, ...]


class ReportedService(ApiModel):
    """One GoServiceSLO."""

    namespace: str
    name: str
    tier: str | None = None
    target: str = Field(description="The Deployment.")
    sla: Sla | None = Field(default=None, description="What is promised on paper.")
    outages: tuple[ReportedOutage, ...] = Field(description="Time in which no pod was up, oldest first.")
    objectives: tuple[ReportedObjective, ...]


class ReportedWindow(Stretch):
    """The calendar window."""

    name: str = Field(description="As it was asked for, such as 2026-10.")
    time_zone: str
    complete: bool = Field(description="False where the window had not ended when the report was made.")


class Report(ApiModel):
    """An SLA report."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    generated_at: str
    window: ReportedWindow
    services: tuple[ReportedService, ...]
