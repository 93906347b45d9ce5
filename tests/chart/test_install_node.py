"""The chart on a real node, as a user has it: pods run, `helm test` asks them, the step before an uninstall runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.chart.combinations import COMBINATIONS
from tests.chart.previous import previous_chart
from tests.chart.programs import (
    CHART,
    CRD,
    FULLNAME,
    NAMESPACE,
    RELEASE,
    Helm,
    Json,
    Kubectl,
    binary,
    remove_definition,
    until,
)

import ociimage
from localcluster.choice import backend, cluster
from localcluster.spec import Spec

pytestmark = [pytest.mark.node, pytest.mark.helm]

TEAM = "team"
OURS = f"app.kubernetes.io/instance={RELEASE}"
EVERY_KIND = (
    "deployments,services,serviceaccounts,roles,rolebindings,poddisruptionbudgets,"
    "clusterroles,clusterrolebindings,jobs,pods"
)
SERVICE: Json = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "checkout", "namespace": TEAM},
    "spec": {
        # What the operator writes into its template is looked at here, not what a process makes of it.
        "replicas": 0,
        "selector": {"matchLabels": {"app": "checkout"}},
        "template": {
            "metadata": {"labels": {"app": "checkout"}},
            "spec": {"containers": [{"name": "app", "image": "none", "env": [{"name": "MINE", "value": "1"}]}]},
        },
    },
}
PROMISE: Json = {
    "apiVersion": "goslo.dev/v1alpha1",
    "kind": "GoServiceSLO",
    "metadata": {"name": "checkout", "namespace": TEAM},
    "spec": {
        "target": {"name": "checkout"},
        "objectives": [{"name": "availability", "target": "99.9", "http": {}}],
        "runtime": {"gogc": 200},
    },
}


@pytest.fixture(scope="module")
def node() -> Iterator[Path]:
    """The kubeconfig of a node of this test's own that has the operator's image."""
    made = cluster("chart-test", Spec("node", backend(None)))
    made.down()  # what a run that was killed may have left
    try:
        made.up()
        made.load_image(ociimage.build("operator"))
        yield made.kubeconfig
    finally:
        made.down()


@pytest.fixture(scope="module")
def kubectl_on_node(node: Path) -> Kubectl:
    """kubectl there, with the namespaces that are needed: the operator's admits only restricted pods."""
    kubectl = Kubectl(binary("kubectl"), node)
    for name in (NAMESPACE, TEAM):
        kubectl("create", "namespace", name)
    kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    return kubectl


@pytest.fixture
def helm_on_node(node: Path, kubectl_on_node: Kubectl, tmp_path: Path) -> Iterator[Helm]:
    """Helm there, and no release or definition left when the test failed half-way."""
    helm = Helm(binary("helm"), tmp_path, node)
    yield helm
    helm("uninstall", RELEASE, "-n", NAMESPACE, "--no-hooks", "--ignore-not-found")
    remove_definition(kubectl_on_node)
    kubectl_on_node("delete", "deployment", "checkout", "-n", TEAM, "--ignore-not-found")


def finalizers(kubectl: Kubectl) -> list[str]:
    """What holds the team's resource."""
    found: list[str] = kubectl.get("goserviceslo", "checkout", "-n", TEAM)["metadata"].get("finalizers", [])
    return found


