"""What the operator would say of a case's objective in each of its worlds, out of what a real Prometheus recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from tests.cases.library import Case
from tests.cases.scenario import EVERY, World
from tests.replay.promtool import Promtool, Replay

from goserviceslo.api.status import ObjectiveStatus
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.ports import Json, Key, NoData, Sample, Vector
from goserviceslo.slo.assembly import assemble
from goserviceslo.slo.burn import burn_policy
from goserviceslo.slo.measurement import SourceHealth
from goserviceslo.slo.queries import calendar_windows, measurement_queries
from goserviceslo.slo.verdict import judge
from quality.caselibrary import OPTIONS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one world."""

    status: ObjectiveStatus
    alerts: tuple[str, ...]
    """Names and severities of all that ever fired in it."""
    not_numbers: tuple[str, ...]
    """Recorded series that ever were no number."""

    @property
    def good_ratio(self) -> Fraction:
        """Of what was counted."""
        assert self.status.good is not None
        assert self.status.total
        return Fraction(self.status.good, self.status.total)


def outcomes(promtool: Promtool, case: Case, objective: Objective) -> Mapping[World, Outcome]:
    """All worlds of one objective, judged by the operator's own questions and verdict."""
    scenario, groups = case.scenarios[objective.name], case.groups(objective.name)
    rounds = {world: _Round(case, objective, scenario.length_of(world)) for world in World}
    odd = _not_numbers(groups)
    asked = [
        (
            Replay(scenario.series(world, case.pod), groups, step=EVERY),
            [*(question.promql for question in one.questions), _fired(one.at), odd],
            one.at,
        )
        for world, one in rounds.items()
    ]
    found = {}
    for (world, one), answers in zip(rounds.items(), promtool.answers(asked), strict=True):
        *measured, fired, spoiled = answers
        status = one.verdict(measured)
        found[world] = Outcome(status, _named(fired, "alertname", "severity"), _named(spoiled, "recorded"))
    return found


class _Round:
    """One round of the operator's questions about one objective."""

    def __init__(self, case: Case, objective: Objective, at: int) -> None:
        self.at = at
        self._now = datetime.fromtimestamp(at, UTC)
        self._case, self._objective = case, objective
        self._key = Key(case.workload.namespace, case.resource.name)
        self._windows = calendar_windows([(self._key, objective)], self._now)
        rolling = [objective.window] if isinstance(objective.window, timedelta) else []
        self._policy = burn_policy(objective)
        self.questions = measurement_queries(self._now, OPTIONS.settings, self._windows, rolling)

    def verdict(self, answers: Sequence[Sequence[Sample]]) -> ObjectiveStatus:
        """What is said of these answers, by one who sees nothing of the pods."""
        vectors = [Vector(samples) if samples else NoData() for samples in answers]
        figures = assemble(zip(self.questions, vectors, strict=True), lambda _: self._policy, self._windows)
        measurement = figures.get((self._key.namespace, self._key.name, self._objective.name))
        indicator = self._case.indicator(self._objective)
        return judge(self._objective, indicator, measurement, SourceHealth(), None, self._now)


def _fired(seconds: int) -> str:
    return f'count by (alertname, severity) (last_over_time(ALERTS{{alertstate="firing"}}[{seconds}s]))'


def _not_numbers(groups: Sequence[Json]) -> str:
    """Of everything that the rules record, what was NaN at the end: a sum over time of it would be for ever."""
    names = sorted({rule["record"] for group in groups for rule in group["rules"] if "record" in rule})
    sums = {name: f"sum_over_time({name}[1d])" for name in names}
    odd = (f'label_replace(count({one} != {one}), "recorded", "{name}", "", "")' for name, one in sums.items())
    return " or ".join(odd)


def _named(samples: Sequence[Sample], *labels: str) -> tuple[str, ...]:
    return tuple(sorted(" ".join(sample.labels.get(label, "") for label in labels) for sample in samples))
