"""One trial from an empty cluster to the last figure."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial

from bench.scale import phases
from bench.scale.burst import burst
from bench.scale.client import Client
from bench.scale.machine import ROOT
from bench.scale.objectives import Promise, namespaces, promise
from bench.scale.plan import Trial
from bench.scale.running import start
from bench.scale.sightings import Sightings
from bench.scale.source import filled_prometheus
from bench.scale.stage import Stage, stage
from bench.scale.subject import Figures, Subject
from bench.scale.tools import TOOLS
from localcluster.component import Component
from localcluster.report import Stopwatch, say

CHANGES = 100
_WARM_UP_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the phases last."""

    idle_seconds: float
    """At the largest size."""
    short_idle_seconds: float
    """At the others."""
    burst_seconds: float
    """After which a burst is cut, whatever is missing."""
    quiet_seconds: float
    """How long a controller is waited for to be quiet, after each phase."""


def run(trial: Trial, limits: Limits, cluster: str, figures: Figures) -> None:
    """Run one trial on a cluster of its own called ``cluster``; raises what the parts raise.

    ``figures`` takes what is found, phase by phase, so that one which is cut short leaves what it had.
    """
    tool = TOOLS[trial.tool]
    say(f"{tool.title} {tool.release}, {trial.size:,} resources, repetition {trial.repetition + 1}")
    with ExitStack() as parts:
        prepared = parts.enter_context(stage(cluster, tool, namespaces(trial.size + 1)))
        watcher, sightings = parts.enter_context(_watcher(prepared))
        url = parts.enter_context(_prometheus(prepared, trial.size + 1)) if tool.measures else None
        asyncio.run(_phases(trial, limits, prepared, url, watcher, sightings, figures))


async def _phases(
    trial: Trial,
    limits: Limits,
    prepared: Stage,
    prometheus_url: str | None,
    watcher: Component,
    sightings: Sightings,
    figures: Figures,
) -> None:
    tool, watch = TOOLS[trial.tool], Stopwatch()
    promises = [promise(number) for number in range(trial.size)]
    async with Client(prepared.api, tool) as client:
        await client.serve([*promises, promise(trial.size)])
        running = start(tool, prepared, prometheus_url, 0)
        subject = Subject(running, client, watcher, sightings)
        await running.ready()
        await _warm_up(subject, promise(trial.size))
        figures |= asdict(trial) | {"rss_empty_bytes": running.usage.rss_bytes}
        figures["burst"] = created = await burst(subject, promises, limits.burst_seconds, limits.quiet_seconds)
        figures["rule"] = await phases.rule_of(subject, promise(trial.size).key)
        say(f"  burst: {created['rules_per_second']} rules/s, waits {created['create_to_rule_seconds']} s, {watch}")
        if not trial.whole or created["with_rule"] < trial.size:
            return
        figures["idle"] = await phases.idle(
            subject, limits.idle_seconds if trial.largest else limits.short_idle_seconds
        )
        say(f"  idle: {figures['idle']['calls']}, {figures['idle']['cpu_share_of_a_core']:.2%} of a core, {watch}")
        some = promises[:: max(1, trial.size // CHANGES)][:CHANGES]
        figures["changes"] = await phases.changes(subject, some)
        say(f"  changes: {figures['changes']['change_to_rule_seconds']} s, {watch}")
        await running.quiet(limits.quiet_seconds)
        again = partial(start, tool, prepared, prometheus_url, 1)
        figures["restart"] = restarted = await phases.restart(subject, again, limits.quiet_seconds)
        say(f"  restart: quiet after {restarted['quiet_after_seconds']} s, {restarted['writes_total']} writes, {watch}")
        figures["load_average"] = [round(each, 2) for each in os.getloadavg()]


async def _warm_up(subject: Subject, extra: Promise) -> None:
    """One resource beyond those that are counted: the watch stands, caches are filled, code is loaded."""
    await subject.client.create(extra.key, subject.client.body(extra))
    async with asyncio.timeout(_WARM_UP_SECONDS):
        while extra.key not in subject.sightings.now():
            subject.must_live()
            await asyncio.sleep(0.05)
    await subject.running.quiet(30)


@contextmanager
def _prometheus(prepared: Stage, count: int) -> Iterator[str]:
    """A Prometheus that has measured the first ``count`` promises; its URL."""
    directory = prepared.cluster.layout.state / "prometheus"
    directory.mkdir()
    with filled_prometheus(directory, [promise(number) for number in range(count)]) as prometheus:
        yield prometheus.url


@contextmanager
def _watcher(prepared: Stage) -> Iterator[tuple[Component, Sightings]]:
    """A process that notes each rule; it ends with the cluster."""
    layout, api = prepared.cluster.layout, prepared.api
    seen = layout.data / "sightings"
    seen.touch()
    arguments = [api.url, str(api.authority), str(api.certificate), str(api.key), str(seen)]
    watcher = Component(
        "watcher",
        lambda: [sys.executable, "-m", "bench.scale.watcher", *arguments],
        layout.state,
        layout.record("watcher"),
        layout.log("watcher"),
        {"PYTHONPATH": str(ROOT)},
    )
    watcher.start()
    sightings = Sightings(seen)
    try:
        yield watcher, sightings
    finally:
        sightings.close()
        watcher.stop()
