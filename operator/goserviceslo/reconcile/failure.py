"""What is said of a resource on which the operator itself fails: nobody knows how it stands, and no figure is new."""

from datetime import datetime

from goserviceslo.api.status import ObjectiveState
from goserviceslo.reconcile.conditions import COMPLIANT, MEASURED, READY, RUNTIME_APPLIED, SCALED, Finding, conditions
from goserviceslo.reconcile.events import events
from goserviceslo.reconcile.model import Observed, Plan
from goserviceslo.reconcile.reconcile import dump, read_status

INTERNAL_ERROR = "InternalError"


def admission(observed: Observed, error: Exception, now: datetime) -> Plan:
    """The status that admits it, and nothing else: rules, variables and autoscalers stand as they were written.

    Objectives keep their figures, which say when they were measured, but no state. Equal errors give equal words, so
    that the next attempt writes nothing.
    """
    before = read_status(observed)
    generation = observed.resource["metadata"]["generation"]
    message = (
        f"The operator fails on this resource ({type(error).__name__}) and goes on trying. What it wrote before "
        "stands, and figures are of their measuredAt. The operator's log has the trace: please report it."
    )
    unknown = Finding("Unknown", INTERNAL_ERROR, "Not judged: see the condition Ready.")
    findings = {
        READY: Finding("False", INTERNAL_ERROR, message),
        **dict.fromkeys((MEASURED, COMPLIANT, RUNTIME_APPLIED, SCALED), unknown),
    }
    unknown_states = tuple(
        one.model_copy(update={"state": ObjectiveState.UNKNOWN, "reason": INTERNAL_ERROR, "message": unknown.message})
        for one in before.objectives or ()
    )
    status = before.model_copy(
        update={
            "objectives": unknown_states or None,
            "sli": None,
            "target": None,
            "budget_remaining": None,
            "burn_rate": None,
            "worst_objective": None,
            "conditions": conditions(findings, before.conditions or (), generation, now),
        },
    )
    return Plan(status=dump(status), events=events(before, status))
