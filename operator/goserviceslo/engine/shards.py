"""Rules in ConfigMaps, for a Prometheus that no prometheus-operator feeds: a fixed number of them, one file a resource.

Which of them a resource goes to is a hash of its name, so that it never moves. Changes are gathered for up to a second
and sent as patches of the changed files alone.
"""

import asyncio
import hashlib
import json
import logging
import zlib
from collections.abc import Callable, Collection, Sequence

from goserviceslo.engine.fence import NotLeading
from goserviceslo.engine.refusals import refusal_of, taken
from goserviceslo.ports import CONFIG_MAPS, AlreadyExists, ApiError, ClusterPort, Conflict, Json, Key, NotFound
from goserviceslo.reconcile.model import Refusal, RefusalKind
from goserviceslo.reconcile.ownership import MANAGED_BY, MANAGER

LARGEST_SHARD_BYTES = 900 * 1024
"""Of 1 MiB that etcd and the API server take, with room for metadata and for what JSON adds to the text."""
LONGEST_FILE_NAME = 253
_GATHER_SECONDS = 0.5
_RETRY_SECONDS = 5.0
_TRIES = 3

logger = logging.getLogger(__name__)


def shard_of(key: Key, count: int) -> int:
    """Which shard a resource belongs to, for ever."""
    return int.from_bytes(hashlib.sha256(str(key).encode()).digest()[:8], "big") % count


def file_of(key: Key) -> str:
    """The file of a resource; namespaces hold no dot, so two resources never share one."""
    name = f"{key.namespace}.{key.name}.yaml"
    if len(name) <= LONGEST_FILE_NAME:
        return name
    return f"{hashlib.sha256(str(key).encode()).hexdigest()}.yaml"


