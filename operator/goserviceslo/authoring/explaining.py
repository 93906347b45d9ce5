"""An objective in words and figures: what is bad, how much of it is allowed, and when somebody is called.

Figures are for even traffic. Everything is reckoned by the code that makes the rules, nothing is measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from goserviceslo.api.duration import format_duration
from goserviceslo.api.percent import format_percent
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import CalendarPeriod, format_window
from goserviceslo.authoring.dates import Dates, dates
from goserviceslo.authoring.paging import Rate, first_to_fire, time_to_fire
from goserviceslo.authoring.wording import words
from goserviceslo.slo.burn import BurnPair, BurnPolicy, burn_policy, least_events
from goserviceslo.slo.conventions import PAGE
from goserviceslo.slo.counted import plural
from goserviceslo.slo.promql import number
from goserviceslo.slo.rules import RuleSettings

BAD_RATIOS = (Fraction(1), Fraction(1, 10), Fraction(1, 20), Fraction(1, 100))
"""Shares of bad events for which the time to an alert is told."""
HEADINGS = ("alert", "burn rate", "over", "and over", "bad above", *(f"at {float(e):.0%} bad" for e in BAD_RATIOS))
_MONTH = timedelta(days=30)
USUAL_SCRAPES = timedelta(seconds=15)
"""How often a service is scraped where nobody says it."""
_CLOCK = "%Y-%m-%d %H:%M"
_POINTS = 60


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is told of one objective."""

    name: str
    lines: tuple[tuple[str, str], ...]
    """A heading and what is to say under it."""
    alerts: tuple[tuple[str, ...], ...]
    """Rows of a table under `HEADINGS`."""
    notes: tuple[str, ...]
    page_curve: tuple[tuple[float, float], ...]
    """Share of bad events in percent, and the minutes until a page; empty where there is none."""


def explain(
    objective: Objective,
    now: datetime,
    rate: Rate | None,
    settings: RuleSettings,
    scrapes: timedelta = USUAL_SCRAPES,
) -> Explanation:
    """The explanation of an objective at `now`, for so many events a second and a scrape every so often.

    Slices of time come at a rate of their own, whatever that of events is. Raises ValueError for an unknown zone.
    """
    policy = burn_policy(objective)
    when = dates(objective, now)
    if objective.slice_length is not None:
        rate = Rate.of_one_each(objective.slice_length)
    return Explanation(
        name=objective.name,
        lines=tuple(_lines(objective, policy, when, rate)),
        alerts=tuple(_row(pair, policy, rate) for pair in policy.pairs),
        notes=tuple(_notes(objective, settings, scrapes)),
        page_curve=tuple(_page_curve(policy, rate)),
    )


def _lines(objective: Objective, policy: BurnPolicy, when: Dates, rate: Rate | None) -> Iterator[tuple[str, str]]:
    said = words(objective)
    window = _period(objective)
    if objective.description:
        yield "meaning", objective.description
    yield "promise", f"{format_percent(objective.target)}% of {said.events} are good over {_spoken(objective)}"
    yield "bad", f"one of them is bad when {said.bad}"
    yield "budget", f"{number(policy.budget * 100)}%: {_one_in(policy.budget)} may be bad"
    if rate is not None:
        for span, title in _spans(objective, when, window):
            total, bad = rate.events(span), rate.events(span) * policy.budget
            yield "allowed", f"{_count(bad)} bad of {_count(total)} in {title}, at {_rate(objective, rate)}"
    outage = float(policy.budget) * when.length
    yield "outage", f"{_length(outage)} of full outage use the whole budget of {window} up"
    yield "low traffic", _low_traffic(objective, policy, window, rate)
    yield "window", _dates(objective, when)


def _period(objective: Objective) -> str:
    """The window as a stretch of time: `30d`, `this month`."""
    text = format_window(objective.window)
    return text if isinstance(objective.window, timedelta) else f"this {text.lower()}"


