"""The api-only flavour: an API server of one's own, to be treated badly."""

import json
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.table import cases

from localcluster import api_only, binaries, processes
from localcluster.api import Api, ApiRefused
from localcluster.apionly import ApiOnlyCluster
from localcluster.cluster import Unsupported
from localcluster.layout import layout
from localcluster.spec import OtherCluster, Spec
from localcluster.waiting import until

pytestmark = pytest.mark.apiserver

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def clusters(tmp_path: Path) -> Path:
    return tmp_path / "clusters"


@pytest.fixture
def cluster(clusters: Path) -> Iterator[ApiOnlyCluster]:
    made = ApiOnlyCluster(layout("one", clusters), Spec("api-only"))
    try:
        yield made
    finally:
        made.down()


@contextmanager
def brought_up(
    clusters: Path, name: str, *, audit: bool = False, extras: tuple[str, ...] = ()
) -> Iterator[ApiOnlyCluster]:
    made = ApiOnlyCluster(layout(name, clusters), Spec("api-only", audit=audit, extras=extras))
    try:
        made.up()
        yield made
    finally:
        made.down()


def api_of(cluster: ApiOnlyCluster) -> Api:
    config = json.loads(cluster.kubeconfig.read_text())
    pki = cluster.layout
    return Api(
        config["clusters"][0]["cluster"]["server"], pki.certificate("ca"), pki.certificate("admin"), pki.key("admin")
    )


def config_map(name: str, **data: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_kubectl_reaches_it_by_its_kubeconfig_which_is_for_its_owner_alone(cluster: ApiOnlyCluster) -> None:
    cluster.up()
    kubectl = binaries.ensure(["kubectl"])["kubectl"]
    said = subprocess.run(
        [kubectl, f"--kubeconfig={cluster.kubeconfig}", "version", "--output=json"], capture_output=True, check=True
    )
    versions = json.loads(said.stdout)
    assert versions["serverVersion"]["gitVersion"] == versions["clientVersion"]["gitVersion"]
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert all(key.stat().st_mode & 0o077 == 0 for key in cluster.layout.pki.glob("*.key"))
    assert cluster.layout.state.stat().st_mode & 0o077 == 0


def test_who_has_no_certificate_is_told_nothing(cluster: ApiOnlyCluster) -> None:
    cluster.up()
    trusting = ssl.create_default_context(cafile=str(cluster.layout.certificate("ca")))
    with pytest.raises(urllib.error.HTTPError, match=r"40[13]"):
        urllib.request.urlopen(api_of(cluster).url + CONFIG_MAPS, context=trusting)


@cases("name", {"the API server": "kube-apiserver", "etcd": "etcd"})
def test_a_killed_component_comes_back_with_all_objects(name: str, cluster: ApiOnlyCluster) -> None:
    cluster.up()
    api_of(cluster).apply(f"{CONFIG_MAPS}/kept", config_map("kept", colour="blue"))
    others = {one.name: one.identity for one in cluster.components if one.name != name}
    cluster.component(name).kill()
    assert not cluster.component(name).alive
    cluster.up()
    until("the object", lambda: api_of(cluster).get(f"{CONFIG_MAPS}/kept")["data"] == {"colour": "blue"}, seconds=30)
    assert {one.name: one.identity for one in cluster.components if one.name != name} == others


def test_a_paused_api_server_keeps_silent_until_it_is_resumed(cluster: ApiOnlyCluster) -> None:
    cluster.up()
    server = cluster.component("kube-apiserver")
    server.pause()
    with pytest.raises(TimeoutError):
        api_of(cluster).call("GET", "/readyz", seconds=1)
    server.resume()
    until("the API server", lambda: bool(api_of(cluster).call("GET", "/readyz", seconds=1)), seconds=30)


def test_a_compacted_revision_is_answered_410(clusters: Path) -> None:
    spec = Spec("api-only", flags={"kube-apiserver": ("--watch-cache=false",)})
    cluster = ApiOnlyCluster(layout("compacted", clusters), spec)
    try:
        cluster.up()
        api = api_of(cluster)
        api.apply(f"{CONFIG_MAPS}/old", config_map("old", step="1"))
        old = api.get(f"{CONFIG_MAPS}/old")["metadata"]["resourceVersion"]
        for step in range(2, 5):
            api.apply(f"{CONFIG_MAPS}/old", config_map("old", step=str(step)))
        assert cluster.compact_etcd() > int(old)
        events = api.call("GET", f"{CONFIG_MAPS}?watch=true&timeoutSeconds=5&resourceVersion={old}")
        assert json.loads(events.splitlines()[0])["object"]["code"] == 410
    finally:
        cluster.down()


def test_controllers_collect_what_lost_its_owner(clusters: Path) -> None:
    with brought_up(clusters, "collected", extras=("controllers",)) as cluster:
        api = api_of(cluster)
        api.apply(f"{CONFIG_MAPS}/owner", config_map("owner"))
        owner = api.get(f"{CONFIG_MAPS}/owner")["metadata"]
        owned = config_map("owned")
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["uid"]}
        owned["metadata"] = {"name": "owned", "ownerReferences": [reference]}
        api.apply(f"{CONFIG_MAPS}/owned", owned)
        api.call("DELETE", f"{CONFIG_MAPS}/owner")

        def collected() -> bool:
            return [one["metadata"]["name"] for one in api.get(CONFIG_MAPS)["items"] if "owned" in str(one)] == []

        until("garbage collection", collected, seconds=180)


