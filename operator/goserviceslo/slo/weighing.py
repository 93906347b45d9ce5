"""What counts say of a promise, beside the time in which nothing could be counted.

Kept, broken and at risk rest on evidence. What is not known is never taken for good, and never for bad.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from goserviceslo.api.duration import format_duration
from goserviceslo.api.percent import format_percent
from goserviceslo.api.status import ObjectiveState, ObjectiveStatus
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import format_window
from goserviceslo.slo.absence import OUTAGE, down, gone, lost, overspent, scaled_to_zero, unproven
from goserviceslo.slo.burn import BurnPair, burn_policy, least_events, nominal_length
from goserviceslo.slo.conventions import PAGE, TICKET
from goserviceslo.slo.counted import plural, silent_for
from goserviceslo.slo.finding import Finding
from goserviceslo.slo.measurement import Measurement
from goserviceslo.slo.presence import Presence, Workforce
from goserviceslo.slo.promql import duration, number
from goserviceslo.slo.rounding import burn_text

LEAVES_BELOW = Fraction(9, 10)
"""Share of its factor below which a burn rate must fall before an objective ceases to be at risk."""
KEPT_AGAIN_BELOW = Fraction(99, 100)
"""Share of the budget that must not be exceeded before a broken promise counts as kept again."""
KEEPS_VERDICT_ABOVE = Fraction(9, 10)
"""Share of the least events below which they must fall before a verdict is taken back for want of them."""
_EVIDENCE = frozenset({ObjectiveState.MET, ObjectiveState.AT_RISK, ObjectiveState.BREACHED})
_BY_TIME = frozenset({OUTAGE, "UnprovenOutage"})
_BURNING = {PAGE: "BurningFast", TICKET: "BurningSlowly"}


@dataclass(frozen=True, slots=True)
class Counts:
    """Whole events of the objective's window."""

    bad: int
    total: int

    @property
    def bad_ratio(self) -> Fraction:
        return Fraction(self.bad, self.total)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the Deployment says of the pods."""

    presence: Presence | None
    pods: Workforce | None


def weigh(
    objective: Objective,
    metric: str,
    measurement: Measurement,
    counts: Counts,
    previous: ObjectiveStatus | None,
    left: str,
    seen: Seen,
) -> Finding:
    """The verdict on counts that were read from a source that answers."""
    policy, window = burn_policy(objective), format_window(objective.window)
    by_time = previous is not None and previous.state is ObjectiveState.BREACHED and previous.reason in _BY_TIME
    was = previous.state if previous is not None and not by_time else None
    least, events = least_events(objective), plural(objective)
    few = counts.total < (least * KEEPS_VERDICT_ABOVE if was in _EVIDENCE else least)
    if not few and counts.bad_ratio > policy.budget * (KEPT_AGAIN_BELOW if was is ObjectiveState.BREACHED else 1):
        return _breached(objective, metric, measurement, counts)
    uncounted = _uncounted(objective, metric, measurement, previous, None if few else left, seen)
    if uncounted is not None:
        return uncounted
    asleep = measurement.counted_at is None
    if few:
        return _too_few(objective, metric, measurement, counts, scaled_to_zero(seen.pods) if asleep else "")
    severity, pair = _burning(measurement, policy.pairs, previous)
    if severity is not None:
        return Finding(
            ObjectiveState.AT_RISK,
            _BURNING[severity],
            f"{_pace(objective, measurement, pair)} {left}. Find the bad {events} by {metric}.",
        )
    kept = f"{counts.bad} of {counts.total} {events} over {window} were bad; {left}."
    outage = measurement.outage(objective.window)
    if outage.total:
        kept += f" For {lost(outage)} no pod was up, and nothing could be counted."
    if asleep:
        return Finding(ObjectiveState.MET, "ScaledToZero", f"{scaled_to_zero(seen.pods)} {kept}")
    return Finding(ObjectiveState.MET, "BudgetLeft", kept)


def _uncounted(
    objective: Objective,
    metric: str,
    measurement: Measurement,
    previous: ObjectiveStatus | None,
    left: str | None,
    seen: Seen,
) -> Finding | None:
    """What time without evidence says; None where events are counted, or where none are because none are wanted.

    `left` is what is left of the budget, None where there were too few events to say.
    """
    outage = measurement.outage(objective.window)
    leniency = KEPT_AGAIN_BELOW if previous is not None and previous.reason in _BY_TIME else Fraction(1)
    if (broken := overspent(objective, outage, leniency)) is not None:
        return broken
    if _is_down(measurement, seen.presence):
        return down(objective, outage, left)
    if (unknown := unproven(objective, outage, leniency)) is not None:
        return unknown
    if measurement.counted_at is None and seen.presence is not Presence.SCALED_TO_ZERO:
        return gone(seen.presence, objective, metric, unreached=measurement.down)
    return None


def _is_down(measurement: Measurement, presence: Presence | None) -> bool:
    """Whether an outage has taken the metrics along, as far as the rules and the Deployment know together.

    Rules that know targets alone take a scrape path that is cut for an outage, and see a scale-down late; the
    Deployment knows better. Where rules see nothing (no target is left to be down), it speaks for itself.
    """
    if measurement.down:
        return presence not in (Presence.SCALED_TO_ZERO, Presence.SERVING)
    return measurement.counted_at is None and presence is Presence.DOWN


def _too_few(objective: Objective, metric: str, measurement: Measurement, counts: Counts, asleep: str) -> Finding:
    window, least, events = format_window(objective.window), least_events(objective), plural(objective)
    if asleep:
        few = f"{asleep} {counts.total} {events} over {window} are too few for a verdict, which takes {least}."
        return Finding(ObjectiveState.LOW_TRAFFIC, "ScaledToZero", few)
    if counts.total == 0 and measurement.excluded:
        out = f"All {round(measurement.excluded)} {events} over {window} lay in maintenance: a verdict takes {least}."
        return Finding(ObjectiveState.LOW_TRAFFIC, "Maintenance", out)
    if counts.total == 0:
        silent = f"{metric} is there, and nothing happened over {window}: a verdict takes {least} {events}."
        return Finding(ObjectiveState.LOW_TRAFFIC, "Silent", silent)
    fires = " An alert fires all the same." if PAGE in measurement.alerts else ""
    return Finding(
        ObjectiveState.LOW_TRAFFIC,
        "TooFewEvents",
        f"{counts.total} {events} over {window}: a verdict takes {least}. Set minEvents if fewer are enough.{fires}",
    )


def _breached(objective: Objective, metric: str, measurement: Measurement, counts: Counts) -> Finding:
    """Proven by the window's counts, and no less so when the series have gone since (as in an outage)."""
    budget, window = burn_policy(objective).budget, format_window(objective.window)
    allowed = int(counts.total * budget)
    verdict = f"the promise of {format_percent(objective.target)}% is broken"
    if counts.bad_ratio <= budget:
        verdict += " until 1% of the error budget is left again"
    silence = f" Nothing was counted for {silent_for(objective)}: check the pods."
    return Finding(
        ObjectiveState.BREACHED,
        "BudgetSpent",
        f"{counts.bad} of {counts.total} {plural(objective)} over {window} were bad where {allowed} were allowed: "
        f"{verdict}. "
        f"Find the bad ones by {metric}.{silence if measurement.counted_at is None else ''}",
    )