def _spoken(objective: Objective) -> str:
    text = format_window(objective.window)
    if isinstance(objective.window, timedelta):
        return f"any {text}"
    return f"each calendar {text.lower()} in {objective.time_zone or 'UTC'}"


def _one_in(budget: Fraction) -> str:
    if budget.numerator == 1:
        return f"1 of {_count(Fraction(budget.denominator))}"
    return f"{_count(Fraction(budget.numerator))} of {_count(Fraction(budget.denominator))}"


def _spans(objective: Objective, when: Dates, window: str) -> Iterator[tuple[timedelta, str]]:
    yield when.length, window
    if when.length != _MONTH and objective.window is not CalendarPeriod.MONTH:
        yield _MONTH, "a month of 30 days"


def _low_traffic(objective: Objective, policy: BurnPolicy, window: str, rate: Rate | None) -> str:
    least = least_events(objective)
    text = f"below {_count(Fraction(least))} {plural(objective)} in {window} no verdict is given (state LowTraffic)"
    if rate is None:
        return text
    within = _length(timedelta(seconds=float(least / rate.per_second)))
    return f"{text}; at {_rate(objective, rate)} they come within {within}"


def _dates(objective: Objective, when: Dates) -> str:
    zone = objective.time_zone or "UTC"
    text = f"now {when.start.strftime(_CLOCK)} to {when.end.strftime(_CLOCK)} {zone}, {_length(when.length)}"
    change = when.next_change
    if change is None:
        return text
    way = "forward" if change.by > timedelta(0) else "back"
    return (
        f"{text}; the clocks go {way} by {_length(abs(change.by))} on {change.at.strftime('%Y-%m-%d')}, to "
        f"{change.at.strftime('%H:%M')}"
    )


def _row(pair: BurnPair, policy: BurnPolicy, rate: Rate | None) -> tuple[str, ...]:
    times = (time_to_fire(pair, policy, ratio, rate) for ratio in BAD_RATIOS)
    return (
        pair.severity,
        f"{float(pair.factor):.4g}",
        format_duration(pair.long),
        format_duration(pair.short),
        f"{float(pair.factor * policy.budget):.3%}",
        *("never" if found is None else _length(found) for found in times),
    )


def _notes(objective: Objective, settings: RuleSettings, scrapes: timedelta) -> Iterator[str]:
    length = objective.slice_length
    delay = scrapes + settings.lag + settings.interval + (length or timedelta(0))
    ends = "" if length is None else f"the end of a slice of {_length(length)}, "
    yield (
        f"Times are those at which enough is bad, after traffic that was good; until it is measured it takes up to "
        f"{_length(delay)} more ({ends}a scrape every {_length(scrapes)}, {_length(settings.lag)} of lag, a tile of "
        f"{_length(settings.interval)}), and a ticket's condition must hold for up to 15m."
    )


def _page_curve(policy: BurnPolicy, rate: Rate | None) -> Iterator[tuple[float, float]]:
    pages = [pair for pair in policy.pairs if pair.severity == PAGE]
    if not pages:
        return
    least = float(min(pair.factor for pair in pages) * policy.budget)
    for step in range(_POINTS + 1):
        ratio = Fraction(least ** (1 - step / _POINTS)).limit_denominator(10**6)
        found = first_to_fire(pages, policy, min(ratio, Fraction(1)), rate)
        if found is not None:
            yield float(ratio) * 100, found / timedelta(minutes=1)


def _count(value: Fraction) -> str:
    """A number of events for people: whole from ten on, with a decimal below."""
    return f"{float(value):,.0f}" if value >= 10 or value.denominator == 1 else f"{float(value):.1g}"


def _rate(objective: Objective, rate: Rate) -> str:
    if objective.slice_length is not None:
        return f"one each {_length(objective.slice_length)}"
    return f"{float(rate.per_second):,.4g}/s"


def _length(span: timedelta) -> str:
    """A length for people: whole seconds, below ten of them with a decimal."""
    step = timedelta(seconds=1) if span >= timedelta(seconds=10) else timedelta(milliseconds=100)
    return format_duration(round(span / step) * step)