def variables(kubectl: Kubectl) -> dict[str, str]:
    """The variables of the team's container."""
    containers = kubectl.get("deployment", "checkout", "-n", TEAM)["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry["value"] for entry in containers[0].get("env", [])}


def promised(kubectl: Kubectl) -> None:
    """A service and its resource, taken up by the operator as far as it holds a finalizer."""
    kubectl("apply", "--server-side", "--filename", "-", stdin=SERVICE)
    kubectl("apply", "--server-side", "--filename", "-", stdin=PROMISE)
    until(lambda: variables(kubectl).get("GOGC") == "200", "GOGC is in the Deployment")
    assert finalizers(kubectl) == ["goslo.dev/release"]


def refusals(kubectl: Kubectl) -> list[str]:
    """What the operators say of rights that they lack."""
    # One that is going takes its log along, maybe between the list and the look.
    pods = f"{OURS},app.kubernetes.io/component=operator"
    until(
        lambda: all(
            "deletionTimestamp" not in one["metadata"]
            for one in kubectl.get("pods", "-n", NAMESPACE, "--selector", pods)["items"]
        ),
        "no operator is on its way out",
    )
    words = ("logs", "-n", NAMESPACE, "--selector", pods, "--tail=-1")
    return [line for line in kubectl(*words).splitlines() if "forbidden" in line.lower()]


def assert_all_is_gone_but_the_definition(kubectl: Kubectl) -> None:
    """Of the release nothing is left, and its resource can be deleted without it."""
    until(
        lambda: not kubectl.get(EVERY_KIND, "-A", "--selector", OURS)["items"],
        "the operator's pods and what came with them are gone",
    )
    assert kubectl.exists("crd", CRD)
    assert finalizers(kubectl) == []
    kubectl("delete", "goserviceslo", "checkout", "-n", TEAM, "--timeout=30s")


def test_a_release_is_installed_tested_upgraded_and_uninstalled(
    helm_on_node: Helm, kubectl_on_node: Kubectl, tmp_path: Path
) -> None:
    helm, kubectl, old = helm_on_node, kubectl_on_node, previous_chart(tmp_path)
    # Whatever chart it is, the image of this checkout is the one that is there.
    image = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))["appVersion"]
    helm("install", RELEASE, old, "-n", NAMESPACE, "--wait", "--timeout=3m", values={"image": {"tag": image}})
    promised(kubectl)
    before = kubectl.get("goserviceslo", "checkout", "-n", TEAM)["metadata"]["uid"]

    helm("upgrade", RELEASE, CHART, "-n", NAMESPACE, "--wait", "--timeout=3m")
    helm("test", RELEASE, "-n", NAMESPACE, "--timeout=2m")

    def a_pod_of_the_release_leads() -> bool:
        lease = kubectl.get("lease", "goslo-operator", "-n", NAMESPACE)["spec"]
        return str(lease["holderIdentity"]).startswith(FULLNAME)

    # One that stops gives the Lease up; the next has it after its next look.
    until(a_pod_of_the_release_leads, "one of the release's pods leads")
    assert kubectl.get("goserviceslo", "checkout", "-n", TEAM)["metadata"]["uid"] == before
    assert refusals(kubectl) == []

    helm("uninstall", RELEASE, "-n", NAMESPACE, "--timeout=5m")
    assert_all_is_gone_but_the_definition(kubectl)
    assert variables(kubectl) == {"MINE": "1", "GOGC": "200"}, "nobody asked for a restart of pods"


def test_an_operator_of_given_namespaces_gives_back_what_it_set(helm_on_node: Helm, kubectl_on_node: Kubectl) -> None:
    helm, kubectl = helm_on_node, kubectl_on_node
    values = {"watch": {"namespaces": [TEAM]}, "uninstall": {"giveBack": True}}
    helm("install", RELEASE, CHART, "-n", NAMESPACE, "--wait", "--timeout=3m", values=values)
    promised(kubectl)
    assert refusals(kubectl) == []
    helm("uninstall", RELEASE, "-n", NAMESPACE, "--timeout=5m")
    assert_all_is_gone_but_the_definition(kubectl)
    assert variables(kubectl) == {"MINE": "1"}


def test_secrets_can_be_read_by_the_operators_user(helm_on_node: Helm, kubectl_on_node: Kubectl) -> None:
    helm, kubectl = helm_on_node, kubectl_on_node
    keys = {"mimir": ("username", "password"), "mimir-tenant": ("X-Scope-OrgID",), "mimir-ca": ("ca.crt",)}
    for name, contents in keys.items():
        words = [f"--from-literal={key}=content of {key}" for key in contents]
        kubectl("create", "secret", "generic", name, "-n", NAMESPACE, *words)
    prometheus = COMBINATIONS["password and tenant header"]["prometheus"]
    values = {"prometheus": {**prometheus, "url": "https://mimir.invalid"}, "replicas": 1}
    helm("install", RELEASE, CHART, "-n", NAMESPACE, "--wait", "--timeout=3m", values=values)
    operator = ("exec", "-n", NAMESPACE, f"deployment/{FULLNAME}", "--", "python3", "-c")
    for path, content in {
        "prometheus/ca.crt": "ca.crt",
        "prometheus/username": "username",
        "prometheus/password": "password",
        "prometheus-headers/X-Scope-OrgID": "X-Scope-OrgID",
    }.items():
        assert kubectl(*operator, f"print(open('/etc/goslo/{path}').read())").strip() == f"content of {content}"
    helm("uninstall", RELEASE, "-n", NAMESPACE, "--timeout=5m")
