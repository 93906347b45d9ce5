"""examples/prometheus: the very configuration, run by a real Prometheus against a real API server.

Its pods are objects without a node; what they "serve" is a server of this test on loopback.
"""

import http.server
import json
import subprocess
import threading
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml
from tests.chart.programs import NAMESPACE, ROOT, Json, Kubectl, binary, only, until
from tests.table import cases

from localcluster.addresses import free_ports

pytestmark = [pytest.mark.prometheus, pytest.mark.apiserver]

EXAMPLE = ROOT / "examples" / "prometheus"
ACCOUNT_FILES = "/var/run/secrets/kubernetes.io/serviceaccount"
TEAM = "scraped"
METRICS = "goslo_test_answer 42\n"


def kustomized(folder: Path) -> list[Json]:
    """The objects of a kustomization."""
    done = subprocess.run([binary("kubectl"), "kustomize", folder], capture_output=True, text=True, check=True)
    return [item for item in yaml.safe_load_all(done.stdout) if item]


@pytest.fixture
def with_all_components(tmp_path: Path) -> Path:
    """A user's own kustomization of the base with everything optional."""
    content = {"resources": ["base"], "components": ["kubelet", "persistent"]}
    for name in ("base", "kubelet", "persistent"):
        (tmp_path / name).mkdir()
        for file in (EXAMPLE / name).iterdir():
            (tmp_path / name / file.name).write_bytes(file.read_bytes())
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path


def laid_out(objects: list[Json], root: Path) -> Path:
    """The configuration's files as in the pod, but below `root`; the path of the main one."""
    for name, text in only(objects, "ConfigMap")["data"].items():
        here = text.replace("/etc/prometheus/", f"{root}/").replace(ACCOUNT_FILES, str(root / "account"))
        (root / "config").mkdir(exist_ok=True)
        (root / "config" / name).write_text(here, encoding="utf-8")
    for directory in ("rules", "account", "data"):
        (root / directory).mkdir(exist_ok=True)
    return root / "config" / "prometheus.yml"


@cases("folder", {"the base": "base", "the demo's": "demo", "the base with everything": ""})
def test_promtool_finds_nothing_to_object_to(folder: str, with_all_components: Path, tmp_path: Path) -> None:
    main = laid_out(kustomized(EXAMPLE / folder if folder else with_all_components), tmp_path)
    for name in ("token", "ca.crt"):
        (tmp_path / "account" / name).touch()
    done = subprocess.run(
        [binary("promtool"), "check", "config", "--lint=all", "--lint-fatal", main],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


def test_it_mounts_as_many_rule_files_as_the_chart_writes_by_default() -> None:
    [rules] = [
        volume["projected"]["sources"]
        for volume in only(kustomized(EXAMPLE / "base"), "Deployment")["spec"]["template"]["spec"]["volumes"]
        if volume["name"] == "rules"
    ]
    shards = yaml.safe_load((ROOT / "charts/goserviceslo/values.yaml").read_text(encoding="utf-8"))["rules"]["shards"]
    assert rules == [{"configMap": {"name": f"goslo-rules-{shard}", "optional": True}} for shard in range(shards)]


def test_samples_outlive_the_pod_where_the_user_wants_them_to(with_all_components: Path) -> None:
    objects = kustomized(with_all_components)
    volumes = {volume["name"]: volume for volume in only(objects, "Deployment")["spec"]["template"]["spec"]["volumes"]}
    assert volumes["data"] == {"name": "data", "persistentVolumeClaim": {"claimName": "prometheus"}}
    assert only(objects, "PersistentVolumeClaim")["metadata"]["name"] == "prometheus"


def test_every_object_is_taken_by_the_api_server_and_its_pod_is_restricted(
    kubectl: Kubectl, namespaces: None, with_all_components: Path
) -> None:
    for folder in (EXAMPLE / "base", EXAMPLE / "demo", with_all_components):
        objects = kustomized(folder)
        kubectl(
            *("apply", "--server-side", "--dry-run=server", "--validate=strict", "--filename", "-"),
            stdin={"apiVersion": "v1", "kind": "List", "items": objects},
        )
        template = only(objects, "Deployment")["spec"]["template"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "candidate", "namespace": TEAM},
            "spec": {**template["spec"], "serviceAccountName": "default"},
        }
        kubectl("create", "--dry-run=server", "--filename", "-", stdin=pod)


