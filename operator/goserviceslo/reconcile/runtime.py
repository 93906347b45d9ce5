"""The Go runtime's part of a plan: the env entries that we own on the target, and what the processes make of them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from goserviceslo.api.observed import DeploymentView
from goserviceslo.api.status import GoServiceSloStatus, RuntimeGeneration, RuntimeStatus
from goserviceslo.api.v1alpha1 import GoServiceSloSpec, Runtime
from goserviceslo.goruntime.environment import (
    EnvironmentPlan,
    RuntimeProblem,
    choose_container,
    ours,
    plan_environment,
    summary,
    wanted_variables,
)
from goserviceslo.goruntime.obedience import Obedience, generation_status, judge_obedience, settled_generation
from goserviceslo.ports import DEPLOYMENTS, Json, Key
from goserviceslo.reconcile.conditions import RUNTIME_APPLIED, Finding, held_for
from goserviceslo.reconcile.model import Observed, Purpose, RefusalKind, Write
from goserviceslo.reconcile.ownership import digest

SETTLING = timedelta(seconds=60)
"""How long a mismatch must last before it is held against the program: the metrics may be of pods just replaced."""
TARGET_NOT_FOUND = "TargetNotFound"
_TAKEN_BACK = "TakenBack"
_PAUSED = "RolloutPaused"
_IN_PLACE = frozenset({"RollingOut", _PAUSED, "Verifying", "Obeyed", "Applied", "EnvIgnored"})
"""Reasons that are given only once our variables are on the target."""


@dataclass(frozen=True, slots=True)
class RuntimePart:
    """What the runtime section contributes to a plan."""

    finding: Finding
    status: RuntimeStatus | None
    write: Write | None = None
    holds: bool = False
    """Whether something of ours is (or will be) on the Deployment and must be given back."""
    blocking: bool = False
    """Whether the finding keeps the resource from being Ready."""
    due: timedelta | None = None


def plan_runtime(spec: GoServiceSloSpec, status: GoServiceSloStatus, observed: Observed, now: datetime) -> RuntimePart:
    """What to write to the target's environment and what to say of it."""
    deployment = observed.deployment
    # A section that sets nothing (`{}`, or `takeOver` alone) is none.
    wish = spec.runtime if spec.runtime is not None and wanted_variables(spec.runtime) else None
    if deployment is None:
        if wish is None:
            return RuntimePart(_not_requested(), None)
        finding = Finding(
            "False", TARGET_NOT_FOUND, f"There is no Deployment {spec.target.name} in this namespace yet."
        )
        return RuntimePart(finding, RuntimeStatus(summary=summary(wish)), blocking=True)
    key = Key(observed.resource["metadata"]["namespace"], deployment.name)
    container = choose_container(spec.target, deployment)
    if wish is None:
        part = _unasked(key, deployment, observed)
        if spec.target.container is not None and isinstance(container, RuntimeProblem) and not part.blocking:
            # Whose metrics are read is said by the container's name, too.
            finding = Finding("False", container.trouble.value, container.message)
            return replace(part, finding=finding, blocking=True)
        return part
    asked = wish
    if taken := asked.take_over and _was_in_place(status, observed):
        # Taking over again would roll the pods, and so would whoever takes back: once for each wish is enough.
        asked = asked.model_copy(update={"take_over": False})
    plan = container if isinstance(container, RuntimeProblem) else plan_environment(asked, container, deployment)
    if isinstance(plan, RuntimeProblem):
        finding = Finding("False", plan.trouble.value, plan.message)
        if taken and plan.held:
            finding = Finding("False", _TAKEN_BACK, _taken_back(plan.held))
        return RuntimePart(finding, _shown(wish, None, observed), None, bool(ours(deployment)), True)
    shown = _shown(wish, plan.container, observed)
    refusal = observed.refusals.get(Purpose.RUNTIME)
    if refusal is not None:
        reason = "RuntimeConflict" if refusal.kind is RefusalKind.CONFLICT else f"Write{refusal.kind.value}"
        return RuntimePart(Finding("False", reason, refusal.message), shown, None, True, True)
    if not plan.up_to_date:
        finding = Finding("False", "RollingOut", f"Container {plan.container} is given {shown.summary}.")
        return RuntimePart(finding, shown, _write(key, plan, asked), True)
    return _verify(wish, deployment, shown, status, observed, now)


def release_write(key: Key) -> Write:
    """Give back every field of a Deployment that we own: an apply that names none of them."""
    body: Json = {
        "apiVersion": DEPLOYMENTS.api_version,
        "kind": DEPLOYMENTS.kind,
        "metadata": {"name": key.name, "namespace": key.namespace},
    }
    return Write(Purpose.RUNTIME, DEPLOYMENTS, key, body, digest(body), exclusive=False)


