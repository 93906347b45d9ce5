"""One tool's rules in one Prometheus for a while, and what they took."""

import json
import re
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.rules.fleet import Fleet
from bench.rules.stage import INTERVAL_SECONDS, stage
from goserviceslo.ports import Json
from localcluster.report import say

_SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{.*\})? (\S+)$", re.MULTILINE)
_COUNTED = (
    "process_cpu_seconds_total",
    "prometheus_rule_group_duration_seconds_sum",
    "prometheus_rule_evaluations_total",
    "prometheus_rule_evaluation_failures_total",
)
_TELLING = ("window", "sloth_window", "short", "severity", "sloth_severity")
"""Labels that tell the rules of one name apart."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a trial takes."""

    warm_up_seconds: float
    measured_seconds: float


def run(tool: str, groups: Sequence[Json], fleet: Fleet, past: Path, pace: Pace) -> dict[str, Any]:
    """The figures of one trial; `tool` only names it. Without groups it is what a Prometheus takes without rules."""
    say(f"{tool}: {fleet.services:,} objectives, {sum(len(group['rules']) for group in groups):,} rules")
    with (
        tempfile.TemporaryDirectory(prefix="bench-rules-") as scratch,
        stage(Path(scratch), past, fleet, groups) as prometheus,
    ):
        time.sleep(pace.warm_up_seconds)
        before, since = _metrics(prometheus.url), time.monotonic()
        time.sleep(pace.measured_seconds)
        after, seconds = _metrics(prometheus.url), time.monotonic() - since
        evaluated = _get(f"{prometheus.url}/api/v1/rules")["data"]["groups"]
        usage = prometheus.usage
    per = INTERVAL_SECONDS / seconds
    gone = {name: round((after[name] - before[name]) * per, 4) for name in _COUNTED}
    found = {
        "tool": tool,
        "seconds": round(seconds, 1),
        "per_interval": gone,
        "rss_bytes": usage.rss_bytes,
        "rss_peak_bytes": usage.peak_rss_bytes,
        "parts_ms": parts(evaluated),
    }
    say(
        f"  {gone['prometheus_rule_group_duration_seconds_sum']:.2f} s of evaluation and "
        f"{gone['process_cpu_seconds_total']:.2f} s of CPU in {INTERVAL_SECONDS} s, "
        f"{gone['prometheus_rule_evaluation_failures_total']:.0f} failed"
    )
    return found


def parts(groups: Sequence[Json]) -> dict[str, float]:
    """Milliseconds that one objective's rule takes in an interval, by what it records or the severity it alerts at.

    The mean of all that have run, at the pace of their group; a slow group need not have run everywhere.
    """
    taken: dict[str, list[float]] = defaultdict(list)
    for group in groups:
        share = INTERVAL_SECONDS / group["interval"]
        for rule in group["rules"]:
            if not rule["lastEvaluation"].startswith("0001"):
                taken[_part(rule)].append(rule["evaluationTime"] * share * 1000)
    return {part: round(sum(values) / len(values), 4) for part, values in sorted(taken.items())}


def _part(rule: Json) -> str:
    labels: Mapping[str, str] = rule.get("labels", {})
    more = [labels[name] for name in _TELLING if name in labels]
    return " ".join([rule["name"], *more])


def _metrics(url: str) -> dict[str, float]:
    """Sums over all labels."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=300) as answer:
        text = answer.read().decode()
    sums: dict[str, float] = defaultdict(float)
    for name, value in _SAMPLE.findall(text):
        if name in _COUNTED:
            sums[name] += float(value)
    return {name: sums[name] for name in _COUNTED}


def _get(url: str) -> Json:
    with urllib.request.urlopen(url, timeout=300) as answer:
        found: Json = json.loads(answer.read())
    return found
