"""How soon an alert fires: its conditions, reckoned for even traffic that was all good before.

At a share of bad events e, a window of length w holds the share e * t / w of them after t. It exceeds f times the
budget b once t > f * b * w / e, which the long window of a pair reaches last. So many bad events as the pair asks for
must be in it, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Self

from goserviceslo.slo.burn import BurnPair, BurnPolicy

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """Events per second."""

    per_second: Fraction

    @classmethod
    def of_one_each(cls, span: timedelta) -> Self:
        """One event in each span."""
        return cls(1 / _seconds(span))

    def events(self, span: timedelta) -> Fraction:
        return self.per_second * _seconds(span)


def time_to_fire(pair: BurnPair, policy: BurnPolicy, bad_ratio: Fraction, rate: Rate | None) -> timedelta | None:
    """After how long the condition of a pair holds; None where so few bad events never make it hold.

    `bad_ratio` is in (0, 1]. Without a rate, bad events enough are taken to come soon enough.
    """
    needed = pair.factor * policy.budget
    if bad_ratio <= needed:
        return None
    seconds = needed * _seconds(pair.long) / bad_ratio
    if rate is not None:
        until_enough = pair.least_bad / (rate.per_second * bad_ratio)
        if until_enough > _seconds(pair.long):
            return None
        seconds = max(seconds, until_enough)
    return float(seconds) * _SECOND


def first_to_fire(
    pairs: Sequence[BurnPair], policy: BurnPolicy, bad_ratio: Fraction, rate: Rate | None
) -> timedelta | None:
    """After how long the quickest of several conditions holds; None where none ever does."""
    times = [time_to_fire(pair, policy, bad_ratio, rate) for pair in pairs]
    return min((found for found in times if found is not None), default=None)


def _seconds(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 1_000_000)
