"""A real Prometheus over blocks made from a world's series."""

import subprocess
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.replay.world import Series

from localcluster import addresses, binaries
from localcluster.component import Component
from localcluster.waiting import until


def at_epoch(series: Series, base: int) -> Iterator[str]:
    """OpenMetrics lines of series whose time begins at `base`; a process' own start is a time too."""
    for name, samples in series.items():
        shift = base if name.startswith("process_start_time_seconds") else 0
        for at, value in sorted(samples.items()):
            yield f"{name} {float(value) + shift!r} {base + at}\n"


def write_blocks(directory: Path, lines: Iterable[str]) -> None:
    """Blocks in the data directory of a Prometheus that does not run."""
    past = directory.parent / "past.om"
    with past.open("w") as out:
        out.writelines(lines)
        out.write("# EOF\n")
    promtool = binaries.ensure(["promtool"])["promtool"]
    subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=24h", past, directory],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    past.unlink()


@contextmanager
def prometheus(data: Path) -> Iterator[str]:
    """Its URL, while it runs on that data; it scrapes nothing."""
    directory = data.parent
    config = directory / "prometheus.yml"
    config.write_text("{}\n")
    (port,) = addresses.free_ports(1)
    arguments = [
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=10y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = Component(
        "prometheus",
        lambda: [str(binaries.ensure(["prometheus"])["prometheus"]), *arguments],
        directory,
        directory / "prometheus.json",
        directory / "prometheus.log",
    )
    process.start()
    url = f"http://127.0.0.1:{port}"
    try:
        until("Prometheus to be ready", lambda: _ready(url), seconds=300, needs=[process])
        yield url
    finally:
        process.stop()


def _ready(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/-/ready", timeout=30) as answer:
        return bool(answer.status == 200)
