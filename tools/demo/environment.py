"""The whole stage: cluster, images, Prometheus, the chart, the service and its load. Every step may be repeated.

`make demo` brings it up for a person, the end-to-end tests for themselves; both go through the same code.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

import ociimage
from demo.kubectl import Json, Kubectl, KubectlError
from demo.load import LoadGenerator
from demo.steps import Steps
from localcluster.binaries import ensure
from localcluster.choice import backend, cluster
from localcluster.cluster import Cluster
from localcluster.nodecluster import NodeCluster, require_root
from localcluster.spec import Spec

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = "goslo-system"
SHOP = "shop"
PROMETHEUS_URL = f"http://prometheus.{SYSTEM}:9090"


@dataclass(frozen=True)
class Environment:
    """A stage that is up."""

    cluster: Cluster
    kubectl: Kubectl
    helm: Path

    @property
    def load(self) -> LoadGenerator:
        """The load generator in the cluster."""
        return LoadGenerator(self.kubectl)


def cluster_of(name: str, extras: Sequence[str] = ()) -> Cluster:
    """The cluster of that name: kind where Docker answers, else a native node."""
    return cluster(name, Spec("node", backend(None), extras=tuple(extras)))


def bring_up(name: str, console: Console, *, extras: Sequence[str] = (), load: bool = True) -> Environment:
    """Everything up to a service under load, with no resource of ours yet.

    Raises Unsupported, before anything is built, where there can be no node.
    """
    made = cluster_of(name, extras)
    if isinstance(made, NodeCluster):
        require_root()
    steps = Steps(console, total=7 if load else 6)
    with steps.step("binaries: helm and kubectl (built from their Go modules at the first run)"):
        binaries = ensure(["helm", "kubectl"])
    with steps.step("images: operator, Prometheus, demo service and load generator") as progress:
        tars = [ociimage.build(image, say=progress) for image in ("operator", "prometheus", "service", "loadgen")]
    with steps.step("cluster: a real API server, scheduler, kubelet and containerd"):
        made.up()
    kubectl = Kubectl(binaries["kubectl"], made.kubeconfig)
    environment = Environment(made, kubectl, binaries["helm"])
    with steps.step("images into the cluster"):
        for tar in tars:
            made.load_image(tar)
    with steps.step("Prometheus"):
        ensure_namespace(kubectl, SYSTEM)
        kubectl.apply_files(ROOT / "examples/prometheus/demo")
        kubectl.wait_rolled_out("deployment", "prometheus", SYSTEM)
    with steps.step("the operator, by its chart"):
        # Another build of the image under the same tag must reach the pods too.
        install_chart(environment, [f"podLabels.build={tars[0].parent.name}"])
    if load:
        with steps.step("the Go service and its load generator"):
            ensure_namespace(kubectl, SHOP)
            kubectl.apply_files(ROOT / "examples/demo/manifests")
            kubectl.wait_rolled_out("deployment", "checkout", SHOP)
            kubectl.wait_rolled_out("deployment", "loadgen", SHOP)
    return environment


def ensure_namespace(kubectl: Kubectl, name: str) -> None:
    """A namespace that admits only pods of the restricted standard."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def install_chart(environment: Environment, values: Sequence[str] = ()) -> None:
    """Install or upgrade the release `goslo` and wait until its pods are ready."""
    helm(
        environment,
        "upgrade",
        "--install",
        "goslo",
        str(ROOT / "charts/goserviceslo"),
        "--namespace",
        SYSTEM,
        "--set",
        f"prometheus.url={PROMETHEUS_URL}",
        "--set",
        "measure.interval=5s",
        *(word for value in values for word in ("--set", value)),
        "--wait",
        "--timeout",
        "5m",
    )


def helm(environment: Environment, *arguments: str) -> str:
    """What helm prints; raises KubectlError with what it complains of."""
    result = subprocess.run(
        [str(environment.helm), "--kubeconfig", str(environment.cluster.kubeconfig), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"HELM_PLUGINS": "/nonexistent"},
    )
    if result.returncode != 0:
        raise KubectlError(f"helm {' '.join(arguments)}: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


def objective(kubectl: Kubectl, name: str, resource: str = "checkout", namespace: str = SHOP) -> Json:
    """One objective of a resource's status; empty while there is none."""
    status = json.loads(kubectl("get", "goserviceslo", resource, "-n", namespace, "-o", "json")).get("status", {})
    found: Json = next((one for one in status.get("objectives", []) if one["name"] == name), {})
    return found
