"""Installed, upgraded and uninstalled by real Helm on a real API server.

No pod runs on an API server alone, so a hook's Job would never end: hooks are left out here (`--no-hooks`) and run
in test_install_node.py.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.chart.previous import previous_chart
from tests.chart.programs import (
    CHART,
    CRD,
    FULLNAME,
    RELEASE,
    Helm,
    Json,
    Kubectl,
    Refused,
    only,
    remove_definition,
    served,
    until,
)
from tests.chart.rights import rights

pytestmark = [pytest.mark.apiserver, pytest.mark.helm]

HOME = "lifecycle"
TEAM = "team"
PROMISE: Json = {
    "apiVersion": "goslo.dev/v1alpha1",
    "kind": "GoServiceSLO",
    "metadata": {"name": "checkout", "namespace": TEAM, "finalizers": ["goslo.dev/release"]},
    "spec": {"target": {"name": "checkout"}, "objectives": [{"name": "availability", "target": "99.9", "http": {}}]},
}
EVERYWHERE = (
    "deployments,services,serviceaccounts,roles,rolebindings,poddisruptionbudgets,networkpolicies,"
    "clusterroles,clusterrolebindings,configmaps,jobs"
)


@pytest.fixture
def home(kubectl: Kubectl, helm_on_api_server: Helm) -> Iterator[str]:
    """A namespace for the release, one for a team, and nothing left of either's objects."""
    for name in (HOME, TEAM):
        if not kubectl.exists("namespace", name):
            kubectl("create", "namespace", name)
    yield HOME
    helm_on_api_server("uninstall", RELEASE, "-n", HOME, "--no-hooks", "--ignore-not-found")
    remove_definition(kubectl)


def columns(kubectl: Kubectl) -> list[Json]:
    """The columns that `kubectl get goserviceslo` prints now."""
    found: list[Json] = kubectl.get("crd", CRD)["spec"]["versions"][0]["additionalPrinterColumns"]
    return found


def promise(kubectl: Kubectl) -> Json:
    """The team's resource, less what the API server keeps its own books with."""
    found = kubectl.get("goserviceslo", "checkout", "--namespace", TEAM)
    return {
        **found,
        "metadata": {name: found["metadata"][name] for name in ("name", "uid", "generation", "finalizers")},
    }


def test_a_release_is_installed_upgraded_and_uninstalled(
    home: str, helm_on_api_server: Helm, kubectl: Kubectl, tmp_path: Path
) -> None:
    helm, old = helm_on_api_server, previous_chart(tmp_path)
    helm("install", RELEASE, old, "-n", home, "--no-hooks")
    served(kubectl)
    kubectl("apply", "--filename", "-", stdin=PROMISE)
    before = promise(kubectl)
    # Helm's own --wait would wait for pods; what is asked here is that its objects are there.
    helm("upgrade", RELEASE, CHART, "-n", home, "--no-hooks", "--reuse-values")
    rendered = only(helm.template(), "CustomResourceDefinition")["spec"]["versions"][0]
    assert columns(kubectl) == rendered["additionalPrinterColumns"], "the upgrade brings the definition up to date"
    assert promise(kubectl) == before, "the upgrade leaves a team's resource as it is"
    version = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))["version"]
    deployment = kubectl.get("deployment", FULLNAME, "--namespace", home)
    assert deployment["metadata"]["labels"]["helm.sh/chart"] == f"goserviceslo-{version}"

    helm("uninstall", RELEASE, "-n", home, "--no-hooks")
    left = kubectl.get(EVERYWHERE, "-A", "--selector", f"app.kubernetes.io/instance={RELEASE}")["items"]
    assert [(item["kind"], item["metadata"]["name"]) for item in left] == []
    assert promise(kubectl) == before, "the definition is kept, and with it what teams wrote"

    helm("install", RELEASE, CHART, "-n", home, "--no-hooks")
    assert promise(kubectl) == before, "a new release takes over the definition that was kept"


def test_turning_the_definition_off_in_an_upgrade_does_not_take_it_away(
    home: str, helm_on_api_server: Helm, kubectl: Kubectl
) -> None:
    helm_on_api_server("install", RELEASE, CHART, "-n", home, "--no-hooks")
    helm_on_api_server("upgrade", RELEASE, CHART, "-n", home, "--no-hooks", values={"crds": {"install": False}})
    assert kubectl.exists("crd", CRD)


def test_a_definition_that_is_not_to_be_kept_goes_with_the_chart(
    home: str, helm_on_api_server: Helm, kubectl: Kubectl
) -> None:
    helm_on_api_server("install", RELEASE, CHART, "-n", home, "--no-hooks", values={"crds": {"keep": False}})
    served(kubectl)
    helm_on_api_server("uninstall", RELEASE, "-n", home, "--no-hooks")
    kubectl("wait", "--for=delete", f"crd/{CRD}", "--timeout=30s")


def test_narrowing_the_watch_takes_the_rights_back(home: str, helm_on_api_server: Helm, kubectl: Kubectl) -> None:
    account = f"{home}:{FULLNAME}"
    helm_on_api_server("install", RELEASE, CHART, "-n", home, "--no-hooks")
    until(lambda: "deployments.apps" in rights(kubectl, account, "default"), "the API server has heard of its rights")
    narrowed = {"watch": {"namespaces": [TEAM]}}
    helm_on_api_server("upgrade", RELEASE, CHART, "-n", home, "--no-hooks", values=narrowed)
    until(lambda: rights(kubectl, account, "default") == {}, "the API server has heard of it")
    assert "deployments.apps" in rights(kubectl, account, TEAM)


def test_two_releases_of_one_name_live_side_by_side(home: str, helm_on_api_server: Helm, kubectl: Kubectl) -> None:
    second = "lifecycle-too"
    if not kubectl.exists("namespace", second):
        kubectl("create", "namespace", second)
    helm_on_api_server("install", RELEASE, CHART, "-n", home, "--no-hooks", values={"watch": {"namespaces": [TEAM]}})
    theirs = {"watch": {"namespaces": ["default"]}, "crds": {"install": False}}
    helm_on_api_server("install", RELEASE, CHART, "-n", second, "--no-hooks", values=theirs)
    try:
        until(
            lambda: "deployments.apps" in rights(kubectl, f"{second}:{FULLNAME}", "default"),
            "the API server has heard of its rights",
        )
        assert "deployments.apps" not in rights(kubectl, f"{second}:{FULLNAME}", TEAM)
    finally:
        helm_on_api_server("uninstall", RELEASE, "-n", second, "--no-hooks")
    assert "deployments.apps" in rights(kubectl, f"{home}:{FULLNAME}", TEAM), "the first is untouched"


def test_a_watched_namespace_that_is_not_there_is_an_error_at_install(home: str, helm_on_api_server: Helm) -> None:
    with pytest.raises(Refused, match='namespaces "nowhere" not found'):
        helm_on_api_server(
            *("install", RELEASE, CHART, "-n", home, "--no-hooks"), values={"watch": {"namespaces": ["nowhere"]}}
        )
