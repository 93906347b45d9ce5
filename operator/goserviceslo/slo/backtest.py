"""What would have been: the target that a past would have met, and whom its alerts would have called, and when."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

from goserviceslo.api.alerting import ObjectiveAlerting
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import CalendarPeriod
from goserviceslo.slo.alerts import EVERYTHING, ticket_wait, wanted
from goserviceslo.slo.burn import LEAST_EVENTS, burn_policy
from goserviceslo.slo.conventions import PAGE, TICKET
from goserviceslo.slo.firing import Span, burns, fired, looks
from goserviceslo.slo.leftout import left_out, maintained
from goserviceslo.slo.maintenance import Span as Maintenance
from goserviceslo.slo.rules import RuleSettings, ticket_pace
from goserviceslo.slo.tiles import Tiles, milliseconds
from goserviceslo.slo.windows import span

ROUND_TARGETS = tuple(map(Decimal, ("90", "95", "98", "99", "99.5", "99.9", "99.95", "99.99", "99.995", "99.999")))
MARGIN = Fraction(8, 10)
"""Of the budget, what the worst window may spend where a target is to be recommended: next month may be worse."""
_BETWEEN_POSITIONS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Position:
    """What one position of the objective's window held."""

    start: datetime
    end: datetime
    total: int
    bad: int

    @property
    def good_ratio(self) -> Fraction:
        return 1 - Fraction(self.bad, self.total)

    def left_ratio(self, budget: Fraction) -> Fraction:
        """What is left of the error budget; below 0 it is overspent."""
        return 1 - (1 - self.good_ratio) / budget


@dataclass(frozen=True, slots=True)
class Backtest:
    """An objective held against its past."""

    total: int
    bad: int
    excluded: int
    """Events left out because maintenance ran."""
    positions: int
    whole: bool
    """Whether the history is at least as long as the window; else its one position is the history."""
    worst: Position | None
    """None where there were no events at all."""
    median: Position | None
    pages: tuple[Span, ...]
    tickets: tuple[Span, ...]
    days: tuple[Position, ...]
    """The window (or as much of it as there is history) at the end of each day."""
    suggested: Decimal | None
    """The highest round target that the worst position keeps with a margin; percent."""


def backtest(
    objective: Objective,
    tiles: Tiles,
    start: datetime,
    end: datetime,
    settings: RuleSettings,
    maintenance: Sequence[Maintenance] = (),
    alerting: ObjectiveAlerting = EVERYTHING,
) -> Backtest:
    """Hold an objective against the tiles from `start` to `end`; tiles before `start` serve the alerts' windows.

    Maintenance is left out, and nobody is called in it.

    Positions of a rolling window are an hour apart; those of a calendar window are its periods, which begin and end
    with the history.
    """
    runs = maintained(maintenance, settings.tile)
    tiles, excluded = left_out(tiles, runs)
    total, bad = tiles.between(milliseconds(start), milliseconds(end))
    positions = [one for one in _positions(objective, tiles, start, end) if one.total]
    ranked = sorted(positions, key=lambda one: one.good_ratio)
    pages, tickets = firing(objective, tiles, start, end, settings, runs, alerting)
    return Backtest(
        total=round(total),
        bad=round(bad),
        excluded=round(excluded.between(milliseconds(start), milliseconds(end))[0]),
        positions=len(positions),
        whole=isinstance(objective.window, CalendarPeriod) or end - start >= objective.window,
        worst=ranked[0] if ranked else None,
        median=ranked[len(ranked) // 2] if ranked else None,
        pages=pages,
        tickets=tickets,
        days=tuple(_days(objective, tiles, start, end)),
        suggested=suggestion(positions),
    )


def firing(
    objective: Objective,
    tiles: Tiles,
    start: datetime,
    end: datetime,
    settings: RuleSettings,
    silent: Callable[[int], bool] = lambda at_ms: False,
    alerting: ObjectiveAlerting = EVERYTHING,
) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """When the page fires, and when the ticket does.

    The ticket not while the page does, neither while `silent`, and none that the resource's `alerting` or the
    objective's own has switched off.
    """
    if not tiles.at_ms:
        return (), ()
    policy, phase = burn_policy(objective), tiles.at_ms[0]
    low, high = milliseconds(start), milliseconds(end)
    page, ticket = burns(tiles, policy, PAGE), burns(tiles, policy, TICKET)
    paging = wanted(PAGE, objective, alerting)
    pages = fired(lambda at: page(at) and not silent(at), looks(low, high, settings.interval, phase)) if paging else ()
    conditions = [pair for pair in policy.pairs if pair.severity == TICKET]
    if not conditions or not wanted(TICKET, objective, alerting):
        return pages, ()
    instants = looks(low, high, ticket_pace(objective), phase)
    wait = ticket_wait(conditions)
    calls = fired(lambda at: ticket(at) and not (paging and page(at)) and not silent(at), instants, wait)
    return pages, calls


def suggestion(positions: Sequence[Position]) -> Decimal | None:
    """The highest round target that every position keeps with a margin, and has events enough to judge."""
    return next((target for target in reversed(ROUND_TARGETS) if _kept(target, positions)), None)


def _kept(target: Decimal, positions: Sequence[Position]) -> bool:
    budget = 1 - Fraction(target) / 100
    least = max(LEAST_EVENTS, ceil(1 / budget))
    judged = [one for one in positions if one.total >= least]
    return bool(judged) and all(1 - one.good_ratio <= budget * MARGIN for one in judged)


def _positions(objective: Objective, tiles: Tiles, start: datetime, end: datetime) -> Iterator[Position]:
    if isinstance(objective.window, CalendarPeriod):
        here = start
        while here < end:
            _, following = span(objective.window, objective.time_zone, here)
            yield _position(tiles, here, min(following, end))
            here = following
        return
    here = end
    yield _position(tiles, max(start, here - objective.window), here)
    while (here := here - _BETWEEN_POSITIONS) - objective.window >= start:
        yield _position(tiles, here - objective.window, here)


def _days(objective: Objective, tiles: Tiles, start: datetime, end: datetime) -> Iterator[Position]:
    here = start
    while here < end:
        _, following = span(CalendarPeriod.DAY, objective.time_zone, here)
        here = min(following, end)
        # The last instant of the day, not the first of the next, says in which calendar window it lies.
        first, _ = span(objective.window, objective.time_zone, here - timedelta(milliseconds=1))
        yield _position(tiles, max(start, first), here)


def _position(tiles: Tiles, start: datetime, end: datetime) -> Position:
    total, bad = tiles.between(milliseconds(start), milliseconds(end))
    return Position(start, end, round(total), round(bad))
