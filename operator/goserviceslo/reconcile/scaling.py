"""Scaling's part of a plan: the HPA that we own, unless somebody else scales the target."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from goserviceslo.api.observed import AutoscalerView
from goserviceslo.api.status import GoServiceSloStatus, ScalingStatus
from goserviceslo.api.v1alpha1 import GoServiceSloSpec
from goserviceslo.ports import AUTOSCALERS, Key
from goserviceslo.reconcile.conditions import SCALED, Finding, held_for
from goserviceslo.reconcile.model import Delete, Observed, Purpose, Write
from goserviceslo.reconcile.ownership import owned_object
from goserviceslo.reconcile.runtime import TARGET_NOT_FOUND
from goserviceslo.scaling.autoscaler import ScalingTrouble, autoscaler_spec, foreign_autoscaler, scaling_problem

_STARTING, _STUCK = "AutoscalerStarting", "AutoscalerStuck"
_PATIENCE = timedelta(minutes=2)
"""How long an autoscaler may be unable to act before it is called stuck: new pods have no metrics for a minute."""


@dataclass(frozen=True, slots=True)
class ScalingPart:
    """What the autoscaling section contributes to a plan."""

    finding: Finding
    status: ScalingStatus | None
    write: Write | None = None
    delete: Delete | None = None
    blocking: bool = False
    due: timedelta | None = None


def plan_scaling(spec: GoServiceSloSpec, status: GoServiceSloStatus, observed: Observed, now: datetime) -> ScalingPart:
    """Whether an autoscaler of ours should be there, and what to say of it."""
    metadata = observed.resource["metadata"]
    key = Key(metadata["namespace"], metadata["name"])
    own = next((view for view in observed.autoscalers if view.owner_uid == metadata["uid"]), None)
    removal = Delete(Purpose.AUTOSCALER, AUTOSCALERS, key) if own is not None else None
    shown = _scaling_status(observed, own)
    if spec.autoscaling is None:
        finding = Finding("True", "NotRequested", "spec.autoscaling is not set: replicas are left as they are.")
        return ScalingPart(finding, shown, delete=removal)
    if observed.deployment is None:
        finding = Finding(
            "False", TARGET_NOT_FOUND, f"There is no Deployment {spec.target.name} in this namespace yet."
        )
        return ScalingPart(finding, shown, delete=removal, blocking=True)
    problem = scaling_problem(observed.autoscalers, observed.deployment, metadata["uid"])
    if problem is not None:
        # Two autoscalers on one target would fight; the one that was not asked for by us is the user's.
        yields = problem.trouble is ScalingTrouble.FOREIGN_AUTOSCALER
        finding = Finding("False", problem.trouble.value, problem.message)
        return ScalingPart(finding, shown, delete=removal if yields else None, blocking=True)
    refusal = observed.refusals.get(Purpose.AUTOSCALER)
    if refusal is not None:
        finding = Finding("False", f"Write{refusal.kind.value}", refusal.message)
        return ScalingPart(finding, shown, blocking=True)
    body, applied_hash = owned_object(
        observed.resource,
        api_version=AUTOSCALERS.api_version,
        kind=AUTOSCALERS.kind,
        name=key.name,
        spec=autoscaler_spec(spec.autoscaling, spec.target.name),
        labels={},
    )
    write = None
    if own is None or own.applied_hash != applied_hash:
        write = Write(Purpose.AUTOSCALER, AUTOSCALERS, key, body, applied_hash, exclusive=True, known=own is not None)
    if own is not None and own.limited is not None:
        finding, due = _unable(own.limited, status, now)
        return ScalingPart(finding, shown, write, due=due)
    bounds = f"between {spec.autoscaling.min_replicas} and {spec.autoscaling.max_replicas} replicas"
    message = f"HorizontalPodAutoscaler {key.name} holds CPU use at {spec.autoscaling.cpu} % {bounds}."
    return ScalingPart(Finding("True", "AutoscalerApplied", message), shown, write)


def _unable(why: str, status: GoServiceSloStatus, now: datetime) -> tuple[Finding, timedelta | None]:
    """What to say of an autoscaler of ours that cannot act, and when to look again."""
    known = status.conditions or ()
    held = held_for(known, SCALED, _STARTING, now)
    if held_for(known, SCALED, _STUCK, now) is not None or (held is not None and held >= _PATIENCE):
        return Finding("False", _STUCK, why), None
    return Finding("Unknown", _STARTING, f"The autoscaler cannot act yet: {why}"), _PATIENCE - (held or timedelta())


def _scaling_status(observed: Observed, own: AutoscalerView | None) -> ScalingStatus | None:
    if observed.deployment is None:
        return None
    scaler = own or foreign_autoscaler(observed.autoscalers, observed.resource["metadata"]["uid"])
    return ScalingStatus(
        wanted=observed.deployment.wanted,
        ready=observed.deployment.ready,
        autoscaler=None if scaler is None else f"{scaler.kind} {scaler.name}",
    )
