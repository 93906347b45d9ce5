"""One decision about one resource, as a table of situations."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.table import cases
from tests.unit.reconcile.given import (
    NOW,
    after,
    condition,
    deployment,
    measured,
    observed,
    ours,
    resource,
)

from goserviceslo.api.observed import AutoscalerView, EnvEntry, Rival, RuntimeSample
from goserviceslo.ports import Trouble
from goserviceslo.reconcile import reconcile
from goserviceslo.reconcile.measuring import told_rejection
from goserviceslo.reconcile.model import (
    Observed,
    OwnedObject,
    Plan,
    Purpose,
    Refusal,
    RefusalKind,
    RuleShare,
    RuleSink,
    RulesView,
    Write,
)
from goserviceslo.reconcile.ownership import FINALIZER
from goserviceslo.slo.measurement import SourceHealth

RUNTIME = {"runtime": {"gogc": 200}}
TYPO = {"target": {"name": "checkout", "container": "typo"}}
SCALING = {"autoscaling": {"minReplicas": 2, "maxReplicas": 5}}


def write(plan: Plan, purpose: Purpose) -> Write | None:
    return next((one for one in plan.writes if one.purpose is purpose), None)


@cases(
    "seen, kind, status, reason",
    {
        "all in place": (observed(), "Ready", "True", "Reconciled"),
        "a target that is not there": (observed(deployment=None), "Ready", "False", "TargetNotFound"),
        "a spec that the API server should have refused": (
            observed(resource({"objectives": []})),
            "Ready",
            "False",
            "InvalidSpec",
        ),
        "a zone that nobody knows": (
            observed(
                resource(
                    {
                        "objectives": [
                            {"name": "a", "target": 99, "window": "Month", "timeZone": "Mars/Olympus", "http": {}}
                        ]
                    }
                )
            ),
            "Ready",
            "False",
            "UnknownTimeZone",
        ),
        "an older resource with the same target": (
            observed(rivals=[Rival("older", "uid-0", datetime(2026, 10, 1, tzinfo=UTC))]),
            "Ready",
            "False",
            "TargetTaken",
        ),
        "a younger resource with the same target": (
            observed(rivals=[Rival("younger", "uid-2", datetime(2026, 11, 2, tzinfo=UTC))]),
            "Ready",
            "True",
            "Reconciled",
        ),
        "rules that RBAC forbids": (
            observed(refusals={Purpose.RULES: Refusal(RefusalKind.FORBIDDEN, "no")}),
            "Ready",
            "False",
            "RulesForbidden",
        ),
        "rules that Prometheus does not take": (
            observed(rules=RulesView(RuleSink.CONFIG_MAP, "ConfigMap x", None, {}, "parse error")),
            "Ready",
            "False",
            "RulesRejected",
        ),
        "no Prometheus given": (
            observed(source=SourceHealth(configured=False)),
            "Measured",
            "False",
            "NoPrometheus",
        ),
        "a Prometheus that is down": (
            observed(source=SourceHealth(trouble=Trouble.UNREACHABLE, detail="refused")),
            "Measured",
            "False",
            "SourceUnreachable",
        ),
        "a Prometheus that is down leaves compliance open": (
            observed(source=SourceHealth(trouble=Trouble.UNREACHABLE, detail="refused")),
            "Compliant",
            "Unknown",
            "SourceUnreachable",
        ),
        "figures above the target": (
            observed(measurements={"availability": measured(1, 10_000)}),
            "Compliant",
            "True",
            None,
        ),
        "figures below the target": (
            observed(measurements={"availability": measured(200, 10_000)}),
            "Compliant",
            "False",
            None,
        ),
        "no figures": (observed(), "Compliant", "Unknown", None),
        "a runtime that is not asked for": (observed(), "RuntimeApplied", "True", "NotRequested"),
        "a runtime section that sets nothing": (
            observed(resource({"runtime": {"takeOver": True}})),
            "RuntimeApplied",
            "True",
            "NotRequested",
        ),
        "a container that is not there": (
            observed(resource(TYPO)),
            "Ready",
            "False",
            "ContainerNotFound",
        ),
        "a container that is not there, for the runtime": (
            observed(resource({**TYPO, **RUNTIME})),
            "RuntimeApplied",
            "False",
            "ContainerNotFound",
        ),
        "a container that is there, without a runtime": (
            observed(resource({"target": {"name": "checkout", "container": "app"}})),
            "Ready",
            "True",
            "Reconciled",
        ),
        "a runtime whose pods are not replaced, as the Deployment is paused": (
            observed(resource(RUNTIME), deployment=replace(deployment(ours(GOGC="200")), updated=2, paused=True)),
            "RuntimeApplied",
            "False",
            "RolloutPaused",
        ),
        "a runtime that is not there yet": (observed(resource(RUNTIME)), "RuntimeApplied", "False", "RollingOut"),
        "a runtime that is obeyed": (
            observed(
                resource(RUNTIME),
                deployment=deployment(ours(GOGC="200")),
                runtime=[RuntimeSample("7d9f", 3, 200, None, None)],
            ),
            "RuntimeApplied",
            "True",
            "Obeyed",
        ),
        "a runtime that nothing is known of": (
            observed(resource(RUNTIME), deployment=deployment(ours(GOGC="200"))),
            "RuntimeApplied",
            "True",
            "Applied",
        ),
        "someone else's value": (
            observed(resource(RUNTIME), deployment=deployment([EnvEntry("GOGC", "50", ("helm",))])),
            "RuntimeApplied",
            "False",
            "RuntimeConflict",
        ),
        "a conflict that only the API server saw": (
            observed(
                resource(RUNTIME),
                refusals={Purpose.RUNTIME: Refusal(RefusalKind.CONFLICT, "env GOGC is owned by helm")},
            ),
            "RuntimeApplied",
            "False",
            "RuntimeConflict",
        ),
        "an autoscaler of ours": (
            observed(resource(SCALING)),
            "Scaled",
            "True",
            "AutoscalerApplied",
        ),
        "an autoscaler of someone else's": (
            observed(
                resource(SCALING),
                autoscalers=[AutoscalerView("HorizontalPodAutoscaler", "theirs", "checkout", None, None)],
            ),
            "Scaled",
            "False",
            "ForeignAutoscaler",
        ),
        "a container without a CPU request": (
            observed(resource(SCALING), deployment=deployment(cpu_request=None)),
            "Scaled",
            "False",
            "NoCpuRequest",
        ),
    },
)
def test_what_is_said(seen: Observed, kind: str, status: str, reason: str | None) -> None:
    found = condition(reconcile(seen, NOW), kind)
    assert found["status"] == status
    assert reason is None or found["reason"] == reason
    assert found["observedGeneration"] == 3
    assert found["message"]


def everything() -> Observed:
    return observed(
        resource({**RUNTIME, **SCALING}),
        deployment=deployment(ours(GOGC="200")),
        measurements={"availability": measured(3, 12_345, w5m=0.1, w1h=0.2)},
        runtime=[RuntimeSample("7d9f", 3, 200, None, 2)],
    )


def carried_out(seen: Observed, plan: Plan) -> Observed:
    """The world after the plan: our objects there under their hashes, the finalizer on, the status written."""
    rules, scaler = write(plan, Purpose.RULES), write(plan, Purpose.AUTOSCALER)
    slo = {**seen.resource, "status": plan.status}
    slo["metadata"] = {**slo["metadata"], "finalizers": [FINALIZER] if plan.finalizer else []}
    views = list(seen.autoscalers)
    if scaler is not None:
        view = AutoscalerView("HorizontalPodAutoscaler", "checkout", "checkout", "uid-1", scaler.applied_hash)
        views.append(view)
    owned = OwnedObject(rules.applied_hash) if rules is not None else seen.rules.owned
    return replace(seen, resource=slo, rules=replace(seen.rules, owned=owned), autoscalers=views)


def test_the_plan_of_a_plan_is_empty() -> None:
    seen = everything()
    first = reconcile(seen, NOW)
    assert {one.purpose for one in first.writes} == {Purpose.RULES, Purpose.AUTOSCALER}
    settled = carried_out(seen, first)
    # The status now names the autoscaler that was made; after that there is nothing left to do.
    settled = after(settled, reconcile(settled, NOW))
    second = reconcile(settled, NOW + timedelta(seconds=20))
    assert second == Plan(settled.resource["status"], wants_shapes=second.wants_shapes, pasts=second.pasts)


def test_equal_inputs_give_equal_plans() -> None:
    assert reconcile(everything(), NOW) == reconcile(everything(), NOW)


def test_an_unreadable_spec_changes_nothing_that_stands() -> None:
    seen = replace(everything(), resource=resource({"objectives": []}))
    plan = reconcile(seen, NOW)
    assert (plan.writes, plan.deletes, plan.rule_share, plan.finalizer) == ((), (), None, None)


def test_the_loser_of_a_target_takes_back_its_own_objects_and_nothing_else() -> None:
    seen = replace(
        everything(),
        rivals=[Rival("older", "uid-0", datetime(2026, 10, 1, tzinfo=UTC))],
        rules=RulesView(RuleSink.PROMETHEUS_RULE, "x", OwnedObject("h")),
        autoscalers=[
            AutoscalerView("HorizontalPodAutoscaler", "checkout", "checkout", "uid-1", "h"),
            AutoscalerView("HorizontalPodAutoscaler", "older", "checkout", "uid-0", "h"),
        ],
    )
    plan = reconcile(seen, NOW)
    assert plan.writes == ()
    assert {(one.purpose, one.key.name) for one in plan.deletes} == {
        (Purpose.RULES, "checkout-goslo"),
        (Purpose.AUTOSCALER, "checkout"),
    }
    assert plan.rule_share == RuleShare(())


def test_a_finalizer_stands_only_where_something_must_be_given_back() -> None:
    assert reconcile(observed(), NOW).finalizer is None
    assert reconcile(observed(resource(RUNTIME)), NOW).finalizer is True
    assert reconcile(observed(resource({"runtime": {}})), NOW).finalizer is None
    held = resource({}, finalizers=[FINALIZER])
    assert reconcile(observed(held), NOW).finalizer is False


def test_removing_the_runtime_from_the_spec_gives_the_variables_back_before_the_finalizer_goes() -> None:
    held = resource({}, finalizers=[FINALIZER])
    seen = observed(held, deployment=deployment(ours(GOGC="200")))
    plan = reconcile(seen, NOW)
    given_back = write(plan, Purpose.RUNTIME)
    assert given_back is not None
    assert "spec" not in given_back.body
    assert plan.finalizer is None
    assert reconcile(replace(seen, deployment=deployment()), NOW).finalizer is False


def test_variables_are_given_back_also_while_the_named_container_is_not_there() -> None:
    held = resource(TYPO, finalizers=[FINALIZER])
    plan = reconcile(observed(held, deployment=deployment(ours(GOGC="200"))), NOW)
    assert write(plan, Purpose.RUNTIME) is not None
    assert condition(plan, "Ready")["reason"] == "ContainerNotFound"


def test_what_prometheus_said_of_refused_rules_is_read_back_from_the_status() -> None:
    refused = observed(rules=RulesView(RuleSink.CONFIG_MAP, "ConfigMap x", None, {}, "many-to-many"))
    told = {**refused.resource, "status": reconcile(refused, NOW).status}
    assert told_rejection(told) == "many-to-many"
    assert told_rejection({**told, "metadata": {**told["metadata"], "generation": 4}}) is None
    assert told_rejection({**told, "status": reconcile(observed(), NOW).status}) is None
    assert told_rejection(resource()) is None


@cases(
    "seen, writes",
    {
        "our variables are taken off": (deployment(ours(GOGC="200")), 1),
        "what was written a moment ago is not in the cache yet": (deployment(), 1),
        "the Deployment is gone": (None, 0),
    },
)
def test_deletion_gives_everything_back(seen: object, writes: int) -> None:
    going = resource(RUNTIME, finalizers=[FINALIZER], deletionTimestamp="2026-11-21T11:59:00Z")
    plan = reconcile(observed(going, deployment=seen), NOW)
    assert len(plan.writes) == writes
    assert plan.finalizer is False
    assert plan.status is None
    assert plan.rule_share == RuleShare(())


def test_a_loser_that_goes_leaves_the_variables_to_the_resource_that_keeps_the_target() -> None:
    going = resource(RUNTIME, finalizers=[FINALIZER], deletionTimestamp="2026-11-21T11:59:00Z")
    rivals = [Rival("older", "uid-0", datetime(2026, 10, 1, tzinfo=UTC))]
    plan = reconcile(observed(going, deployment=deployment(ours(GOGC="200")), rivals=rivals), NOW)
    assert plan.writes == ()
    assert plan.finalizer is False


def test_a_new_leader_keeps_what_was_written_until_it_has_asked_for_itself() -> None:
    seen = observed(measurements={"availability": measured(500, 10_000)})
    seen = after(seen, reconcile(seen, NOW))
    before = seen.resource["status"]["objectives"]
    restarted = replace(seen, source=SourceHealth(asked=False), measurements={}, shapes=None)
    plan = reconcile(restarted, NOW + timedelta(seconds=5))
    assert plan.status is not None
    assert plan.status["objectives"] == before
    assert condition(plan, "Compliant")["status"] == "False"
    assert plan.events == ()


def test_a_changed_wish_is_judged_anew_at_once() -> None:
    seen = observed(shapes=())
    seen = after(seen, reconcile(seen, NOW))
    changed = {**seen.resource, "metadata": {**seen.resource["metadata"], "generation": 4}}
    objective = {**changed["spec"]["objectives"][0], "http": {"metric": "other_total"}}
    changed["spec"] = {**changed["spec"], "objectives": [objective]}
    plan = reconcile(replace(seen, resource=changed), NOW + timedelta(seconds=5))
    assert "other_total" in condition(plan, "Measured")["message"]


def test_a_promise_that_was_broken_stays_broken_when_the_outage_takes_the_metrics_along() -> None:
    broken = observed(measurements={"availability": replace(measured(500, 10_000), counted_at=None)})
    assert condition(reconcile(broken, NOW), "Compliant")["status"] == "False"
    kept = observed(measurements={"availability": replace(measured(5, 10_000), counted_at=None)})
    assert condition(reconcile(kept, NOW), "Compliant")["status"] == "Unknown"


def test_a_share_that_hovers_about_the_target_does_not_flap() -> None:
    seen = observed(measurements={"availability": measured(1_010, 100_000)})
    seen = after(seen, reconcile(seen, NOW))
    told = 0
    for turn in range(1, 20):
        seen = replace(seen, measurements={"availability": measured(1_000 + turn % 2, 100_000)})
        plan = reconcile(seen, NOW + timedelta(seconds=turn))
        told += len(plan.events)
        seen = after(seen, plan)
    assert told == 0


def test_a_source_that_goes_and_comes_back_is_no_event_for_every_objective() -> None:
    seen = observed(measurements={"availability": measured(1, 10_000)})
    seen = after(seen, reconcile(seen, NOW))
    down = replace(seen, source=SourceHealth(trouble=Trouble.UNREACHABLE, detail="refused"))
    gone = reconcile(down, NOW + timedelta(seconds=40))
    assert condition(gone, "Compliant")["status"] == "Unknown"
    back = reconcile(replace(after(down, gone), source=SourceHealth()), NOW + timedelta(seconds=80))
    assert condition(back, "Compliant")["status"] == "True"
    assert (gone.events, back.events) == ((), ())


def test_more_replicas_are_not_a_rollout() -> None:
    scaled = replace(deployment(ours(GOGC="200")), wanted=5, replicas=3)
    found = condition(reconcile(observed(resource(RUNTIME), deployment=scaled), NOW), "RuntimeApplied")
    assert found["reason"] == "Applied"


def test_the_status_names_rules_only_where_there_are_some() -> None:
    nothing = reconcile(observed(shapes=()), NOW).status
    assert nothing is not None
    assert "rules" not in nothing


def test_a_program_that_overrules_its_environment_is_told_only_after_it_had_time_to_show() -> None:
    seen = observed(
        resource(RUNTIME),
        deployment=deployment(ours(GOGC="200")),
        runtime=[RuntimeSample("7d9f", 3, 55, None, None)],
    )
    first = reconcile(seen, NOW)
    assert condition(first, "RuntimeApplied")["reason"] == "Verifying"
    assert first.due == timedelta(seconds=60)
    seen = after(seen, first)
    assert condition(reconcile(seen, NOW + timedelta(seconds=59)), "RuntimeApplied")["reason"] == "Verifying"
    ignored = reconcile(seen, NOW + timedelta(seconds=60))
    assert condition(ignored, "RuntimeApplied")["reason"] == "EnvIgnored"
    assert "GOGC was set to 200, the process runs with 55" in condition(ignored, "RuntimeApplied")["message"]
    assert [event.reason for event in ignored.events] == ["EnvIgnored"]
    again = reconcile(after(seen, ignored), NOW + timedelta(seconds=61))
    assert condition(again, "RuntimeApplied")["reason"] == "EnvIgnored"
    assert again.events == ()


def test_what_was_taken_over_and_is_taken_back_is_not_taken_again_until_the_wish_changes() -> None:
    wish = {"runtime": {"gogc": 200, "takeOver": True}}
    theirs = deployment([EnvEntry("GOGC", "50", ("argocd",))])
    seen = observed(resource(wish), deployment=theirs)
    taking = reconcile(seen, NOW)
    taken = write(taking, Purpose.RUNTIME)
    assert taken is not None
    assert taken.force
    seen = after(seen, taking)
    for _ in range(3):
        held = reconcile(replace(seen, deployment=theirs), NOW)
        assert write(held, Purpose.RUNTIME) is None
        assert condition(held, "RuntimeApplied")["reason"] == "TakenBack"
        assert "GOGC=50 is set by argocd" in condition(held, "RuntimeApplied")["message"]
        seen = after(seen, held)
    left = write(reconcile(replace(seen, deployment=deployment()), NOW), Purpose.RUNTIME)
    assert left is not None, "nobody has it any more"
    assert not left.force
    changed = {**seen.resource, "metadata": {**seen.resource["metadata"], "generation": 4}}
    again = write(reconcile(replace(seen, resource=changed), NOW), Purpose.RUNTIME)
    assert again is not None
    assert again.force


def test_a_takeover_that_failed_is_tried_again() -> None:
    wish = {"runtime": {"gogc": 200, "takeOver": True}}
    seen = observed(resource(wish), deployment=deployment([EnvEntry("GOGC", "50", ("helm",))]))
    failed = reconcile(replace(seen, refusals={Purpose.RUNTIME: Refusal(RefusalKind.FAILED, "try again")}), NOW)
    again = write(reconcile(after(seen, failed), NOW), Purpose.RUNTIME)
    assert again is not None
    assert again.force


def test_an_autoscaler_that_has_no_metrics_yet_is_stuck_only_after_it_had_time_to_get_some() -> None:
    own = AutoscalerView("HorizontalPodAutoscaler", "checkout", "checkout", "uid-1", None, limited="no metrics known")
    seen = observed(resource(SCALING), autoscalers=[own])
    first = reconcile(seen, NOW)
    assert condition(first, "Scaled")["reason"] == "AutoscalerStarting"
    assert condition(first, "Scaled")["status"] == "Unknown"
    assert first.due == timedelta(minutes=2)
    seen = after(seen, first)
    assert condition(reconcile(seen, NOW + timedelta(seconds=119)), "Scaled")["reason"] == "AutoscalerStarting"
    stuck = reconcile(seen, NOW + timedelta(seconds=120))
    assert condition(stuck, "Scaled")["reason"] == "AutoscalerStuck"
    assert "no metrics known" in condition(stuck, "Scaled")["message"]
    assert condition(reconcile(after(seen, stuck), NOW + timedelta(minutes=3)), "Scaled")["reason"] == "AutoscalerStuck"


def test_a_breach_is_told_once() -> None:
    seen = observed(measurements={"availability": measured(1, 10_000)})
    seen = after(seen, reconcile(seen, NOW))
    broken = replace(seen, measurements={"availability": measured(500, 10_000)})
    plan = reconcile(broken, NOW + timedelta(seconds=15))
    assert [(event.kind, event.reason) for event in plan.events] == [("Warning", "ObjectiveBreached")]
    assert reconcile(after(broken, plan), NOW + timedelta(seconds=30)).events == ()


def test_the_transition_time_moves_only_with_the_status() -> None:
    seen = observed(measurements={"availability": measured(1, 10_000)})
    seen = after(seen, reconcile(seen, NOW))
    later = NOW + timedelta(minutes=2)
    assert condition(reconcile(seen, later), "Compliant")["lastTransitionTime"] == "2026-11-21T12:00:00Z"
    broken = replace(seen, measurements={"availability": measured(500, 10_000)})
    assert condition(reconcile(broken, later), "Compliant")["lastTransitionTime"] == "2026-11-21T12:02:00Z"


def test_the_columns_speak_of_the_worst_objective() -> None:
    objectives = [
        {"name": "good", "target": "99", "window": "1h", "http": {}},
        {"name": "worse", "target": "90", "window": "1h", "http": {}},
    ]
    seen = observed(
        resource({"objectives": objectives}),
        measurements={"good": measured(1, 10_000), "worse": measured(900, 10_000)},
    )
    status = reconcile(seen, NOW).status
    assert status is not None
    assert (status["worstObjective"], status["target"], status["budgetRemaining"]) == ("worse", "90", "10%")


def test_a_foreign_autoscaler_makes_ours_yield() -> None:
    mine = AutoscalerView("HorizontalPodAutoscaler", "checkout", "checkout", "uid-1", "h")
    theirs = AutoscalerView("ScaledObject", "theirs", "checkout", None, None)
    plan = reconcile(observed(resource(SCALING), autoscalers=[mine, theirs]), NOW)
    assert [one.purpose for one in plan.deletes] == [Purpose.AUTOSCALER]
    assert "ScaledObject theirs" in condition(plan, "Scaled")["message"]


@pytest.mark.parametrize("sink", RuleSink)
def test_rules_go_to_one_place_only(sink: RuleSink) -> None:
    plan = reconcile(observed(rules=RulesView(sink, "somewhere", None)), NOW)
    assert (write(plan, Purpose.RULES) is not None) is (sink is RuleSink.PROMETHEUS_RULE)
    assert (plan.rule_share is not None) is (sink is not RuleSink.PROMETHEUS_RULE)
    assert plan.status is not None
    assert plan.status["rules"] == "somewhere"


def test_a_metric_that_is_not_found_leaves_the_rules_that_stand() -> None:
    seen = observed(shapes=(), rules=RulesView(RuleSink.PROMETHEUS_RULE, "x", OwnedObject("h")))
    plan = reconcile(seen, NOW)
    assert plan.writes == ()
    assert plan.deletes == ()
    assert plan.wants_shapes
    assert condition(plan, "Measured")["reason"] == "MetricNotFound"


def unseen(wanted: int, available: int, reason: str | None = None) -> Observed:
    """Counted before, and not for five minutes; the Deployment's availability changed a minute ago."""
    pods = replace(deployment(), wanted=wanted, available=available, availability_changed_at=NOW - timedelta(minutes=1))
    gone = replace(measured(1, 10_000), counted_at=None)
    seen = observed(deployment=pods, measurements={"availability": gone})
    if reason is None:
        return seen
    before = reconcile(replace(seen, measurements={"availability": measured(1, 10_000)}), NOW).status
    assert before is not None
    before["objectives"][0]["reason"] = reason
    return replace(seen, resource={**seen.resource, "status": before})


