"""The api-only flavour: etcd and an API server on loopback, without root, as many side by side as wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import addresses, binaries, teardown
from .cluster import Unsupported
from .component import Component
from .controlplane import Endpoint
from .layout import Layout
from .locks import exclusively
from .plane import API_SERVER, CONTROLLER_MANAGER, ETCD, ControlPlane
from .spec import CONTROLLERS, Record, Spec, agreed, load, save

_PORTS = ("apiserver", "etcd", "etcd-peer", "controller-manager")


class ApiOnlyCluster:
    """For contract and scale tests: objects live, nothing runs."""

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
    def components(self) -> tuple[Component, ...]:
        return self._plane().components

    def component(self, name: str) -> Component:
        """One process by name, such as ``kube-apiserver``; raises ``KeyError``."""
        return {one.name: one for one in self.components}[name]

    def up(self) -> None:
        with exclusively(self.layout.lock, self.layout.name):
            found = load(self.layout.spec)
            spec = agreed(found, self.spec)
            wanted = [ETCD, API_SERVER, *([CONTROLLER_MANAGER] if CONTROLLERS in spec.extras else [])]
            binaries.ensure(wanted)
            self.layout.create()
            ports = found.ports if found else dict(zip(_PORTS, addresses.free_ports(len(_PORTS)), strict=True))
            save(self.layout.spec, Record(spec, ports))
            plane = self._plane()
            plane.prepare([])
            plane.start()

    def load_image(self, tar: Path) -> None:
        raise Unsupported(f"an api-only cluster runs no pods, so {tar} has nowhere to go: use the node flavour")

    def in_network(self, command: Sequence[str]) -> list[str]:
        """The command itself: the API server is on this machine's loopback."""
        return list(command)

    def compact_etcd(self) -> int:
        """See ``ControlPlane.compact_etcd``."""
        return self._plane().compact_etcd()

    def down(self) -> None:
        with exclusively(self.layout.lock, self.layout.name):
            teardown.remove(self.layout)

    def _plane(self) -> ControlPlane:
        record = load(self.layout.spec)
        if record is None:
            raise Unsupported(f"{self.layout.name} is not up")
        endpoint = Endpoint("127.0.0.1", "127.0.0.1", record.ports["apiserver"], "10.96.0.0/20")
        return ControlPlane(self.layout, record, endpoint, launch=lambda command: command)
