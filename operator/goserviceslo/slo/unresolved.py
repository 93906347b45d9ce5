"""Why nothing can be counted for an objective, in words for its owner."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why nothing can be counted for an objective."""

    METRIC_NOT_FOUND = "MetricNotFound"
    LABEL_NOT_FOUND = "LabelNotFound"
    BUCKET_NOT_FOUND = "BucketNotFound"
    EXPRESSION_REFUSED = "ExpressionRefused"
    """The user's own PromQL cannot be used; the message says why."""
    UNIT_MISMATCH = "UnitMismatch"
    """A bound is of another kind than what it is to bound."""
    NOT_YET_KNOWN = "NotYetKnown"
    """The source of measurements has not been asked, or did not answer, and nothing is remembered."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An objective for which no series could be chosen, in words for its owner."""

    reason: Reason
    message: str
    looked_for: tuple[str, ...] = ()
    """Names of metrics (or labels, or the bucket) that would have done."""
    field: str = ""
    """Of the objective, such as `boolean.holds`; empty where no field alone is to blame."""


class Refused(ValueError):
    """What the user wrote into a field cannot be measured; the text says why and what to write instead.

    It begins with the field, such as `boolean.holds`.
    """

    def __init__(self, reason: Reason, message: str, field: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field


def listed(names: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    *most, final = names
    return f"{', '.join(most)} {last} {final}" if most else final
