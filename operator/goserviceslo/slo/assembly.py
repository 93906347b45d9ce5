"""From the answers to a round of questions to what was measured of every objective."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import isfinite

from goserviceslo.ports import Answer, Partial, Sample, Unavailable, Vector
from goserviceslo.slo.burn import SUMMED, BurnPolicy
from goserviceslo.slo.conventions import (
    IDENTITY,
    SEEN_BY_LABEL,
    SEEN_BY_REPLICAS,
    SEVERITY_LABEL,
    WINDOW_LABEL,
)
from goserviceslo.slo.measurement import CALENDAR, NO_OUTAGE, Measurement, Outage
from goserviceslo.slo.promql import duration
from goserviceslo.slo.queries import CalendarWindow, ObjectiveKey, Quantity, Query

PolicyOf = Callable[[ObjectiveKey], BurnPolicy | None]
"""What is reckoned with for an objective; None where there is none of that name: series outlive their objective."""

_SUMS = (Quantity.TOTAL, Quantity.BAD, Quantity.EXCLUDED)
_SUMMED = {duration(window): window for window in SUMMED}
_MOST_SECONDS = 366 * 86_400


@dataclass(slots=True)
class _Figures:
    """What has been read of one objective so far."""

    counts: dict[Quantity, float] = field(default_factory=dict)
    counted_at: float | None = None
    burn_rates: dict[str, float] = field(default_factory=dict)
    alerts: frozenset[str] = frozenset()


class Assembly:
    """Puts the answers of one round together, one at a time, so that no two need to be in memory."""

    def __init__(self, policy_of: PolicyOf, windows: Sequence[CalendarWindow] = ()) -> None:
        self._policy_of = policy_of
        self._figures: dict[ObjectiveKey, _Figures] = {}
        self._calendar = {key for window in windows for key in window.objectives}
        self._broken: set[ObjectiveKey] = set()
        """Objectives of calendar windows of which a part was not answered."""
        self._down: set[tuple[str, str]] = set()
        self._outages: dict[tuple[str, str], dict[str, Outage]] = {}
        """Of resources, by rolling window."""
        self._since_start: dict[ObjectiveKey, Outage] = {}
        """Of objectives with a calendar window."""
        self._at: datetime | None = None

    def take(self, query: Query, answer: Answer) -> None:
        """Read one answer; one that is not whole counts for nothing."""
        self._at = query.at
        members = {key for window in query.part_of for key in window.objectives}
        if isinstance(answer, Unavailable | Partial):
            self._broken |= members
            return
        for sample in answer.samples if isinstance(answer, Vector) else ():
            if not isfinite(sample.value) or sample.value < 0:
                continue
            key = _key(sample)
            if query.quantity is Quantity.BAD_RATIO:
                self._read_bad_ratio(_SUMMED[query.window], key, sample.value)
                continue
            if query.quantity is Quantity.DOWN:
                self._down.add(key[:2])
                continue
            if query.quantity is Quantity.OUTAGE:
                self._read_outage(query, key[:2], sample)
                continue
            if bool(query.part_of) != (key in self._calendar) and query.quantity in _SUMS:
                continue  # the sums of calendar windows and of rolling ones come from different questions
            if not query.part_of or key in members:
                self._read(query, self._figures.setdefault(key, _Figures()), sample)

    def _read(self, query: Query, figures: _Figures, sample: Sample) -> None:
        if query.quantity in _SUMS:
            figures.counts[query.quantity] = figures.counts.get(query.quantity, 0.0) + sample.value
        elif query.quantity is Quantity.COUNTED_AT:
            figures.counted_at = sample.value
        elif query.quantity is Quantity.BURN_RATE:
            figures.burn_rates[query.window] = sample.value
        elif SEVERITY_LABEL in sample.labels:
            figures.alerts |= {sample.labels[SEVERITY_LABEL]}
        elif WINDOW_LABEL in sample.labels:
            figures.burn_rates[sample.labels[WINDOW_LABEL]] = sample.value

    def _read_bad_ratio(self, window: timedelta, key: ObjectiveKey, ratio: float) -> None:
        """One answer is of every objective; it concerns those whose pages look at this window."""
        policy = self._policy_of(key)
        if policy is not None and window in policy.summed:
            self._figures.setdefault(key, _Figures()).burn_rates[duration(window)] = ratio / float(policy.budget)

    def _read_outage(self, query: Query, resource: tuple[str, str], sample: Sample) -> None:
        if not query.part_of:
            outages = self._outages.setdefault(resource, {})
            outages[query.window] = _longer(outages.get(query.window, NO_OUTAGE), sample)
            return
        for key in query.part_of[0].objectives:
            if key[:2] == resource:
                self._since_start[key] = _longer(self._since_start.get(key, NO_OUTAGE), sample)

    def measurements(self) -> dict[ObjectiveKey, Measurement]:
        """What was measured, by objective; an objective of which nothing was read is absent."""
        if self._at is None:
            return {}
        return {
            key: Measurement(
                at=self._at,
                bad=self._count(key, figures, Quantity.BAD),
                total=self._count(key, figures, Quantity.TOTAL),
                burn_rates=figures.burn_rates,
                counted_at=None if figures.counted_at is None else datetime.fromtimestamp(figures.counted_at, UTC),
                alerts=figures.alerts,
                down=key[:2] in self._down,
                outages=self._outages_of(key),
                excluded=figures.counts.get(Quantity.EXCLUDED),
            )
            for key, figures in self._figures.items()
        }

    def _outages_of(self, key: ObjectiveKey) -> Mapping[str, Outage]:
        if key in self._calendar:
            return {CALENDAR: self._since_start[key]} if key in self._since_start else {}
        return self._outages.get(key[:2], {})

    def _count(self, key: ObjectiveKey, figures: _Figures, quantity: Quantity) -> float | None:
        if key in self._broken:
            return None
        # A calendar window that has just begun holds no tile yet: nothing happened, which is not the same as no data.
        nothing = 0.0 if key in self._calendar and figures.counted_at is not None else None
        return figures.counts.get(quantity, nothing)


def assemble(
    answers: Iterable[tuple[Query, Answer]], policy_of: PolicyOf, windows: Sequence[CalendarWindow] = ()
) -> dict[ObjectiveKey, Measurement]:
    """The measurements of a round whose answers are all there."""
    assembly = Assembly(policy_of, windows)
    for query, answer in answers:
        assembly.take(query, answer)
    return assembly.measurements()


def _longer(outage: Outage, sample: Sample) -> Outage:
    """More of an outage, as whole seconds; no window holds more than a year of it."""
    more = timedelta(seconds=round(min(sample.value, _MOST_SECONDS)))
    if sample.labels.get(SEEN_BY_LABEL) == SEEN_BY_REPLICAS:
        return replace(outage, proven=outage.proven + more)
    return replace(outage, suspected=outage.suspected + more)


def _key(sample: Sample) -> ObjectiveKey:
    namespace, name, objective = (sample.labels.get(label, "") for label in IDENTITY)
    return namespace, name, objective
