"""What is to be said of a promise: its state, its figures, and whether they are worth writing down.

Three kinds of answer, never two: kept, broken, and *no evidence*. Only Met, AtRisk and Breached rest on evidence; what
is not known is never taken for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from math import isfinite

from goserviceslo.api.duration import format_duration, parse_duration
from goserviceslo.api.percent import format_percent
from goserviceslo.api.status import BurnRate, MeasuredWindow, ObjectiveState, ObjectiveStatus
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import format_window
from goserviceslo.slo.absence import OUTAGE, down, gone, lost, overspent, scaled_to_zero, unproven, unseen
from goserviceslo.slo.burn import BurnPair, burn_policy, least_events, nominal_length
from goserviceslo.slo.conventions import PAGE, STALENESS, TICKET
from goserviceslo.slo.counted import plural, silent_for
from goserviceslo.slo.finding import Finding
from goserviceslo.slo.history import written_history
from goserviceslo.slo.indicator import Indicator, Reason, Unresolved
from goserviceslo.slo.measurement import Measurement, SourceHealth
from goserviceslo.slo.presence import Presence, Workforce
from goserviceslo.slo.promql import duration, number
from goserviceslo.slo.rounding import budget_text, burn_text, sli_text
from goserviceslo.slo.summary import compliance, meaningful, worst
from goserviceslo.slo.windows import span

__all__ = ["compliance", "judge", "meaningful", "worst"]

_LEAVES_BELOW = Fraction(9, 10)
"""Share of its factor below which a burn rate must fall before an objective ceases to be at risk."""
KEPT_AGAIN_BELOW = Fraction(99, 100)
"""Share of the budget that must not be exceeded before a broken promise counts as kept again."""
KEEPS_VERDICT_ABOVE = Fraction(9, 10)
"""Share of the least events below which they must fall before a verdict is taken back for want of them."""
_EVIDENCE = frozenset({ObjectiveState.MET, ObjectiveState.AT_RISK, ObjectiveState.BREACHED})
_MOST_BURN_RATES = 8
_MOST_EVENTS = 2**63 - 1
"""What Kubernetes takes for a whole number; no service has counted as many."""
_BY_TIME = frozenset({OUTAGE, "UnprovenOutage"})
_BURNING = {PAGE: "BurningFast", TICKET: "BurningSlowly"}


@dataclass(frozen=True, slots=True)
class _Counts:
    """Whole events of the objective's window."""

    bad: int
    total: int

    @property
    def bad_ratio(self) -> Fraction:
        return Fraction(self.bad, self.total)


def judge(
    objective: Objective,
    resolved: Indicator | Unresolved,
    measurement: Measurement | None,
    source: SourceHealth,
    previous: ObjectiveStatus | None,
    now: datetime,
    pods: Workforce | None = None,
) -> ObjectiveStatus:
    """The status of one objective.

    `previous` is what was written last: rounded figures stay where noise alone would move them, and an objective at
    risk stays so until its burn rates are well below their factors. `pods` explain why nothing is seen, where nothing
    is; while events are counted they have no say. Raises ValueError for an unknown time zone.
    """
    presence = pods.presence(previous.reason if previous is not None else None, now) if pods is not None else None
    if isinstance(resolved, Unresolved):
        # What cannot be looked for now may be found again by what was found before.
        keep = previous.metric if previous is not None and resolved.reason is Reason.NOT_YET_KNOWN else None
        hidden = unseen(presence, pods) if resolved.reason is Reason.METRIC_NOT_FOUND else None
        return _status(objective, _source_trouble(source) or hidden or _unresolved(resolved), keep)
    metric = resolved.describe()
    trouble = _source_trouble(source)
    if trouble is None and measurement is not None and now - measurement.at > STALENESS:
        trouble = Finding(
            ObjectiveState.UNKNOWN,
            "NotMeasuredLately",
            f"The last figures are of {_timestamp(measurement.at)}: see the operator's logs for why none came since.",
        )
    if trouble is not None:
        return _status(objective, trouble, metric)
    counts = _counts(measurement)
    if measurement is None or counts is None:
        return _status(objective, unseen(presence, pods) or _nothing_counted(objective, metric), metric)
    return _measured(objective, resolved, measurement, counts, previous, _Seen(presence, pods))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the Deployment says of the pods."""

    presence: Presence | None
    pods: Workforce | None


def _measured(
    objective: Objective,
    indicator: Indicator,
    measurement: Measurement,
    counts: _Counts,
    previous: ObjectiveStatus | None,
    seen: _Seen,
) -> ObjectiveStatus:
    metric, budget = indicator.describe(), burn_policy(objective).budget
    sli = remaining = None
    if counts.total:
        sli = sli_text(1 - counts.bad_ratio, objective.target, previous.sli if previous else None)
        remaining = budget_text(1 - counts.bad_ratio / budget, previous.budget_remaining if previous else None)
    written = {rate.window: rate.rate for rate in (previous.burn_rates if previous else None) or ()}
    most = float(1 / budget)
    """A burn rate when everything is bad."""
    rates = sorted(
        (parse_duration(window), window, min(rate, most))
        for window, rate in measurement.burn_rates.items()
        if isfinite(rate) and rate >= 0
    )
    measurement = replace(measurement, burn_rates={window: rate for _, window, rate in rates})
    outage = measurement.outage(objective.window)
    left = f"{remaining} of the error budget is left"
    finding = _finding(objective, metric, measurement, counts, previous, left, seen)
    start, end = span(objective.window, objective.time_zone, measurement.at)
    since, past = _evidence_since(measurement, previous, start), measurement.recalled
    return ObjectiveStatus(
        name=objective.name,
        state=finding.state,
        reason=finding.reason,
        message=f"{finding.message} {indicator.note}".rstrip()[:1024],
        target=format_percent(objective.target),
        sli=sli,
        good=counts.total - counts.bad,
        total=counts.total,
        excluded=round(measurement.excluded) if measurement.excluded else None,
        budget_remaining=remaining,
        burn_rates=tuple(
            BurnRate(window=window, rate=burn_text(rate, written.get(window)))
            for _, window, rate in rates[:_MOST_BURN_RATES]
        )
        or None,
        outage=lost(outage) if outage.total else None,
        window=MeasuredWindow(start=_timestamp(start), end=_timestamp(end)),
        evidence_since=None if since is None else _timestamp(since),
        history=written_history(past.history) if past is not None and past.history.recorded_since > start else None,
        measured_at=_timestamp(measurement.at),
        metric=metric,
    )


def _evidence_since(measurement: Measurement, previous: ObjectiveStatus | None, start: datetime) -> datetime | None:
    """How far back the evidence goes; once it has reached the window's start it does so for good."""
    if measurement.recalled is not None:
        return max(start, measurement.recalled.since)
    known = previous.evidence_since if previous is not None else None
    return start if known is not None and datetime.fromisoformat(known) <= start else None


