"""A native node, as its users and its worst enemies treat it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.table import cases
from tests.tools.localcluster import pods, traces

from localcluster import binaries, spec, teardown
from localcluster.addons import METRICS_API
from localcluster.layout import layout
from localcluster.node import BINARIES, Node
from localcluster.nodecluster import NodeCluster
from localcluster.spec import METRICS_SERVER, Spec
from localcluster.waiting import until

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(os.geteuid() != 0, reason="a native node needs root: namespaces and containers"),
    pytest.mark.timeout(1800),
]

NAME = "localcluster-test"
CLI = [sys.executable, "-m", "localcluster"]
TOOLS = Path(__file__).resolve().parents[3] / "tools"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = tmp_path_factory.mktemp("image") / "probe.tar"
    pods.build_image(archive)
    return archive


@pytest.fixture
def cluster() -> Iterator[NodeCluster]:
    made = NodeCluster(layout(NAME), Spec())
    made.down()
    binaries.ensure([*BINARIES, METRICS_SERVER])
    try:
        yield made
    finally:
        made.down()


def node_of(cluster: NodeCluster) -> Node:
    record = spec.load(cluster.layout.spec)
    assert record is not None
    return Node(cluster.layout, record)


def run_pods(cluster: NodeCluster, image: Path) -> None:
    cluster.load_image(image)
    for path, item in pods.manifests():
        node_of(cluster).plane.api.apply(path, item)
    pods.through_pod(cluster.node_address, "http://probe.default")


def ready_pods(cluster: NodeCluster) -> list[str]:
    listed = node_of(cluster).plane.api.get("/api/v1/namespaces/default/pods?labelSelector=app%3Dprobe")["items"]
    return [
        pod["metadata"]["name"]
        for pod in listed
        if any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))
    ]


def test_pods_reach_each_other_by_name_and_the_host_reaches_them_all_ways(cluster: NodeCluster, image: Path) -> None:
    cluster.up()
    run_pods(cluster, image)
    node, api = cluster.node_address, node_of(cluster).plane.api
    service = api.get("/api/v1/namespaces/default/services/probe")["spec"]["clusterIP"]
    pod = api.get("/api/v1/namespaces/default/pods?labelSelector=app%3Dprobe")["items"][0]
    until("both pods", lambda: len(ready_pods(cluster)) == 2, seconds=180)

    for name in ("probe", "probe.default", "probe.default.svc.cluster.local"):
        assert " saw: I am probe-" in pods.through_pod(node, f"http://{name}")
    # A pod is ready a moment before the Service's rules know of it.
    until(
        "both behind the Service", lambda: len({pods.answer(f"http://{service}/") for _ in range(64)}) == 2, seconds=180
    )
    assert pods.answer(f"http://{pod['status']['podIP']}:8080/") == f"I am {pod['metadata']['name']}\n"
    assert pods.answer(f"http://{node}:{pods.NODE_PORT}/").startswith("I am probe-")


def test_container_metrics_and_the_resource_metrics_api_are_there(image: Path) -> None:
    cluster = NodeCluster(layout(NAME), Spec(extras=(METRICS_SERVER,)))
    try:
        cluster.up()
        run_pods(cluster, image)
        api = node_of(cluster).plane.api

        def cadvisor_sees_the_container() -> bool:
            told = api.call("GET", f"/api/v1/nodes/{NAME}/proxy/metrics/cadvisor").decode().splitlines()
            names = ("container_memory_working_set_bytes{", "container_cpu_cfs_throttled_periods_total{")
            return all(any(line.startswith(name) and 'container="probe"' in line for line in told) for name in names)

        def usage_is_known() -> bool:
            found = api.get("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods")["items"]
            return bool(found) and all(one["containers"][0]["usage"]["memory"] for one in found)

        until("cAdvisor", cadvisor_sees_the_container, seconds=180)
        until(METRICS_API, usage_is_known, seconds=180)
    finally:
        cluster.down()


def test_a_second_up_changes_nothing(cluster: NodeCluster) -> None:
    cluster.up()
    before = {one.name: one.identity for one in cluster.components}
    cluster.up()
    assert {one.name: one.identity for one in cluster.components} == before
    assert all(one.alive for one in cluster.components)


def kill_the_holder(cluster: NodeCluster) -> None:
    cluster.component("sandbox").kill()


def kill_the_runtime_and_kubelet(cluster: NodeCluster) -> None:
    for name in ("containerd", "kubelet"):
        cluster.component(name).kill()


def kill_all_daemons(cluster: NodeCluster) -> None:
    for one in cluster.components:
        one.kill()


def kill_everything(cluster: NodeCluster) -> None:
    teardown.end_processes(cluster.layout)


def cut_the_wire(cluster: NodeCluster) -> None:
    subprocess.run(["ip", "link", "delete", cluster.layout.host_interface], check=True)


CRASHES: dict[str, Callable[[NodeCluster], None]] = {
    "the process that holds the namespaces": kill_the_holder,
    "containerd and kubelet": kill_the_runtime_and_kubelet,
    "every daemon but no pod": kill_all_daemons,
    "everything, pods included": kill_everything,
    "the wire to the host": cut_the_wire,
}


@cases("crash", CRASHES)
def test_up_repairs_a_node_that_lost(crash: Callable[[NodeCluster], None], cluster: NodeCluster, image: Path) -> None:
    cluster.up()
    run_pods(cluster, image)
    crash(cluster)
    cluster.up()
    assert all(one.alive for one in cluster.components)
    assert " saw: I am probe-" in pods.through_pod(cluster.node_address, "http://probe.default")
    until("both pods", lambda: len(ready_pods(cluster)) == 2, seconds=180)


def lose_the_records(cluster: NodeCluster) -> None:
    for record in (cluster.layout.state / "pids").glob("*"):
        record.unlink()


def lose_the_state(cluster: NodeCluster) -> None:
    shutil.rmtree(cluster.layout.state, ignore_errors=True)


def freeze_all_daemons(cluster: NodeCluster) -> None:
    for one in cluster.components:
        one.pause()


def nothing_at_all(cluster: NodeCluster) -> None:
    assert all(one.alive for one in cluster.components)


@cases(
    "crash",
    {
        "a healthy node": nothing_at_all,
        "a node of which only pods are left": kill_all_daemons,
        "a node of which nothing runs": kill_everything,
        "a node whose process records are lost": lose_the_records,
        "a node whose state directory is lost": lose_the_state,
        "a node with frozen daemons": freeze_all_daemons,
    },
)
def test_down_leaves_nothing_of(crash: Callable[[NodeCluster], None], cluster: NodeCluster, image: Path) -> None:
    before = traces.host()
    cluster.up()
    run_pods(cluster, image)
    node = node_of(cluster)
    lived_in = traces.namespaces(node.sandbox.door())
    assert len(traces.signs(cluster.layout, node.record.block, lived_in)) > 15, "the signs are seen while it is up"
    crash(cluster)
    cluster.down()
    assert traces.signs(cluster.layout, node.record.block, lived_in) == []
    assert traces.host() == before
    cluster.down()
    assert traces.host() == before


@dataclass(frozen=True)
class Interrupted:
    """A moment at which ``up`` is killed."""

    name: str
    reached: Callable[[NodeCluster], bool]


def has_record(name: str) -> Callable[[NodeCluster], bool]:
    return lambda cluster: cluster.layout.record(name).exists()


@cases(
    "moment",
    {
        "before there is a state": lambda cluster: True,
        "when its first certificate is there": lambda cluster: cluster.layout.certificate("ca").exists(),
        "when its namespaces are being made": has_record("sandbox"),
        "when its API server starts": has_record("kube-apiserver"),
        "when its kubelet starts": has_record("kubelet"),
    },
)
def test_an_up_killed(moment: Callable[[NodeCluster], bool], cluster: NodeCluster) -> None:
    """It leaves nothing that ``down`` does not find, and what another ``up`` does not finish."""
    before = traces.host()
    environ = {**os.environ, "PYTHONPATH": str(TOOLS)}
    for last in (cluster.down, cluster.up):
        up = subprocess.Popen(
            [*CLI, "up", "--name", NAME, "--backend", "native"], env=environ, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 180
        while not moment(cluster) and time.monotonic() < deadline and up.poll() is None:
            time.sleep(0.005)
        up.send_signal(signal.SIGKILL)
        up.wait()
        last()
    assert all(one.alive for one in cluster.components)
    cluster.down()
    assert traces.signs(cluster.layout, "0.0.0.0/16", set()) == []
    assert traces.host() == before


def test_two_nodes_live_side_by_side_and_apart(cluster: NodeCluster, image: Path) -> None:
    other = NodeCluster(layout(f"{NAME}-2"), Spec())
    try:
        cluster.up()
        other.up()
        run_pods(cluster, image)
        run_pods(other, image)
        assert cluster.node_address != other.node_address
        cluster.down()
        assert " saw: I am probe-" in pods.through_pod(other.node_address, "http://probe.default")
        assert all(one.alive for one in other.components)
    finally:
        other.down()
