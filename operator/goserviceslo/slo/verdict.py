"""What is to be said of a promise: its state, its figures, and whether they are worth writing down.

Three kinds of answer, never two: kept, broken, and *no evidence*. Only Met, AtRisk and Breached rest on evidence; what
is not known is never taken for good.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite

from goserviceslo.api.duration import format_duration, parse_duration
from goserviceslo.api.percent import format_percent
from goserviceslo.api.status import BurnRate, MeasuredWindow, ObjectiveState, ObjectiveStatus
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.slo.absence import lost, unseen
from goserviceslo.slo.burn import burn_policy
from goserviceslo.slo.conventions import STALENESS
from goserviceslo.slo.finding import Finding
from goserviceslo.slo.history import written_history
from goserviceslo.slo.indicator import Indicator, Reason, Unresolved
from goserviceslo.slo.measurement import Measurement, SourceHealth
from goserviceslo.slo.presence import Workforce
from goserviceslo.slo.rounding import budget_text, burn_text, sli_text
from goserviceslo.slo.summary import compliance, meaningful, worst
from goserviceslo.slo.weighing import Counts, Seen, weigh
from goserviceslo.slo.windows import span

__all__ = ["compliance", "judge", "meaningful", "worst"]

_MOST_BURN_RATES = 8
_MOST_EVENTS = 2**63 - 1
"""What Kubernetes takes for a whole number; no service has counted as many."""


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
    return _measured(objective, resolved, measurement, counts, previous, Seen(presence, pods))


def _measured(
    objective: Objective,
    indicator: Indicator,
    measurement: Measurement,
    counts: Counts,
    previous: ObjectiveStatus | None,
    seen: Seen,
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
    finding = weigh(objective, metric, measurement, counts, previous, left, seen)
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


def _counts(measurement: Measurement | None) -> Counts | None:
    """None where there are none, or none that a counter could have given."""
    if measurement is None or measurement.total is None or measurement.bad is None:
        return None
    if not all(isfinite(count) and 0 <= count < _MOST_EVENTS for count in (measurement.total, measurement.bad)):
        return None
    total = round(measurement.total)
    return Counts(min(round(measurement.bad), total), total)


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
