"""What the outside looks like to the operator: a cluster, a source of measurements, a ruler, a clock.

Adapters implement these; tests script them. Objects are plain JSON dictionaries.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of the API server: its group, version and plural."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


GOSERVICESLOS = Resource("goslo.dev", "v1alpha1", "goserviceslos", "GoServiceSLO")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
AUTOSCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
PROMETHEUS_RULES = Resource("monitoring.coreos.com", "v1", "prometheusrules", "PrometheusRule")
LARGEST_RULE_BYTES = 512 * 1024
"""Above it prometheus-operator fails to load a PrometheusRule (prometheus-operator#6478)."""
SCALED_OBJECTS = Resource("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
PODS = Resource("", "v1", "pods", "Pod")
EVENTS = Resource("events.k8s.io", "v1", "events", "Event")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Names one object of a kind."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


# --- the cluster -----------------------------------------------------------------------------------------------------


class ApiError(Exception):
    """The API server refused or did not answer; `status` is the HTTP code, 0 where there was no answer."""

    def __init__(self, status: int, reason: str, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after


class NotFound(ApiError):
    """There is no such object (404), or no such kind."""


class AlreadyExists(ApiError):
    """Create found an object of that name (409 AlreadyExists)."""


class Conflict(ApiError):
    """Another field manager owns a field, or the resourceVersion is not the current one (409 Conflict).

    `owners` maps the path of each contested field to the manager that holds it.
    """

    def __init__(self, message: str, owners: Mapping[str, str] | None = None) -> None:
        super().__init__(409, "Conflict", message)
        self.owners = dict(owners or {})


class Invalid(ApiError):
    """The object breaks its schema or a rule of the API server (422); trying again is of no use."""


class Forbidden(ApiError):
    """RBAC does not allow it (403)."""


class Gone(ApiError):
    """A resourceVersion or continue token is too old (410): list anew."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `continue_token` is empty on the last."""

    items: Sequence[Json]
    resource_version: str
    continue_token: str


class ClusterPort(Protocol):
    """The calls that the operator makes of an API server; each raises ApiError or one of its kinds."""

    async def get(self, resource: Resource, key: Key) -> Json: ...

    async def create(self, resource: Resource, key: Key, body: Json) -> Json: ...

    async def apply(
        self, resource: Resource, key: Key, body: Json, *, force: bool = False, subresource: str = ""
    ) -> Json:
        """Server-side apply under the operator's field manager."""
        ...

    async def merge_patch(self, resource: Resource, key: Key, body: Json, *, subresource: str = "") -> Json: ...

    async def replace(self, resource: Resource, key: Key, body: Json) -> Json: ...

    async def delete(self, resource: Resource, key: Key, *, uid: str = "") -> None: ...

    def pages(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        label_selector: str = "",
        metadata_only: bool = False,
        limit: int = 500,
    ) -> AsyncIterator[Page]:
        """The whole list, page by page; Gone when it took so long that the token expired."""
        ...

    async def serves(self, resource: Resource) -> bool:
        """Whether the API server has this kind now."""
        ...


# --- measurements ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of an instant vector; a value may be NaN or infinite."""

    labels: Mapping[str, str]
    value: float
    at: float
    """Seconds since the epoch, as the source stamped it."""


@dataclass(frozen=True, slots=True)
class Vector:
    """An answer with at least one series."""

    samples: Sequence[Sample]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoData:
    """An answer, and it was empty."""


@dataclass(frozen=True, slots=True)
class Partial:
    """An answer that the source itself calls incomplete; what it holds must not be taken for the whole."""

    samples: Sequence[Sample]
    warnings: tuple[str, ...]


class Trouble(StrEnum):
    """Why a source of measurements gave no answer."""

    UNREACHABLE = "Unreachable"
    REFUSED = "Refused"
    TIMED_OUT = "TimedOut"
    BROKEN_ANSWER = "BrokenAnswer"
    BAD_QUERY = "BadQuery"


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No answer; `detail` is fit for a user's eyes and holds no secret."""

    trouble: Trouble
    detail: str


Answer = Vector | NoData | Partial | Unavailable


@dataclass(frozen=True, slots=True)
class Track:
    """One series over time."""

    labels: Mapping[str, str]
    points: Sequence[tuple[int, float]]
    """Milliseconds since the epoch and the value then, oldest first."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """An answer with at least one series over time."""

    tracks: Sequence[Track]
    warnings: tuple[str, ...] = ()


History = Matrix | NoData | Partial | Unavailable
"""What an answer about a stretch of time may be; of a partial one the tracks are not kept."""


class MetricsPort(Protocol):
    """Anything that speaks the Prometheus query API."""

    async def query(self, promql: str, at: datetime | None = None) -> Answer:
        """The instant vector of `promql` at `at` (default: the source's now). Never raises for what the source does."""
        ...

    async def rule_health(self) -> Mapping[str, str] | None:
        """Error by rule group name, of groups whose last evaluation failed; empty where the source knows no rules.

        None where it gave no answer.
        """
        ...


class HistoryPort(Protocol):
    """The Prometheus query API as a command asks it: one question after the other, about long stretches of time.

    None of the calls raises for what the source does.
    """

    def query(self, promql: str, at: datetime | None = None) -> Answer:
        """The instant vector of `promql` at `at` (default: the source's now)."""
        ...

    def samples(self, promql: str, at: datetime) -> History:
        """The samples themselves, each with its own time, of a selector with a range (`x[1d]`) that ends at `at`."""
        ...

    def steps(self, promql: str, start: datetime, end: datetime, step: timedelta) -> History:
        """`promql` evaluated from `start` to `end`, both included, every `step`."""
        ...


# --- a ruler ---------------------------------------------------------------------------------------------------------


class RulerError(Exception):
    """The ruler refused or did not answer; `message` is fit for a user's eyes and holds no secret."""

    def __init__(self, message: str, *, of_group: bool = False, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.of_group = of_group
        """Whether it was this very group that was not taken: another may be, and the same again will not."""
        self.retry_after = retry_after


class RulerPort(Protocol):
    """The rule groups of one tenant, as the rulers of Mimir and Cortex keep them. Every call raises RulerError."""

    async def groups(self) -> Mapping[str, Sequence[Json]]:
        """All groups of the tenant, whosever they are, by their rule namespace."""
        ...

    async def put(self, namespace: str, group: Json) -> None:
        """Have one group stand in a rule namespace, instead of one of the same name."""
        ...

    async def delete(self, namespace: str, name: str) -> None:
        """Have a group gone; no error where it is not there."""
        ...


class Clock(Protocol):
    """Time as a dependency."""

    def now(self) -> datetime:
        """The current instant, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...


@dataclass(frozen=True, slots=True)
class EventNote:
    """An Event to write about a resource, once."""

    kind: str
    """Normal or Warning."""
    reason: str
    action: str
    note: str
    labels: Mapping[str, str] = field(default_factory=dict)
