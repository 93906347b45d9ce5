"""A real Prometheus on loopback, filled: what a rule would record, it is simply given."""

import itertools
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.loopback import LoopbackPrometheus, exporter, start
from bench.scale.objectives import Promise
from bench.scale.recorded import GRID_SECONDS, TILE_SECONDS, history, page
from localcluster import binaries
from localcluster.report import say
from localcluster.waiting import until


@contextmanager
def filled_prometheus(directory: Path, promises: Sequence[Promise]) -> Iterator[LoopbackPrometheus]:
    """Start it with the past that queries look at, and keep it fed; it is gone afterwards.

    ``directory`` takes its files. Fresh samples are there when this returns.
    """
    _backfill(directory, promises)
    with ExitStack() as exporters:
        targets = {
            every: exporters.enter_context(exporter(_in_turn([page(promises, turn, every) for turn in (0, 1)])))
            for every in (TILE_SECONDS, GRID_SECONDS)
        }
        prometheus = _start(directory, targets)
        try:
            until("Prometheus to scrape", lambda: _scraped(prometheus.url), seconds=180, needs=[prometheus.process])
            yield prometheus
        finally:
            prometheus.process.stop()


def _backfill(directory: Path, promises: Sequence[Promise]) -> None:
    say(f"  writing the past of {len(promises):,} objectives into a Prometheus")
    past = directory / "past.om"
    with past.open("w") as out:
        out.writelines(history(promises, time.time()))
    promtool = binaries.ensure(["promtool"])["promtool"]
    command: list[str | Path] = [
        promtool,
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "--quiet",
        past,
        directory / "tsdb",
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    past.unlink()


def _in_turn(pages: Sequence[bytes]) -> Callable[[], bytes]:
    turns = itertools.cycle(pages)
    return lambda: next(turns)


def _start(directory: Path, targets: dict[int, str]) -> LoopbackPrometheus:
    jobs = [
        {
            "job_name": f"every {every} s",
            "honor_labels": True,
            "scrape_interval": f"{every}s",
            "scrape_timeout": f"{TILE_SECONDS}s",
            "static_configs": [{"targets": [target]}],
            # Recorded series have neither label; those of the pods bring their own.
            "metric_relabel_configs": [
                {"source_labels": ["__name__"], "regex": "goslo:.*", "target_label": label, "replacement": ""}
                for label in ("job", "instance")
            ],
        }
        for every, target in targets.items()
    ]
    return start(directory, {"scrape_configs": jobs})


def _scraped(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/api/v1/query?query=http_requests_total%5B1m%5D", timeout=30) as answer:
        return b'"values"' in answer.read(4096)
