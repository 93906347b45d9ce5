"""How objects of ours are marked, so that they are told from anyone else's, skipped when equal, and collected."""

import hashlib
from typing import Any

import orjson

from goserviceslo.api.base import API_VERSION, GROUP, KIND
from goserviceslo.ports import Json

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "goslo"
NAME_LABEL = f"{GROUP}/name"
HASH_ANNOTATION = f"{GROUP}/applied-hash"
FINALIZER = f"{GROUP}/release"


def digest(body: Any) -> str:
    """A short, stable hash of a JSON value."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def owned_object(
    owner: Json, *, api_version: str, kind: str, name: str, spec: Json, labels: dict[str, str]
) -> tuple[Json, str]:
    """A namespaced object that the garbage collector removes with its owner, and the hash that it carries."""
    metadata = owner["metadata"]
    body: Json = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": {**labels, MANAGED_BY: MANAGER, NAME_LABEL: metadata["name"]},
            "ownerReferences": [
                {
                    "apiVersion": API_VERSION,
                    "kind": KIND,
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                    "controller": True,
                    "blockOwnerDeletion": False,
                }
            ],
        },
        "spec": spec,
    }
    applied_hash = digest(body)
    body["metadata"]["annotations"] = {HASH_ANNOTATION: applied_hash}
    return body, applied_hash
