"""What a metric measures, told by its name, and a bound in that unit.

Names end as Prometheus' conventions have it: `_seconds`, `_bytes`, `_ratio`, before `_total`, `_bucket` and the like.
"""

import re
from fractions import Fraction

from goserviceslo.api.amount import Amount, Unit
from goserviceslo.slo.unresolved import Reason, Refused
from goserviceslo.slo.users import Written

_PER_UNIT: tuple[tuple[re.Pattern[str], Unit, Fraction], ...] = tuple(
    (re.compile(rf"(?:.*[_:])?(?:{names})"), unit, factor)
    for names, unit, factor in (
        ("seconds|s", Unit.SECONDS, Fraction(1)),
        ("milliseconds|millis|ms", Unit.SECONDS, Fraction(1000)),
        ("microseconds|micros|us", Unit.SECONDS, Fraction(1_000_000)),
        ("nanoseconds|nanos|ns", Unit.SECONDS, Fraction(1_000_000_000)),
        ("bytes", Unit.BYTES, Fraction(1)),
        ("kibibytes|kib", Unit.BYTES, Fraction(1, 1024)),
        ("mebibytes|mib", Unit.BYTES, Fraction(1, 1024**2)),
        ("ratio", Unit.PERCENT, Fraction(1)),
        ("percent|percentage", Unit.PERCENT, Fraction(100)),
    )
)
"""Names, what they measure, and how many of the metric's units are a second, a byte, the whole."""
_ENDINGS = re.compile(r"_(?:total|bucket|count|sum|created)$")


def unit_of_metric(name: str) -> tuple[Unit, Fraction] | None:
    """What a metric measures and how many of its units are one of the base; None where its name does not say."""
    base = _ENDINGS.sub("", name)
    return next(((unit, factor) for names, unit, factor in _PER_UNIT if names.fullmatch(base)), None)


def in_metrics_unit(field: str, bound: Amount, metric: str | None, *, of_rate: bool = False) -> Fraction:
    """The bound as a number to compare with the metric's values.

    A number without a unit is taken as it is; where a metric's name does not tell its unit, the base units of
    Prometheus are meant: ratios, bytes, seconds. Raises Refused where the two do not go together.
    """
    known = None if metric is None or of_rate else unit_of_metric(metric)
    if bound.unit is Unit.NONE or (known is None and not of_rate):
        return bound.value
    if known is None:
        if bound.unit is Unit.SECONDS:
            raise Refused(
                Reason.UNIT_MISMATCH,
                f"{field} is {bound}, a length of time, and what it bounds is a rate: write a number, or a percentage",
                field,
            )
        return bound.value
    unit, factor = known
    if bound.unit is not unit:
        raise Refused(
            Reason.UNIT_MISMATCH,
            f"{field} is {bound}, and {metric} is measured in {_measure(unit)}: write {_SUCH_AS[unit]}",
            field,
        )
    return bound.value * factor


_SUCH_AS = {Unit.SECONDS: "a bound such as 300ms", Unit.BYTES: "a bound such as 512Mi", Unit.PERCENT: "one such as 80%"}


def _measure(unit: Unit) -> str:
    return {Unit.SECONDS: "units of time", Unit.BYTES: "bytes", Unit.PERCENT: "shares of a whole"}.get(unit, unit.value)


def bound_of_expression(field: str, bound: Amount, expression: Written) -> Fraction:
    """The bound as a number to compare with what an expression gives. Raises Refused as `in_metrics_unit`."""
    return in_metrics_unit(field, bound, expression.metric, of_rate=expression.is_rate)
