"""The operator as a whole: its parts put together, started, and stopped in order."""

import asyncio
import gc
import logging
import random as randomness
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from goserviceslo.engine.announcer import Announcer
from goserviceslo.engine.backoff import Backoff
from goserviceslo.engine.calendars import Calendars
from goserviceslo.engine.config import Config, SinkChoice
from goserviceslo.engine.due import DueTimes
from goserviceslo.engine.evidence import Evidence
from goserviceslo.engine.fence import FencedCluster, FencedRuler
from goserviceslo.engine.gauges import watch_gauges
from goserviceslo.engine.health import Health
from goserviceslo.engine.holders import RuleHolder
from goserviceslo.engine.intake import Intake
from goserviceslo.engine.kinds import Kinds
from goserviceslo.engine.lease import LeaderElection
from goserviceslo.engine.logs import set_up
from goserviceslo.engine.observing import Observer
from goserviceslo.engine.probes import application, serve
from goserviceslo.engine.queue import WorkQueue
from goserviceslo.engine.relist import Relister
from goserviceslo.engine.ruler import RulerRules
from goserviceslo.engine.sampler import Sampler
from goserviceslo.engine.shards import RuleShards
from goserviceslo.engine.shell import Shell
from goserviceslo.engine.store import Store
from goserviceslo.engine.telemetry import Telemetry
from goserviceslo.engine.watching import WatchSession
from goserviceslo.engine.worker import Reconcile, Result, Worker
from goserviceslo.engine.writer import Writer
from goserviceslo.ports import (
    GOSERVICESLOS,
    ApiError,
    Clock,
    ClusterPort,
    Forbidden,
    Key,
    MetricsPort,
    Resource,
    RulerPort,
)
from goserviceslo.reconcile.model import Observed, Plan, RuleSink
from goserviceslo.slo.rules import RuleSettings

_LOAD_RETRY_SECONDS = 2.0
_BACKLOG = 20
"""Resources that wait, above which nobody's past is counted; some always do in a large fleet."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outside:
    """The way to everything that is not the operator."""

    cluster: ClusterPort
    watch_session: WatchSession
    clock: Clock
    metrics: MetricsPort | None = None
    """None: no source of measurements was given."""
    ruler: RulerPort | None = None
    """Needed where rules are to go through a ruler's API."""
    random: Callable[[], float] = randomness.random


CallObserver = Callable[[str, Resource, str, float], None]
OutsideFactory = Callable[[CallObserver], AbstractAsyncContextManager[Outside]]
"""Opens the outside for one run; the observer must be told of every request to the API server."""


async def run(config: Config, outside: OutsideFactory, reconcile: Reconcile) -> int:
    """Run until SIGTERM or SIGINT (0), or until a part of it fails for good (1). Call it from `asyncio.run`."""
    set_up(config.log_format, config.log_level)
    # JSON makes many objects and hardly a cycle: by default the collector would take a fifth of the operator's time.
    gc.set_threshold(20_000, 20, 100)
    telemetry = Telemetry()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with outside(telemetry.api_call) as ports:
            operator = Operator(config, ports, reconcile, telemetry)
            pages = application(operator.health, telemetry.text)
            async with serve(pages, config.listen_host, config.listen_port) as port:
                logger.info("serving /livez, /readyz and /metrics on port %d", port)
                return await operator.run(stop)
    except (ApiError, OSError) as error:
        logger.error("the operator cannot start: %s", error.message if isinstance(error, ApiError) else error)
        return 1