@dataclass(frozen=True)
class Prometheus:
    """A running one."""

    url: str
    rules: Path

    def get(self, path: str) -> Any:
        """The data of an answer of its API."""
        with urlopen(f"{self.url}/api/v1/{path}", timeout=60) as answer:
            return json.load(answer)["data"]

    def targets(self) -> list[Json]:
        """The active targets of the job that looks for pods."""
        found = self.get("targets?state=active&scrapePool=pods")["activeTargets"]
        return sorted(found, key=lambda target: str(target["labels"]["pod"]))


@pytest.fixture(scope="module")
def namespaces(kubectl: Kubectl) -> None:
    """The operator's namespace and a team's."""
    for name in (NAMESPACE, TEAM):
        if not kubectl.exists("namespace", name):
            kubectl("create", "namespace", name)
    kubectl("label", "namespace", TEAM, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
    until(lambda: kubectl.exists("serviceaccount", "default", "--namespace", TEAM), "a default service account")


@pytest.fixture(scope="module")
def metrics_port() -> Iterator[int]:
    """A server that answers any path with one metric."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(METRICS.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def prometheus(kubectl: Kubectl, namespaces: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """The demo's Prometheus with the arguments of its Deployment, under the rights of its own service account."""
    root = tmp_path_factory.mktemp("prometheus")
    objects = kustomized(EXAMPLE / "demo")
    rights = [item for item in objects if item["kind"] in {"ServiceAccount", "ClusterRole", "ClusterRoleBinding"}]
    kubectl("apply", "--filename", "-", stdin={"apiVersion": "v1", "kind": "List", "items": rights})
    main = laid_out(objects, root)
    kubeconfig = json.loads(kubectl("config", "view", "--raw", "--output", "json"))
    token = kubectl("create", "token", "prometheus", "--namespace", NAMESPACE)
    kubeconfig["users"][0]["user"] = {"token": token.strip()}
    (root / "kubeconfig").write_text(json.dumps(kubeconfig), encoding="utf-8")
    (root / "account" / "token").write_text(token, encoding="utf-8")
    authority = b64decode(kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"])
    (root / "account" / "ca.crt").write_bytes(authority)
    for file in (root / "config").glob("scrape-*.yml"):
        # In a pod the client finds its API server by itself.
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        for job in content["scrape_configs"]:
            job["kubernetes_sd_configs"][0]["kubeconfig_file"] = str(root / "kubeconfig")
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
    [port] = free_ports(1)
    url = f"127.0.0.1:{port}"
    ours = {
        "--config.file": main,
        "--storage.tsdb.path": root / "data",
        "--web.listen-address": url,
        "--config.auto-reload-interval": "1s",
    }
    container = only(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    arguments = [argument for argument in container["args"] if argument.split("=")[0] not in ours]
    assert len(container["args"]) - len(arguments) == len(ours), "each argument replaced is one that is there"
    with (root / "log").open("w") as log:
        process = subprocess.Popen(
            [binary("prometheus"), *arguments, *(f"{name}={value}" for name, value in ours.items())],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    running = Prometheus(f"http://{url}", root / "rules")
    try:
        until(lambda: process.poll() is not None or _answers(running), "Prometheus is ready")
        assert process.poll() is None, (root / "log").read_text(encoding="utf-8")
        yield running
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(prometheus: Prometheus) -> bool:
    try:
        with urlopen(f"{prometheus.url}/-/ready", timeout=60) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def pod(name: str, annotations: dict[str, str], containers: dict[str, list[int]], labels: dict[str, str]) -> Json:
    """A pod that asks to be scraped, in the form of the restricted standard."""
    restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": TEAM,
            "labels": labels,
            "annotations": {f"prometheus.io/{key}": value for key, value in annotations.items()},
        },
        "spec": {
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": container,
                    "image": "none",
                    "ports": [{"containerPort": port} for port in ports],
                    "securityContext": restricted,
                }
                for container, ports in containers.items()
            ],
        },
    }


