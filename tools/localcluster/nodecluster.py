"""The node flavour without Docker: a control plane and one real node, in namespaces of their own on this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from ipaddress import IPv4Network
from pathlib import Path

from . import addons, addresses, binaries, debian, spec, teardown
from .cluster import Unsupported
from .component import Component
from .layout import Layout, existing, layout
from .locks import exclusively
from .node import BINARIES, PORTS, Node
from .report import Stopwatch, say
from .spec import Record, Spec


class NodeCluster:
    """For demos and end-to-end tests: what is applied runs."""

    def __init__(self, layout: Layout, spec: Spec) -> None:
        self.layout = layout
        self.spec = spec

    @property
    def kubeconfig(self) -> Path:
        return self.layout.kubeconfig

    @property
    def audit_log(self) -> Path:
        """One JSON event a request, if the cluster was asked for with ``audit``."""
        return self.layout.audit_log

    @property
    def node_address(self) -> str:
        """Where this machine reaches NodePorts. Pods and ClusterIPs are reached at their own addresses."""
        return str(self._node().block.node)

    @property
    def components(self) -> tuple[Component, ...]:
        return self._node().components

    def component(self, name: str) -> Component:
        """One process by name, such as ``kubelet``; raises ``KeyError``."""
        return {one.name: one for one in self.components}[name]

    def up(self) -> None:
        require_root()
        with exclusively(self.layout.lock, self.layout.name):
            watch = Stopwatch()
            debian.install_missing()
            binaries.ensure(BINARIES)
            record = self._decide()
            node = Node(self.layout, record)
            if node.start():
                say(f"{self.layout.name}: node ready after {watch}, KUBECONFIG={self.kubeconfig}")
            addons.install(record.spec.extras, node.plane.api, self.load_image)

    def load_image(self, tar: Path) -> None:
        """Import an OCI or docker archive into the node's containerd; raises ``ImageRefused``."""
        with tar.open("rb") as archive:
            self._node().import_image(archive)

    def in_network(self, command: Sequence[str]) -> list[str]:
        """A command line that runs ``command`` in the node's network with this machine's files."""
        return self._node().sandbox.network_only(command)

    def compact_etcd(self) -> int:
        """See ``ControlPlane.compact_etcd``."""
        return self._node().plane.compact_etcd()

    def down(self) -> None:
        require_root()
        with exclusively(self.layout.lock, self.layout.name):
            teardown.remove(self.layout)

    def _decide(self) -> Record:
        """What the cluster is and its addresses, which no other cluster and no route of this machine has."""
        found = spec.load(self.layout.spec)
        wanted = spec.agreed(found, self.spec)
        self.layout.create()
        with exclusively(self.layout.state.parent / ".addresses.lock", "addresses"):
            block = found.block if found else str(addresses.choose_block(self._taken()).network)
            record = Record(wanted, PORTS, block)
            spec.save(self.layout.spec, record)
        return record

    def _taken(self) -> list[IPv4Network]:
        root = self.layout.state.parent
        others = [spec.load(layout(name, root).spec) for name in existing(root)]
        return addresses.host_routes() + [IPv4Network(one.block) for one in others if one and one.block]

    def _node(self) -> Node:
        record = spec.load(self.layout.spec)
        if record is None:
            raise Unsupported(f"{self.layout.name} is not up")
        return Node(self.layout, record)


def require_root() -> None:
    """Raises ``Unsupported`` for a user who can run no native node."""
    if os.geteuid() != 0:
        raise Unsupported("a native node needs root (namespaces, containers): run as root, or use kind with Docker")
