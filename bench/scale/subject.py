"""What every phase of a trial works with, and how it puts down what it found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.scale.client import Client
from bench.scale.running import Running, Snapshot
from bench.scale.sightings import Sightings
from localcluster.component import Component

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """A running controller, a client to give it work, and a watcher of what it writes."""

    running: Running
    client: Client
    watcher: Component
    sightings: Sightings

    def must_live(self) -> None:
        """Raise ``Died`` unless the controller and the watcher run."""
        self.running.process.must_live()
        self.watcher.must_live()


def cores(before: Snapshot, after: Snapshot) -> dict[str, float]:
    """How many cores each part kept busy, so that a reader sees who was the limit. ``machine`` is all of them."""
    spent = {
        "tool": after.tool.cpu_seconds - before.tool.cpu_seconds,
        "kube-apiserver": after.apiserver_cpu_seconds - before.apiserver_cpu_seconds,
        "etcd": after.etcd_cpu_seconds - before.etcd_cpu_seconds,
        "client": after.client_cpu_seconds - before.client_cpu_seconds,
        "machine": after.machine_cpu_seconds - before.machine_cpu_seconds,
    }
    seconds = after.at - before.at
    return {part: round(used / seconds, 4) for part, used in spent.items()}


def per(amount: float, count: int, factor: float = 1.0) -> float | None:
    """``amount * factor`` for each of ``count``; None where there is none."""
    return round(amount * factor / count, 3) if count else None


def rounded(values: Sequence[float]) -> list[float]:
    """Seconds to a tenth of a millisecond."""
    return [round(value, 4) for value in values]
