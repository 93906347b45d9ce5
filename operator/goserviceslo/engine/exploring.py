"""Finds out which metrics the targets expose, for those resources that do not say it themselves.

By namespace: one that holds a target without metrics is asked about again soon and then ever less often, one where all
was found now and then. Questions are put together, up to a number of targets that a source answers with ease.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from goserviceslo.engine.backoff import Backoff
from goserviceslo.engine.evidence import Evidence
from goserviceslo.engine.subjects import Subject
from goserviceslo.ports import Answer, Clock, Key, MetricsPort, NoData, Trouble, Unavailable, Vector
from goserviceslo.slo.discovery import MetricShape
from goserviceslo.slo.shapes import assemble_shapes, discovery_query

logger = logging.getLogger(__name__)

FOUND_AGAIN = timedelta(minutes=10)
_FIRST_RETRY, _LONGEST_RETRY = timedelta(seconds=15), timedelta(minutes=5)
_TARGETS_AT_ONCE = 200

Shapes = dict[tuple[str, str], tuple[MetricShape, ...]]


class Exploring:
    """Keeps `Evidence.shapes` for whoever wants them."""

    def __init__(
        self,
        metrics: MetricsPort,
        clock: Clock,
        random: Callable[[], float],
        evidence: Evidence,
        changed: Callable[[Key], None],
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self._random = random
        self._evidence = evidence
        self._changed = changed
        """Told a resource whose target's metrics are known now, or others than before."""
        self._wanted: dict[str, dict[Key, Subject]] = {}
        """By namespace."""
        self._serving: set[Key] = set()
        """Those whose target has had ready pods when it was last seen."""
        self._due: dict[str, float] = {}
        self._backoff: Backoff[str] = Backoff(random, first=_FIRST_RETRY, longest=_LONGEST_RETRY)

    def want(self, key: Key, subject: Subject, *, serves: bool) -> bool:
        """`key` needs to know its target's metrics; `serves` says whether the target has pods that are ready.

        True where that is new, or where the first pods are ready now of a target that has shown none, so that it should
        be looked for soon.
        """
        before = self._wanted.setdefault(key.namespace, {}).get(key)
        self._wanted[key.namespace][key] = subject
        served = key in self._serving
        (self._serving.add if serves else self._serving.discard)(key)
        known = bool(self._evidence.shapes.get(subject.deployment))
        if before is subject and (served or not serves or known):
            return False
        self._backoff.forget(key.namespace)
        self._due[key.namespace] = self._clock.monotonic()
        return True

    def forget(self, key: Key) -> None:
        """`key` does not need it (any more)."""
        self._serving.discard(key)
        wanted = self._wanted.get(key.namespace, {})
        subject = wanted.pop(key, None)
        if subject is not None and all(other.deployment != subject.deployment for other in wanted.values()):
            self._evidence.shapes.pop(subject.deployment, None)
        if not wanted:
            self._wanted.pop(key.namespace, None)
            self._due.pop(key.namespace, None)
            self._backoff.forget(key.namespace)

    async def round(self) -> None:
        """Ask about every namespace that is due."""
        now = self._clock.monotonic()
        due = [namespace for namespace, time in self._due.items() if time <= now]
        for namespaces in self._batches(due):
            await self._ask(namespaces)

    def _batches(self, namespaces: Sequence[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        targets = 0
        for namespace in namespaces:
            batch.append(namespace)
            targets += len(self._wanted[namespace])
            if targets >= _TARGETS_AT_ONCE:
                yield batch
                batch, targets = [], 0
        if batch:
            yield batch

    async def _ask(self, namespaces: list[str]) -> None:
        subjects = [subject for name in namespaces for subject in self._wanted.get(name, {}).values()]
        shapes = await self._shapes(namespaces, subjects)
        for namespace in namespaces:
            found = shapes is not None
            for key, subject in list(self._wanted.get(namespace, {}).items()):
                if shapes is not None:
                    seen = shapes.get((subject.workload.namespace, subject.workload.deployment), ())
                    self._learn(key, subject, seen)
                    found = found and bool(seen)
            self._schedule(namespace, found=found)

    async def _shapes(self, namespaces: list[str], subjects: list[Subject]) -> Shapes | None:
        """None where the source gave no whole answer."""
        metrics = {name for subject in subjects for name in subject.metrics}
        labels = {name for subject in subjects for name in subject.labels}
        answers = []
        for question in discovery_query(namespaces, metrics, labels):
            answer = await self._metrics.query(question)
            if _without_native_histograms(question, answer):
                continue
            if not isinstance(answer, Vector | NoData):
                logger.warning("metrics of %d namespaces cannot be looked for: %s", len(namespaces), answer)
                return None
            answers.append(answer)
        return assemble_shapes(answers, [subject.workload for subject in subjects])

    def _learn(self, key: Key, subject: Subject, seen: Sequence[MetricShape]) -> None:
        before = self._evidence.shapes.get(subject.deployment)
        if before is None or tuple(before) != tuple(seen):
            self._evidence.shapes[subject.deployment] = seen
            self._changed(key)

    def _schedule(self, namespace: str, *, found: bool) -> None:
        if namespace not in self._wanted:
            return
        if found:
            self._backoff.forget(namespace)
            pause = FOUND_AGAIN * (0.8 + 0.4 * self._random())
        else:
            pause = self._backoff.failed(namespace)
        self._due[namespace] = self._clock.monotonic() + pause.total_seconds()


def _without_native_histograms(question: str, answer: Answer) -> bool:
    """Whether the source knows no native histograms (VictoriaMetrics), and so no function to ask for them with."""
    return isinstance(answer, Unavailable) and answer.trouble is Trouble.BAD_QUERY and "histogram_count(" in question