def _burning(
    measurement: Measurement, pairs: Sequence[BurnPair], previous: ObjectiveStatus | None
) -> tuple[str | None, BurnPair | None]:
    """The most severe alert that holds, and the pair of burn rates that says so where they are known."""
    was = previous.reason if previous is not None and previous.state is ObjectiveState.AT_RISK else None
    for severity in (PAGE, TICKET):
        share = LEAVES_BELOW if was == _BURNING[severity] else 1
        for pair in pairs:
            rates = [measurement.burn_rates.get(duration(one)) for one in (pair.short, pair.long)]
            least = float(pair.factor * share)
            if pair.severity == severity and all(rate is not None and rate > least for rate in rates):
                return severity, pair
        if severity in measurement.alerts:
            return severity, None
    return None, None


def _pace(objective: Objective, measurement: Measurement, pair: BurnPair | None) -> str:
    window = format_window(objective.window)
    if pair is None:
        return f"The error budget of {window} is spent faster than it lasts: an alert fires."
    rate = measurement.burn_rates[duration(pair.long)]
    lasts = timedelta(minutes=max(1, int(nominal_length(objective.window) / timedelta(minutes=1) / rate)))
    return (
        f"The error budget burns {burn_text(rate, None)} times too fast over {duration(pair.long)} (an alert "
        f"from {number(pair.factor)} on): like this the budget of {window} lasts {format_duration(lasts)}."
    )
