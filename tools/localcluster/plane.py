"""etcd, the API server and the controllers of one cluster as processes: started in order, waited for, compacted."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from . import binaries, controlplane, kubeconfigs, pki
from .api import Api
from .component import Component
from .controlplane import Endpoint
from .files import settle
from .layout import Layout
from .report import Stopwatch, say
from .spec import CONTROLLERS, Record
from .waiting import until

ETCD, API_SERVER = "etcd", "kube-apiserver"
CONTROLLER_MANAGER, SCHEDULER = "kube-controller-manager", "kube-scheduler"

Launch = Callable[[Sequence[str]], Sequence[str]]
"""Turns a command line into one that starts where the cluster's processes live."""


@dataclass(frozen=True)
class ControlPlane:
    """The part that both flavours share."""

    layout: Layout
    record: Record
    endpoint: Endpoint
    launch: Launch

    @property
    def components(self) -> tuple[Component, ...]:
        """In the order in which they start."""
        names = [ETCD, API_SERVER]
        if self._has_node or CONTROLLERS in self.record.spec.extras:
            names.append(CONTROLLER_MANAGER)
        if self._has_node:
            names.append(SCHEDULER)
        return tuple(self.component(name, self._arguments(name)) for name in names)

    @property
    def api(self) -> Api:
        """The API server, called as administrator."""
        return Api(self.endpoint.url, *self._credentials("admin", pki.CLUSTER_CA))

    @property
    def _etcd_api(self) -> Api:
        url = f"https://{self.endpoint.advertise}:{self.record.ports['etcd']}"
        return Api(url, *self._credentials("apiserver-etcd-client", pki.ETCD_CA))

    @property
    def _has_node(self) -> bool:
        return self.record.spec.flavour == "node"

    def component(self, name: str, arguments: Callable[[Path], list[str]]) -> Component:
        """A component whose program is ``name``, ``arguments`` being its command line given the program's path."""

        def argv() -> Sequence[str]:
            program = binaries.ensure([name])[name]
            return self.launch([*arguments(program), *self.record.spec.flags.get(name, ())])

        return Component(name, argv, self.layout.state, self.layout.record(name), self.layout.log(name))

    def prepare(self, certificates: Sequence[pki.Certificate]) -> None:
        """Write what the processes read: certificates, kubeconfigs, the audit policy."""
        serves = ["127.0.0.1", self.endpoint.advertise, _first_address(self.endpoint.services)]
        pki.issue(self.layout, [*pki.control_plane_certificates(list(dict.fromkeys(serves))), *certificates])
        for user in ("controller-manager", "scheduler"):
            self.write_kubeconfig(self.layout.conf / f"{user}.kubeconfig", user)
        settle(self.layout.conf / "audit-policy.json", json.dumps(controlplane.AUDIT_POLICY))
        self.write_kubeconfig(self.layout.kubeconfig, "admin")

    def write_kubeconfig(self, path: Path, user: str) -> None:
        """Write a kubeconfig for the holder of the certificate called ``user``."""
        authority, certificate, key = (file.read_bytes() for file in self._credentials(user, pki.CLUSTER_CA))
        name = f"goslo-{self.layout.name}"
        kubeconfigs.write(path, kubeconfigs.kubeconfig(name, self.endpoint.url, authority, certificate, key))

    def start(self) -> None:
        """Start what does not run, and wait until the API server says that it is ready."""
        watch = Stopwatch()
        first, second, *rest = self.components
        started = [one.name for one in (first, second) if one.start()]
        until("the API server", self._serves, seconds=120, needs=(first, second))
        started += [one.name for one in rest if one.start()]
        if started:
            say(f"{self.layout.name}: {', '.join(started)} started, {self.endpoint.url} ready after {watch}")

    def _serves(self) -> bool:
        """Ready, and past the first moments in which the namespace that everyone uses is not there yet."""
        self.api.call("GET", "/readyz", seconds=2)
        return bool(self.api.get("/api/v1/namespaces/default"))

    def compact_etcd(self) -> int:
        """Make etcd forget every revision but the newest, which it returns.

        A watch or a paged list that goes on from an older one is answered 410 once the API server's own cache has
        not got it either: start the API server with ``--watch-cache=false``, or restart it.
        """
        etcd = self._etcd_api
        everything = {"key": base64.b64encode(b"\0").decode(), "limit": 1, "keys_only": True}
        answer = json.loads(etcd.call("POST", "/v3/kv/range", everything))
        revision = int(answer["header"]["revision"])
        etcd.call("POST", "/v3/kv/compaction", {"revision": str(revision), "physical": True})
        return revision

    def _arguments(self, name: str) -> Callable[[Path], list[str]]:
        ports = self.record.ports
        made: dict[str, Callable[[Path], list[str]]] = {
            ETCD: lambda program: controlplane.etcd(
                program, self.layout, self.endpoint.advertise, ports["etcd"], ports["etcd-peer"]
            ),
            API_SERVER: lambda program: controlplane.apiserver(
                program,
                self.layout,
                self.endpoint,
                ports["etcd"],
                node=self._has_node,
                audit=self.record.spec.audit,
            ),
            CONTROLLER_MANAGER: lambda program: controlplane.controller_manager(
                program, self.layout, ports["controller-manager"]
            ),
            SCHEDULER: lambda program: controlplane.scheduler(program, self.layout, ports["scheduler"]),
        }
        return made[name]

    def _credentials(self, user: str, authority: str) -> tuple[Path, Path, Path]:
        return self.layout.certificate(authority), self.layout.certificate(user), self.layout.key(user)


def _first_address(network: str) -> str:
    """The ClusterIP that the API server gives itself."""
    return str(IPv4Network(network)[1])
