"""The node flavour by kind, where Docker answers: the way of users and of continuous integration."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import addons, binaries, kubeconfigs, spec
from .api import Api
from .cluster import Unsupported
from .component import Component
from .controlplane import AUDIT_POLICY
from .files import settle
from .layout import Layout
from .locks import exclusively
from .report import Stopwatch, say
from .spec import Record, Spec

_AUDIT_DIRECTORY = "/etc/kubernetes/audit"


class KindFailed(RuntimeError):
    """``kind`` or ``docker`` failed; the text has what it said."""


class KindCluster:
    """For demos and end-to-end tests on a machine with Docker."""

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
        """Where this machine reaches NodePorts."""
        nodes = self._api().get("/api/v1/nodes")["items"]
        addresses = [one for node in nodes for one in node["status"]["addresses"] if one["type"] == "InternalIP"]
        return str(addresses[0]["address"])

    @property
    def components(self) -> tuple[Component, ...]:
        """None that we started: the processes are inside Docker's container."""
        return ()

    def component(self, name: str) -> Component:
        raise Unsupported(f"{name} of a kind cluster cannot be stopped alone: use the native backend")

    def up(self) -> None:
        with exclusively(self.layout.lock, self.layout.name):
            record = Record(spec.agreed(spec.load(self.layout.spec), self.spec))
            self.layout.create()
            spec.save(self.layout.spec, record)
            if self._name not in self._kind("get", "clusters").split():
                self._create()
            self._write_kubeconfig()
            addons.install(record.spec.extras, self._api(), self.load_image)

    def load_image(self, tar: Path) -> None:
        """Import an OCI or docker archive into the node's containerd; raises ``KindFailed``."""
        self._kind("load", "image-archive", str(tar), "--name", self._name)

    def in_network(self, command: Sequence[str]) -> list[str]:
        """A command line that runs ``command`` inside the node's container, with the container's files."""
        return ["docker", "exec", "--interactive", f"{self._name}-control-plane", *command]

    def compact_etcd(self) -> int:
        raise Unsupported("etcd of a kind cluster is not reached from here: use the native backend")

    def down(self) -> None:
        with exclusively(self.layout.lock, self.layout.name):
            self._kind("delete", "cluster", "--name", self._name)
            shutil.rmtree(self.layout.state, ignore_errors=True)
            self.layout.lock.unlink(missing_ok=True)

    @property
    def _name(self) -> str:
        return f"goslo-{self.layout.name}"

    def _create(self) -> None:
        watch = Stopwatch()
        config = self.layout.conf / "kind.json"
        settle(config, json.dumps(kind_config(self.layout, self.spec)))
        settle(self.layout.conf / "audit-policy.json", json.dumps(AUDIT_POLICY))
        say(f"{self.layout.name}: creating a kind cluster")
        self._kind("create", "cluster", "--name", self._name, "--config", str(config), "--wait", "180s")
        say(f"{self.layout.name}: kind cluster ready after {watch}, KUBECONFIG={self.kubeconfig}")

    def _write_kubeconfig(self) -> None:
        """kind's own, as the JSON that native clusters have, and the parts that ``Api`` wants as files."""
        self._kind("export", "kubeconfig", "--name", self._name)
        kubectl = binaries.ensure(["kubectl"])["kubectl"]
        raw = ["config", "view", "--raw", "--minify", "-o", "json"]
        found = json.loads(_run([str(kubectl), f"--kubeconfig={self.kubeconfig}", *raw]))
        kubeconfigs.write(self.kubeconfig, found)
        cluster, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
        settle(self.layout.conf / "server", cluster["server"])
        for path, encoded in (
            (self.layout.certificate("ca"), cluster["certificate-authority-data"]),
            (self.layout.certificate("admin"), user["client-certificate-data"]),
            (self.layout.key("admin"), user["client-key-data"]),
        ):
            settle(path, base64.b64decode(encoded).decode())

    def _api(self) -> Api:
        server = self.layout.conf.joinpath("server").read_text()
        return Api(server, self.layout.certificate("ca"), self.layout.certificate("admin"), self.layout.key("admin"))

    def _kind(self, *arguments: str) -> str:
        kind = binaries.ensure(["kind"])["kind"]
        return _run([str(kind), *arguments], kubeconfig=self.kubeconfig)


def kind_config(layout: Layout, spec: Spec) -> dict[str, Any]:
    """kind's configuration: what the native cluster sets, where kind lets it be set."""
    flags = {component: dict(map(_split, added)) for component, added in spec.flags.items()}
    controllers = {"horizontal-pod-autoscaler-sync-period": "5s", **flags.get("kube-controller-manager", {})}
    server = {"enable-aggregator-routing": "true", **flags.get("kube-apiserver", {})}
    mounts, volumes = [], []
    if spec.audit:
        server |= {
            "audit-policy-file": f"{_AUDIT_DIRECTORY}/policy.json",
            "audit-log-path": f"{_AUDIT_DIRECTORY}/logs/{layout.audit_log.name}",
        }
        mounts = [
            {
                "hostPath": str(layout.conf / "audit-policy.json"),
                "containerPath": f"{_AUDIT_DIRECTORY}/policy.json",
                "readOnly": True,
            },
            {"hostPath": str(layout.audit_log.parent), "containerPath": f"{_AUDIT_DIRECTORY}/logs"},
        ]
        volumes = [
            {
                "name": "audit",
                "hostPath": _AUDIT_DIRECTORY,
                "mountPath": _AUDIT_DIRECTORY,
                "pathType": "Directory",
            }
        ]
    patches = [
        {
            "kind": "ClusterConfiguration",
            "apiServer": {"extraArgs": server, "extraVolumes": volumes},
            "controllerManager": {"extraArgs": controllers},
        },
        {"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1", "syncFrequency": "10s"},
    ]
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [{"role": "control-plane", "extraMounts": mounts}],
        "kubeadmConfigPatches": [json.dumps(patch) for patch in patches],
    }


def _split(flag: str) -> tuple[str, str]:
    name, _, value = flag.removeprefix("--").partition("=")
    return name, value or "true"


def _run(command: Sequence[str], kubeconfig: Path | None = None) -> str:
    """What a command prints; what it says of its progress goes where ours goes. Raises ``KindFailed``."""
    environ = {**os.environ, **({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})}
    try:
        done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True)
    except subprocess.CalledProcessError as failed:
        raise KindFailed(f"{' '.join(command)} ended with {failed.returncode}") from failed
    return done.stdout
