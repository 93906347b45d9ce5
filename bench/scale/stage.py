"""A fresh API server for one trial: kinds, namespaces, one account for the controller, an audit log."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.scale.audit import AuditLog
from bench.scale.tools import OPERATOR_NAMESPACE, Tool, prometheus_rule_definition
from localcluster import api_only, kubeconfigs, teardown
from localcluster.api import Api
from localcluster.apionly import ApiOnlyCluster
from localcluster.layout import layout
from localcluster.waiting import until

_ACCOUNT = "controller"
_TOKEN_SECONDS = 86_400
_AUDIT_FLAGS = ("--audit-log-maxsize=4096",)
"""MiB: the log is followed by its open file and must not be rotated away."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the phases of a trial work on."""

    cluster: ApiOnlyCluster
    api: Api
    """The administrator's access."""
    audit: AuditLog
    kubeconfig: Path
    """The controller's own access: a service account, as in production, so that its calls are told apart."""

    @property
    def user(self) -> str:
        return f"system:serviceaccount:{OPERATOR_NAMESPACE}:{_ACCOUNT}"

    def pid(self, component: str) -> int:
        """The process of ``kube-apiserver`` or ``etcd``."""
        identity = self.cluster.component(component).identity
        assert identity is not None
        return identity.pid


@contextmanager
def stage(name: str, tool: Tool, namespaces: Sequence[str]) -> Iterator[Stage]:
    """An empty cluster that serves the tool's kind and PrometheusRules; it is gone afterwards."""
    # What a run that was killed has left; its objects would be counted.
    teardown.remove(layout(name))
    with api_only(name, audit=True, flags={"kube-apiserver": _AUDIT_FLAGS}) as cluster:
        api = _administrator(cluster)
        for definition in [*prometheus_rule_definition(), *tool.definitions()]:
            _define(api, definition)
        for namespace in [OPERATOR_NAMESPACE, *namespaces]:
            api.call("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        kubeconfig = cluster.layout.conf / "controller.kubeconfig"
        kubeconfigs.write(kubeconfig, _account(api))
        audit = AuditLog(cluster.audit_log)
        try:
            yield Stage(cluster, api, audit, kubeconfig)
        finally:
            audit.close()


def _administrator(cluster: ApiOnlyCluster) -> Api:
    url = json.loads(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    files = cluster.layout
    return Api(url, files.certificate("ca"), files.certificate("admin"), files.key("admin"))


def _define(api: Api, definition: dict[str, Any]) -> None:
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition['metadata']['name']}"
    api.apply(path, definition)

    spec = definition["spec"]
    versions = [version["name"] for version in spec["versions"] if version["served"]]

    def served() -> bool:
        for version in versions:
            # From the watch cache, which is refused until the cache stands; a watch before that is refused as well.
            api.get(f"/apis/{spec['group']}/{version}/{spec['names']['plural']}?resourceVersion=0")
        return True

    until(f"{definition['metadata']['name']} to be served", served, seconds=60)


def _account(api: Api) -> dict[str, Any]:
    """A kubeconfig with a token of a new service account that may do everything."""
    accounts = f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/serviceaccounts"
    api.call("POST", accounts, {"metadata": {"name": _ACCOUNT}})
    binding = {
        "metadata": {"name": "bench-controller"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "namespace": OPERATOR_NAMESPACE, "name": _ACCOUNT}],
    }
    api.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
    request = {"spec": {"expirationSeconds": _TOKEN_SECONDS}}
    token = json.loads(api.call("POST", f"{accounts}/{_ACCOUNT}/token", request))["status"]["token"]
    authority = base64.b64encode(api.authority.read_bytes()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "bench", "cluster": {"server": api.url, "certificate-authority-data": authority}}],
        "users": [{"name": "bench", "user": {"token": token}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        "current-context": "bench",
    }
