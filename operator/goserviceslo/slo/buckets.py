"""Bounds of classic histograms: the same number is spelled in several ways, and a promise wants a bucket of its own."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from goserviceslo.api.duration import format_duration

_MICROSECOND = timedelta(microseconds=1)


def in_units(bound: timedelta, unit: timedelta) -> Decimal:
    """A latency bound in the unit of a histogram, exactly."""
    return Decimal(bound // _MICROSECOND) / Decimal(unit // _MICROSECOND)


def spelled(bound: Decimal) -> str:
    """The bound without exponent and without trailing zeros."""
    text = f"{bound:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def matching(bound: Decimal, bounds: Sequence[str]) -> str | None:
    """The `le` value among `bounds` that is this very number, as the source spells it."""
    return next((le for le in bounds if _number(le) == bound), None)


def next_below(bound: Decimal, bounds: Sequence[str]) -> str | None:
    """The largest `le` value below this number and above 0, as the source spells it."""
    below = [(number, le) for le in bounds if (number := _number(le)) is not None and 0 < number < bound]
    return max(below, default=(bound, None))[1]


def as_duration(le: str, unit: timedelta) -> str:
    """A bucket's bound as a duration that a user can write."""
    return format_duration(_MICROSECOND * int((_number(le) or 0) * (unit // _MICROSECOND)))


def spellings(le: str) -> tuple[str, ...]:
    """All values of `le` that mean the number of this one.

    Prometheus 3 writes 1 as 1.0 where Prometheus 2 kept what the client wrote, so a series may change its spelling.
    """
    number = _number(le)
    if number is None:
        return (le,)
    plain = spelled(number)
    return tuple(dict.fromkeys((le, plain, plain if "." in plain else f"{plain}.0")))


def lowest(unit: timedelta, bounds: Sequence[str]) -> str | None:
    """The lowest bound as a duration that a user can write; None where there is no bucket."""
    known = sorted((number, le) for le in bounds if (number := _number(le)) is not None and number > 0)
    return as_duration(known[0][1], unit) if known else None


def _number(le: str) -> Decimal | None:
    """What bounds a bucket; None of the one that has no bound."""
    try:
        number = Decimal(le)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
