"""What one reconciliation sees and what it decides: plain data on both sides.

The engine gathers an `Observed`, calls `reconcile(observed, now)`, carries out the `Plan`, and feeds what was refused
back as `refusals`, so that the status speaks of what really happened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from goserviceslo.api.maintenance import MaintenanceWindow
from goserviceslo.api.observed import AutoscalerView, DeploymentView, Rival, RuntimeSample
from goserviceslo.api.window import CalendarPeriod
from goserviceslo.ports import EventNote, Json, Key, Resource
from goserviceslo.slo.discovery import MetricShape
from goserviceslo.slo.indicator import Indicator
from goserviceslo.slo.measurement import Measurement, SourceHealth
from goserviceslo.slo.rules import RuleSettings


class RefusalKind(StrEnum):
    """Why a write of ours did not happen."""

    CONFLICT = "Conflict"
    """Another field manager owns a field that we wanted."""
    TAKEN = "Taken"
    """An object of that name is there and is not ours."""
    FORBIDDEN = "Forbidden"
    INVALID = "Invalid"
    MISSING = "Missing"
    """The object, or its kind, is not there."""
    TOO_LARGE = "TooLarge"
    FAILED = "Failed"
    """The API server failed or did not answer; it is tried again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A write that was refused, in words fit for a user."""

    kind: RefusalKind
    message: str
    owners: Mapping[str, str] = field(default_factory=dict)
    """For Conflict: field manager by contested field."""


class Purpose(StrEnum):
    """What a write is for; names its refusal and its place in the conditions."""

    RULES = "rules"
    RUNTIME = "runtime"
    AUTOSCALER = "autoscaler"


class RuleSink(StrEnum):
    """Where rules go."""

    PROMETHEUS_RULE = "PrometheusRule"
    CONFIG_MAP = "ConfigMap"
    RULER = "ruler"


@dataclass(frozen=True, slots=True)
class OwnedObject:
    """What is known of an object that we wrote for this resource."""

    applied_hash: str


@dataclass(frozen=True, slots=True)
class RulesView:
    """The rules as they stand outside."""

    sink: RuleSink
    location: str
    """For the status, such as `PrometheusRule shop/checkout-goslo` or `ConfigMap goslo/goslo-rules-3`."""
    owned: OwnedObject | None
    """Our PrometheusRule, None where there is none; unused where rules go elsewhere."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that the platform wants on every PrometheusRule, so that its ruleSelector takes it."""
    rejected: str | None = None
    """What Prometheus said of a group of ours that it could not evaluate or load."""


class CalendarTrouble(StrEnum):
    """Why the maintenance windows of a ConfigMap are not those that it should hold."""

    NOT_FOUND = "CalendarNotFound"
    KEY_NOT_FOUND = "CalendarKeyNotFound"
    FORBIDDEN = "CalendarForbidden"
    INVALID = "CalendarInvalid"


@dataclass(frozen=True, slots=True)
class CalendarView:
    """Maintenance windows of a ConfigMap."""

    windows: tuple[MaintenanceWindow, ...] | None = None
    """The last list that could be read; None where none could yet."""
    trouble: CalendarTrouble | None = None
    detail: str = ""
    """For INVALID: what is wrong, in sentences."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that a decision about one resource may rest on."""

    resource: Json
    deployment: DeploymentView | None
    rules: RulesView
    source: SourceHealth
    rivals: Sequence[Rival] = ()
    autoscalers: Sequence[AutoscalerView] = ()
    shapes: Sequence[MetricShape] | None = None
    """Metrics seen on the target's pods; None where they have not been asked for, or the source did not answer."""
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    """By objective name."""
    runtime: Sequence[RuntimeSample] = ()
    refusals: Mapping[Purpose, Refusal] = field(default_factory=dict)
    calendar: CalendarView | None = None
    """Of the ConfigMap that the resource names; None where it has not been read yet, or names none."""
    settings: RuleSettings = field(default_factory=RuleSettings)
    status_interval: timedelta = timedelta(minutes=1)
    """How old written figures may grow before changed counts alone are reason enough to write them again."""


@dataclass(frozen=True, slots=True)
class Write:
    """An object (or our fields of one) as it should be.

    `exclusive` objects are ours from creation on: one of that name which is not ours is never touched (TAKEN). Others
    are somebody else's of which we own fields (server-side apply; `force` only where the user said takeOver).
    """

    purpose: Purpose
    resource: Resource
    key: Key
    body: Json
    applied_hash: str
    exclusive: bool
    known: bool = False
    """For exclusive ones: whether ours was seen, so that apply and not create is the right verb."""
    force: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """An object of ours that is no longer wanted."""

    purpose: Purpose
    resource: Resource
    key: Key


@dataclass(frozen=True, slots=True)
class RuleShare:
    """This resource's rule groups, where they stand among others' (ConfigMaps, a ruler); empty when it has none."""

    groups: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What must be known of an objective so that its past can be counted.

    It is kept for as long as the past may matter, of every objective of a fleet; so it holds no more than that.
    """

    name: str
    window: CalendarPeriod | timedelta
    time_zone: str | None
    indicator: Indicator
    maintenance: tuple[MaintenanceWindow, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about one resource; equal inputs give equal plans."""

    status: Json | None
    """The whole status as it should be; None where there is none to write (the resource is going)."""
    writes: tuple[Write, ...] = ()
    deletes: tuple[Delete, ...] = ()
    rule_share: RuleShare | None = None
    finalizer: bool | None = None
    """True: must be on the resource before the writes; False: must be off after them; None: as it is."""
    events: tuple[EventNote, ...] = ()
    due: timedelta | None = None
    """Look again after this long though nothing happens."""
    wants_shapes: bool = False
    """Whether the target's metrics should be looked for."""
    pasts: tuple[Past, ...] = ()
    """Objectives whose evidence does not reach back to their window's start yet, or not for certain."""
