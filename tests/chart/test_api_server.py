"""The chart on a real API server: every object is taken, every right is needed, every pod is restricted.

Pods do not run there. Objects of prometheus-operator's kinds are left out: a cluster without it knows no such kinds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.chart.combinations import COMBINATIONS
from tests.chart.programs import (
    CHART,
    FULLNAME,
    NAMESPACE,
    RELEASE,
    Helm,
    Json,
    Kubectl,
    Refused,
    remove_definition,
    served,
    until,
)
from tests.chart.rights import Rights, has_rights, rights
from tests.chart.test_render import pods
from tests.table import cases

pytestmark = [pytest.mark.apiserver, pytest.mark.helm]

FOREIGN_GROUP = "monitoring.coreos.com/v1"
OPERATOR = f"{NAMESPACE}:{FULLNAME}"
UNINSTALLER = f"{NAMESPACE}:{FULLNAME}-uninstall"

FOR_TEAMS: Rights = {
    "goserviceslos.goslo.dev": {"get", "list", "watch", "patch"},
    "goserviceslos.goslo.dev/status": {"patch"},
    "deployments.apps": {"get", "list", "watch", "patch"},
    "horizontalpodautoscalers.autoscaling": {"get", "list", "watch", "create", "patch", "delete"},
    "scaledobjects.keda.sh": {"get", "list", "watch"},
    "prometheusrules.monitoring.coreos.com": {"get", "list", "watch", "create", "patch", "delete"},
    "events": {"create"},
    "events.events.k8s.io": {"create"},
}
LEASE: Rights = {
    "leases.coordination.k8s.io": {"create"},
    "leases.coordination.k8s.io=goslo-operator": {"get", "update"},
}
CONFIG_MAPS: Rights = {
    "configmaps": {"create"},
    **{f"configmaps=goslo-rules-{shard}": {"get", "patch"} for shard in range(8)},
}


def joined(*rights: Rights) -> Rights:
    """What several roles allow together."""
    resources = {resource for some in rights for resource in some}
    return {resource: set().union(*(some.get(resource, set()) for some in rights)) for resource in resources}


@pytest.fixture(scope="module", autouse=True)
def namespaces(kubectl: Kubectl) -> None:
    """The namespaces that the combinations speak of, and one that nobody watches."""
    for name in (NAMESPACE, "shop", "pay", "elsewhere"):
        if not kubectl.exists("namespace", name):
            kubectl("create", "namespace", name)


@contextmanager
def installed(helm: Helm, kubectl: Kubectl, values: dict[str, Any]) -> Iterator[None]:
    """The chart as a release for the block; the hooks' rights are put there too, for Helm only makes them to run."""
    helm("install", RELEASE, CHART, "--namespace", NAMESPACE, "--no-hooks", values=values)
    hooks = [item for item in helm.template(values) if "helm.sh/hook" in item["metadata"].get("annotations", {})]
    rights_of_hooks = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [i for i in hooks if i["kind"] not in {"Pod", "Job"}],
    }
    try:
        served(kubectl)
        kubectl("apply", "--filename", "-", stdin=rights_of_hooks)
        yield
    finally:
        kubectl("delete", "--ignore-not-found", "--filename", "-", stdin=rights_of_hooks)
        helm("uninstall", RELEASE, "--namespace", NAMESPACE, "--no-hooks")
        remove_definition(kubectl)


@cases("values", COMBINATIONS)
def test_every_object_is_taken_by_the_api_server(helm: Helm, kubectl: Kubectl, values: dict[str, Any]) -> None:
    items = [item for item in helm.template(values) if item["apiVersion"] != FOREIGN_GROUP]
    kubectl(
        *("apply", "--server-side", "--dry-run=server", "--validate=strict", "--filename", "-"),
        stdin={"apiVersion": "v1", "kind": "List", "items": items},
    )


def test_the_api_server_does_look_at_what_it_is_given(kubectl: Kubectl) -> None:
    """Else the test above could not fail."""
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "a", "namespace": NAMESPACE},
        "spec": {"maxUnavailible": 1, "selector": {"matchLabels": {"a": "b"}}},
    }
    with pytest.raises(Refused, match="maxUnavailible"):
        kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "--filename", "-", stdin=budget)


