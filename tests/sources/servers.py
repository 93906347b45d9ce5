"""Real sources of measurements on loopback: Prometheus, VictoriaMetrics, Thanos over Prometheus, Cortex."""

import itertools
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import requests
import yaml
from tests.sources.evaluator import Backend

from localcluster.addresses import free_ports
from localcluster.binaries import ensure

_PATIENCE_SECONDS = 180.0  # only how long a test that fails takes to fail
_HOUR = 3600
_DAYS = 28
"""How far back the first test goes; VictoriaMetrics keeps a month unless told otherwise."""
APART_SECONDS = 26 * _HOUR
"""From one test's stretch of time to the next one's; a multiple of the four minutes of long windows."""


@dataclass
class Engine:
    """A running source; each test gets a stretch of time, or a tenant, of its own."""

    name: str
    backend: Backend
    access_url: str
    """Where the operator would be told to ask."""
    tenants: bool = False
    native_histograms: bool = True
    stop_a_part: Callable[[], None] = field(default=lambda: None)
    """Takes a part of the data away."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def fresh(self) -> tuple[Backend, int]:
        """A backend, and an instant before which it holds nothing for a day; a multiple of an hour."""
        number = next(self._numbers)
        start = (int(time.time()) // _HOUR - _DAYS * 24) * _HOUR
        if self.tenants:
            return replace(self.backend, headers={"X-Scope-OrgID": f"tenant-{number}"}), start
        start += number * APART_SECONDS
        assert start + _HOUR < time.time(), "more tests than fit into the days that sources keep"
        return self.backend, start


@contextmanager
def running(
    command: Sequence[object], log: Path, ready: str, headers: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A server until the block ends; begins when `ready` answers 200."""
    with (
        log.open("wb") as file,
        subprocess.Popen(list(map(str, command)), cwd=log.parent, stdout=file, stderr=file) as process,
    ):
        try:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while not _answers(ready, headers):
                assert process.poll() is None, log.read_text()[-3000:]
                assert time.monotonic() < deadline, f"{command[0]} is not ready: {log.read_text()[-3000:]}"
                time.sleep(0.2)
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(url: str, headers: Mapping[str, str] | None) -> bool:
    try:
        return requests.get(url, timeout=5, headers=headers).status_code == 200
    except requests.RequestException:
        return False


