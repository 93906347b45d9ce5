"""The objectives' part of a plan: which series count, the rules that count them, and the verdict on each promise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from goserviceslo.api.alerting import Alerting
from goserviceslo.api.status import GoServiceSloStatus, ObjectiveState, ObjectiveStatus
from goserviceslo.api.v1alpha1 import GoServiceSloSpec, Objective
from goserviceslo.ports import PROMETHEUS_RULES, Json, Key
from goserviceslo.reconcile.conditions import Finding, timestamp
from goserviceslo.reconcile.maintenance import MaintenancePart, in_maintenance
from goserviceslo.reconcile.model import Observed, Past, Purpose, RuleShare, RuleSink, Write
from goserviceslo.reconcile.ownership import owned_object
from goserviceslo.slo.indicator import Indicator, Unresolved, Workload, needs_a_look, resolve
from goserviceslo.slo.presence import Presence, Workforce, workforce
from goserviceslo.slo.raw_counts import signature
from goserviceslo.slo.rules import SloRef, render_groups
from goserviceslo.slo.summary import meaningful
from goserviceslo.slo.verdict import judge

_REJECTED = "RulesRejected"
_REJECTION = "Prometheus does not take the rules: "
_MEASURED_STATES = frozenset(
    {ObjectiveState.MET, ObjectiveState.AT_RISK, ObjectiveState.BREACHED, ObjectiveState.LOW_TRAFFIC}
)
_UNTIL_THEY_ARE_UP = frozenset({Presence.DEPLOYING.value, Presence.DOWN.value})


@dataclass(frozen=True, slots=True)
class MeasuringPart:
    """What the objectives contribute to a plan."""

    objectives: tuple[ObjectiveStatus, ...]
    finding: Finding
    rules_finding: Finding | None
    """Why the rules are not in place; None where they are."""
    write: Write | None
    share: RuleShare | None
    has_rules: bool
    """Whether rules are there, or will be with this plan."""
    wants_shapes: bool
    pasts: tuple[Past, ...]
    due: timedelta | None
    """When pods that were given time to come up should be looked at again."""


def plan_measuring(
    spec: GoServiceSloSpec, status: GoServiceSloStatus, observed: Observed, upkeep: MaintenancePart, now: datetime
) -> MeasuringPart:
    """Resolve, render and judge every objective."""
    metadata = observed.resource["metadata"]
    workload = Workload(metadata["namespace"], spec.target.name)
    before = {objective.name: objective for objective in status.objectives or ()}
    pods = _pods(observed)
    same_wish = status.observed_generation == metadata["generation"]
    resolved: list[tuple[Objective, Indicator | Unresolved]] = []
    judged = []
    for objective in spec.objectives:
        previous = before.get(objective.name)
        remembered = previous.metric if previous is not None else None
        indicator = resolve(objective, workload, observed.shapes, remembered)
        resolved.append((objective, indicator))
        judged.append(_judge(objective, indicator, previous, observed, pods, upkeep, now, same_wish=same_wish))
    countable = [(objective, found) for objective, found in resolved if isinstance(found, Indicator)]
    ref = SloRef(
        metadata["namespace"],
        metadata["name"],
        spec.tier,
        upkeep.maintenance,
        spec.alerting or Alerting(),
        spec.target.name,
    )
    groups = render_groups(ref, countable, observed.settings) if countable and not upkeep.hold else ()
    write, share = _destination(groups, observed)
    return MeasuringPart(
        objectives=tuple(judged),
        finding=_measured(judged, observed, upkeep),
        rules_finding=_rules_finding(observed),
        write=write,
        share=share,
        has_rules=bool(groups) or observed.rules.owned is not None or (upkeep.hold and status.rules is not None),
        pasts=() if upkeep.hold else tuple(_pasts(countable, judged, upkeep)),
        wants_shapes=any(needs_a_look(objective, found) for objective, found in resolved),
        due=pods.settles_in(now) if pods and any(one.reason in _UNTIL_THEY_ARE_UP for one in judged) else None,
    )


def _pasts(
    countable: Sequence[tuple[Objective, Indicator]], judged: Sequence[ObjectiveStatus], upkeep: MaintenancePart
) -> Iterator[Past]:
    by_name = {one.name: one for one in judged}
    for objective, indicator in countable:
        status = by_name[objective.name]
        # Without figures what was known of the evidence stands.
        reaches = status.window is None or status.evidence_since == status.window.start
        if status.evidence_since is None or status.history is not None or not reaches:
            yield Past(objective.name, objective.window, objective.time_zone, indicator, upkeep.windows)


def _pods(observed: Observed) -> Workforce | None:
    autoscalers = [f"{view.kind} {view.name}" for view in observed.autoscalers]
    return workforce(observed.deployment, min(autoscalers, default=None))


def _judge(
    objective: Objective,
    indicator: Indicator | Unresolved,
    previous: ObjectiveStatus | None,
    observed: Observed,
    pods: Workforce | None,
    upkeep: MaintenancePart,
    now: datetime,
    *,
    same_wish: bool,
) -> ObjectiveStatus:
    """The verdict now, or the one that stands where it says the same of the same wish."""
    if previous is not None and same_wish and observed.source.configured and not observed.source.asked:
        return previous  # a new leader has not asked yet: what the last one found out stands until it has
    measurement = observed.measurements.get(objective.name)
    past = measurement.recalled if measurement is not None else None
    if measurement is not None and past is not None and _is_void(past.history.meaning, indicator):
        measurement = measurement.recorded()
    # What the Deployment does while maintenance runs is meant, whatever it looks like.
    explaining = None if upkeep.running else pods
    new = judge(objective, indicator, measurement, observed.source, previous, now, explaining)
    new = _with_known_past(in_maintenance(new, upkeep.running), previous, indicator)
    if previous is None or not same_wish:
        return new
    written_at = None if previous.measured_at is None else datetime.fromisoformat(previous.measured_at)
    age = observed.status_interval if written_at is None else now - written_at
    return new if meaningful(previous, new, age, observed.status_interval) else previous


def _is_void(meaning: str, indicator: Indicator | Unresolved) -> bool:
    return isinstance(indicator, Indicator) and meaning != signature(indicator)


def _with_known_past(
    new: ObjectiveStatus, previous: ObjectiveStatus | None, indicator: Indicator | Unresolved
) -> ObjectiveStatus:
    """While there are no figures, what is known of the past stays written: nobody needs to ask for it again."""
    if previous is None or new.total is not None or previous.evidence_since is None:
        return new
    if previous.history is not None and _is_void(previous.history.counted, indicator):
        return new
    return new.model_copy(update={"evidence_since": previous.evidence_since, "history": previous.history})


def _destination(groups: tuple[Json, ...], observed: Observed) -> tuple[Write | None, RuleShare | None]:
    """Where the groups go. With nothing to count yet, rules that are there stay."""
    if observed.rules.sink is not RuleSink.PROMETHEUS_RULE:
        return None, RuleShare(groups) if groups else None
    if not groups:
        return None, None
    metadata = observed.resource["metadata"]
    key = Key(metadata["namespace"], f"{metadata['name']}-goslo")
    body, applied_hash = owned_object(
        observed.resource,
        api_version=PROMETHEUS_RULES.api_version,
        kind=PROMETHEUS_RULES.kind,
        name=key.name,
        spec={"groups": list(groups)},
        labels=dict(observed.rules.labels),
    )
    owned = observed.rules.owned
    if owned is not None and owned.applied_hash == applied_hash:
        return None, None
    known = owned is not None
    return Write(Purpose.RULES, PROMETHEUS_RULES, key, body, applied_hash, exclusive=True, known=known), None


def _rules_finding(observed: Observed) -> Finding | None:
    refusal = observed.refusals.get(Purpose.RULES)
    if refusal is not None:
        return Finding("False", f"Rules{refusal.kind.value}", refusal.message)
    if observed.rules.rejected is not None:
        return Finding("False", _REJECTED, f"{_REJECTION}{observed.rules.rejected}")
    return None


def told_rejection(resource: Json) -> str | None:
    """What the status says of rules that Prometheus refused, for whoever begins to lead before it has been asked.

    None where the spec has changed since: then the rules do, too.
    """
    generation = resource["metadata"]["generation"]
    for condition in (resource.get("status") or {}).get("conditions") or ():
        if condition.get("reason") == _REJECTED and condition.get("observedGeneration") == generation:
            return str(condition.get("message", "")).removeprefix(_REJECTION)
    return None


def _measured(judged: Sequence[ObjectiveStatus], observed: Observed, upkeep: MaintenancePart) -> Finding:
    """Whether there are figures for every objective."""
    if not observed.source.configured:
        return Finding(
            "False", "NoPrometheus", "The operator was given no Prometheus: set prometheus.url in the chart's values."
        )
    if observed.source.trouble is not None:
        return Finding("False", f"Source{observed.source.trouble.value}", observed.source.detail)
    missing = [objective for objective in judged if objective.state not in _MEASURED_STATES]
    if not missing:
        pause = f" Maintenance runs until {timestamp(upkeep.running.end)} and is left out." if upkeep.running else ""
        return Finding("True", "Measured", f"Every objective is measured.{pause}")
    first = missing[0]
    others = f" ({len(missing)} of {len(judged)} objectives are without figures.)" if len(missing) > 1 else ""
    if not observed.source.asked:
        return Finding("Unknown", "NotAskedYet", "The source of measurements has not been asked yet.")
    return Finding("False", first.reason, f"{first.name}: {first.message}{others}")
