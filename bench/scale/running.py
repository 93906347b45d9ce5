"""A controller that runs, and what it has used and called until now."""

import asyncio
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass

from bench.scale import procfs
from bench.scale.audit import Call
from bench.scale.procfs import Usage
from bench.scale.stage import Stage
from bench.scale.tools import Surroundings, Tool
from localcluster import addresses
from localcluster.component import Component

_POLL_SECONDS = 0.25
_QUIET_SECONDS = 5.0
_BUSY_CORES = 0.1


class NotReady(TimeoutError):
    """The controller did not come up."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counters at one instant, to be subtracted from later ones."""

    at: float
    """Seconds of the monotonic clock."""
    tool: Usage
    apiserver_cpu_seconds: float
    etcd_cpu_seconds: float
    client_cpu_seconds: float
    """This process."""
    machine_cpu_seconds: float
    calls: Counter[Call]


@dataclass(frozen=True, slots=True)
class Rest:
    """What waiting for a controller to be quiet found."""

    since: float
    """The monotonic instant of its last activity, in seconds."""
    reached: bool
    """Whether it was quiet then; else the wait was given up."""


@dataclass(frozen=True, slots=True)
class Running:
    """One start of a controller."""

    tool: Tool
    stage: Stage
    process: Component
    ready_url: str

    @property
    def usage(self) -> Usage:
        identity = self.process.identity
        return procfs.usage(identity.pid) if identity else Usage()

    def snapshot(self) -> Snapshot:
        self.process.must_live()
        return Snapshot(
            at=time.monotonic(),
            tool=self.usage,
            apiserver_cpu_seconds=procfs.usage(self.stage.pid("kube-apiserver")).cpu_seconds,
            etcd_cpu_seconds=procfs.usage(self.stage.pid("etcd")).cpu_seconds,
            client_cpu_seconds=time.process_time(),
            machine_cpu_seconds=procfs.machine_busy_seconds(),
            calls=self.stage.audit.counts(),
        )

    async def ready(self, seconds: float = 120) -> None:
        """Wait until it calls itself ready; raises ``NotReady``, or ``Died`` if it ended."""
        deadline = time.monotonic() + seconds
        while not await asyncio.to_thread(_answers, self.ready_url):
            self.process.must_live()
            if time.monotonic() > deadline:
                raise NotReady(f"{self.tool.title} does not answer at {self.ready_url}; its log: {self.process.log}")
            await asyncio.sleep(0.02)

    async def quiet(self, seconds: float) -> Rest:
        """Wait until it neither calls nor computes.

        Activity is a call other than a watch or a lease, or more than a tenth of a core. What goes on for longer than
        ``seconds`` is not waited for.
        """
        deadline = time.monotonic() + seconds
        last_active, cpu, called = time.monotonic(), self.usage.cpu_seconds, self._last_call
        while (now := time.monotonic()) < deadline and now - last_active < _QUIET_SECONDS:
            await asyncio.sleep(_POLL_SECONDS)
            cpu_now, called_now = self.usage.cpu_seconds, self._last_call
            if called_now != called or cpu_now - cpu > _BUSY_CORES * (time.monotonic() - now):
                last_active = time.monotonic()
            cpu, called = cpu_now, called_now
        self.process.must_live()
        return Rest(last_active, reached=time.monotonic() - last_active >= _QUIET_SECONDS)

    @property
    def _last_call(self) -> float:
        return self.stage.audit.last_call(self.stage.user)


def start(tool: Tool, stage: Stage, prometheus_url: str | None, number: int) -> Running:
    """Start a controller; ``number`` tells its starts on one stage apart."""
    port, second = addresses.free_ports(2)
    how = tool.start(Surroundings(stage.kubeconfig, port, second, prometheus_url))
    name, layout = f"{tool.name}-{number}", stage.cluster.layout
    process = Component(
        name,
        lambda: [str(word) for word in how.argv],
        layout.state,
        layout.record(name),
        layout.log(name),
        dict(how.environ),
    )
    process.start()
    return Running(tool, stage, process, f"http://127.0.0.1:{port}{tool.ready_path}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
