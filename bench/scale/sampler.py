"""The operator's sampler against a real Prometheus: how long does it take to read every objective anew?

It runs in a process of its own, so that its memory and CPU time are its own:
``python -m bench.scale.sampler URL COUNT SECONDS`` prints its figures as JSON.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import random
from typing import Any

from bench.scale import procfs
from bench.scale.machine import ROOT
from bench.scale.objectives import Promise, goserviceslo, promise
from bench.scale.source import filled_prometheus
from bench.scale.spread import ladder
from bench.scale.subject import rounded
from goserviceslo.adapters.clock import SystemClock
from goserviceslo.adapters.prometheus import PrometheusSource
from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.engine.config import Config
from goserviceslo.engine.evidence import Evidence
from goserviceslo.engine.sampler import Sampler
from goserviceslo.ports import Json, Key
from goserviceslo.reconcile import reconcile
from goserviceslo.reconcile.model import Observed, RuleSink, RulesView
from goserviceslo.slo.rules import RuleSettings
from localcluster.report import say

_INTERVAL = Config(identity="", operator_namespace="").measure_interval
_SETTLING_SECONDS = 20.0
_MARKER = "figures: "


class NotMeasured(RuntimeError):
    """The sampler did not read every objective."""


def measure(count: int, seconds: float) -> dict[str, Any]:
    """Let the sampler run for ``seconds`` over ``count`` objectives, at its default pace; raises ``NotMeasured``."""
    say(f"sampler, {count:,} objectives for {seconds:.0f} s")
    promises = [promise(number) for number in range(count)]
    with (
        tempfile.TemporaryDirectory(prefix="bench-sampler-") as scratch,
        filled_prometheus(Path(scratch), promises) as prometheus,
    ):
        before = prometheus.usage
        done = subprocess.run(
            [sys.executable, "-m", "bench.scale.sampler", prometheus.url, str(count), str(seconds)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        after = prometheus.usage
    if done.returncode != 0:
        raise NotMeasured(done.stdout.strip() or "the sampler's process failed; it said why above")
    figures: dict[str, Any] = json.loads(done.stdout.rpartition(_MARKER)[2])
    figures["prometheus"] = {
        "cpu_seconds": round(after.cpu_seconds - before.cpu_seconds, 2),
        "rss_peak_bytes": after.peak_rss_bytes,
    }
    say(f"  full refresh {figures['refresh_seconds']} s, {figures['cpu_share_of_a_core']:.2%} of a core")
    return figures


def main(arguments: list[str]) -> int:
    """The child: measure and print."""
    url, count, seconds = arguments[0], int(arguments[1]), float(arguments[2])
    figures = asyncio.run(_sample(url, [promise(number) for number in range(count)], seconds))
    print(_MARKER + json.dumps(figures))
    return 0


async def _sample(url: str, promises: list[Promise], seconds: float) -> dict[str, Any]:
    clock, evidence = SystemClock(), Evidence(configured=True)
    resources = [(made.key, _resource(made)) for made in promises]
    refreshes: list[float] = []
    woken: list[Key] = []
    source = PrometheusSource(PrometheusAccess(url), clock)
    sampler = Sampler(
        source,
        clock,
        random,
        evidence=evidence,
        settings=RuleSettings(),
        interval=_INTERVAL,
        wake=woken.append,
        measured=refreshes.append,
    )
    alone = procfs.usage(os.getpid())
    started = time.monotonic()
    await sampler.prime(resources)
    primed = time.monotonic() - started
    if len(evidence.measurements) != len(promises):
        raise NotMeasured(
            f"{len(evidence.measurements)} of {len(promises)} objectives were measured: {evidence.health}"
        )
    for key, resource in resources:
        observed = _observed(resource, evidence, key)
        sampler.finished(key, observed, reconcile(observed, clock.now()))
    running = asyncio.create_task(sampler.run())
    await asyncio.sleep(_SETTLING_SECONDS)
    refreshes.clear()
    woken.clear()
    before = procfs.usage(os.getpid())
    await asyncio.sleep(seconds)
    after = procfs.usage(os.getpid())
    running.cancel()
    source.close()
    return {
        "objectives": len(promises),
        "seconds": seconds,
        "interval_seconds": _INTERVAL.total_seconds(),
        "first_refresh_seconds": round(primed, 3),
        "refreshes": len(refreshes),
        "refresh_seconds": ladder(refreshes),
        "raw_refresh_seconds": rounded(refreshes),
        "woken": len(woken),
        "cpu_share_of_a_core": round((after.cpu_seconds - before.cpu_seconds) / seconds, 5),
        "rss_before_bytes": alone.rss_bytes,
        "rss_bytes": after.rss_bytes,
        "rss_peak_bytes": after.peak_rss_bytes,
    }


def _resource(made: Promise) -> Json:
    manifest = goserviceslo(made)
    given = {"uid": made.key.name, "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {**manifest, "metadata": {**manifest["metadata"], **given}}


def _observed(resource: Json, evidence: Evidence, key: Key) -> Observed:
    return Observed(
        resource=resource,
        deployment=None,
        rules=RulesView(RuleSink.PROMETHEUS_RULE, "", None),
        source=evidence.health,
        measurements=evidence.measurements[key],
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