@pytest.fixture(scope="module")
def restricted(kubectl: Kubectl) -> str:
    """A namespace under the restricted Pod Security Standard, with the account that pods get by themselves."""
    name = "restricted"
    kubectl("create", "namespace", name)
    kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    until(lambda: kubectl.exists("serviceaccount", "default", "--namespace", name), "its default service account")
    return name


def as_pod(template: Json, namespace: str) -> Json:
    """A pod template as a pod of a namespace, under the account that is there."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "candidate", "namespace": namespace},
        "spec": {**template["spec"], "serviceAccountName": "default", "priorityClassName": ""},
    }


@cases("values", COMBINATIONS)
def test_every_pod_meets_the_restricted_standard(
    helm: Helm, kubectl: Kubectl, restricted: str, values: dict[str, Any]
) -> None:
    for template in pods(helm.template(values)).values():
        kubectl("create", "--dry-run=server", "--filename", "-", stdin=as_pod(template, restricted))
        loose = as_pod(template, restricted)
        loose["spec"] = {**loose["spec"], "securityContext": {}}
        with pytest.raises(Refused, match="violates PodSecurity"):
            kubectl("create", "--dry-run=server", "--filename", "-", stdin=loose)


def test_cluster_wide_the_operator_may_do_what_it_needs_and_nothing_else(
    helm_on_api_server: Helm, kubectl: Kubectl
) -> None:
    with installed(helm_on_api_server, kubectl, {}):
        has_rights(kubectl, OPERATOR, "shop", FOR_TEAMS)
        has_rights(kubectl, OPERATOR, "elsewhere", FOR_TEAMS)
        has_rights(kubectl, OPERATOR, NAMESPACE, joined(FOR_TEAMS, LEASE, CONFIG_MAPS))


def test_for_given_namespaces_the_operator_may_do_nothing_outside(helm_on_api_server: Helm, kubectl: Kubectl) -> None:
    with installed(helm_on_api_server, kubectl, {"watch": {"namespaces": ["shop", "pay"]}}):
        has_rights(kubectl, OPERATOR, "shop", FOR_TEAMS)
        has_rights(kubectl, OPERATOR, "pay", FOR_TEAMS)
        has_rights(kubectl, OPERATOR, "elsewhere", {})
        has_rights(kubectl, OPERATOR, NAMESPACE, LEASE | CONFIG_MAPS)


@cases(
    "values, at_home, without",
    {
        "only PrometheusRules": ({"rules": {"sink": "prometheusrule"}}, LEASE, set()),
        "only ConfigMaps": (
            {"rules": {"sink": "configmap"}},
            LEASE | CONFIG_MAPS,
            {"prometheusrules.monitoring.coreos.com"},
        ),
        "no leader election": ({"replicas": 1, "leaderElection": {"enabled": False}}, CONFIG_MAPS, set()),
    },
)
def test_rights_that_a_setting_makes_needless_are_not_given(
    helm_on_api_server: Helm, kubectl: Kubectl, values: dict[str, Any], at_home: Rights, without: set[str]
) -> None:
    for_teams = {resource: verbs for resource, verbs in FOR_TEAMS.items() if resource not in without}
    with installed(helm_on_api_server, kubectl, values):
        has_rights(kubectl, OPERATOR, "shop", for_teams)
        has_rights(kubectl, OPERATOR, NAMESPACE, joined(for_teams, at_home))


@cases(
    "names, granted",
    {
        "of any name": ([], {"configmaps": {"get"}}),
        "of given names": (["calendar"], {"configmaps=calendar": {"get"}}),
    },
)
def test_calendars_may_be_read_where_that_is_wanted(
    helm_on_api_server: Helm, kubectl: Kubectl, names: list[str], granted: Rights
) -> None:
    values = {"maintenance": {"configMaps": True, "configMapNames": names}}
    with installed(helm_on_api_server, kubectl, values):
        has_rights(kubectl, OPERATOR, "shop", FOR_TEAMS | granted)


RELEASE_FOR_TEAMS: Rights = {"goserviceslos.goslo.dev": {"get", "list", "patch"}}
RELEASE_AT_HOME: Rights = {
    f"deployments.apps={FULLNAME}": {"get"},
    f"deployments.apps/scale={FULLNAME}": {"patch"},
    "pods": {"list"},
}


@cases(
    "values, for_teams, elsewhere",
    {
        "of the whole cluster": ({}, RELEASE_FOR_TEAMS, RELEASE_FOR_TEAMS),
        "of given namespaces": ({"watch": {"namespaces": ["shop"]}}, RELEASE_FOR_TEAMS, {}),
        "that gives variables back": (
            {"watch": {"namespaces": ["shop"]}, "uninstall": {"giveBack": True}},
            RELEASE_FOR_TEAMS | {"deployments.apps": {"get", "patch"}},
            {},
        ),
    },
)
def test_the_uninstall_step_may_release_and_stop_the_operator_and_nothing_else(
    helm_on_api_server: Helm, kubectl: Kubectl, values: dict[str, Any], for_teams: Rights, elsewhere: Rights
) -> None:
    with installed(helm_on_api_server, kubectl, values):
        has_rights(kubectl, UNINSTALLER, "shop", for_teams)
        has_rights(kubectl, UNINSTALLER, "elsewhere", elsewhere)
        has_rights(kubectl, UNINSTALLER, NAMESPACE, elsewhere | RELEASE_AT_HOME)


@pytest.fixture(scope="module")
def cluster_wide_release(helm_on_api_server: Helm, kubectl: Kubectl) -> Iterator[None]:
    """A release for the whole cluster that several tests look at."""
    with installed(helm_on_api_server, kubectl, {}):
        yield


@cases(
    "words, allowed",
    {
        "read a Secret of a team": (("get", "secrets", "-n", "shop"), False),
        "read a Secret of its own namespace": (("get", "secrets", "-n", NAMESPACE), False),
        "list all Secrets": (("list", "secrets", "-A"), False),
        "read another's ConfigMap": (("get", "configmaps/kube-root-ca.crt", "-n", NAMESPACE), False),
        "list the ConfigMaps of its own namespace": (("list", "configmaps", "-n", NAMESPACE), False),
        "write its rules": (("patch", "configmaps/goslo-rules-7", "-n", NAMESPACE), True),
        "read a team's ConfigMap": (("get", "configmaps", "-n", "shop"), False),
        "list a team's ConfigMaps": (("list", "configmaps", "-n", "shop"), False),
        "scale a Deployment": (("patch", "deployments", "--subresource=scale", "-n", "shop"), False),
        "delete a Deployment": (("delete", "deployments", "-n", "shop"), False),
        "create a Deployment": (("create", "deployments", "-n", "shop"), False),
        "run in a pod": (("create", "pods", "--subresource=exec", "-n", "shop"), False),
        "give itself more": (("create", "clusterrolebindings"), False),
        "change its own definition": (("patch", "customresourcedefinitions"), False),
        "delete a promise": (("delete", "goserviceslos.goslo.dev", "-n", "shop"), False),
        "take another's lease": (("update", "leases/kube-scheduler", "-n", NAMESPACE), False),
        "set a variable of a Deployment": (("patch", "deployments", "-n", "shop"), True),
        "write a status": (("patch", "goserviceslos.goslo.dev", "--subresource=status", "-n", "shop"), True),
        "take its lease": (("update", "leases/goslo-operator", "-n", NAMESPACE), True),
    },
)
def test_the_operator_may(cluster_wide_release: None, kubectl: Kubectl, words: tuple[str, ...], allowed: bool) -> None:
    """`kubectl auth can-i` as its account."""
    verb, *rest = words
    try:
        answer = kubectl("auth", "can-i", verb, *rest, f"--as=system:serviceaccount:{OPERATOR}")
    except Refused as no:
        answer = str(no)
    assert ("yes" in answer.split()) == allowed


@cases(
    "role, verbs",
    {
        "view": ("view", {"get", "list", "watch"}),
        "edit": ("edit", {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}),
    },
)
def test_who_holds_a_built_in_role_in_a_namespace_holds_it_for_promises_too(
    cluster_wide_release: None, kubectl: Kubectl, role: str, verbs: set[str]
) -> None:
    account = f"shop:{role}er"
    kubectl(
        *("create", "rolebinding", f"{role}ers", f"--clusterrole={role}"),
        *(f"--serviceaccount={account}", "--namespace", "shop"),
    )
    until(
        lambda: rights(kubectl, account, "shop").get("goserviceslos.goslo.dev") == verbs,
        f"{role} aggregates the rights on goserviceslos",
    )
    assert "goserviceslos.goslo.dev" not in rights(kubectl, account, "pay")
