"""The namespaces that a node lives in: a network and a view of the file system of its own.

They have no names. A process that does nothing holds them, every other one is started inside, and when the last has
ended the kernel takes back mounts, interfaces, routes and firewall rules, however it ended.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import cgroups, network
from .addresses import Block
from .component import Component
from .layout import Layout
from .nodeparts import KERNEL_SETTINGS, SANDBOX_SCRIPT
from .waiting import until

HOLDER = "sandbox"


class NoDoor(RuntimeError):
    """No process of the node is left whose namespaces could be entered."""


class BadPlace(RuntimeError):
    """The cache lies where the node has a file system of its own."""


@dataclass(frozen=True)
class Sandbox:
    layout: Layout
    block: Block

    @property
    def holder(self) -> Component:
        """The process that holds the namespaces, started in new ones."""
        create = ["unshare", "--mount", "--net", "--propagation=private", "sh", "-c", SANDBOX_SCRIPT, "sh"]
        return self._holder(lambda: self._in_cgroup([*create, str(self._files), *KERNEL_SETTINGS]))

    def ensure(self, survivors: Iterable[Component]) -> bool:
        """Make the namespaces and lay the wire, unless they are there; whether anything was done.

        Where the holder has died and another process of the node has not, a new holder enters the namespaces of
        that one.
        """
        for forbidden in ("/var", "/run"):
            if self.layout.state.is_relative_to(forbidden):
                raise BadPlace(f"a node's state cannot be in {self.layout.state}: set GOSLO_CACHE outside {forbidden}")
        for directory in ("var/lib", "var/log", "var/tmp", "sysctl"):
            (self._files / directory).mkdir(parents=True, exist_ok=True)
        if not (self._files / "var" / "run").is_symlink():
            (self._files / "var" / "run").symlink_to("/run")
        started = not self.holder.alive
        if started:
            self._start_holder(next((one for one in survivors if one.alive), None))
        until("the node's file systems", self._ready, seconds=20, needs=[self.holder])
        if network.connected(self.layout.host_interface, self.block):
            return started
        network.connect(self.layout.host_interface, self.door(), self.block)
        return True

    def door(self) -> int:
        """The pid of a process whose namespaces are the node's; raises ``NoDoor``."""
        identity = self.holder.identity
        if identity is None or not identity.alive:
            raise NoDoor(f"{self.layout.name} is not up")
        return identity.pid

    def inside(self, command: Sequence[str]) -> list[str]:
        """A command line that runs ``command`` in the node's namespaces and control group."""
        return self._enter(self.door(), command)

    def network_only(self, command: Sequence[str]) -> list[str]:
        """A command line that runs ``command`` in the node's network, with the host's files."""
        return ["nsenter", f"--net=/proc/{self.door()}/ns/net", *command]

    @property
    def _files(self) -> Path:
        return self.layout.data / "node"

    def _holder(self, argv: Callable[[], Sequence[str]]) -> Component:
        return Component(HOLDER, argv, self.layout.state, self.layout.record(HOLDER), self.layout.log(HOLDER))

    def _start_holder(self, survivor: Component | None) -> None:
        if survivor is None or survivor.identity is None:
            self.holder.start()
        else:
            entered = self._enter(survivor.identity.pid, ["sleep", "infinity"])
            self._holder(lambda: entered).start()

    def _ready(self) -> bool:
        """The holder's last act is to become ``sleep``."""
        return Path(f"/proc/{self.door()}/comm").read_text().strip() == "sleep"

    def _enter(self, pid: int, command: Sequence[str]) -> list[str]:
        return self._in_cgroup(["nsenter", f"--mount=/proc/{pid}/ns/mnt", f"--net=/proc/{pid}/ns/net", *command])

    def _in_cgroup(self, command: Sequence[str]) -> list[str]:
        entrances = " ".join(shlex.quote(str(one)) for one in cgroups.create(self.layout.cgroup))
        join = f'for entrance in {entrances}; do echo $$ > "$entrance"; done; exec "$@"'
        return ["sh", "-e", "-c", join, "sh", *command]