def test_a_deployment_that_is_scaled_to_zero_on_purpose_is_no_trouble() -> None:
    before = unseen(0, 0, "BudgetLeft")
    night = AutoscalerView("ScaledObject", "night", "checkout", None, None)
    plan = reconcile(replace(before, autoscalers=[night]), NOW)
    (found,) = (plan.status or {})["objectives"]
    assert (found["state"], found["reason"]) == ("Met", "ScaledToZero")
    assert found["message"].startswith("The Deployment is scaled to zero by ScaledObject night.")
    assert (condition(plan, "Compliant")["status"], plan.events, plan.due) == ("True", (), None)


def test_pods_on_their_way_are_no_warning_and_are_looked_at_when_they_should_be_there() -> None:
    plan = reconcile(unseen(3, 0, "ScaledToZero"), NOW)
    (event,) = plan.events
    assert (event.kind, event.reason) == ("Normal", "ObjectiveNoData")
    assert plan.due == timedelta(minutes=9)
    assert condition(plan, "Compliant")["reason"] == "Deploying"


def test_pods_that_are_down_are_a_warning() -> None:
    plan = reconcile(unseen(3, 0, "BudgetLeft"), NOW)
    (event,) = plan.events
    assert (event.kind, event.reason) == ("Warning", "ObjectiveAtRisk")
    assert condition(plan, "Compliant")["reason"] == "AtRisk"
