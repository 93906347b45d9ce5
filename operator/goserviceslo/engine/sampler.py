"""Asks the source of measurements on its own time, and wakes a worker only where an answer matters."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

from goserviceslo.engine.config import LONGEST_MEASURE_INTERVAL
from goserviceslo.engine.evidence import Evidence
from goserviceslo.engine.exploring import Exploring
from goserviceslo.engine.measuring import Measuring
from goserviceslo.engine.noteworthy import Looks
from goserviceslo.engine.observing import status_interval
from goserviceslo.engine.recalling import Recalling
from goserviceslo.engine.subjects import Subjects
from goserviceslo.ports import Clock, Json, Key, MetricsPort, NoData, Vector
from goserviceslo.reconcile.measuring import told_rejection
from goserviceslo.reconcile.model import Observed, Plan
from goserviceslo.slo.conventions import GROUP_PREFIX
from goserviceslo.slo.rules import RuleSettings
from goserviceslo.slo.runtime import assemble_runtime, runtime_queries

_EXPLORE_SECONDS = 1.0
"""How long new wishes are gathered before they are looked into."""
_HEALTH_INTERVAL = timedelta(minutes=5)
_SMALL_FLEET = 500
_RUNTIME_INTERVAL_OF_LARGE_FLEETS = timedelta(minutes=1)
_LARGEST_BUSY_SHARE = 0.2
"""Of the time, that may be spent waiting for answers: a slow source is asked less often."""
_OBJECTIVES_A_SECOND = 200
"""Reading one objective's figures takes some seventy microseconds of CPU: a fleet's take at most 1.5 % of a core, if
its figures do not get old by that."""
_LEARNT_AT_ONCE = 50
_PRIMING_SECONDS = 1.0
_PRIMED_A_SECOND = 1000

logger = logging.getLogger(__name__)


class Sampler:
    """Measures, recalls, explores, reads the runtime's own settings and the rules' health, each at its own pace."""

    def __init__(
        self,
        metrics: MetricsPort,
        clock: Clock,
        random: Callable[[], float],
        *,
        evidence: Evidence,
        settings: RuleSettings,
        interval: timedelta,
        wake: Callable[[Key], None],
        measured: Callable[[float], None] = lambda seconds: None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self._random = random
        self._evidence = evidence
        self._interval = interval
        self._wake = wake
        self._measured = measured
        """Told how long each whole round took, in seconds."""
        self._subjects = Subjects()
        self._looks = Looks(random)
        self._measuring = Measuring(metrics, clock, settings, evidence)
        self._exploring = Exploring(metrics, clock, random, evidence, wake)
        self._recalling = Recalling(metrics, clock, random, settings, evidence, wake, busy)
        self._asked = asyncio.Event()

    def age_seconds(self) -> float:
        """Of the oldest measurement; 0 before the first round."""
        at = self._measuring.measured_at
        return 0.0 if at is None else self._clock.monotonic() - at

    def finished(self, key: Key, observed: Observed, plan: Plan) -> None:
        """A worker decided about `key`."""
        before, subject = self._subjects.get(key), self._subjects.learn(key, observed.resource)
        if before is not None and before is not subject and self._evidence.rejected.pop(key, None) is not None:
            # What was refused is not there any more; what is there now, Prometheus has yet to say.
            self._wake(key)
        written = self._clock.monotonic() - _age_seconds(plan.status, self._clock.now())
        self._looks.looked(key, subject, observed.measurements, written)
        self._recalling.want(key, plan.pasts)
        if not plan.wants_shapes:
            self._exploring.forget(key)
        elif self._exploring.want(
            key, subject, serves=observed.deployment is not None and observed.deployment.ready > 0
        ):
            self._asked.set()

    def forget(self, key: Key) -> None:
        """A resource is gone."""
        self._subjects.forget(key)
        self._looks.forget(key)
        self._exploring.forget(key)
        self._recalling.forget(key)

    async def prime(self, resources: Iterable[tuple[Key, Json]]) -> None:
        """Ask once before anything is decided, so that a restart does not write that nothing is known.

        Waits for the source only so long as its answers may take to come.
        """
        rejected: dict[Key, str] = {}
        for number, (key, resource) in enumerate(resources):
            subject = self._subjects.learn(key, resource)
            self._recalling.adopt(key, subject, resource.get("status") or {})
            if (rejection := told_rejection(resource)) is not None:
                rejected[key] = rejection
            if number % _LEARNT_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._evidence.rejected = rejected
        if not len(self._subjects):
            return
        seconds = _PRIMING_SECONDS + len(self._subjects) / _PRIMED_A_SECOND
        try:
            await asyncio.wait_for(asyncio.gather(self._measure(), self._read_runtime()), seconds)
        except TimeoutError:
            logger.warning("the source of measurements has not answered in %.1f s; going on without", seconds)

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pace(self._measure, self._measure_interval), name="measuring")
            group.create_task(self._pace(self._read_runtime, self._runtime_interval), name="runtime")
            group.create_task(self._pace(self._read_health, lambda: _HEALTH_INTERVAL), name="rule health")
            group.create_task(self._explore(), name="exploring")
            group.create_task(self._recalling.run(), name="recalling")

    async def _pace(self, task: Callable[[], Awaitable[None]], interval: Callable[[], timedelta]) -> None:
        """One failure is logged and the next turn comes all the same."""
        while True:
            started = self._clock.monotonic()
            if len(self._subjects):
                try:
                    await task()
                except Exception:
                    logger.exception("reading measurements failed")
            took = self._clock.monotonic() - started
            planned = interval().total_seconds() * (0.9 + 0.2 * self._random())
            await asyncio.sleep(max(planned - took, took / _LARGEST_BUSY_SHARE) if len(self._subjects) else 1.0)

    async def _explore(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._asked.wait(), self._interval.total_seconds())
                await asyncio.sleep(_EXPLORE_SECONDS)
            except TimeoutError:
                pass
            self._asked.clear()
            try:
                await self._exploring.round()
            except Exception:
                logger.exception("looking for metrics failed")

    async def _measure(self) -> None:
        started = self._clock.monotonic()
        flipped = await self._measuring.round(self._subjects)
        now = self._clock.monotonic()
        self._measured(now - started)
        if flipped:
            for key, _ in list(self._subjects.items()):
                self._wake(key)
            return
        if self._evidence.health.trouble is None:
            interval = status_interval(len(self._subjects)).total_seconds()
            for key in self._looks.news(self._evidence.measurements, now, interval):
                self._wake(key)

    async def _read_runtime(self) -> None:
        answers = []
        for question in runtime_queries():
            answer = await self._metrics.query(question)
            if not isinstance(answer, Vector | NoData):
                return
            answers.append(answer)
        subjects = list(self._subjects.items())
        containers = {
            (subject.workload.namespace, subject.workload.deployment): subject.container
            for _, subject in subjects
            if subject.container is not None
        }
        found = assemble_runtime(answers, [subject.workload for _, subject in subjects], containers)
        before = self._evidence.runtime
        self._evidence.runtime = {Key(*workload): samples for workload, samples in found.items()}
        for key, subject in subjects:
            if self._evidence.runtime.get(subject.deployment) != before.get(subject.deployment):
                self._wake(key)

    async def _read_health(self) -> None:
        health = await self._metrics.rule_health()
        if health is None:
            return
        failing: dict[Key, str] = {}
        for group, error in health.items():
            prefix, *names = group.split("/")
            if prefix == GROUP_PREFIX and len(names) >= 2:
                failing.setdefault(Key(names[0], names[1]), error)
        before = self._evidence.rejected
        self._evidence.rejected = failing
        for key in {*before, *failing}:
            if before.get(key) != failing.get(key) and self._subjects.get(key) is not None:
                self._wake(key)

    def _measure_interval(self) -> timedelta:
        objectives = sum([len(subject.yardsticks) for _, subject in self._subjects.items()])
        spared = max(self._interval, timedelta(seconds=objectives / _OBJECTIVES_A_SECOND))
        # Else a fleet of fifty thousand would have figures that count as old before the next ones come.
        return min(spared, LONGEST_MEASURE_INTERVAL)

    def _runtime_interval(self) -> timedelta:
        small = len(self._subjects) <= _SMALL_FLEET
        return self._interval if small else max(self._interval, _RUNTIME_INTERVAL_OF_LARGE_FLEETS)


def _age_seconds(status: Json | None, now: datetime) -> float:
    """How old the oldest figures of a status are; 0 where it has none."""
    measured = [one["measuredAt"] for one in (status or {}).get("objectives") or () if "measuredAt" in one]
    return max(0.0, (now - datetime.fromisoformat(min(measured))).total_seconds()) if measured else 0.0
