"""Many objectives in one word each: the worst of them, whether all are kept, and whether a change is worth a write."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from goserviceslo.api.status import ObjectiveState, ObjectiveStatus

Truth = Literal["True", "False", "Unknown"]

_WORST_FIRST = (
    ObjectiveState.BREACHED,
    ObjectiveState.AT_RISK,
    ObjectiveState.MET,
    ObjectiveState.LOW_TRAFFIC,
    ObjectiveState.NO_DATA,
    ObjectiveState.UNKNOWN,
)
"""Those with evidence first: an objective without figures has nothing to show in a column."""
_EVIDENCE = frozenset({ObjectiveState.MET, ObjectiveState.AT_RISK, ObjectiveState.BREACHED})


def worst(statuses: Sequence[ObjectiveStatus]) -> ObjectiveStatus | None:
    """The objective that people should see first: the worst state, and of equal ones the least budget left."""
    return min(statuses, key=_rank, default=None)


def _rank(status: ObjectiveStatus) -> tuple[int, Decimal]:
    left = status.budget_remaining
    return _WORST_FIRST.index(status.state), Decimal(left.removesuffix("%")) if left else Decimal("Infinity")


def compliance(statuses: Sequence[ObjectiveStatus]) -> tuple[Truth, str, str]:
    """Whether every promise is kept, with reason and message: False if any is broken, else Unknown without evidence.

    An objective at risk is still kept: budget remains.
    """
    broken = [status.name for status in statuses if status.state is ObjectiveState.BREACHED]
    if broken:
        return "False", "Breached", f"Broken: {', '.join(broken)}."
    if not statuses:
        return "Unknown", "NoObjectives", "There is nothing to keep."
    unproven = [status for status in statuses if status.state not in _EVIDENCE]
    if unproven:
        first = unproven[0]
        return "Unknown", first.reason, f"No evidence on {', '.join(one.name for one in unproven)}: {first.message}"
    at_risk = [status.name for status in statuses if status.state is ObjectiveState.AT_RISK]
    if at_risk:
        return "True", "AtRisk", f"Kept so far, but the error budget burns too fast: {', '.join(at_risk)}."
    return "True", "Kept", "Every objective is kept."


def meaningful(previous: ObjectiveStatus, new: ObjectiveStatus, age: timedelta, refresh: timedelta) -> bool:
    """Whether a change is worth a status write.

    At once: another state, reason, target or metric, another SLI or budget as rounded, another calendar window,
    another reach of the evidence, and other words where there are no figures.
    Counts, burn rates, and with them the words, change with every tile of a busy service: they are written again when
    what was written is older than `refresh`. `age` is how old that is.
    """
    if _verdict(previous) != _verdict(new):
        return True
    return age >= refresh and _pulse(previous) != _pulse(new)


def _verdict(status: ObjectiveStatus) -> tuple[object, ...]:
    # A rolling window ends with its measurement and moves with it; a calendar window's end stands for the window.
    ends = status.window.end if status.window is not None and status.window.end != status.measured_at else None
    return (
        status.name,
        status.state,
        status.reason,
        status.target,
        status.metric,
        status.sli,
        status.budget_remaining,
        ends,
        _lacks(status),
        status.history,
        status.message if status.total is None else None,
    )


def _lacks(status: ObjectiveStatus) -> str | None:
    """How far back the evidence goes where that is not to the window's start, which moves with every measurement."""
    whole = status.window is not None and status.evidence_since == status.window.start
    return None if whole else status.evidence_since


def _pulse(status: ObjectiveStatus) -> tuple[object, ...]:
    return status.good, status.total, status.excluded, status.burn_rates, status.outage