class _Shard:
    """One ConfigMap: its files packed, and which of them have not been sent."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.files: dict[str, tuple[bytes, int]] = {}
        """Packed text and its size as it is sent."""
        self.size = 0
        self.unsent: set[str] = set()
        self.resource_version: str | None = None
        self.refusal: Refusal | None = None

    def set(self, name: str, text: str | None) -> None:
        self.size -= self.files.pop(name, (b"", 0))[1]
        if text is not None:
            size = _sent_size(name, text)
            self.files[name] = (zlib.compress(text.encode(), 6), size)
            self.size += size

    def text(self, name: str) -> str | None:
        packed = self.files.get(name)
        return None if packed is None else zlib.decompress(packed[0]).decode()


class RuleShards:
    """All of them. `offer` and `withdraw` are immediate; `run` sends, for as long as this replica leads."""

    def __init__(self, cluster: ClusterPort, namespace: str, count: int, on_change: Callable[[], None]) -> None:
        self._cluster = cluster
        self._shards = [_Shard(Key(namespace, f"goslo-rules-{number}")) for number in range(count)]
        self._on_change = on_change
        """Told when a refusal has come or gone."""
        self._wanted = asyncio.Event()

    def location(self, key: Key) -> str:
        """For people: the ConfigMap of a resource."""
        return f"ConfigMap {self._shard(key).key}"

    def refusal(self, key: Key) -> Refusal | None:
        """Why the ConfigMap of a resource cannot be written now."""
        return self._shard(key).refusal

    def offer(self, key: Key, groups: Sequence[Json]) -> Refusal | None:
        """Have the rules of a resource stand there soon; with none, have its file gone."""
        shard, name = self._shard(key), file_of(key)
        text = json.dumps({"groups": groups}, separators=(",", ":"), ensure_ascii=False) if groups else None
        if text == shard.text(name):
            return shard.refusal
        grown = 0 if text is None else _sent_size(name, text) - shard.files.get(name, (b"", 0))[1]
        if shard.size + grown > LARGEST_SHARD_BYTES:
            return Refusal(
                RefusalKind.TOO_LARGE,
                f"{self.location(key)} is full ({shard.size // 1024} KiB of rules): set more rules.shards in the "
                "chart's values and mount them, or install the PrometheusRule kind.",
            )
        shard.set(name, text)
        shard.unsent.add(name)
        self._wanted.set()
        return shard.refusal

    async def load(self, living: Collection[Key]) -> None:
        """Begin from what stands in the cluster: files of living resources stay until they are offered anew.

        Raises ApiError where a ConfigMap cannot be read.
        """
        for shard in self._shards:
            # Only its own: with another number of shards a file may stand in two, and would be counted twice.
            await self._load(shard, {file_of(key) for key in living if self._shard(key) is shard})

    async def run(self) -> None:
        """Send what is not sent, for ever; what fails is tried again."""
        while True:
            await self._wanted.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._wanted.clear()
            results = [await self._send(shard) for shard in self._shards if shard.unsent]
            if not all(results):
                asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._wanted.set)

    async def check(self) -> None:
        """Find ConfigMaps that somebody has deleted or changed, and have them written anew. Raises ApiError."""
        for shard in self._shards:
            written = shard.resource_version
            if not shard.files or written is None:
                continue
            try:
                found = (await self._cluster.get(CONFIG_MAPS, shard.key))["metadata"]["resourceVersion"]
            except NotFound:
                found = None
            if found != written and shard.resource_version == written:
                shard.resource_version = None
                shard.unsent |= set(shard.files)
                self._wanted.set()

    def _shard(self, key: Key) -> _Shard:
        return self._shards[shard_of(key, len(self._shards))]

    async def _load(self, shard: _Shard, living: Collection[str]) -> None:
        shard.files, shard.size, shard.unsent, shard.resource_version = {}, 0, set(), None
        shard.refusal = None
        try:
            live = await self._cluster.get(CONFIG_MAPS, shard.key)
        except NotFound:
            return
        if not _is_ours(live):
            return
        shard.resource_version = live["metadata"]["resourceVersion"]
        for name, text in (live.get("data") or {}).items():
            shard.set(name, text)
            if name not in living:
                shard.set(name, None)
                shard.unsent.add(name)
                self._wanted.set()

    async def _send(self, shard: _Shard) -> bool:
        """Whether it was sent."""
        sending, shard.unsent = shard.unsent, set()
        try:
            refusal = await self._write(shard, sending)
        except ApiError as error:
            refusal = refusal_of(error, CONFIG_MAPS, shard.key)
        except NotLeading:
            shard.unsent |= sending
            return False
        except BaseException:
            shard.unsent |= sending
            raise
        if refusal is not None:
            shard.unsent |= sending
            logger.warning("rules: %s", refusal.message)
        if refusal != shard.refusal:
            shard.refusal = refusal
            self._on_change()
        return refusal is None

    async def _write(self, shard: _Shard, names: set[str]) -> Refusal | None:
        for _ in range(_TRIES):
            data = {name: shard.text(name) for name in names}
            if shard.resource_version is None:
                metadata: Json = {
                    "name": shard.key.name,
                    "namespace": shard.key.namespace,
                    "labels": {MANAGED_BY: MANAGER},
                }
                whole = {name: shard.text(name) for name in shard.files}
                body: Json = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": whole}
                try:
                    answer = await self._cluster.create(CONFIG_MAPS, shard.key, body)
                except AlreadyExists:
                    live = await self._cluster.get(CONFIG_MAPS, shard.key)
                    if not _is_ours(live):
                        return taken(CONFIG_MAPS, shard.key)
                    shard.resource_version = live["metadata"]["resourceVersion"]
                    names = names | set(shard.files) | set(live.get("data") or {})
                    continue
            else:
                change: Json = {"metadata": {"resourceVersion": shard.resource_version}, "data": data}
                try:
                    answer = await self._cluster.merge_patch(CONFIG_MAPS, shard.key, change)
                except (Conflict, NotFound):
                    shard.resource_version = None  # deleted, or changed by somebody else: all of it anew
                    continue
            shard.resource_version = answer["metadata"]["resourceVersion"]
            return None
        return Refusal(RefusalKind.FAILED, f"ConfigMap {shard.key.name} is being changed by somebody else.")


def _sent_size(name: str, text: str) -> int:
    """Bytes of one file in the ConfigMap's JSON, where each quote is escaped."""
    return len(json.dumps(text, ensure_ascii=False).encode()) + len(name) + 4


def _is_ours(live: Json) -> bool:
    return bool((live["metadata"].get("labels") or {}).get(MANAGED_BY) == MANAGER)
