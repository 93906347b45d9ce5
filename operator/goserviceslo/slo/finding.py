"""What was found out about one objective, before it becomes its status."""

from dataclasses import dataclass

from goserviceslo.api.status import ObjectiveState


@dataclass(frozen=True, slots=True)
class Finding:
    """A state, why, and what to do about it."""

    state: ObjectiveState
    reason: str
    message: str
