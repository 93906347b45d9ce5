"""Which environment variables a container should have for the Go runtime, and whether it can have them.

The variables are read once, when a process starts (runtime.readGOGC, readGOMEMLIMIT), so every change here restarts
the pods by the Deployment's own rolling update.
"""

from dataclasses import dataclass
from enum import StrEnum

from goserviceslo.api.observed import ContainerView, DeploymentView, EnvEntry
from goserviceslo.api.quantity import format_gomemlimit
from goserviceslo.api.v1alpha1 import Runtime, Target

FIELD_MANAGER = "goslo"


class RuntimeTrouble(StrEnum):
    """Why the runtime's settings are not on the container; the reason of `RuntimeApplied=False`."""

    CONTAINER_NOT_FOUND = "ContainerNotFound"
    CONTAINER_AMBIGUOUS = "ContainerAmbiguous"
    LIMIT_TOO_HIGH = "MemoryLimitTooHigh"
    CONFLICT = "RuntimeConflict"


@dataclass(frozen=True, slots=True)
class RuntimeProblem:
    """A reason and a sentence that says what to do."""

    trouble: RuntimeTrouble
    message: str
    held: tuple[str, ...] = ()
    """Of a conflict: which variable has whose value, a clause each."""


@dataclass(frozen=True, slots=True)
class EnvironmentPlan:
    """The variables that we want on one container, and whether they are there already under our name."""

    container: str
    variables: tuple[tuple[str, str], ...]
    up_to_date: bool


def wanted_variables(runtime: Runtime) -> tuple[tuple[str, str], ...]:
    """Names and values in a stable order: what the user asked for, in the form that Go reads."""
    wanted = dict(runtime.env or {})
    if runtime.gogc is not None:
        wanted["GOGC"] = str(runtime.gogc)
    if runtime.memory_limit is not None:
        wanted["GOMEMLIMIT"] = format_gomemlimit(runtime.memory_limit)
    if runtime.max_procs is not None:
        wanted["GOMAXPROCS"] = str(runtime.max_procs)
    return tuple(sorted(wanted.items()))


def summary(runtime: Runtime) -> str:
    """What is set, short enough for a column: `GOGC=200 460MiB P=2`."""
    parts = []
    if runtime.gogc is not None:
        parts.append(f"GOGC={runtime.gogc}")
    if runtime.memory_limit is not None:
        parts.append(format_gomemlimit(runtime.memory_limit))
    if runtime.max_procs is not None:
        parts.append(f"P={runtime.max_procs}")
    parts.extend(f"{name}={value}" for name, value in sorted((runtime.env or {}).items()))
    text = " ".join(parts)
    return text if len(text) <= 128 else text[:127] + "…"


def choose_container(target: Target, deployment: DeploymentView) -> ContainerView | RuntimeProblem:
    """The container that runs the Go program: the named one, or the only one."""
    names = ", ".join(container.name for container in deployment.containers)
    if target.container is None:
        if len(deployment.containers) == 1:
            return deployment.containers[0]
        return RuntimeProblem(
            RuntimeTrouble.CONTAINER_AMBIGUOUS,
            f"Deployment {deployment.name} has several containers ({names}): write target.container.",
        )
    for container in deployment.containers:
        if container.name == target.container:
            return container
    return RuntimeProblem(
        RuntimeTrouble.CONTAINER_NOT_FOUND,
        f"Deployment {deployment.name} has no container {target.container}: write one of {names} as target.container.",
    )


def plan_environment(
    runtime: Runtime, container: ContainerView, deployment: DeploymentView
) -> EnvironmentPlan | RuntimeProblem:
    """The variables to apply to `container`, or why none of them may be applied (all or nothing)."""
    limit = container.memory_limit_bytes
    if runtime.memory_limit is not None and limit is not None and runtime.memory_limit >= limit:
        return RuntimeProblem(
            RuntimeTrouble.LIMIT_TOO_HIGH,
            f"runtime.memoryLimit {format_gomemlimit(runtime.memory_limit)} is not below the memory limit of container "
            f"{container.name}, {format_gomemlimit(limit)}: the kernel would kill the process before Go collects. "
            f"Write at most {format_gomemlimit(limit * 9 // 10 // 2**20 * 2**20)}, or raise the container's limit.",
        )
    wanted = wanted_variables(runtime)
    conflicts = [
        (entry, value)
        for name, value in wanted
        for entry in container.env
        if entry.name == name and _is_conflict(entry, value, runtime.take_over)
    ]
    if conflicts:
        message = " ".join(_advice(entry, value) for entry, value in conflicts)
        held = tuple(_held(entry) for entry, _ in conflicts if entry.value is not None)
        return RuntimeProblem(RuntimeTrouble.CONFLICT, message, held)
    return EnvironmentPlan(container.name, wanted, ours(deployment) == {(container.name, *pair) for pair in wanted})


def ours(deployment: DeploymentView) -> set[tuple[str, str, str]]:
    """Container, name and value of the variables on a Deployment that we own."""
    return {
        (container.name, entry.name, entry.value or "")
        for container in deployment.containers
        for entry in container.env
        if FIELD_MANAGER in entry.owners
    }


def _is_conflict(entry: EnvEntry, wanted: str, take_over: bool) -> bool:
    if entry.value is None:
        return True  # what comes from elsewhere (valueFrom) cannot be taken over
    return not (entry.value == wanted or take_over or FIELD_MANAGER in entry.owners)


def _advice(entry: EnvEntry, wanted: str) -> str:
    if entry.value is None:
        return (
            f"{entry.name} is taken from elsewhere (valueFrom): remove that entry from the Deployment, "
            "or this setting from spec.runtime."
        )
    return f"{_held(entry)}: remove it there, or write runtime.takeOver: true to have {wanted} in its place."


def _held(entry: EnvEntry) -> str:
    owners = ", ".join(entry.owners) or "the Deployment"
    return f"{entry.name}={entry.value} is set by {owners}"