class Operator:
    """Puts the parts together. `run` owns their lives."""

    def __init__(self, config: Config, outside: Outside, reconcile: Reconcile, telemetry: Telemetry) -> None:
        self._config = config
        self._telemetry = telemetry
        clock, random = outside.clock, outside.random
        self.store = Store()
        self.queue = WorkQueue(clock.monotonic, telemetry.queue_wait.observe)
        self._due = DueTimes(clock.monotonic, random)
        self._evidence = Evidence(configured=outside.metrics is not None)
        self._election = LeaderElection(
            outside.cluster,
            clock,
            config.lease,
            namespace=config.operator_namespace,
            identity=config.identity,
            on_change=self._on_leading,
        )
        self._leads = not config.elect
        cluster = FencedCluster(outside.cluster, self._may_write)
        intake = Intake(self.store, self.queue.add)
        self._relister = Relister(
            outside.cluster,
            self.store,
            intake,
            namespaces=config.namespaces,
            interval=config.relist_interval,
            random=random,
            corrected=lambda resource, count: telemetry.corrections.labels(resource.plural).inc(count),
        )
        self._shell = Shell(
            session=outside.watch_session,
            intake=intake,
            clock=clock,
            random=random,
            namespaces=config.namespaces,
            on_listing=self._relister.ask,
            on_restart=telemetry.watch_restarts.inc,
        )
        self._kinds = Kinds(
            outside.cluster,
            sink=config.rule_sink,
            namespaces=config.namespaces,
            random=random,
            on_change=self._on_kinds,
        )
        self._shards = RuleShards(cluster, config.operator_namespace, config.shards, self._wake_all)
        holders: dict[RuleSink, RuleHolder] = {RuleSink.CONFIG_MAP: self._shards}
        self._ruler = None
        if outside.ruler is not None:
            self._ruler = holders[RuleSink.RULER] = RulerRules(
                FencedRuler(outside.ruler, self._may_write),
                prefix=config.ruler_prefix,
                namespaces=config.namespaces,
                interval=config.relist_interval,
                random=random,
                living=partial(self.store.keys, GOSERVICESLOS),
                wake=self.queue.add,
            )
        settings = RuleSettings(config.rule_interval, config.rule_lag)
        self._calendars = Calendars(cluster, clock, random, self.queue.add)
        self._observer = Observer(self.store, self._evidence, holders, self._calendars, settings, config.rule_labels)
        self._sampler = None
        if outside.metrics is not None:
            self._sampler = Sampler(
                outside.metrics,
                clock,
                random,
                evidence=self._evidence,
                settings=settings,
                interval=config.measure_interval,
                wake=self.queue.add,
                measured=telemetry.sample_seconds.observe,
                busy=lambda: len(self.queue) > _BACKLOG,
            )
        self._worker = Worker(
            queue=self.queue,
            due=self._due,
            backoff=Backoff(random),
            observer=self._observer,
            writer=Writer(cluster, self.store),
            holders=holders,
            announcer=Announcer(cluster, clock, config.identity),
            reconcile=reconcile,
            clock=clock,
            finished=self._on_finished,
            measured=self._on_measured,
        )
        self.health = Health(
            clock,
            self.queue,
            leading=self._may_write,
            silent_seconds=self._shell.silent_seconds,
            lagged=telemetry.loop_lag.set,
        )
        watch_gauges(telemetry, self.queue, self._worker, self._evidence, self._ruler, self._sampler)

    async def run(self, stop: asyncio.Event) -> int:
        """Until `stop` is set (0) or a part ends (1). What leads is stopped first, so that the Lease is given up."""
        parts: dict[str, Coroutine[Any, Any, None]] = {
            "watches": self._shell.run(self._kinds.find),
            "kinds": self._kinds.look_for_changes(self._shell.restart),
            "re-list": self._relister.run(),
            "readiness": self._become_ready(),
            "heartbeat": self.health.beat(),
            "leading": self._election.run(self._lead) if self._config.elect else self._lead(),
        }
        tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]
        for task in tasks:
            self.health.guard(task)
        stopping = asyncio.create_task(_wait(stop), name="stop")
        try:
            ended, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in reversed(tasks):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            stopping.cancel()
        failed = [task for task in ended if task is not stopping]
        for task in failed:
            logger.error("%s has ended", task.get_name(), exc_info=task.exception())
        return 1 if failed else 0

    async def _lead(self) -> None:
        """What only the leader does."""
        await self._relister.synced.wait()
        await self._load_shards()
        if self._ruler is not None:
            self._ruler.begin()
        if self._sampler is not None:
            await self._sampler.prime((key, entry.whole()) for key, entry in list(self.store.resources.items()))
        self._wake_all()
        async with asyncio.TaskGroup() as group:
            for number in range(self._config.workers):
                group.create_task(self._worker.run(), name=f"worker {number}")
            group.create_task(self._due.feed(self.queue.add), name="due times")
            group.create_task(self._shards.run(), name="rule ConfigMaps")
            group.create_task(self._check_shards(), name="check of rule ConfigMaps")
            if self._ruler is not None:
                group.create_task(self._ruler.run(), name="ruler")
            group.create_task(self._calendars.run(), name="calendars")
            if self._sampler is not None:
                group.create_task(self._sampler.run(), name="sampler")

    async def _load_shards(self) -> None:
        """Also where rules go elsewhere: what stands in ConfigMaps from before must then leave them."""
        loaded = self._config.rule_sink in (SinkChoice.PROMETHEUS_RULE, SinkChoice.RULER)
        while not loaded:
            try:
                await self._shards.load(self.store.keys(GOSERVICESLOS))
                loaded = True
            except ApiError as error:
                loaded = isinstance(error, Forbidden) and self._observer.sink is RuleSink.PROMETHEUS_RULE
                if not loaded:
                    logger.warning("the rule ConfigMaps cannot be read, trying again: %s", error)
                    await asyncio.sleep(_LOAD_RETRY_SECONDS)

    async def _check_shards(self) -> None:
        """ConfigMaps are not watched: that would take the right to read every one of the namespace."""
        while True:
            await asyncio.sleep(self._config.relist_interval.total_seconds())
            try:
                await self._shards.check()
            except ApiError as error:
                logger.warning("the rule ConfigMaps cannot be checked: %s", error)

    async def _become_ready(self) -> None:
        await self._relister.synced.wait()
        self.health.waiting_for = None
        logger.info("listed %d resources", self.store.count(GOSERVICESLOS))
        await asyncio.Event().wait()

    def _may_write(self) -> bool:
        return self._leads or self._election.holds()

    def _wake_all(self) -> None:
        for key in self.store.keys(GOSERVICESLOS):
            self.queue.add(key)

    def _on_leading(self, leading: bool) -> None:
        self._telemetry.leading.set(leading)

    def _on_kinds(self, kinds: Sequence[Resource], sink: RuleSink) -> None:
        logger.info("watching %s; rules go to: %s", ", ".join(kind.plural for kind in kinds), sink.value)
        self._relister.watch(kinds)
        if sink is not self._observer.sink:
            self._observer.sink = sink
            self._wake_all()

    def _on_finished(self, key: Key, observed: Observed | None, plan: Plan | None) -> None:
        if observed is None or plan is None:
            self._calendars.forget(key)
        else:
            self._calendars.want(key, observed.resource)
        if self._sampler is None:
            return
        if observed is None or plan is None:
            self._sampler.forget(key)
        else:
            self._sampler.finished(key, observed, plan)

    def _on_measured(self, result: Result, seconds: float) -> None:
        self._telemetry.reconciled.labels(result.value).inc()
        self._telemetry.reconcile_seconds.observe(seconds)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
