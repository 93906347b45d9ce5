"""When an error budget burns too fast: pairs of windows, and the factor that both must exceed.

The method is that of the Site Reliability Workbook (ch. 5, "Multiwindow, Multi-Burn-Rate Alerts"): the long window
shows that a share of the budget is gone, the short one, a twelfth of it, that it still goes on. The factor follows from
the objective's own window: a burn rate of `share * window / long` spends `share` of its budget in the long window.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import CalendarPeriod
from goserviceslo.slo.conventions import PAGE, TICKET

_MINUTE = timedelta(minutes=1)
_FOUR_WEEKS = timedelta(days=28)
_STANDARD = (
    (PAGE, timedelta(hours=1), Fraction(2, 100)),
    (PAGE, timedelta(hours=6), Fraction(5, 100)),
    (TICKET, timedelta(days=1), Fraction(10, 100)),
    (TICKET, timedelta(days=3), Fraction(10, 100)),
)
"""Severity, long window and share of the budget, for windows of four weeks and more."""
_LADDER = tuple(timedelta(minutes=m) for m in (5, 10, 15, 30, 45, 60, 120, 180, 360, 480, 720, 1440, 2880, 4320))
"""Long windows that people can read; a shorter objective gets the largest below its scaled one."""
_APART = 3
"""Each long window is at least this many times the one before it."""
_SHORTEST_SHORT = _MINUTE
_LEAST_FACTOR = {PAGE: Fraction(3), TICKET: Fraction(9, 10)}
"""Below these nobody should be called: at 3 the budget lasts a third of the window, at 0.9 it just about lasts."""
_LARGEST_BAD_SHARE = Fraction(8, 10)
"""A factor that asks for more than this share of bad events is lowered, else a full outage might not reach it."""
_NOMINAL = {
    CalendarPeriod.DAY: timedelta(days=1),
    CalendarPeriod.WEEK: timedelta(days=7),
    CalendarPeriod.MONTH: timedelta(days=30),
    CalendarPeriod.QUARTER: timedelta(days=91),
    CalendarPeriod.YEAR: timedelta(days=365),
}
SUMMED = (timedelta(minutes=5), timedelta(minutes=30))
"""The usual short windows. They hold so few tiles that whoever wants their burn rate sums them, and no series is kept.

One question answers for a whole fleet, so there are two of them, and no others: slices of 17 minutes would make a third
that every objective pays for. In a shorter one the newest tile, which may come a moment late, would weigh too much."""
LAST_HOUR = timedelta(hours=1)
"""Always recorded: the burn rate that people are shown."""

LEAST_EVENTS = 10
"""Events below which there is no verdict, whatever the target."""
LEAST_BAD_EVENTS = 5
"""Bad events in the long window below which no alert is given: one unlucky request wakes nobody."""


@dataclass(frozen=True, slots=True)
class BurnPair:
    """One condition of an alert: the burn rate over both windows is above the factor."""

    severity: str
    short: timedelta
    long: timedelta
    factor: Fraction
    least_bad: int = LEAST_BAD_EVENTS
    """Bad events in the long window below which no alert is given."""


def nominal_length(window: CalendarPeriod | timedelta) -> timedelta:
    """The length that alerts reckon with; a calendar window's own varies by a few days."""
    return _NOMINAL[window] if isinstance(window, CalendarPeriod) else window


@dataclass(frozen=True, slots=True)
class BurnPolicy:
    """All that is reckoned once for a target and a window."""

    budget: Fraction
    """The share of bad events that the target allows, exactly."""
    pairs: tuple[BurnPair, ...]
    """Pages first, of each severity the quickest first."""
    recorded: tuple[timedelta, ...]
    """The windows whose burn rates are recorded: those that page, less `summed`, and the last hour; shortest first."""
    summed: tuple[timedelta, ...]
    """Those of `SUMMED` that page as short windows, and as no long one."""


def burn_policy(objective: Objective) -> BurnPolicy:
    """The alert conditions of an objective.

    Of a window below four weeks the pairs are scaled with it, down to a long window of five minutes. Slices of time
    make no window shorter than one of them.
    """
    return _policy(nominal_length(objective.window), objective.target, objective.slice_length)


@lru_cache(maxsize=1024)
def _policy(window: timedelta, target: Decimal, of_slices: timedelta | None) -> BurnPolicy:
    budget = 1 - Fraction(target) / 100
    scale = min(Fraction(1), Fraction(window // _MINUTE, _FOUR_WEEKS // _MINUTE))
    found: list[BurnPair] = []
    slice_minutes = _MINUTE * -(-(of_slices or _MINUTE) // _MINUTE)
    shortest = next(rung for rung in _LADDER if rung >= slice_minutes)
    for severity, standard, share in _STANDARD:
        scaled = _MINUTE * int(scale * (standard // _MINUTE))
        long = max(shortest, max((rung for rung in _LADDER if rung <= scaled), default=shortest))
        if long > window / 2:
            break
        shortest = next((rung for rung in _LADDER if rung >= _APART * long), _LADDER[-1])
        exact = share * Fraction(window // _MINUTE, long // _MINUTE)
        factor = min(max(exact, _LEAST_FACTOR[severity]), _LARGEST_BAD_SHARE / budget)
        if found and factor >= found[-1].factor:
            continue  # slower than the pair before it and no more sensitive
        short = max(_SHORTEST_SHORT, slice_minutes, _MINUTE * (long // _MINUTE // 12))
        found.append(BurnPair(severity, short, long, factor, _least_bad(long, of_slices)))
    paging = [pair for pair in found if pair.severity == PAGE]
    longs, shorts = {LAST_HOUR, *(pair.long for pair in paging)}, {pair.short for pair in paging}
    summed = shorts.intersection(SUMMED) - longs
    return BurnPolicy(budget, tuple(found), tuple(sorted((longs | shorts) - summed)), tuple(sorted(summed)))


def _least_bad(long: timedelta, of_slices: timedelta | None) -> int:
    """Of slices one in twenty of those that the window holds: a bad one is more than an unlucky request."""
    return LEAST_BAD_EVENTS if of_slices is None else min(LEAST_BAD_EVENTS, max(1, long // of_slices // 20))


def least_events(objective: Objective) -> int:
    """How many events, or slices of time, a verdict takes, unless the user says so.

    As many as allow one bad event, at least ten; of slices at most half of those that fit into the window.
    """
    if objective.min_events is not None:
        return objective.min_events
    enough = max(LEAST_EVENTS, ceil(1 / burn_policy(objective).budget))
    length = objective.slice_length
    return enough if length is None else min(enough, max(1, nominal_length(objective.window) // length // 2))
