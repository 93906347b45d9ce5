"""Conditions as in metav1.Condition: the transition time moves only when the status does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from goserviceslo.api.status import Condition

READY = "Ready"
MEASURED = "Measured"
COMPLIANT = "Compliant"
RUNTIME_APPLIED = "RuntimeApplied"
SCALED = "Scaled"

Truth = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said under one condition type."""

    status: Truth
    reason: str
    message: str


@lru_cache(maxsize=64)
def timestamp(instant: datetime) -> str:
    """RFC 3339 in UTC at whole seconds, as metav1.Time."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def conditions(
    findings: dict[str, Finding], previous: Sequence[Condition], generation: int, now: datetime
) -> tuple[Condition, ...]:
    """The findings as conditions, in the order given, each with the time at which its status last changed."""
    before = {condition.type: condition for condition in previous}
    return tuple(
        Condition(
            type=kind,
            status=finding.status,
            reason=finding.reason,
            message=finding.message,
            observed_generation=generation,
            last_transition_time=_since(before.get(kind), finding, now),
        )
        for kind, finding in findings.items()
    )


def held_for(previous: Sequence[Condition], kind: str, reason: str, now: datetime) -> timedelta | None:
    """How long the condition has stood with this reason; None where it does not."""
    for condition in previous:
        if condition.type == kind and condition.reason == reason:
            return now - datetime.fromisoformat(condition.last_transition_time)
    return None


def _since(before: Condition | None, finding: Finding, now: datetime) -> str:
    if before is not None and before.status == finding.status:
        return before.last_transition_time
    return timestamp(now)
