"""After the burst: idle time, single changes, a restart, and what a promise has become."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from functools import partial

from bench.scale import audit
from bench.scale.objectives import CHANGED_TARGET, TARGET, Promise
from bench.scale.running import Running
from bench.scale.sightings import Sightings
from bench.scale.spread import ladder
from bench.scale.subject import Figures, Subject, cores, rounded
from goserviceslo.ports import Key

_POLL_SECONDS = 0.005
_CHANGE_LIMIT_SECONDS = 30.0
_BETWEEN_CHANGES_SECONDS = 0.25
_MOST_LOST = 3


async def idle(subject: Subject, seconds: float) -> Figures:
    """Do nothing for ``seconds``."""
    before = subject.running.snapshot()
    await asyncio.sleep(seconds)
    after = subject.running.snapshot()
    calls, user = after.calls - before.calls, subject.running.stage.user
    return {
        "seconds": round(after.at - before.at, 1),
        "cpu_share_of_a_core": round((after.tool.cpu_seconds - before.tool.cpu_seconds) / (after.at - before.at), 5),
        "calls": audit.by_verb(calls, user),
        "calls_total": audit.total(calls, user),
        "writes_total": audit.writes(calls, user),
        "rss_bytes": after.tool.rss_bytes,
        "cores": cores(before, after),
    }


async def changes(subject: Subject, promises: Sequence[Promise]) -> Figures:
    """Change the target of one resource after another, each when the one before is done; until some are lost."""
    seen = subject.sightings.now()
    waits, lost = [], 0
    for made in promises:
        target = CHANGED_TARGET if made.target == TARGET else TARGET
        generation = seen[made.key].generation
        sent = time.monotonic_ns()
        await subject.client.change(Promise(made.key, target))
        subject.must_live()
        if await _until(partial(_changed, subject.sightings, made.key, generation)):
            waits.append((seen[made.key].changed - sent) / 1e9)
        else:
            lost += 1
        if lost == _MOST_LOST:
            break  # it is busy with something else, and each would be waited for in vain
        await asyncio.sleep(_BETWEEN_CHANGES_SECONDS)
    return {"count": len(waits), "lost": lost, "change_to_rule_seconds": ladder(waits), "raw_seconds": rounded(waits)}


async def restart(subject: Subject, start: Callable[[], Running], quiet_limit_seconds: float) -> Figures:
    """Stop the controller with all resources in place, and start it again."""
    stopping = time.monotonic()
    subject.running.process.stop()
    stopped = time.monotonic()
    calls_before = subject.running.stage.audit.counts()
    started = time.monotonic()
    again = start()
    await again.ready()
    ready = time.monotonic()
    rest = await again.quiet(quiet_limit_seconds)
    after = again.snapshot()
    calls, user = after.calls - calls_before, again.stage.user
    return {
        "stop_seconds": round(stopped - stopping, 2),
        "ready_seconds": round(ready - started, 2),
        "quiet_after_seconds": round(rest.since - started, 2),
        "came_to_rest": rest.reached,
        "cpu_seconds": round(after.tool.cpu_seconds, 2),
        "calls": audit.by_verb(calls, user),
        "calls_total": audit.total(calls, user),
        "writes_total": audit.writes(calls, user),
        "rss_bytes": after.tool.rss_bytes,
        "rss_peak_bytes": after.tool.peak_rss_bytes,
    }


async def rule_of(subject: Subject, key: Key) -> Figures:
    """How much a promise becomes: rules, groups and bytes of its PrometheusRule."""
    groups = (await subject.client.rule(key))["spec"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    return {
        "groups": len(groups),
        "recording_rules": sum("record" in rule for rule in rules),
        "alerts": sum("alert" in rule for rule in rules),
        "bytes": len(json.dumps(groups, separators=(",", ":"))),
    }


def _changed(sightings: Sightings, key: Key, generation: int) -> bool:
    return sightings.now()[key].generation > generation


async def _until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _CHANGE_LIMIT_SECONDS
    while not true():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True
