"""The alerts of one objective: when they fire, and what they tell somebody who was just woken.

Annotations and labels are Go templates that Prometheus fills in, and such a template may ask any query. So whatever a
user wrote is made inert before it stands in one.

One page and one ticket at a time: the ticket's condition does not hold while the page's does. Nothing fires while
maintenance runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction

from goserviceslo.api.alerting import Alerting, ObjectiveAlerting
from goserviceslo.api.percent import format_percent
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import format_window
from goserviceslo.ports import Json
from goserviceslo.slo.burn import BurnPair, BurnPolicy, burn_policy, nominal_length
from goserviceslo.slo.conventions import (
    BAD_DELTA,
    BUDGET_ALERT,
    BURN_RATE,
    PAGE,
    SEVERITY_LABEL,
    TICKET,
    TOTAL_DELTA,
    WINDOW_LABEL,
)
from goserviceslo.slo.counted import plural
from goserviceslo.slo.excluding import silent
from goserviceslo.slo.promql import duration, number, seconds

_HASTE = {PAGE: "Act now.", TICKET: "It can wait for working hours, not for weeks."}
_LONGEST_TICKET_WAIT = timedelta(minutes=15)
EVERYTHING = ObjectiveAlerting()


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert speaks of."""

    objective: Objective
    title: str
    """`namespace/name`."""
    matchers: str
    """Label matchers of its recorded series, without braces."""
    labels: Json
    counted: str
    """What is counted, for people."""
    alerting: Alerting = field(default_factory=Alerting)
    in_maintenance: bool = False
    """Whether maintenance is recorded, so that alerts must look for it."""

    def wants(self, severity: str) -> bool:
        """Whether neither the resource nor the objective has switched the alert of a severity off."""
        return wanted(severity, self.objective, self.alerting)


def wanted(severity: str, objective: Objective, alerting: ObjectiveAlerting) -> bool:
    """Whether neither the resource's alerting nor the objective's own has switched the alert of a severity off."""
    switches = (alerting, objective.alerting or EVERYTHING)
    return all(one.page if severity == PAGE else one.ticket for one in switches)


def burn_rate(matchers: str, window: timedelta, budget: Fraction) -> str:
    """Share of bad events in a window divided by the share allowed; nothing where there were no events."""
    span = duration(window)
    bad = f"sum(sum_over_time({BAD_DELTA}{{{matchers}}}[{span}]))"
    total = f"sum(sum_over_time({TOTAL_DELTA}{{{matchers}}}[{span}]))"
    return f"{bad} / ({total} > 0) / {number(budget)}"


def alert(subject: Subject, severity: str) -> Json | None:
    """The alert of one severity, or None where it is not wanted, or the objective's window is too short to have one.

    One alert a severity: its conditions are alternatives, and what fires carries no label of either.
    """
    policy = burn_policy(subject.objective)
    conditions = [pair for pair in policy.pairs if pair.severity == severity]
    if not conditions or not subject.wants(severity):
        return None
    expression = f"max({_any(subject, conditions, policy)})"
    if severity == TICKET and subject.wants(PAGE):
        pages = [pair for pair in policy.pairs if pair.severity == PAGE]
        expression += f" unless on () ({_any(subject, pages, policy)})"
    if subject.in_maintenance:
        expression = silent(expression, subject.matchers)
    notes = _annotations(subject, severity, conditions)
    rule = alerting_rule(BUDGET_ALERT, expression, severity, subject.labels, notes, subject.alerting)
    if severity == TICKET:
        rule["for"] = duration(ticket_wait(conditions))
    return rule


def ticket_wait(conditions: Sequence[BurnPair]) -> timedelta:
    """How long a ticket's conditions must hold before it is opened.

    Nobody is waiting: a burn that hovers around its factor should not open and close tickets.
    """
    wait = min(_LONGEST_TICKET_WAIT, conditions[0].long / 24)
    return timedelta(minutes=max(1, wait // timedelta(minutes=1)))


def alerting_rule(
    name: str, expression: str, severity: str, labels: Mapping[str, str], annotations: Json, alerting: Alerting
) -> Json:
    """An alerting rule with what the team adds; what identifies an alert is never the team's to say."""
    links = {"runbook_url": alerting.runbook, "dashboard_url": alerting.dashboard}
    return {
        "alert": name,
        "expr": expression,
        "labels": {**_all_inert(alerting.labels), **labels, SEVERITY_LABEL: severity},
        "annotations": {
            **_all_inert(alerting.annotations),
            **{key: _inert(url) for key, url in links.items() if url is not None},
            **annotations,
        },
    }


def _any(subject: Subject, conditions: Sequence[BurnPair], policy: BurnPolicy) -> str:
    return " or ".join(_condition(subject.matchers, pair, policy) for pair in conditions)


def _condition(matchers: str, pair: BurnPair, policy: BurnPolicy) -> str:
    def rate(window: timedelta) -> str:
        if window in policy.recorded:
            return f'{BURN_RATE}{{{matchers},{WINDOW_LABEL}="{duration(window)}"}}'
        return burn_rate(matchers, window, policy.budget)

    factor = number(pair.factor)
    enough = f"sum(sum_over_time({BAD_DELTA}{{{matchers}}}[{duration(pair.long)}])) >= {pair.least_bad}"
    return f"({rate(pair.long)} > {factor} and on () {rate(pair.short)} > {factor} and on () {enough})"


def _annotations(subject: Subject, severity: str, conditions: Sequence[BurnPair]) -> Json:
    objective = subject.objective
    window = format_window(objective.window)
    rate = '{{ $value | printf "%.1f" }}'
    lasts = f'{{{{ with printf "{seconds(nominal_length(objective.window))} / %f" $value | query }}}}'
    fires = ", or ".join(
        f"over the last {duration(pair.long)} and still over the last {duration(pair.short)} it is more than "
        f"{number(pair.factor)} times"
        for pair in conditions
    )
    meaning = f"{objective.description} " if objective.description else ""
    promise = f"{format_percent(objective.target)}% good over {window}"
    summary = _inert(f"{subject.title}: the error budget of {objective.name} burns ") + f"{rate} times too fast"
    description = (
        _inert(f"{meaning}Promised is {objective.name}, {promise}. ")
        + f"Now {rate} times as many {plural(objective)} are bad as that allows; going on like this spends the "
        + f"whole budget of {window} in {lasts}{{{{ . | first | value | humanizeDuration }}}}{{{{ end }}}}. "
        + _inert(f"{_HASTE[severity]} Counted is {subject.counted}. This alert fires when {fires}.")
    )
    return {"summary": summary, "description": description}


def _all_inert(entries: Mapping[str, str] | None) -> Json:
    return {name: _inert(text) for name, text in sorted((entries or {}).items())}


def _inert(text: str) -> str:
    """Text that a Go template shows as it is."""
    return text.replace("{{", '{{ "{{" }}')
