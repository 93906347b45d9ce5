"""Events for people who look at a resource: one when a state changes, none while it stays."""

from goserviceslo.api.status import GoServiceSloStatus, ObjectiveState
from goserviceslo.ports import EventNote
from goserviceslo.reconcile.conditions import READY, RUNTIME_APPLIED, SCALED
from goserviceslo.slo.presence import Presence

_WARNING_STATES = frozenset({ObjectiveState.AT_RISK, ObjectiveState.BREACHED, ObjectiveState.NO_DATA})
_AS_INTENDED = frozenset({Presence.SCALED_TO_ZERO.value, Presence.DEPLOYING.value})
"""Reasons for having no data that are nobody's fault."""
_TELLING = (READY, RUNTIME_APPLIED, SCALED)
_NOTE_LIMIT = 1024  # events.k8s.io/v1 refuses a longer note


def events(before: GoServiceSloStatus, after: GoServiceSloStatus) -> tuple[EventNote, ...]:
    """What is worth telling of the step from one status to the next.

    A first status tells only of what is wrong: a new resource that comes up as asked needs no event.
    """
    return (*_objective_events(before, after), *_condition_events(before, after))


def _objective_events(before: GoServiceSloStatus, after: GoServiceSloStatus) -> list[EventNote]:
    old = {objective.name: objective.state for objective in before.objectives or ()}
    notes = []
    for objective in after.objectives or ():
        previous = old.get(objective.name)
        if previous is objective.state or not _worth_telling(previous, objective.state):
            continue
        wrong = objective.state in _WARNING_STATES and objective.reason not in _AS_INTENDED
        kind = "Warning" if wrong else "Normal"
        was = f" (was {previous.value})" if previous is not None else ""
        note = f"Objective {objective.name} is {objective.state.value}{was}: {objective.message}"
        notes.append(EventNote(kind, f"Objective{objective.state.value}", "Measure", note[:_NOTE_LIMIT]))
    return notes


def _worth_telling(before: ObjectiveState | None, now: ObjectiveState) -> bool:
    """A source that goes and comes back changes a whole fleet: that is one alert, not thousands of Events."""
    if now is ObjectiveState.UNKNOWN:
        return False
    if before in (None, ObjectiveState.UNKNOWN):
        return now in (ObjectiveState.BREACHED, ObjectiveState.AT_RISK)
    return True


def _condition_events(before: GoServiceSloStatus, after: GoServiceSloStatus) -> list[EventNote]:
    old = {condition.type: condition for condition in before.conditions or ()}
    notes = []
    for condition in after.conditions or ():
        previous = old.get(condition.type)
        if condition.type not in _TELLING or (previous is not None and previous.reason == condition.reason):
            continue
        if condition.status == "True" and (previous is None or previous.status == "True"):
            continue
        if condition.status == "Unknown":
            continue
        kind = "Normal" if condition.status == "True" or condition.reason == "RollingOut" else "Warning"
        notes.append(EventNote(kind, condition.reason, "Reconcile", condition.message[:_NOTE_LIMIT]))
    # One sentence under several conditions (a missing target, say) is one event.
    return list({(note.reason, note.note): note for note in notes}.values())
