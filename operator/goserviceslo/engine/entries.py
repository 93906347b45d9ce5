"""One object each, as the store keeps it: small, and with what is needed to tell a change from an echo."""

import hashlib
import zlib
from sys import intern
from typing import Any

import orjson

from goserviceslo.api.observed import AutoscalerView, DeploymentView
from goserviceslo.engine.views import autoscaler_view, deployment_view, drifted, scaled_object_view
from goserviceslo.ports import AUTOSCALERS, Json, Resource
from goserviceslo.reconcile.ownership import FINALIZER, HASH_ANNOTATION, NAME_LABEL

UNKNOWN_HASH = ""
"""Of an object of ours that somebody has changed: no wish equals it, so it is written again."""


def json_digest(value: Any) -> bytes:
    """Eight bytes that tell JSON values apart."""
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=8).digest()


class Entry:
    """Identity and version, which every kind has."""

    __slots__ = ("uid", "version")

    def __init__(self, raw: Json) -> None:
        metadata = raw["metadata"]
        self.uid: str = metadata["uid"]
        self.version = int(metadata["resourceVersion"])


class ResourceEntry(Entry):
    """A GoServiceSLO, packed: a whole one is read only when a worker has it in hand."""

    __slots__ = ("created_at", "deleting", "expected", "generation", "held", "packed", "status", "target")

    def __init__(self, raw: Json) -> None:
        super().__init__(raw)
        metadata = raw["metadata"]
        self.generation: int = metadata.get("generation", 0)
        self.deleting = "deletionTimestamp" in metadata
        self.held = FINALIZER in (metadata.get("finalizers") or ())
        self.status = json_digest(raw.get("status"))
        self.expected = self.status
        """Digest of the status that was last sent: its echo is no news."""
        target = ((raw.get("spec") or {}).get("target") or {}).get("name")
        self.target = intern(target) if isinstance(target, str) else ""
        self.created_at: str = metadata["creationTimestamp"]
        kept = {
            **raw,
            "metadata": {
                field: value for field, value in metadata.items() if field not in ("managedFields", "annotations")
            },
        }
        text = orjson.dumps(kept)
        # What has no status yet is about to get one, and to be packed then.
        self.packed = zlib.compress(text, 1) if "status" in raw else text

    def whole(self) -> Json:
        text = self.packed if self.packed.startswith(b"{") else zlib.decompress(self.packed)
        whole: Json = orjson.loads(text)
        return whole

    def differs(self, old: "ResourceEntry") -> bool:
        """Whether this is news for a worker: another wish, or a status that was not written by us."""
        return (
            (self.uid, self.generation, self.deleting, self.held) != (old.uid, old.generation, old.deleting, old.held)
            or self.target != old.target
            or self.status not in (old.status, old.expected)
        )


class DeploymentEntry(Entry):
    """A Deployment."""

    __slots__ = ("view",)

    def __init__(self, raw: Json) -> None:
        super().__init__(raw)
        self.view: DeploymentView = deployment_view(raw)

    def differs(self, old: "DeploymentEntry") -> bool:
        return self.view != old.view


class AutoscalerEntry(Entry):
    """A HorizontalPodAutoscaler or ScaledObject; without a view where it scales something else."""

    __slots__ = ("view",)

    def __init__(self, resource: Resource, raw: Json) -> None:
        super().__init__(raw)
        read = autoscaler_view if resource is AUTOSCALERS else scaled_object_view
        self.view: AutoscalerView | None = read(raw)

    def differs(self, old: "AutoscalerEntry") -> bool:
        return self.view != old.view


class RuleEntry(Entry):
    """A PrometheusRule of ours, known by its metadata alone."""

    __slots__ = ("applied_hash", "generation", "owner")

    def __init__(self, raw: Json, old: "RuleEntry | None") -> None:
        super().__init__(raw)
        metadata = raw["metadata"]
        self.generation: int = metadata.get("generation", 0)
        self.owner = intern((metadata.get("labels") or {}).get(NAME_LABEL, ""))
        applied_hash = (metadata.get("annotations") or {}).get(HASH_ANNOTATION, UNKNOWN_HASH)
        if old is None or old.uid != self.uid:
            changed = drifted(metadata)
        else:
            # The same mark on another generation: its spec was changed by somebody who knows nothing of the mark.
            changed = old.applied_hash == applied_hash and old.generation != self.generation
        self.applied_hash: str = UNKNOWN_HASH if changed else applied_hash

    def differs(self, old: "RuleEntry") -> bool:
        return (self.uid, self.owner, self.applied_hash) != (old.uid, old.owner, old.applied_hash)
