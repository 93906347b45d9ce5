"""What measuring needs to know of each resource, read once for every generation of its wish."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from goserviceslo.api.problems import parse_spec
from goserviceslo.api.v1alpha1 import GoServiceSloSpec, Objective
from goserviceslo.api.window import CalendarPeriod
from goserviceslo.ports import Json, Key
from goserviceslo.slo.absence import allowed_outage
from goserviceslo.slo.burn import BurnPolicy, burn_policy, least_events
from goserviceslo.slo.indicator import names_to_look_for
from goserviceslo.slo.measurement import Measurement
from goserviceslo.slo.promql import duration
from goserviceslo.slo.queries import ObjectiveKey
from goserviceslo.slo.weighing import KEEPS_VERDICT_ABOVE, KEPT_AGAIN_BELOW, LEAVES_BELOW
from goserviceslo.slo.workload import Workload

_LEAVES_BELOW = float(LEAVES_BELOW)

Signature = tuple[Any, ...]
"""Measurements with equal signatures get equal states."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What an objective's measurements are held against. Objectives of equal promises share one."""

    policy: BurnPolicy
    budget: float
    least: int
    pairs: tuple[tuple[str, str, float], ...]
    """Short and long window, and the factor that both burn rates must exceed."""
    window: CalendarPeriod | timedelta
    allowed_outage: timedelta
    """How long the workload may be down in the window."""

    def signature(self, measurement: Measurement) -> Signature:
        """Everything that a state turns on, and nothing else."""
        total, bad, rates = measurement.total, measurement.bad, measurement.burn_rates
        if total is None or bad is None:
            return measurement.counted_at is None, measurement.down
        crossed = 0
        for short, long, factor in self.pairs:
            rate = min(rates.get(short, 0.0), rates.get(long, 0.0))
            crossed = crossed * 3 + (2 if rate > factor else 1 if rate > factor * _LEAVES_BELOW else 0)
        return (
            measurement.counted_at is None,
            round(total) < self.least,
            round(total) < self.least * float(KEEPS_VERDICT_ABOVE),
            round(bad) > self.budget * round(total),
            round(bad) > self.budget * round(total) * float(KEPT_AGAIN_BELOW),
            crossed,
            measurement.alerts,
            measurement.down,
            self._downtime(measurement),
        )

    def _downtime(self, measurement: Measurement) -> tuple[bool, ...]:
        outage = measurement.outage(self.window)
        return tuple(
            [
                lasted > bound
                for lasted in (outage.proven, outage.total)
                for bound in (self.allowed_outage, self.allowed_outage * float(KEPT_AGAIN_BELOW))
            ]
        )

    def spent_ratio(self, measurement: Measurement) -> float:
        """How much of the error budget is used up; 0 without events."""
        if not measurement.total or measurement.bad is None:
            return 0.0
        return measurement.bad / measurement.total / self.budget


class Subject:
    """One resource, as far as its spec can be read; of one that cannot, nothing is measured."""

    __slots__ = ("calendar", "container", "generation", "labels", "metrics", "workload", "yardsticks")

    def __init__(self, resource: Json) -> None:
        metadata = resource["metadata"]
        self.generation: int = metadata["generation"]
        spec = parse_spec(resource)
        objectives: tuple[Objective, ...] = ()
        self.container: str | None = None
        target = ""
        if isinstance(spec, GoServiceSloSpec):
            objectives, target, self.container = spec.objectives, spec.target.name, spec.target.container
        self.workload = Workload(metadata["namespace"], target)
        self.yardsticks = {
            one.name: _yardstick(burn_policy(one), least_events(one), one.window, allowed_outage(one))
            for one in objectives
        }
        self.calendar = tuple(one for one in objectives if isinstance(one.window, CalendarPeriod))
        looked_for = [names_to_look_for(one) for one in objectives]
        self.metrics = frozenset(name for metrics, _ in looked_for for name in metrics)
        """To be looked for at the pods."""
        self.labels = frozenset(name for _, labels in looked_for for name in labels)
        """To be looked for on these metrics."""

    @property
    def deployment(self) -> Key:
        return Key(self.workload.namespace, self.workload.deployment)


@lru_cache(maxsize=1024)
def _yardstick(policy: BurnPolicy, least: int, window: CalendarPeriod | timedelta, allowed: timedelta) -> Yardstick:
    return Yardstick(
        policy=policy,
        budget=float(policy.budget),
        least=least,
        pairs=tuple((duration(pair.short), duration(pair.long), float(pair.factor)) for pair in policy.pairs),
        window=window,
        allowed_outage=allowed,
    )


class Subjects:
    """Every resource that a worker has had in hand."""

    def __init__(self) -> None:
        self._subjects: dict[Key, Subject] = {}

    def learn(self, key: Key, resource: Json) -> Subject:
        """The subject of a resource as it is now."""
        subject = self._subjects.get(key)
        if subject is None or subject.generation != resource["metadata"]["generation"]:
            subject = self._subjects[key] = Subject(resource)
        return subject

    def forget(self, key: Key) -> None:
        self._subjects.pop(key, None)

    def __len__(self) -> int:
        return len(self._subjects)

    def items(self) -> Iterable[tuple[Key, Subject]]:
        return self._subjects.items()

    def get(self, key: Key) -> Subject | None:
        return self._subjects.get(key)

    def calendar_objectives(self) -> Iterable[tuple[Key, Objective]]:
        """Objectives whose window is a calendar period."""
        return ((key, one) for key, subject in self._subjects.items() for one in subject.calendar)

    def policy_of(self, objective: ObjectiveKey) -> BurnPolicy | None:
        """What an objective's burn rates are held against; None where there is no such objective."""
        namespace, resource, name = objective
        subject = self._subjects.get(Key(namespace, resource))
        yardstick = subject.yardsticks.get(name) if subject is not None else None
        return yardstick.policy if yardstick is not None else None

    def rolling_windows(self) -> frozenset[timedelta]:
        """The lengths of all rolling windows, each once."""
        return frozenset(
            yardstick.window
            for subject in self._subjects.values()
            for yardstick in subject.yardsticks.values()
            if isinstance(yardstick.window, timedelta)
        )