def test_the_audit_log_counts_calls_by_verb_and_user(clusters: Path) -> None:
    with brought_up(clusters, "audited", audit=True) as cluster:
        api_of(cluster).get(CONFIG_MAPS)
        events = [json.loads(line) for line in cluster.audit_log.read_text().splitlines()]
        ours = [one for one in events if one["requestURI"] == CONFIG_MAPS]
        assert [(one["verb"], one["user"]["username"], one["responseStatus"]["code"]) for one in ours] == [
            ("list", "kubernetes-admin", 200)
        ]


def test_two_live_side_by_side_and_apart(cluster: ApiOnlyCluster, clusters: Path) -> None:
    cluster.up()
    with brought_up(clusters, "two") as other:
        api_of(other).apply(f"{CONFIG_MAPS}/here", config_map("here"))
        with pytest.raises(ApiRefused, match="404"):
            api_of(cluster).get(f"{CONFIG_MAPS}/here")
    assert all(one.alive for one in cluster.components)


def test_another_wish_under_the_same_name_is_refused(cluster: ApiOnlyCluster) -> None:
    cluster.up()
    with pytest.raises(OtherCluster, match="take it down first"):
        ApiOnlyCluster(cluster.layout, Spec("api-only", audit=True)).up()


def test_pods_images_have_nowhere_to_go(cluster: ApiOnlyCluster, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="use the node flavour"):
        cluster.load_image(tmp_path / "image.tar")


def kill_it(cluster: ApiOnlyCluster) -> None:
    for one in cluster.components:
        one.kill()


def lose_its_records(cluster: ApiOnlyCluster) -> None:
    for record in (cluster.layout.state / "pids").iterdir():
        record.unlink()
    cluster.layout.spec.unlink()


def freeze_it(cluster: ApiOnlyCluster) -> None:
    for one in cluster.components:
        one.pause()


@cases(
    "crash",
    {
        "a healthy cluster": lambda cluster: None,
        "a killed cluster": kill_it,
        "a cluster whose records are lost": lose_its_records,
        "a frozen cluster": freeze_it,
    },
)
def test_down_leaves_nothing_of(crash: Callable[[ApiOnlyCluster], None], cluster: ApiOnlyCluster) -> None:
    cluster.up()
    assert len(processes.marked(cluster.layout.state)) == 2
    crash(cluster)
    for _ in range(2):
        cluster.down()
        assert processes.marked(cluster.layout.state) == []
        assert list(cluster.layout.state.parent.iterdir()) == []


def test_a_library_user_gets_it_up_and_has_it_taken_down() -> None:
    with api_only("localcluster-library", flags={"kube-apiserver": ["--v=1"]}) as cluster:
        identity = cluster.component("kube-apiserver").identity
        assert identity is not None
        assert b"--v=1" in Path(f"/proc/{identity.pid}/cmdline").read_bytes().split(b"\0")
    assert not identity.alive
    assert not cluster.layout.state.exists()
