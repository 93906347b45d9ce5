"""Objects as an API server has them."""

from typing import Any

from goserviceslo.ports import GOSERVICESLOS, Json, Key
from goserviceslo.reconcile.ownership import HASH_ANNOTATION, MANAGED_BY, MANAGER, NAME_LABEL

CHECKOUT = Key("shop", "checkout")


def resource(name: str = "checkout", *, namespace: str = "shop", target: str | None = None, **metadata: Any) -> Json:
    """A GoServiceSLO with one objective."""
    return {
        "apiVersion": GOSERVICESLOS.api_version,
        "kind": GOSERVICESLOS.kind,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-of-{name}",
            "resourceVersion": "10",
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            **metadata,
        },
        "spec": {
            "target": {"name": target or name},
            "objectives": [{"name": "availability", "target": "99.9", "window": "30d", "http": {}}],
        },
    }


def rule(owner: str = "checkout", *, applied_hash: str = "h1", **metadata: Any) -> Json:
    """The PrometheusRule of a GoServiceSLO, as its metadata alone."""
    return {
        "metadata": {
            "name": f"{owner}-goslo",
            "namespace": "shop",
            "uid": f"uid-of-rule-of-{owner}",
            "resourceVersion": "20",
            "generation": 1,
            "labels": {MANAGED_BY: MANAGER, NAME_LABEL: owner},
            "annotations": {HASH_ANNOTATION: applied_hash},
            "ownerReferences": [controller(owner)],
            **metadata,
        }
    }


def controller(owner: str = "checkout", uid: str | None = None) -> Json:
    return {
        "apiVersion": GOSERVICESLOS.api_version,
        "kind": GOSERVICESLOS.kind,
        "name": owner,
        "uid": uid or f"uid-of-{owner}",
        "controller": True,
        "blockOwnerDeletion": False,
    }


def deployment(name: str = "checkout", *, version: str = "30", ready: int = 1, **metadata: Any) -> Json:
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-of-deployment-{name}",
            "resourceVersion": version,
            "generation": 3,
            **metadata,
        },
        "spec": {
            "replicas": 2,
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": "app",
                            "env": [{"name": "GOGC", "value": "200"}, {"name": "DSN", "value": "secret"}],
                            "resources": {"limits": {"memory": "512Mi", "cpu": "500m"}},
                        }
                    ]
                }
            },
        },
        "status": {
            "observedGeneration": 3,
            "readyReplicas": ready,
            "updatedReplicas": ready,
            "availableReplicas": ready,
        },
    }


def autoscaler(
    name: str = "checkout", *, target: str = "checkout", version: str = "40", owner: str | None = None
) -> Json:
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-of-hpa-{name}",
            "resourceVersion": version,
            "ownerReferences": [controller(owner)] if owner else [],
        },
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}},
        "status": {"desiredReplicas": 3},
    }
