"""One round of questions about every objective, and what the answers say of the source itself."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from goserviceslo.engine.evidence import Evidence
from goserviceslo.engine.subjects import Subjects
from goserviceslo.ports import Answer, Clock, Key, MetricsPort, Partial, Trouble, Unavailable
from goserviceslo.slo.assembly import Assembly
from goserviceslo.slo.measurement import Measurement, SourceHealth
from goserviceslo.slo.queries import Query, calendar_windows, measurement_queries
from goserviceslo.slo.rules import RuleSettings

FORBEARANCE = timedelta(seconds=30)
"""How long a source that answered before may be silent before every status says so: one lost answer must not rewrite a
whole fleet."""

logger = logging.getLogger(__name__)


class Measuring:
    """Asks, and keeps `Evidence` up to date."""

    def __init__(self, metrics: MetricsPort, clock: Clock, settings: RuleSettings, evidence: Evidence) -> None:
        self._metrics = metrics
        self._clock = clock
        self._settings = settings
        self._evidence = evidence
        self._settled: dict[str, Answer] = {}
        """Answers about the past, which stay the same; kept while they are asked for."""
        self._failing_since: float | None = None
        self.measured_at: float | None = None
        """Monotonic time of the last whole round."""

    async def round(self, subjects: Subjects) -> bool:
        """Ask everything once. True where the source's health has changed, so that every status must say so."""
        now = self._clock.now()
        windows = calendar_windows(subjects.calendar_objectives(), now)
        queries = measurement_queries(now, self._settings, windows, subjects.rolling_windows())
        assembly = Assembly(subjects.policy_of, windows)
        kept: dict[str, Answer] = {}
        for query in queries:
            answer = await self._answer(query)
            if query.settled and not isinstance(answer, Unavailable | Partial):
                kept[query.promql] = answer
            trouble = _trouble(answer)
            if trouble is not None and not query.part_of:
                # The figures of the last whole round stay: half of a round would look like events that went away.
                return self._failed(trouble)
            assembly.take(query, answer)
        self._settled = kept
        self._evidence.measurements = _by_resource(assembly.measurements())
        for key in self._evidence.pasts:
            self._evidence.recall(key)
        self.measured_at = self._clock.monotonic()
        return self._answered()

    async def _answer(self, query: Query) -> Answer:
        settled = self._settled.get(query.promql) if query.settled else None
        return settled if settled is not None else await self._metrics.query(query.promql, query.at)

    def _answered(self) -> bool:
        before = self._evidence.health
        self._failing_since = None
        self._evidence.health = SourceHealth()
        if before.trouble is not None:
            logger.info("the source of measurements answers again")
        return before.trouble is not None or not before.asked

    def _failed(self, trouble: Unavailable) -> bool:
        now, before = self._clock.monotonic(), self._evidence.health
        if self._failing_since is None:
            self._failing_since = now
            logger.warning("the source of measurements fails: %s", trouble.detail)
        spared = before.asked and before.trouble is None and now - self._failing_since < FORBEARANCE.total_seconds()
        if spared or before.trouble is not None:
            return False  # another kind of trouble is the same to every status: no evidence
        self._evidence.health = SourceHealth(trouble=trouble.trouble, detail=trouble.detail)
        return True


def _trouble(answer: Answer) -> Unavailable | None:
    if isinstance(answer, Unavailable):
        return answer
    if isinstance(answer, Partial):
        detail = f"The answer is incomplete ({'; '.join(answer.warnings)[:300]}): figures of it would be too small."
        return Unavailable(Trouble.BROKEN_ANSWER, detail)
    return None


def _by_resource(measured: dict[tuple[str, str, str], Measurement]) -> dict[Key, Mapping[str, Measurement]]:
    found: dict[Key, dict[str, Measurement]] = {}
    for (namespace, name, objective), measurement in measured.items():
        found.setdefault(Key(namespace, name), {})[objective] = measurement
    return {**found}
