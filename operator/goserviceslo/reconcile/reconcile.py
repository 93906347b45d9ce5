"""`reconcile(observed, now) -> Plan`: the whole decision about one resource, without input or output."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from goserviceslo.api.observed import Rival
from goserviceslo.api.problems import parse_spec
from goserviceslo.api.status import BurnRate, Condition, GoServiceSloStatus
from goserviceslo.api.v1alpha1 import GoServiceSloSpec
from goserviceslo.ports import AUTOSCALERS, PROMETHEUS_RULES, Key
from goserviceslo.reconcile.conditions import COMPLIANT, MEASURED, READY, RUNTIME_APPLIED, SCALED, Finding, conditions
from goserviceslo.reconcile.events import events
from goserviceslo.reconcile.maintenance import MaintenancePart, plan_maintenance
from goserviceslo.reconcile.measuring import MeasuringPart, plan_measuring
from goserviceslo.reconcile.model import Delete, Observed, Plan, Purpose, RuleShare, RuleSink
from goserviceslo.reconcile.ownership import FINALIZER
from goserviceslo.reconcile.runtime import TARGET_NOT_FOUND, RuntimePart, plan_runtime, release_write
from goserviceslo.reconcile.scaling import ScalingPart, plan_scaling
from goserviceslo.slo.maintenance import zone_problems
from goserviceslo.slo.summary import compliance, worst
from goserviceslo.slo.windows import zone_problem


def reconcile(observed: Observed, now: datetime) -> Plan:
    """What to do about `observed.resource` at `now`. Equal inputs give equal plans; the plan of a plan is empty."""
    metadata = observed.resource["metadata"]
    if metadata.get("deletionTimestamp") is not None:
        return _release(observed)
    before = read_status(observed)
    spec = parse_spec(observed.resource)
    if not isinstance(spec, GoServiceSloSpec):
        # What stands stays: half of an unreadable wish is worse than all of the last readable one.
        return _stopped(observed, before, Finding("False", "InvalidSpec", " ".join(spec)), now)
    older = _older_rival(observed)
    if older is not None:
        message = (
            f"GoServiceSLO {older.name} has the target {spec.target.name} already and is older: "
            "move the objectives there, or delete one of the two."
        )
        return _stopped(observed, before, Finding("False", "TargetTaken", message), now, withdraw=True)
    zones = [
        f"objectives[{index}].timeZone: {problem}"
        for index, objective in enumerate(spec.objectives)
        if (problem := zone_problem(objective.time_zone or "UTC")) is not None
    ]
    zones += [f"maintenance{problem}" for problem in zone_problems(spec.maintenance or ())]
    if zones:
        return _stopped(observed, before, Finding("False", "UnknownTimeZone", " ".join(zones)), now)
    upkeep = plan_maintenance(spec, before, observed, now)
    measuring = plan_measuring(spec, before, observed, upkeep, now)
    runtime = plan_runtime(spec, before, observed, now)
    scaling = plan_scaling(spec, before, observed, now)
    status = _status(spec, before, observed, upkeep, measuring, runtime, scaling, now)
    return Plan(
        status=dump(status),
        writes=tuple(write for write in (measuring.write, runtime.write, scaling.write) if write is not None),
        deletes=(scaling.delete,) if scaling.delete is not None else (),
        rule_share=measuring.share,
        finalizer=_finalizer(observed, runtime.holds),
        events=events(before, status),
        due=min((part.due for part in (measuring, runtime, scaling, upkeep) if part.due is not None), default=None),
        wants_shapes=measuring.wants_shapes,
        pasts=measuring.pasts,
    )


def read_status(observed: Observed) -> GoServiceSloStatus:
    """The status as it stands, less what a newer version added; empty where it is missing or of another shape."""
    try:
        return GoServiceSloStatus.model_validate(observed.resource.get("status") or {}, extra="ignore")
    except ValidationError:
        return GoServiceSloStatus()


def _older_rival(observed: Observed) -> Rival | None:
    metadata = observed.resource["metadata"]
    own = (datetime.fromisoformat(metadata["creationTimestamp"]), metadata["uid"])
    older = [rival for rival in observed.rivals if (rival.created_at, rival.uid) < own]
    return min(older, key=lambda rival: (rival.created_at, rival.uid), default=None)


def _release(observed: Observed) -> Plan:
    """Give back what the garbage collector cannot: our fields of the Deployment, our share of the rules."""
    metadata = observed.resource["metadata"]
    held = FINALIZER in metadata.get("finalizers", ())
    deployment = observed.deployment
    # Whatever the cache says: what was written a moment ago may not be in it. A rival of the same target adopts it.
    give_back = held and deployment is not None and not deployment.deleting and not observed.rivals
    writes = (release_write(Key(metadata["namespace"], deployment.name)),) if give_back and deployment else ()
    return Plan(status=None, writes=writes, rule_share=RuleShare(()), finalizer=False if held else None)


def _stopped(
    observed: Observed, before: GoServiceSloStatus, finding: Finding, now: datetime, *, withdraw: bool = False
) -> Plan:
    """A resource that cannot be acted on: say why, leave what stands, or with `withdraw` take back what is ours."""
    metadata = observed.resource["metadata"]
    unknown = Finding("Unknown", finding.reason, "Not judged: see the condition Ready.")
    status = before.model_copy(
        update={
            "observed_generation": metadata["generation"],
            "objectives": None,
            "sli": None,
            "target": None,
            "budget_remaining": None,
            "burn_rate": None,
            "worst_objective": None,
            "conditions": _conditions(
                {READY: finding, MEASURED: unknown, COMPLIANT: unknown, RUNTIME_APPLIED: unknown, SCALED: unknown},
                before,
                metadata["generation"],
                now,
            ),
        }
    )
    deletes = _own_objects(observed) if withdraw else ()
    return Plan(
        status=dump(status),
        deletes=deletes,
        rule_share=RuleShare(()) if withdraw else None,
        events=events(before, status),
    )


def _own_objects(observed: Observed) -> tuple[Delete, ...]:
    metadata = observed.resource["metadata"]
    key = Key(metadata["namespace"], metadata["name"])
    found = []
    if observed.rules.sink is RuleSink.PROMETHEUS_RULE and observed.rules.owned is not None:
        found.append(Delete(Purpose.RULES, PROMETHEUS_RULES, Key(key.namespace, f"{key.name}-goslo")))
    if any(view.owner_uid == metadata["uid"] for view in observed.autoscalers):
        found.append(Delete(Purpose.AUTOSCALER, AUTOSCALERS, key))
    return tuple(found)


def _finalizer(observed: Observed, holds: bool) -> bool | None:
    present = FINALIZER in observed.resource["metadata"].get("finalizers", ())
    if holds == present:
        return None
    return holds


def _status(
    spec: GoServiceSloSpec,
    before: GoServiceSloStatus,
    observed: Observed,
    upkeep: MaintenancePart,
    measuring: MeasuringPart,
    runtime: RuntimePart,
    scaling: ScalingPart,
    now: datetime,
) -> GoServiceSloStatus:
    generation = observed.resource["metadata"]["generation"]
    first = worst(measuring.objectives)
    truth, reason, message = compliance(measuring.objectives)
    findings = {
        READY: _ready(spec, observed, upkeep, measuring, runtime, scaling),
        MEASURED: measuring.finding,
        COMPLIANT: Finding(truth, reason, message),
        RUNTIME_APPLIED: runtime.finding,
        SCALED: scaling.finding,
    }
    return GoServiceSloStatus(
        observed_generation=generation,
        sli=first.sli if first else None,
        target=first.target if first else None,
        budget_remaining=first.budget_remaining if first else None,
        burn_rate=_burn_rate(first.burn_rates) if first and first.burn_rates else None,
        worst_objective=first.name if first else None,
        objectives=measuring.objectives,
        runtime=runtime.status,
        scaling=scaling.status,
        maintenance=upkeep.status,
        rules=observed.rules.location if measuring.has_rules else None,
        conditions=_conditions(findings, before, generation, now),
    )


def _burn_rate(rates: Sequence[BurnRate]) -> str | None:
    by_window = {rate.window: rate.rate for rate in rates}
    return by_window.get("1h", rates[-1].rate)


def _ready(
    spec: GoServiceSloSpec,
    observed: Observed,
    upkeep: MaintenancePart,
    measuring: MeasuringPart,
    runtime: RuntimePart,
    scaling: ScalingPart,
) -> Finding:
    if observed.deployment is None:
        message = (
            f"There is no Deployment {spec.target.name} in this namespace: create it, or correct target.name. "
            "It is picked up as soon as it is there."
        )
        return Finding("False", TARGET_NOT_FOUND, message)
    if measuring.rules_finding is not None:
        return measuring.rules_finding
    if upkeep.finding is not None:
        return upkeep.finding
    if runtime.blocking:
        return runtime.finding
    if scaling.blocking:
        return scaling.finding
    return Finding("True", "Reconciled", "Everything asked for is in place.")


def _conditions(
    findings: dict[str, Finding], before: GoServiceSloStatus, generation: int, now: datetime
) -> tuple[Condition, ...]:
    return conditions(findings, before.conditions or (), generation, now)


def dump(status: GoServiceSloStatus) -> dict[str, object]:
    """A status as it is written."""
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)
