"""A Prometheus on loopback, and pages for it to scrape."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.scale import procfs
from bench.scale.procfs import Usage
from localcluster import addresses, binaries
from localcluster.component import Component


@dataclass(frozen=True, slots=True)
class LoopbackPrometheus:
    """A Prometheus that runs."""

    url: str
    process: Component

    @property
    def usage(self) -> Usage:
        identity = self.process.identity
        return procfs.usage(identity.pid) if identity else Usage()


def start(directory: Path, config: dict[str, Any], *flags: str) -> LoopbackPrometheus:
    """Start one over the blocks in ``directory``, which takes all its files; whoever calls this must stop it."""
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    (port,) = addresses.free_ports(1)
    arguments = [
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'tsdb'}",
        *flags,
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = Component(
        "prometheus",
        lambda: [str(binaries.ensure(["prometheus"])["prometheus"]), *arguments],
        directory,
        directory / "prometheus.record",
        directory / "prometheus.log",
    )
    process.start()
    return LoopbackPrometheus(f"http://127.0.0.1:{port}", process)


@contextmanager
def exporter(page: Callable[[], bytes]) -> Iterator[str]:
    """The address of a server that answers each scrape with the next ``page``."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it has there
            """Nobody wants a line a scrape."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
