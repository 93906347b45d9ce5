"""What the pure rooms know of other people's objects: the few fields that decisions rest on.

The engine keeps these instead of whole objects, so that ten thousand Deployments cost megabytes, not gigabytes.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EnvEntry:
    """One entry of a container's `env` and the field managers that own it."""

    name: str
    value: str | None
    """The literal value; None where it comes from elsewhere (`valueFrom`)."""
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContainerView:
    """A container of a pod template."""

    name: str
    env: tuple[EnvEntry, ...]
    memory_limit_bytes: int | None
    cpu_limit_cores: float | None
    cpu_request_cores: float | None
    env_from: bool = False
    """Whether `envFrom` may bring further variables that cannot be seen here."""


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """A Deployment as the rooms need it."""

    name: str
    uid: str
    generation: int
    observed_generation: int
    containers: tuple[ContainerView, ...]
    wanted: int | None
    """spec.replicas."""
    ready: int
    updated: int
    available: int
    paused: bool
    deleting: bool = False
    replicas: int | None = None
    """Pods that are there, of any template; None where that is not known."""
    progressing: bool | None = None
    """Whether a rollout is under way: neither completed since, nor given up after its deadline, nor paused. None where
    the Deployment does not say (it has no deadline)."""
    availability_changed_at: datetime | None = None
    """When the Deployment last became available or ceased to be."""

    @property
    def rolled_out(self) -> bool:
        """Whether every pod that is there runs the newest template, however many are wanted or ready."""
        there = self.wanted if self.replicas is None else self.replicas
        return self.observed_generation >= self.generation and self.updated == there

    @property
    def rolling_out(self) -> bool:
        """Whether pods of a newer template are on their way; a rollout that is stuck or paused is not."""
        if self.paused:
            return False
        if self.observed_generation < self.generation:
            return True
        return not self.rolled_out if self.progressing is None else self.progressing


@dataclass(frozen=True, slots=True)
class AutoscalerView:
    """A HorizontalPodAutoscaler or ScaledObject that aims at a Deployment of its namespace."""

    kind: str
    name: str
    target: str
    """Name of the Deployment that it scales."""
    owner_uid: str | None
    """UID of the GoServiceSLO that controls it, None for anyone else's."""
    applied_hash: str | None
    wanted: int | None = None
    """status.desiredReplicas."""
    limited: str | None = None
    """Message of a false ScalingActive or AbleToScale condition."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another GoServiceSLO of the same namespace that names the same target."""

    name: str
    uid: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RuntimeSample:
    """What the Go processes of one generation of pods say of themselves."""

    pod_template_hash: str
    pods: int
    gogc_percent: float | None
    """+inf for off; None where not exposed or where pods differ."""
    memory_limit_bytes: float | None
    """+inf for none."""
    max_procs: int | None
    mixed: tuple[str, ...] = ()
    """Names of the settings in which pods of this generation differ."""
