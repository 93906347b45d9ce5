"""Finds what the watches missed: lists metadata page by page and compares it with the store.

A watch that is told 410 lists anew, and what was deleted in between is told by nobody (kopf goes on with what is
there). So each kind is compared after every listing of its watch, and all of them now and then. Nothing is believed
from a list alone, which is older than what the watch tells meanwhile: each difference is read once more by itself.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from goserviceslo.engine.intake import Intake
from goserviceslo.engine.store import Store
from goserviceslo.ports import PROMETHEUS_RULES, ApiError, ClusterPort, Gone, Key, NotFound, Resource
from goserviceslo.reconcile.ownership import MANAGED_BY, MANAGER

PATIENCE = timedelta(seconds=2)
"""How long a watch may lag behind a list while nothing moves."""
_LOOK_SECONDS = 0.1
_READS_AT_ONCE = 8
_RETRY_SECONDS = 5.0
_TRIES = 3

logger = logging.getLogger(__name__)

Listed = dict[Key, tuple[str, int]]
"""UID and version by name."""


def selector(resource: Resource) -> str:
    """Of rules only our own are known; of every other kind all."""
    return f"{MANAGED_BY}={MANAGER}" if resource is PROMETHEUS_RULES else ""


class Relister:
    """Compares on demand (`ask`) and by interval; `synced` is set once every kind has been compared."""

    def __init__(
        self,
        cluster: ClusterPort,
        store: Store,
        intake: Intake,
        *,
        namespaces: Sequence[str],
        interval: timedelta,
        random: Callable[[], float],
        corrected: Callable[[Resource, int], None],
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._intake = intake
        self._namespaces = tuple(namespaces) or ("",)
        self._interval = interval.total_seconds()
        self._random = random
        self._corrected = corrected
        self._kinds: tuple[Resource, ...] = ()
        self._asked: set[Resource] = set()
        self._done: set[Resource] = set()
        self._wake = asyncio.Event()
        self.synced = asyncio.Event()

    def watch(self, kinds: Iterable[Resource]) -> None:
        """These kinds are watched from now on; those that are no longer are forgotten."""
        kinds = tuple(kinds)
        for resource in set(self._kinds) - set(kinds):
            self._forget(resource)
        self._kinds = kinds
        self._done &= set(kinds)

    def ask(self, resource: Resource) -> None:
        """Compare this kind soon."""
        self._asked.add(resource)
        self._wake.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            if not self._asked:
                await self._pause(self._interval * (0.9 + 0.2 * self._random()))
            self._wake.clear()
            asked, self._asked = self._asked or set(self._kinds), set()
            kinds = [resource for resource in self._kinds if resource in asked]
            settled = await asyncio.gather(*(self._settle_safely(resource) for resource in kinds))
            failed = {resource for resource, done in zip(kinds, settled, strict=True) if not done}
            if self._done.issuperset(self._kinds) and self._kinds:
                self.synced.set()
            if failed:
                await asyncio.sleep(_RETRY_SECONDS)
                self._asked |= failed

    async def settle(self, resource: Resource) -> int:
        """Bring the store up to what the cluster holds of a kind; how many differences the watch had not told.

        Raises ApiError.
        """
        before = set(self._store.keys(resource))
        listed = await self._list(resource)
        doubtful = [key for key in (*listed, *(before - listed.keys())) if self._differs(resource, key, listed)]
        loop = asyncio.get_running_loop()
        moved = loop.time()
        while doubtful and loop.time() - moved < PATIENCE.total_seconds():
            await asyncio.sleep(_LOOK_SECONDS)
            rest = [key for key in doubtful if self._differs(resource, key, listed)]
            moved = loop.time() if len(rest) < len(doubtful) else moved
            doubtful = rest
        for start in range(0, len(doubtful), _READS_AT_ONCE):
            await asyncio.gather(*(self._read(resource, key) for key in doubtful[start : start + _READS_AT_ONCE]))
        return len(doubtful)

    async def _settle_safely(self, resource: Resource) -> bool:
        try:
            corrections = await self.settle(resource)
        except ApiError as error:
            logger.warning("re-list of %s failed, trying again: %s", resource.plural, error)
            return False
        if corrections and resource in self._done:
            logger.info("re-list of %s: %d changes had not been told", resource.plural, corrections)
            self._corrected(resource, corrections)
        self._done.add(resource)
        return True

    async def _list(self, resource: Resource) -> Listed:
        for tried in range(1, _TRIES + 1):
            listed: Listed = {}
            try:
                for namespace in self._namespaces:
                    pages = self._cluster.pages(
                        resource, namespace=namespace, label_selector=selector(resource), metadata_only=True
                    )
                    async for page in pages:
                        for item in page.items:
                            metadata = item["metadata"]
                            key = Key(metadata.get("namespace", ""), metadata["name"])
                            listed[key] = (metadata["uid"], int(metadata["resourceVersion"]))
            except Gone:
                if tried == _TRIES:
                    raise
                continue  # the list took so long that its token ran out
            return listed
        return {}

    def _differs(self, resource: Resource, key: Key, listed: Listed) -> bool:
        entry = self._store.entry(resource, key)
        there = listed.get(key)
        if there is None:
            return entry is not None
        return entry is None or entry.version < there[1]

    async def _read(self, resource: Resource, key: Key) -> None:
        """See for ourselves."""
        entry = self._store.entry(resource, key)
        try:
            raw = await self._cluster.get(resource, key)
        except NotFound:
            if entry is not None:
                self._intake.gone(resource, key, entry.uid)
            return
        self._intake.changed(resource, raw)

    def _forget(self, resource: Resource) -> None:
        for key in self._store.keys(resource):
            entry = self._store.entry(resource, key)
            if entry is not None:
                self._intake.gone(resource, key, entry.uid)
        self._done.discard(resource)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