def test_pods_that_ask_for_it_are_scraped_once_under_the_agreed_labels(
    prometheus: Prometheus, kubectl: Kubectl, metrics_port: int
) -> None:
    port = metrics_port
    asks = {"scrape": "true", "port": str(port)}
    app = {"app": [port]}
    wanted = {
        "many-ports": pod("many-ports", asks, {"app": [8080, port], "proxy": [9901]}, {"app": "checkout"}),
        "named": pod("named", asks, app, {"app.kubernetes.io/name": "pay", "app": "old"}),
        "other-path": pod("other-path", {**asks, "path": "/admin/metrics"}, app, {}),
    }
    unwanted = [
        pod("silent", {}, app, {}),
        pod("refuses", {**asks, "scrape": "false"}, app, {}),
        pod("no-port", {"scrape": "true"}, app, {}),
        pod("no-port-at-all", {"scrape": "true"}, {"app": []}, {}),
        pod("undeclared-port", {"scrape": "true", "port": "9999"}, app, {}),
        pod("pending", asks, app, {}),
    ]
    everything = [*wanted.values(), *unwanted]
    kubectl("create", "--filename", "-", stdin={"apiVersion": "v1", "kind": "List", "items": everything})
    for item in everything:
        name = item["metadata"]["name"]
        phase = "Pending" if name == "pending" else "Running"
        status = {"status": {"phase": phase, "podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}]}}
        kubectl("patch", "pod", name, "-n", TEAM, "--subresource=status", "--type=merge", "-p", json.dumps(status))
    until(lambda: len(prometheus.targets()) >= len(wanted), "the pods are found")
    until(lambda: all(target["health"] == "up" for target in prometheus.targets()), "the pods are scraped")
    question = 'query?query=goslo_test_answer{pod="named"}'
    until(lambda: prometheus.get(question)["result"] != [], "what was scraped is stored")
    found = prometheus.targets()
    common = {"namespace": TEAM, "container": "app", "instance": f"127.0.0.1:{port}"}
    assert [target["labels"] for target in found] == [
        {**common, "pod": "many-ports", "job": "checkout"},
        {**common, "pod": "named", "job": "pay"},
        {**common, "pod": "other-path", "job": "pods"},
    ]
    assert [target["scrapeUrl"].split(str(port))[1] for target in found] == ["/metrics", "/metrics", "/admin/metrics"]
    [sample] = prometheus.get(question)["result"]
    assert sample["value"][1] == "42"


def test_rules_that_appear_later_are_loaded_by_themselves(prometheus: Prometheus) -> None:
    assert prometheus.get("rules")["groups"] == []
    group = {"groups": [{"name": "later", "rules": [{"record": "goslo:test:sum", "expr": "vector(1)"}]}]}
    # As the kubelet does it: the file in a directory of its own, then the link, then a link to the link.
    (prometheus.rules / "..generation").mkdir()
    (prometheus.rules / "..generation" / "goslo-rules-3.yaml").write_text(yaml.safe_dump(group), encoding="utf-8")
    (prometheus.rules / "..data").symlink_to("..generation")
    (prometheus.rules / "goslo-rules-3.yaml").symlink_to("..data/goslo-rules-3.yaml")
    until(lambda: len(prometheus.get("rules")["groups"]) == 1, "the rules are loaded")
    assert prometheus.get("rules")["groups"][0]["name"] == "later"
