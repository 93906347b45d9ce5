"""The files of one cluster, all below its state directory, and the names derived from that directory.

Names of kernel objects (cgroup, interface) are derived, never stored: ``down`` finds them after any crash, and two
caches that both hold a cluster of one name do not meet.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from .paths import clusters_root


class BadName(ValueError):
    """A cluster's name must be usable as a node's name."""


@dataclass(frozen=True)
class Layout:
    """Where everything of one cluster lies."""

    name: str
    state: Path

    @property
    def spec(self) -> Path:
        return self.state / "cluster.json"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def conf(self) -> Path:
        """Configuration files and the components' own kubeconfigs."""
        return self.state / "conf"

    @property
    def data(self) -> Path:
        return self.state / "data"

    @property
    def audit_log(self) -> Path:
        return self.state / "logs" / "audit.jsonl"

    @property
    def lock(self) -> Path:
        return self.state.parent / f".{self.name}.lock"

    @property
    def digest(self) -> str:
        return hashlib.sha256(str(self.state).encode()).hexdigest()[:8]

    @property
    def cgroup(self) -> str:
        """The cgroup that holds every process of a node, pods included."""
        return f"goslo-{self.name}-{self.digest}"

    @property
    def host_interface(self) -> str:
        """The host's end of the wire into a node's network; at most 15 bytes by the kernel's rule."""
        return f"gs{self.digest}"

    def log(self, component: str) -> Path:
        return self.state / "logs" / f"{component}.log"

    def record(self, component: str) -> Path:
        return self.state / "pids" / f"{component}.json"

    def certificate(self, name: str) -> Path:
        return self.pki / f"{name}.crt"

    def key(self, name: str) -> Path:
        return self.pki / f"{name}.key"

    def create(self) -> None:
        """Make the directories, readable by their owner alone: keys and tokens are in them."""
        for directory in (self.state, self.pki, self.conf, self.data, self.state / "logs", self.state / "pids"):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def layout(name: str, root: Path | None = None) -> Layout:
    """The layout of a cluster; raises ``BadName``."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", name):
        raise BadName(f"{name!r} cannot name a cluster: use up to 32 of a-z, 0-9 and '-', such as 'goslo'")
    return Layout(name, (root or clusters_root()) / name)


def existing(root: Path | None = None) -> list[str]:
    """The names of the clusters that have a state directory."""
    parent = root or clusters_root()
    if not parent.is_dir():
        return []
    return sorted(entry.name for entry in parent.iterdir() if entry.is_dir())