def _finding(
    objective: Objective,
    metric: str,
    measurement: Measurement,
    counts: _Counts,
    previous: ObjectiveStatus | None,
    left: str,
    seen: _Seen,
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
    seen: _Seen,
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


def _too_few(objective: Objective, metric: str, measurement: Measurement, counts: _Counts, asleep: str) -> Finding:
    window, least, events = format_window(objective.window), least_events(objective), plural(objective)
    if asleep:
        few = f"{asleep} {counts.total} {events} over {window} are too few for a verdict, which takes {least}."
        return Finding(ObjectiveState.LOW_TRAFFIC, "ScaledToZero", few)
    if counts.total == 0:
        silent = f"{metric} is there, and nothing happened over {window}: a verdict takes {least} {events}."
        return Finding(ObjectiveState.LOW_TRAFFIC, "Silent", silent)
    fires = " An alert fires all the same." if PAGE in measurement.alerts else ""
    return Finding(
        ObjectiveState.LOW_TRAFFIC,
        "TooFewEvents",
        f"{counts.total} {events} over {window}: a verdict takes {least}. Set minEvents if fewer are enough.{fires}",
    )


def _breached(objective: Objective, metric: str, measurement: Measurement, counts: _Counts) -> Finding:
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
        share = _LEAVES_BELOW if was == _BURNING[severity] else 1
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


def _counts(measurement: Measurement | None) -> _Counts | None:
    """None where there are none, or none that a counter could have given."""
    if measurement is None or measurement.total is None or measurement.bad is None:
        return None
    if not all(isfinite(count) and 0 <= count < _MOST_EVENTS for count in (measurement.total, measurement.bad)):
        return None
    total = round(measurement.total)
    return _Counts(min(round(measurement.bad), total), total)


def _source_trouble(source: SourceHealth) -> Finding | None:
    if not source.configured:
        return Finding(
            ObjectiveState.UNKNOWN,
            "NoPrometheus",
            "The operator was given no Prometheus: set prometheus.url in the chart's values.",
        )
    if source.trouble is not None:
        return Finding(ObjectiveState.UNKNOWN, f"Source{source.trouble.value}", source.detail or "No answer came.")
    if not source.asked:
        return Finding(
            ObjectiveState.UNKNOWN, "NotAskedYet", "Prometheus has not been asked yet; it is within seconds."
        )
    return None


def _unresolved(resolved: Unresolved) -> Finding:
    unknown = resolved.reason is Reason.NOT_YET_KNOWN
    state = ObjectiveState.UNKNOWN if unknown else ObjectiveState.NO_DATA
    return Finding(state, resolved.reason.value, resolved.message)


def _nothing_counted(objective: Objective, metric: str) -> Finding:
    soon = format_duration(timedelta(minutes=2) + (objective.slice_length or timedelta(0)))
    return Finding(
        ObjectiveState.NO_DATA,
        "NoSeries",
        f"Nothing has been counted of {metric} yet. The first figures come within {soon} of the rules; if none do, "
        "check that Prometheus loads the rules and scrapes the pods.",
    )


def _status(objective: Objective, finding: Finding, metric: str | None) -> ObjectiveStatus:
    """A status without figures."""
    return ObjectiveStatus(
        name=objective.name,
        state=finding.state,
        reason=finding.reason,
        message=finding.message[:1024],
        target=format_percent(objective.target),
        metric=metric,
    )


@lru_cache(maxsize=64)
def _timestamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