def _unasked(key: Key, deployment: DeploymentView, observed: Observed) -> RuntimePart:
    if not ours(deployment):
        generations = _generations(observed)
        return RuntimePart(_not_requested(), RuntimeStatus(generations=generations) if generations else None)
    refusal = observed.refusals.get(Purpose.RUNTIME)
    if refusal is not None:
        finding = Finding("False", f"Write{refusal.kind.value}", refusal.message)
        return RuntimePart(finding, None, None, True, True)
    finding = Finding(
        "True", "NotRequested", "spec.runtime sets nothing any more; our variables are taken off the target."
    )
    return RuntimePart(finding, None, release_write(key), True)


def _was_in_place(status: GoServiceSloStatus, observed: Observed) -> bool:
    """Whether our variables have been on the target since the wish was last changed."""
    told = next((one for one in status.conditions or () if one.type == RUNTIME_APPLIED), None)
    generation = observed.resource["metadata"]["generation"]
    return told is not None and told.observed_generation == generation and told.reason in {*_IN_PLACE, _TAKEN_BACK}


def _taken_back(held: tuple[str, ...]) -> str:
    return (
        f"{'; '.join(held)}, although it was taken over: it is not taken again, for each time the pods roll. Remove it "
        "there; a change of spec.runtime has it taken over once more."
    )


def _write(key: Key, plan: EnvironmentPlan, runtime: Runtime) -> Write:
    entries = [{"name": name, "value": value} for name, value in plan.variables]
    container: Json = {"name": plan.container, "env": entries}
    body: Json = {
        "apiVersion": DEPLOYMENTS.api_version,
        "kind": DEPLOYMENTS.kind,
        "metadata": {"name": key.name, "namespace": key.namespace},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    return Write(
        Purpose.RUNTIME, DEPLOYMENTS, key, body, digest(body), exclusive=False, known=True, force=runtime.take_over
    )


def _verify(
    runtime: Runtime,
    deployment: DeploymentView,
    shown: RuntimeStatus,
    status: GoServiceSloStatus,
    observed: Observed,
    now: datetime,
) -> RuntimePart:
    if deployment.paused and not deployment.rolled_out:
        return RuntimePart(Finding("False", _PAUSED, _paused(deployment)), shown, holds=True)
    if not deployment.rolled_out:
        finding = Finding("False", "RollingOut", f"The pods of Deployment {deployment.name} are being replaced.")
        return RuntimePart(finding, shown, holds=True)
    report = judge_obedience(runtime, settled_generation(observed.runtime))
    if report.obedience is Obedience.OBEYED:
        return RuntimePart(Finding("True", "Obeyed", "The processes run with what was set."), shown, holds=True)
    told = next((one for one in status.conditions or () if one.type == RUNTIME_APPLIED), None)
    ignored_before = told is not None and told.reason == "EnvIgnored"
    if report.obedience is Obedience.NOT_EXPOSED:
        if told is not None and ignored_before and not observed.runtime:
            # A gap in the metrics (a scrape, a new leader) takes back nothing that was seen.
            return RuntimePart(Finding("False", told.reason, told.message), shown, holds=True)
        return RuntimePart(_applied(observed), shown, holds=True)
    details = "; ".join(report.details)
    held = held_for(status.conditions or (), RUNTIME_APPLIED, "Verifying", now)
    if ignored_before or (held is not None and held >= SETTLING):
        message = f"{details}: the program sets it itself; remove that call, or this setting from spec.runtime."
        return RuntimePart(Finding("False", "EnvIgnored", message), shown, holds=True)
    finding = Finding("Unknown", "Verifying", "The pods' metrics do not show what was set yet.")
    return RuntimePart(finding, shown, holds=True, due=SETTLING - (held or timedelta()))


def _paused(deployment: DeploymentView) -> str:
    return (
        f"Deployment {deployment.name} is paused, so its pods are not replaced: run kubectl rollout resume "
        f"deployment/{deployment.name}."
    )


def _applied(observed: Observed) -> Finding:
    """What is said while the processes' own metrics say nothing of what was set."""
    if not observed.source.asked or observed.source.trouble is not None or not observed.source.configured:
        why = "because Prometheus has not answered"
    elif not observed.runtime:
        why = "because none of their metrics of the Go runtime are in Prometheus yet"
    elif len(observed.runtime) > 1:
        why = "because pods of several generations run side by side"
    elif observed.runtime[0].mixed:
        why = f"because its pods differ in {', '.join(observed.runtime[0].mixed)}"
    else:
        why = "because they do not expose it (go_gc_gogc_percent and the like: client_golang 1.20 or later)"
    return Finding("True", "Applied", f"The variables are set; whether the processes obey is not known, {why}.")


def _shown(runtime: Runtime, container: str | None, observed: Observed) -> RuntimeStatus:
    return RuntimeStatus(summary=summary(runtime) or None, container=container, generations=_generations(observed))


def _generations(observed: Observed) -> tuple[RuntimeGeneration, ...] | None:
    return tuple(generation_status(sample) for sample in observed.runtime[:4]) or None


def _not_requested() -> Finding:
    return Finding("True", "NotRequested", "spec.runtime sets nothing: the Go runtime is left as it is.")
