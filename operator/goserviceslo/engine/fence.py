"""A cluster, and a ruler, that take writes only from the leader.

A Lease does not stop a former leader whose loop was stuck from sending the write that it had ready; asking here, right
before each one, does, up to the time of one request.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from goserviceslo.ports import ClusterPort, Json, Key, Page, Resource, RulerPort


class NotLeading(Exception):
    """This replica may not write now."""


class FencedCluster:
    """`ClusterPort` whose writes raise NotLeading while `holds()` is false."""

    def __init__(self, cluster: ClusterPort, holds: Callable[[], bool]) -> None:
        self._cluster = cluster
        self._holds = holds

    async def get(self, resource: Resource, key: Key) -> Json:
        return await self._cluster.get(resource, key)

    async def create(self, resource: Resource, key: Key, body: Json) -> Json:
        self._check()
        return await self._cluster.create(resource, key, body)

    async def apply(
        self, resource: Resource, key: Key, body: Json, *, force: bool = False, subresource: str = ""
    ) -> Json:
        self._check()
        return await self._cluster.apply(resource, key, body, force=force, subresource=subresource)

    async def merge_patch(self, resource: Resource, key: Key, body: Json, *, subresource: str = "") -> Json:
        self._check()
        return await self._cluster.merge_patch(resource, key, body, subresource=subresource)

    async def replace(self, resource: Resource, key: Key, body: Json) -> Json:
        self._check()
        return await self._cluster.replace(resource, key, body)

    async def delete(self, resource: Resource, key: Key, *, uid: str = "") -> None:
        self._check()
        await self._cluster.delete(resource, key, uid=uid)

    def pages(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        label_selector: str = "",
        metadata_only: bool = False,
        limit: int = 500,
    ) -> AsyncIterator[Page]:
        return self._cluster.pages(
            resource, namespace=namespace, label_selector=label_selector, metadata_only=metadata_only, limit=limit
        )

    async def serves(self, resource: Resource) -> bool:
        return await self._cluster.serves(resource)

    def _check(self) -> None:
        if not self._holds():
            raise NotLeading


class FencedRuler:
    """`RulerPort` whose writes raise NotLeading while `holds()` is false."""

    def __init__(self, ruler: RulerPort, holds: Callable[[], bool]) -> None:
        self._ruler = ruler
        self._holds = holds

    async def groups(self) -> Mapping[str, Sequence[Json]]:
        return await self._ruler.groups()

    async def put(self, namespace: str, group: Json) -> None:
        self._check()
        await self._ruler.put(namespace, group)

    async def delete(self, namespace: str, name: str) -> None:
        self._check()
        await self._ruler.delete(namespace, name)

    def _check(self) -> None:
        if not self._holds():
            raise NotLeading
