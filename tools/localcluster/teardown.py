"""Taking down a native cluster so that nothing stays, whatever became of it.

What there is to find is found by three independent signs, none of which has to be whole: the recorded processes, the
marker in a process' environment, and membership in the node's cgroup (pods and their shims are only there). The
namespaces of a node have no name anywhere: they, their mounts, routes and firewall rules end with the last process.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterable

from . import cgroups, network, processes
from .layout import Layout
from .processes import Identity
from .waiting import TimedOut

_SECONDS = 60.0
_FIRST = ("kubelet", "containerd")
"""They would start again what is being ended."""


def remove(layout: Layout) -> None:
    """End every process of the cluster and remove everything it made; raises ``TimedOut`` if some will not go."""
    end_processes(layout)
    network.remove_host_interface(layout.host_interface)
    cgroups.remove(layout.cgroup)
    if layout.state.exists():
        shutil.rmtree(layout.state)
    layout.lock.unlink(missing_ok=True)


def end_processes(layout: Layout) -> None:
    """Kill until a look finds nothing more: a process may be forking while we look."""
    for name in _FIRST:
        if identity := processes.load(layout.record(name)):
            identity.send(signal.SIGKILL)
    left: Iterable[Identity] = ()
    for _ in range(30):
        found = find_processes(layout)
        if not found:
            return
        for identity in found:
            identity.send(signal.SIGKILL)
        left = processes.wait_gone(found, _SECONDS / 30)
    raise TimedOut(f"these processes of {layout.name} do not end: {sorted(one.pid for one in left)}")


def find_processes(layout: Layout) -> set[Identity]:
    """Every running process of the cluster that any of the three signs shows."""
    recorded = [processes.load(record) for record in sorted((layout.state / "pids").glob("*.json"))]
    inside = [processes.identify(pid) for pid in cgroups.members(layout.cgroup)]
    candidates = [*recorded, *inside, *processes.marked(layout.state)]
    return {one for one in candidates if one is not None and one.alive}
