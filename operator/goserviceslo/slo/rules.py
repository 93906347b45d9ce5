"""Recording and alerting rules: the measuring is Prometheus' work, and goes on without the operator.

Per objective there are two groups. `tiles` counts the events of each interval and what is cheap to keep current:
burn rates, the page, windows of up to a day. `windows` does at a slower pace what reads long ranges: longer windows and
the ticket. Rules of a group run in order and see what those before them recorded in the same evaluation.

What concerns the workload as a whole, `outage` says once for the resource.

Rules know no calendar. For a calendar window nothing but the tiles is recorded; `queries` sums them since its start.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from goserviceslo.api.alerting import Alerting
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.ports import Json
from goserviceslo.slo.alerts import Subject, alert, burn_rate
from goserviceslo.slo.burn import burn_policy, nominal_length
from goserviceslo.slo.conventions import (
    BAD_DELTA,
    BAD_WINDOW,
    BURN_RATE,
    EXCLUDED_DELTA,
    EXCLUDED_WINDOW,
    GRID_LABEL,
    GROUP_PREFIX,
    IDENTITY,
    MAINTENANCE_ACTIVE,
    NAME_LABEL,
    NAMESPACE_LABEL,
    OBJECTIVE_LABEL,
    PAGE,
    TICKET,
    TIER_LABEL,
    TOTAL_DELTA,
    TOTAL_WINDOW,
    WINDOW_LABEL,
)
from goserviceslo.slo.counting import Tile
from goserviceslo.slo.excluding import active
from goserviceslo.slo.indicator import Indicator
from goserviceslo.slo.maintenance import Maintenance
from goserviceslo.slo.outage import outage_groups
from goserviceslo.slo.promql import duration, quote
from goserviceslo.slo.workload import Workload

LONGEST_CURRENT_WINDOW = timedelta(days=1)
"""Rolling windows up to this length are summed anew with every tile."""
GRID = timedelta(minutes=4)
"""Longer ones are recorded at this pace, as of its multiples, whenever in it their group runs; what is newer, `queries`
adds. It is less than the five minutes for which Prometheus shows a sample as the present value."""
_PACE_OF_SHORT_WINDOWS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What the platform says about rules."""

    interval: timedelta = timedelta(seconds=30)
    """Evaluation interval of the counting rules; the length of one tile."""
    lag: timedelta = timedelta(seconds=5)
    """How long a scrape may take to be stored under the time of its start; tiles end this long before now."""

    @property
    def tile(self) -> Tile:
        return Tile(self.interval, self.lag)


@dataclass(frozen=True, slots=True)
class SloRef:
    """The resource that rules belong to."""

    namespace: str
    name: str
    tier: str | None = None
    maintenance: Maintenance = field(default_factory=Maintenance)
    alerting: Alerting = field(default_factory=Alerting)
    deployment: str | None = None
    """The Deployment whose outages are told; None: it has the resource's name."""

    @property
    def labels(self) -> dict[str, str]:
        """What every series of this resource carries."""
        identity = {NAMESPACE_LABEL: self.namespace, NAME_LABEL: self.name}
        return {**identity, TIER_LABEL: self.tier} if self.tier else identity


def ticket_pace(objective: Objective) -> timedelta:
    """How often the ticket's conditions are looked at: at the pace of the group that reads long ranges."""
    return _PACE_OF_SHORT_WINDOWS if nominal_length(objective.window) <= LONGEST_CURRENT_WINDOW else GRID


def render_groups(
    ref: SloRef, objectives: Sequence[tuple[Objective, Indicator]], settings: RuleSettings
) -> tuple[Json, ...]:
    """The rule groups of a resource, as plain dictionaries; equal inputs give equal groups.

    Raises ValueError for an interval that is not made of whole seconds.
    """
    groups = [
        group
        for objective, indicator in objectives
        for group in _Rendering(ref, objective, indicator, settings).groups()
    ]
    if objectives:
        groups += outage_groups(
            Workload(ref.namespace, ref.deployment or ref.name),
            ref.labels,
            settings.interval,
            ref.alerting,
            in_maintenance=bool(ref.maintenance.spans),
        )
    return tuple(groups)


