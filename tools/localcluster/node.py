"""One native node with its control plane: its processes, the order in which they start, and when it is ready."""

from __future__ import annotations

import json
import subprocess
import tempfile
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path
from typing import IO

from . import binaries, cgroups, nodeparts, pki, teardown
from .addresses import Block
from .component import Component
from .controlplane import Endpoint
from .files import settle
from .images import write_static_image
from .layout import Layout
from .plane import API_SERVER, CONTROLLER_MANAGER, ETCD, SCHEDULER, ControlPlane
from .sandbox import Sandbox
from .spec import Record
from .waiting import until

CONTAINERD, KUBELET, KUBE_PROXY, COREDNS, PAUSE = "containerd", "kubelet", "kube-proxy", "coredns", "pause"
BINARIES = (ETCD, API_SERVER, KUBELET, CONTROLLER_MANAGER, SCHEDULER, KUBE_PROXY, COREDNS, PAUSE)
PORTS = {"apiserver": 6443, "etcd": 2379, "etcd-peer": 2380, "controller-manager": 10257, "scheduler": 10259}
"""The usual ones: the network is the node's own."""


class ImageRefused(RuntimeError):
    """containerd could not take an image; the text has what it said."""


@dataclass(frozen=True)
class Node:
    """What follows from a layout and a record; it holds no state of its own."""

    layout: Layout
    record: Record

    @property
    def block(self) -> Block:
        return Block(IPv4Network(self.record.block))

    @property
    def sandbox(self) -> Sandbox:
        return Sandbox(self.layout, self.block)

    @property
    def plane(self) -> ControlPlane:
        node = str(self.block.node)
        endpoint = Endpoint(node, node, self.record.ports["apiserver"], str(self.block.services))
        return ControlPlane(self.layout, self.record, endpoint, self.sandbox.inside)

    @property
    def components(self) -> tuple[Component, ...]:
        """Every process that ``start`` starts; pods are containerd's."""
        return (self.sandbox.holder, *self.plane.components, *self._daemons().values())

    def start(self) -> bool:
        """Start what does not run and wait until pods can run; whether anything had to be started."""
        plane, daemons = self.plane, self._daemons()
        before = {one.name for one in self.components if one.alive}
        if not before:
            # As a machine does that starts again: pods that outlived everything that looked after them end, and
            # their control groups go, over which kubelet's cAdvisor would ponder for seconds each.
            teardown.end_processes(self.layout)
            cgroups.remove(self.layout.cgroup)
        plane.prepare(pki.node_certificates(self.layout.name, str(self.block.node)))
        self._write_configuration()
        self.sandbox.ensure(self.components[1:])
        daemons[CONTAINERD].start()
        plane.start()
        for path, item in nodeparts.coredns_rbac():
            plane.api.apply(path, item)
        until("containerd", self._has_pause_image, seconds=60, needs=[daemons[CONTAINERD]])
        since = datetime.now(UTC).replace(microsecond=0)
        fresh = daemons[KUBELET].start()
        daemons[COREDNS].start()
        until(
            "the node",
            lambda: self._is_ready(since if fresh else None),
            seconds=120,
            needs=[daemons[CONTAINERD], daemons[KUBELET]],
        )
        daemons[KUBE_PROXY].start()  # it ends when the node's addresses change, as they do when a node registers
        for name, port, path in (
            (KUBE_PROXY, nodeparts.KUBE_PROXY_HEALTH_PORT, "/healthz"),
            (COREDNS, nodeparts.COREDNS_READY_PORT, "/ready"),
        ):
            url = f"http://{self.block.node}:{port}{path}"
            until(name, lambda url=url: _answers(url), seconds=60, needs=[daemons[name]])  # type: ignore[misc]
        return before != {one.name for one in self.components}

    def import_image(self, archive: IO[bytes]) -> None:
        """Import an OCI or docker archive; raises ``ImageRefused``."""
        self._ctr(["images", "import", "-"], archive)

    def _daemons(self) -> dict[str, Component]:
        """The node's own processes, in the order in which they start."""
        conf, plane = self.layout.conf, self.plane
        containerd = Component(
            CONTAINERD,
            lambda: self.sandbox.inside(["containerd", f"--config={conf / 'containerd.toml'}"]),
            self.layout.state,
            self.layout.record(CONTAINERD),
            self.layout.log(CONTAINERD),
        )
        return {
            CONTAINERD: containerd,
            KUBELET: plane.component(
                KUBELET, lambda program: nodeparts.kubelet_arguments(program, self.layout, self.block)
            ),
            COREDNS: plane.component(COREDNS, lambda program: [str(program), f"-conf={conf / 'Corefile'}"]),
            KUBE_PROXY: plane.component(
                KUBE_PROXY, lambda program: [str(program), f"--config={conf / 'kube-proxy.json'}"]
            ),
        }

    def _write_configuration(self) -> None:
        conf, block = self.layout.conf, self.block
        for user in (KUBELET, KUBE_PROXY, COREDNS):
            self.plane.write_kubeconfig(conf / f"{user}.kubeconfig", user)
        conf.joinpath("cni").mkdir(exist_ok=True)
        written = {
            "resolv.conf": "",
            "cni/goslo.conflist": json.dumps(nodeparts.cni_config(block)),
            "containerd.toml": nodeparts.containerd_config(self.layout, _snapshotter(self.layout.data)),
            "kubelet.json": json.dumps(nodeparts.kubelet_config(self.layout, block)),
            "kube-proxy.json": json.dumps(nodeparts.kube_proxy_config(self.layout, block)),
            "Corefile": nodeparts.corefile(self.layout, block),
        }
        for name, text in written.items():
            settle(conf / name, text)

    def _has_pause_image(self) -> bool:
        """Whether containerd has the image that every pod starts with; gives it if it answers and has it not."""
        if nodeparts.PAUSE_IMAGE not in self._ctr(["images", "list", "--quiet"]).split():
            with tempfile.TemporaryDirectory() as scratch:
                archive = Path(scratch, "pause.tar")
                write_static_image(nodeparts.PAUSE_IMAGE, binaries.ensure([PAUSE])[PAUSE], archive)
                with archive.open("rb") as content:
                    self.import_image(content)
        return True

    def _is_ready(self, since: datetime | None) -> bool:
        """Whether the node calls itself ready and, if it was started again ``since``, said so after that."""
        node = self.plane.api.get(f"/api/v1/nodes/{self.layout.name}")
        ready = [one for one in node["status"]["conditions"] if one["type"] == "Ready" and one["status"] == "True"]
        return any(since is None or datetime.fromisoformat(one["lastHeartbeatTime"]) >= since for one in ready)

    def _ctr(self, arguments: Sequence[str], archive: IO[bytes] | None = None) -> str:
        command = self.sandbox.inside(["ctr", "--namespace=k8s.io", *arguments])
        done = subprocess.run(command, stdin=archive or subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise ImageRefused(f"ctr {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout


def _answers(url: str) -> bool:
    """Whether an HTTP endpoint answers with success; raises ``OSError`` if it does not answer at all."""
    with urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)


def _snapshotter(directory: Path) -> str:
    """containerd's overlayfs where a file system can be an overlay's upper layer, else plain copies."""
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        for name in ("lower", "upper", "work", "merged"):
            Path(scratch, name).mkdir()
        layers = f"lowerdir={scratch}/lower,upperdir={scratch}/upper,workdir={scratch}/work"
        tried = ["unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o", layers, f"{scratch}/merged"]
        return "overlayfs" if subprocess.run(tried, capture_output=True).returncode == 0 else "native"
