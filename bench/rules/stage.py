"""A real Prometheus on loopback that has the services' past, scrapes their present, and evaluates some rules."""

import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.loopback import LoopbackPrometheus, exporter, start
from bench.rules.fleet import SCRAPE_SECONDS, Fleet
from goserviceslo.ports import Json
from localcluster import binaries
from localcluster.waiting import until

INTERVAL_SECONDS = 30
"""Of groups that name none: the default of prometheus-operator, and the pace of the other tools' groups."""
_TARGETS = 10
"""The services' page is scraped in as many parts, so that scrapes are spread over time."""


def write_past(directory: Path, fleet: Fleet, recorded: Sequence[Json], days: float) -> None:
    """Blocks of the last `days` up to now."""
    now = int(time.time()) // SCRAPE_SECONDS * SCRAPE_SECONDS
    wanted = {"directory": str(directory), "from": now - int(days * 86_400), "until": now}
    document = json.dumps({**wanted, "series": list(fleet.past(recorded))})
    subprocess.run([binaries.ensure(["blocks"])["blocks"]], input=document.encode(), check=True)


@contextmanager
def stage(directory: Path, past: Path, fleet: Fleet, groups: Sequence[Json]) -> Iterator[LoopbackPrometheus]:
    """A fresh Prometheus over the past that lies in `past`; it is gone afterwards, with what it wrote."""
    if past.exists():
        shutil.copytree(past, directory / "tsdb")
    (directory / "rules.json").write_text(json.dumps({"groups": list(groups)}))
    with ExitStack() as exporters:
        targets = [exporters.enter_context(exporter(_pages(fleet, part))) for part in range(_TARGETS)]
        prometheus = _start(directory, targets)
        try:
            until("Prometheus", lambda: _ready(prometheus.url), seconds=300, needs=[prometheus.process])
            yield prometheus
        finally:
            prometheus.process.stop()


def _ready(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/-/ready", timeout=10) as answer:
        return bool(answer.status == 200)


def _start(directory: Path, targets: Sequence[str]) -> LoopbackPrometheus:
    config = {
        "global": {"evaluation_interval": f"{INTERVAL_SECONDS}s", "scrape_interval": f"{SCRAPE_SECONDS}s"},
        "scrape_configs": [{"job_name": "services", "honor_labels": True, "static_configs": [{"targets": targets}]}],
        "rule_files": [str(directory / "rules.json")],
    }
    return start(
        directory,
        config,
        "--storage.tsdb.retention.time=90d",
        # Nobody measures the compaction of what the benchmark itself has written.
        "--storage.tsdb.min-block-duration=2h",
        "--storage.tsdb.max-block-duration=2h",
    )


def _pages(fleet: Fleet, part: int) -> Callable[[], bytes]:
    scrapes = itertools.count()
    return lambda: fleet.page(part, _TARGETS, next(scrapes))
