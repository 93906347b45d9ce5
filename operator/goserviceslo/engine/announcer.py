"""Events (events.k8s.io/v1) about resources, each once."""

import hashlib
import logging

from goserviceslo.ports import EVENTS, GOSERVICESLOS, AlreadyExists, ApiError, Clock, ClusterPort, EventNote, Json, Key

REPORTER = "goslo.dev/operator"
_MICRO_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"

logger = logging.getLogger(__name__)


class Announcer:
    """Writes event notes. A note that cannot be written is logged and let go: the status says the same."""

    def __init__(self, cluster: ClusterPort, clock: Clock, instance: str) -> None:
        self._cluster = cluster
        self._clock = clock
        self._instance = instance

    async def announce(self, resource: Json, note: EventNote) -> None:
        """The Event's name is made of the note and the version of the resource that it was decided on.

        So one that was written just before a crash is found there, and not written twice.
        """
        metadata = resource["metadata"]
        seed = "\n".join((metadata["uid"], metadata["resourceVersion"], note.reason, note.note))
        mark = hashlib.sha256(seed.encode()).hexdigest()[:16]
        key = Key(metadata["namespace"], f"{metadata['name'][:230]}.{mark}")
        body: Json = {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {"name": key.name, "namespace": key.namespace, "labels": dict(note.labels)},
            "eventTime": self._clock.now().strftime(_MICRO_TIME),
            "reportingController": REPORTER,
            "reportingInstance": self._instance[:128],
            "type": note.kind,
            "reason": note.reason,
            "action": note.action,
            "note": note.note,
            "regarding": {
                "apiVersion": GOSERVICESLOS.api_version,
                "kind": GOSERVICESLOS.kind,
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
                "resourceVersion": metadata["resourceVersion"],
            },
        }
        try:
            await self._cluster.create(EVENTS, key, body)
        except AlreadyExists:
            return
        except ApiError as error:
            about = f"{key.namespace}/{metadata['name']}"
            logger.warning("an Event could not be written: %s", error, extra={"key": about})
