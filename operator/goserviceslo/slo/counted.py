"""What the counts of an objective are counts of, in words."""

from datetime import timedelta

from goserviceslo.api.duration import format_duration
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.slo.conventions import STALENESS

_MINUTE = timedelta(minutes=1)


def plural(objective: Objective) -> str:
    """`events`, `minutes`, or `slices of 30s`."""
    length = objective.slice_length
    if length is None:
        return "events"
    return "minutes" if length == _MINUTE else f"slices of {format_duration(length)}"


def silent_for(objective: Objective) -> str:
    """How long nothing was counted before that is said."""
    length = objective.slice_length
    return "five minutes" if length is None else format_duration(STALENESS + length)
