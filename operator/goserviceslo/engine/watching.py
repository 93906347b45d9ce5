"""One life of kopf: only `on.event` handlers, and everything that it would do beyond them turned off.

It keeps no memory per object, compares no copies, and writes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import kopf
from aiohttp.client_middlewares import ClientHandlerType, ClientMiddlewareType

# Neither is exported. The one is what `kopf.operator` takes; the other is the only way to run it without some ten
# kilobytes of memory per object.
from kopf._core.engines.peering import Identity
from kopf._core.reactor.inventory import ResourceMemories, ResourceMemory

from goserviceslo.engine.relist import selector
from goserviceslo.engine.tap import TappedStream, tap_list
from goserviceslo.ports import PROMETHEUS_RULES, Json, Key, Resource

METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_BY_METADATA = frozenset({PROMETHEUS_RULES})
_SHORTEST_WATCH_SECONDS, _LONGEST_WATCH_SECONDS = 240, 360


WatchSession = Callable[[Sequence[ClientMiddlewareType]], tuple[str, aiohttp.ClientSession]]
"""Gives the API server's URL and a new session that authenticates by itself and passes through these middlewares."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a watch has told of one object."""

    resource: Resource
    key: Key
    uid: str
    deleted: bool
    raw: Json


async def watch(
    watched: Sequence[Resource],
    *,
    session: WatchSession,
    namespaces: Sequence[str],
    random: Callable[[], float],
    told: Callable[[Told], None],
    requested: Callable[[Resource | None], None],
    room: Callable[[], Awaitable[None]],
    stop: asyncio.Event,
) -> None:
    """Watch these kinds until `stop` is set; raises when kopf ends by itself, with what ended it.

    `requested` is told of each request, and of the kind where it begins to list one; `room` waits while more has been
    told than could be taken in.
    """
    registry = kopf.OperatorRegistry()
    observer = _observer(watched, told, requested, room)

    async def login(**_: Any) -> kopf.AiohttpSession:
        server, opened = session((observer,))
        return kopf.AiohttpSession(server=server, aiohttp_session=opened)

    kopf.on.login(registry=registry, id="login")(login)
    for resource in watched:
        kopf.on.event(resource.group, resource.version, resource.plural, registry=registry, id=resource.plural)(
            _handler(resource, told)
        )
    await kopf.operator(
        registry=registry,
        settings=_settings(watched, random),
        memories=_Forgetful(),
        standalone=True,
        # By default it asks for the user's name, and dies where the uid has no account, as on OpenShift.
        identity=Identity("goslo"),
        clusterwide=not namespaces,
        namespaces=namespaces,
        stop_flag=stop,
    )
    if not stop.is_set():
        raise RuntimeError("its watches ended")


def _handler(resource: Resource, told: Callable[[Told], None]) -> Callable[..., Awaitable[None]]:
    async def on_event(event: Any, **_: Any) -> None:
        told(_news(resource, event["object"], event["type"] == "DELETED"))

    return on_event


def _news(resource: Resource, raw: Json, deleted: bool) -> Told:
    metadata = raw["metadata"]
    return Told(resource, Key(metadata.get("namespace", ""), metadata["name"]), metadata["uid"], deleted, raw)


def _observer(
    watched: Sequence[Resource],
    told: Callable[[Told], None],
    requested: Callable[[Resource | None], None],
    room: Callable[[], Awaitable[None]],
) -> ClientMiddlewareType:
    """Sees kopf's requests: asks for metadata where that is enough, takes the objects off, tells what is listed."""
    by_plural = {resource.plural: resource for resource in watched}

    async def observe(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        path, query = request.url.path, request.url.query
        resource = by_plural.get(path.rpartition("/")[2])
        if resource is None or f"/{resource.group}/" not in path:
            requested(None)
            return await handler(request)
        watching = "watch" in query
        requested(resource if not watching and "continue" not in query else None)
        if resource in _BY_METADATA:
            request.headers["Accept"] = METADATA if watching else METADATA_LIST
        response = await handler(request)

        def take(raw: Json, deleted: bool) -> None:
            told(_news(resource, raw, deleted))

        if watching:
            response.content = cast("aiohttp.StreamReader", TappedStream(response.content, take, room))
        else:
            await tap_list(response, take, room)
        return response

    return observe


def _settings(watched: Sequence[Resource], random: Callable[[], float]) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    spread = _LONGEST_WATCH_SECONDS - _SHORTEST_WATCH_SECONDS
    settings.watching.server_timeout = _SHORTEST_WATCH_SECONDS + int(random() * spread)
    settings.watching.client_timeout = settings.watching.server_timeout + 15
    settings.watching.connect_timeout = 10
    settings.watching.reconnect_backoff = 1
    settings.watching.chunk_size = 500
    for resource in watched:
        if chosen := selector(resource):
            settings.watching.label_selectors[resource.group, resource.version, resource.plural] = chosen
    settings.queueing.worker_limit = None  # a limit would count idle workers and throttle distinct objects
    settings.queueing.idle_timeout = 0.5
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = (0.5, 1, 2, 5, 10)
    settings.networking.enforce_retry_after = True
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.persistence.diffbase_storage = _NoCopies()
    # kopf takes its own finalizer off what it has no need to hold; ours must not be it.
    settings.persistence.finalizer = "goslo.dev/not-kept-by-kopf"
    # It would kill the whole process some time after kopf was merely restarted.
    settings.process.ultimate_exiting_timeout = None
    return settings


class _Forgetful(ResourceMemories):
    """Remembers nothing about objects; `on.event` needs none of it."""

    async def recall(
        self, raw_body: Any, *, memobase: Any = None, noticed_by_listing: bool = False, ephemeral: bool = False
    ) -> ResourceMemory:
        return await super().recall(raw_body, memobase=memobase, noticed_by_listing=noticed_by_listing, ephemeral=True)


class _NoCopies(kopf.DiffBaseStorage):
    """Builds no essence of an object to compare with the last: nothing here listens to differences."""

    def build(self, *, body: Any, extra_fields: Any = None) -> Any:
        return {}

    def fetch(self, *, body: Any) -> Any:
        return None

    def store(self, *, body: Any, patch: Any, essence: Any) -> None:
        """Nothing is stored."""