@contextmanager
def prometheus(directory: Path) -> Iterator[Engine]:
    directory.mkdir(parents=True)
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    config = directory / "prometheus.yml"
    # Tests write of the past, each of its own, and one of them of now.
    tsdb = {"out_of_order_time_window": f"{_DAYS + 2}d"}
    config.write_text(yaml.safe_dump({"global": {"external_labels": {"prometheus": "one"}}, "storage": {"tsdb": tsdb}}))
    command = [
        *(ensure(["prometheus"])["prometheus"], f"--config.file={config}", f"--storage.tsdb.path={directory / 'data'}"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver"),
        # As Thanos' sidecar wants it: no compaction behind its back.
        *("--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h"),
    ]
    with running(command, directory / "log", f"{url}/-/ready"):
        yield Engine("prometheus", Backend(url, f"{url}/api/v1/write"), url)


@contextmanager
def victoria_metrics(directory: Path) -> Iterator[Engine]:
    directory.mkdir(parents=True)
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [
        *(ensure(["victoria-metrics"])["victoria-metrics"], f"-storageDataPath={directory / 'data'}"),
        *(f"-httpListenAddr=127.0.0.1:{port}", "-memory.allowedBytes=256MB"),
    ]

    def settle() -> None:
        requests.get(f"{url}/internal/force_flush", timeout=30).raise_for_status()

    with running(command, directory / "log", f"{url}/health"):
        backend = Backend(url, f"{url}/api/v1/write", settle, params={"nocache": "1"})
        yield Engine("victoria-metrics", backend, url, native_histograms=False)


@contextmanager
def thanos(directory: Path) -> Iterator[Engine]:
    binary = ensure(["thanos"])["thanos"]
    with prometheus(directory / "prometheus") as store, ExitStack() as sidecar, ExitStack() as query:
        grpc, http, query_grpc, query_http = free_ports(4)
        command = [
            *(binary, "sidecar", f"--prometheus.url={store.backend.url}"),
            *(f"--tsdb.path={directory / 'prometheus' / 'data'}", f"--grpc-address=127.0.0.1:{grpc}"),
            *(f"--http-address=127.0.0.1:{http}", "--prometheus.get_config_interval=1s"),
        ]
        sidecar.enter_context(running(command, directory / "sidecar.log", f"http://127.0.0.1:{http}/-/ready"))
        url = f"http://127.0.0.1:{query_http}"
        command = [
            *(binary, "query", f"--endpoint-strict=127.0.0.1:{grpc}", f"--grpc-address=127.0.0.1:{query_grpc}"),
            *(f"--http-address=127.0.0.1:{query_http}", "--query.replica-label=replica", "--endpoint.info-timeout=1s"),
        ]
        query.enter_context(running(command, directory / "query.log", f"{url}/-/ready"))
        _until_known(url)
        yield Engine("thanos", replace(store.backend, url=url), url, stop_a_part=sidecar.close)


def _until_known(url: str) -> None:
    """The querier has found the sidecar."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not requests.get(f"{url}/api/v1/stores", timeout=60).json()["data"].get("sidecar"):
        assert time.monotonic() < deadline, "Thanos does not find its sidecar"
        time.sleep(0.2)


@contextmanager
def cortex(directory: Path) -> Iterator[Engine]:
    directory.mkdir(parents=True)
    http, grpc = free_ports(2)
    url = f"http://127.0.0.1:{http}"
    memory = {"kvstore": {"store": "inmemory"}}
    config = {
        "auth_enabled": True,
        "server": {
            "http_listen_address": "127.0.0.1",
            "http_listen_port": http,
            "grpc_listen_address": "127.0.0.1",
            "grpc_listen_port": grpc,
            "log_level": "warn",
        },
        "distributor": {"shard_by_all_labels": True},
        "ingester": {
            "lifecycler": {
                "address": "127.0.0.1",
                "min_ready_duration": "0s",
                "final_sleep": "0s",
                "num_tokens": 1,
                "ring": {**memory, "replication_factor": 1},
            }
        },
        "blocks_storage": {
            "backend": "filesystem",
            "filesystem": {"dir": str(directory / "blocks")},
            "tsdb": {"dir": str(directory / "tsdb")},
            "bucket_store": {"sync_dir": str(directory / "sync")},
        },
        "compactor": {"data_dir": str(directory / "compactor"), "sharding_ring": memory},
        "ruler": {"enable_api": True, "poll_interval": "1s", "rule_path": str(directory / "loaded"), "ring": memory},
        "ruler_storage": {"backend": "filesystem", "filesystem": {"dir": str(directory / "rules")}},
        "alertmanager": {"external_url": f"{url}/alertmanager", "cluster": {"listen_address": ""}},
        "alertmanager_storage": {"backend": "filesystem", "filesystem": {"dir": str(directory / "alertmanager")}},
        "limits": {"ruler_max_rules_per_rule_group": 40},
    }
    file = directory / "cortex.yaml"
    file.write_text(yaml.safe_dump(config))
    with running([ensure(["cortex"])["cortex"], f"-config.file={file}"], directory / "log", f"{url}/ready"):
        backend = Backend(f"{url}/prometheus", f"{url}/api/v1/push")
        yield Engine("cortex", backend, backend.url, tenants=True)


ENGINES: Mapping[str, Callable[[Path], AbstractContextManager[Engine]]] = {
    "VictoriaMetrics": victoria_metrics,
    "Thanos": thanos,
    "Cortex": cortex,
}