def recorded_labels(ref: SloRef, objective: str, tier: str | None = None) -> dict[str, str]:
    """The labels of every series that is recorded for an objective, with its own `tier` or the resource's."""
    identity = {NAMESPACE_LABEL: ref.namespace, NAME_LABEL: ref.name, OBJECTIVE_LABEL: objective}
    tier = tier or ref.tier
    return {**identity, TIER_LABEL: tier} if tier else identity


class _Rendering:
    """The rules of one objective."""

    def __init__(self, ref: SloRef, objective: Objective, indicator: Indicator, settings: RuleSettings) -> None:
        self._labels: Json = recorded_labels(ref, objective.name, objective.tier)
        self._matchers = ",".join([f"{label}={quote(self._labels[label])}" for label in IDENTITY])
        self._path = f"{GROUP_PREFIX}/{ref.namespace}/{ref.name}/{objective.name}"
        self._maintenance = ref.maintenance
        self._subject = Subject(
            objective,
            f"{ref.namespace}/{ref.name}",
            self._matchers,
            self._labels,
            indicator.describe(),
            ref.alerting,
            bool(ref.maintenance.spans),
        )
        self._policy = burn_policy(objective)
        self._window = objective.window
        self._pace = ticket_pace(objective)
        self._indicator = indicator
        self._settings = settings

    def groups(self) -> list[Json]:
        tiles = [*self._counts(), self._burn_rates()]
        slow: list[Json] = []
        current = nominal_length(self._window) <= LONGEST_CURRENT_WINDOW
        if isinstance(self._window, timedelta):
            if current:
                tiles += self._windows(self._window, None)
            else:
                slow += self._windows(self._window, GRID)
            if self._maintenance.declared:
                (tiles if current else slow).append(self._excluded(self._window))
        tiles += [page] if (page := alert(self._subject, PAGE)) else []
        slow += [ticket] if (ticket := alert(self._subject, TICKET)) else []
        groups = [self._group("tiles", self._settings.interval, tiles)]
        return [*groups, self._group("windows", self._pace, slow)] if slow else groups

    def _group(self, part: str, interval: timedelta, rules: list[Json]) -> Json:
        return {"name": f"{self._path}/{part}", "interval": duration(interval), "rules": rules}

    def _record(self, name: str, expression: str, **further: str) -> Json:
        return {"record": name, "expr": expression, "labels": {**self._labels, **further}}

    def _counts(self) -> list[Json]:
        matchers, spans = self._matchers, self._maintenance.spans
        *events, (_, total), (_, bad) = self._indicator.records(matchers, self._settings.tile)
        first = [self._record(name, expression) for name, expression in events]
        if not spans:
            return [*first, self._record(TOTAL_DELTA, total), self._record(BAD_DELTA, bad)]
        total, bad, out = self._indicator.spared(matchers, self._settings.tile)
        return [
            *first,
            self._record(MAINTENANCE_ACTIVE, active(spans, self._settings.tile)),
            self._record(TOTAL_DELTA, total),
            self._record(BAD_DELTA, bad),
            self._record(EXCLUDED_DELTA, out),
        ]

    def _burn_rates(self) -> Json:
        """Of all windows in one rule: each is a series of its own."""
        rates = [
            f'label_replace({burn_rate(self._matchers, window, self._policy.budget)}, "{WINDOW_LABEL}", '
            f'"{duration(window)}", "", "")'
            for window in self._policy.recorded
        ]
        return self._record(BURN_RATE, " or ".join(rates))

    def _excluded(self, window: timedelta) -> Json:
        expression = f"sum(sum_over_time({EXCLUDED_DELTA}{{{self._matchers}}}[{duration(window)}]))"
        return self._record(EXCLUDED_WINDOW, expression, **{WINDOW_LABEL: duration(window)})

    def _windows(self, window: timedelta, grid: timedelta | None) -> list[Json]:
        further = {WINDOW_LABEL: duration(window)}
        if grid is not None:
            further[GRID_LABEL] = duration(grid)
        rules = []
        for name, delta in ((TOTAL_WINDOW, TOTAL_DELTA), (BAD_WINDOW, BAD_DELTA)):
            expression = f"sum(sum_over_time({delta}{{{self._matchers}}}[{duration(window)}]))"
            if grid is not None:
                expression = f"last_over_time({expression}[{duration(grid)}:{duration(grid)}])"
            rules.append(self._record(name, expression, **further))
        return rules
