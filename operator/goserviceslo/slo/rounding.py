"""Figures for people: rounded so that they never flatter, and steady so that noise writes nothing.

A share of good events is rounded down, so that 99.9996 is not shown as 100 and 99.8999 not as 99.9. What was written
before stays for as long as the exact figure lies within a quarter of a step of it.
"""

from decimal import Decimal, InvalidOperation
from fractions import Fraction

_SLACK = Fraction(1, 4)
_MOST_DECIMALS = 9


def sli_text(good_ratio: Fraction, target_percent: Decimal, before: str | None) -> str:
    """The share of good events in percent, with two decimals more than the target, more where it takes them.

    One more than the zeros of what is missing to 100, so that an SLI just below 100 shows that it is.
    """
    percent = good_ratio * 100
    decimals = -_exponent(target_percent) + 2
    missing = 100 - percent
    while missing and decimals < _MOST_DECIMALS and missing * 10**decimals < 1:
        decimals += 1
    held = _held(before, percent, Fraction(1, 10**decimals))
    if held is not None and _same_side(Fraction(held), percent, (Fraction(100), Fraction(target_percent))):
        return _plain(held)
    return _plain(_floor(percent, decimals))


def budget_text(remaining_ratio: Fraction, before: str | None) -> str:
    """What is left of the error budget in whole percent, rounded down: 0% is used up, below that it is overspent."""
    percent = remaining_ratio * 100
    held = _held(before.removesuffix("%") if before else None, percent, Fraction(1))
    if held is not None and _same_side(Fraction(held), percent, (Fraction(0), Fraction(100))):
        return f"{_plain(held)}%"
    return f"{_plain(_floor(percent, 0))}%"


def burn_text(rate: float, before: str | None) -> str:
    """A burn rate with one decimal, whole from 100 on, and below 1 with two significant digits."""
    decimals = 0 if rate >= 100 else 1
    while 0 < rate < 1 and decimals < _MOST_DECIMALS and rate * 10**decimals < 10:
        decimals += 1
    written = _number(before)
    # Half a step either way rounds to what was written.
    near = written is not None and abs(float(written) - rate) <= (0.5 + float(_SLACK)) * 10.0**-decimals
    if written is not None and near and (written > 0) == (rate > 0):
        return _plain(written)
    return _plain(Decimal(f"{rate:.{decimals}f}"))


def _exponent(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return min(0, exponent) if isinstance(exponent, int) else 0


def _number(before: str | None) -> Decimal | None:
    """A figure as it was written; None for anything else."""
    try:
        written = None if before is None else Decimal(before)
    except InvalidOperation:
        return None
    return written if written is not None and written.is_finite() else None


def _held(before: str | None, exact: Fraction, step: Fraction) -> Decimal | None:
    """The written figure, where the exact one is still near enough to those that are rounded down to it."""
    written = _number(before)
    if written is None:
        return None
    over = exact - Fraction(written)
    return written if -step * _SLACK <= over < step * (1 + _SLACK) else None


def _same_side(written: Fraction, exact: Fraction, marks: tuple[Fraction, ...]) -> bool:
    """Whether both are above, at or below each of the marks that mean something."""
    return all((written > mark) - (written < mark) == (exact > mark) - (exact < mark) for mark in marks)


def _floor(value: Fraction, decimals: int) -> Decimal:
    scaled = value * 10**decimals
    return Decimal(scaled.numerator // scaled.denominator).scaleb(-decimals)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
