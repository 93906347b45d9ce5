"""What may be added to a node cluster. The same objects on every backend; only their image is brought in by us.

metrics-server: the resource metrics API, by which ``kubectl top`` and CPU-based autoscalers see what pods use.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from . import binaries
from .api import Api, ApiRefused
from .images import write_static_image
from .report import Stopwatch, say
from .spec import METRICS_SERVER
from .waiting import until

METRICS_SERVER_IMAGE = "goslo.local/metrics-server:1"
METRICS_API = "v1beta1.metrics.k8s.io"
_NAME, _NAMESPACE, _PORT = METRICS_SERVER, "kube-system", 10250
_RBAC = "rbac.authorization.k8s.io"
_LABELS = {"k8s-app": _NAME}


def install(extras: Collection[str], api: Api, load_image: Callable[[Path], None]) -> None:
    """Bring in what was asked for, unless it is there and answers; raises ``TimedOut`` if it does not come to."""
    if METRICS_SERVER not in extras or _is_available(api):
        return
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch, "image.tar")
        write_static_image(METRICS_SERVER_IMAGE, binaries.ensure([METRICS_SERVER])[METRICS_SERVER], archive)
        load_image(archive)
    for path, item in metrics_server():
        api.apply(path, item)
    where = f"{METRICS_SERVER} (its pod is in namespace {_NAMESPACE})"
    until(where, lambda: _is_available(api), seconds=300)
    say(f"{METRICS_SERVER}: available after {watch}")


def _is_available(api: Api) -> bool:
    """Whether the API server reaches it; its first figures come some seconds later."""
    try:
        found = api.get(f"/apis/apiregistration.k8s.io/v1/apiservices/{METRICS_API}")
    except ApiRefused as refused:
        if refused.status == 404:
            return False
        raise
    conditions = found.get("status", {}).get("conditions", [])
    return any(one["type"] == "Available" and one["status"] == "True" for one in conditions)


def metrics_server() -> Iterator[tuple[str, dict[str, Any]]]:
    """metrics-server's objects, each with its path, in the order in which they are applied."""
    core, apps, rbac = f"/api/v1/namespaces/{_NAMESPACE}", f"/apis/apps/v1/namespaces/{_NAMESPACE}", f"/apis/{_RBAC}/v1"
    yield f"{core}/serviceaccounts/{_NAME}", _named("v1", "ServiceAccount")
    yield f"{rbac}/clusterroles/system:{_NAME}", _named(f"{_RBAC}/v1", "ClusterRole", f"system:{_NAME}") | _rules()
    for role, kind, where in (
        (f"system:{_NAME}", "ClusterRole", f"{rbac}/clusterrolebindings"),
        ("system:auth-delegator", "ClusterRole", f"{rbac}/clusterrolebindings"),
        (
            "extension-apiserver-authentication-reader",
            "Role",
            f"{rbac}/namespaces/{_NAMESPACE}/rolebindings",
        ),
    ):
        name = f"{_NAME}:{role.removeprefix('system:')}"
        yield f"{where}/{name}", _binding(name, role, kind)
    yield f"{core}/services/{_NAME}", _service()
    yield f"{apps}/deployments/{_NAME}", _deployment()
    yield f"/apis/apiregistration.k8s.io/v1/apiservices/{METRICS_API}", _api_service()


def _named(version: str, kind: str, name: str = _NAME) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": _LABELS}
    if kind not in ("ClusterRole", "ClusterRoleBinding", "APIService"):
        metadata["namespace"] = _NAMESPACE
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _rules() -> dict[str, Any]:
    return {
        "rules": [
            {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
            {"apiGroups": [""], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"]},
        ]
    }


def _binding(name: str, role: str, kind: str) -> dict[str, Any]:
    binding = "RoleBinding" if kind == "Role" else "ClusterRoleBinding"
    return _named(f"{_RBAC}/v1", binding, name) | {
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": _NAME, "namespace": _NAMESPACE}],
    }


def _service() -> dict[str, Any]:
    ports = [{"name": "https", "port": 443, "targetPort": "https", "protocol": "TCP"}]
    return _named("v1", "Service") | {"spec": {"selector": _LABELS, "ports": ports}}


def _deployment() -> dict[str, Any]:
    arguments = [
        f"--secure-port={_PORT}",
        "--cert-dir=/tmp",
        "--kubelet-preferred-address-types=InternalIP",
        "--kubelet-insecure-tls",  # kind's kubelet signs its own certificate
        "--metric-resolution=10s",  # the shortest that it takes, and it has to be above the next one
        "--kubelet-request-timeout=5s",
    ]
    container = {
        "name": _NAME,
        "image": METRICS_SERVER_IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "args": arguments,
        "ports": [{"name": "https", "containerPort": _PORT}],
        "readinessProbe": {
            "httpGet": {"path": "/readyz", "port": "https", "scheme": "HTTPS"},
            "periodSeconds": 2,
            "failureThreshold": 3,
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    pod = {
        "serviceAccountName": _NAME,
        "priorityClassName": "system-cluster-critical",
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    return _named("apps/v1", "Deployment") | {
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": _LABELS},
            "template": {"metadata": {"labels": _LABELS}, "spec": pod},
        }
    }


def _api_service() -> dict[str, Any]:
    return _named("apiregistration.k8s.io/v1", "APIService", METRICS_API) | {
        "spec": {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "service": {"name": _NAME, "namespace": _NAMESPACE},
            "insecureSkipTLSVerify": True,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        }
    }
