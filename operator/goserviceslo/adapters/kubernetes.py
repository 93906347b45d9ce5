"""`ports.ClusterPort` over plain aiohttp: dictionaries in, dictionaries out, no typed models.

Answers to writes carry metadata only (PartialObjectMetadata): a written rule file need not travel back.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
import orjson
from yarl import URL

from goserviceslo.adapters.apierrors import error_from_status, retry_after
from goserviceslo.adapters.connection import Connection
from goserviceslo.ports import ApiError, Json, Key, NotFound, Page, Resource

FIELD_MANAGER = "goslo"
PLAIN = "application/json"
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
APPLY_PATCH = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"

_MANAGED = urlencode({"fieldManager": FIELD_MANAGER})
_FORCED = f"{_MANAGED}&force=true"

CallObserver = Callable[[str, Resource, str, float], None]
"""Told of each call: verb, resource, HTTP code (`0` where there was no answer), seconds."""

_THROTTLED_TRIES = 3
_LONGEST_THROTTLE_SECONDS = 10.0


def _ignore(verb: str, resource: Resource, code: str, seconds: float) -> None:
    """Nobody counts the calls."""


class KubernetesCluster:
    """The API server behind a Connection. Use as an async context manager, or close it."""

    def __init__(
        self,
        connection: Connection,
        *,
        timeout_seconds: float = 30.0,
        connect_timeout_seconds: float = 5.0,
        connections: int = 64,
        observe: CallObserver = _ignore,
    ) -> None:
        self._connection = connection
        self._session = connection.bare_session(limit=connections)
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=connect_timeout_seconds)
        self._observe = observe

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._session.close()

    async def get(self, resource: Resource, key: Key) -> Json:
        return await self._call("get", resource, "GET", _path(resource, key.namespace, key.name))

    async def create(self, resource: Resource, key: Key, body: Json) -> Json:
        path = _path(resource, key.namespace)
        return await self._call("create", resource, "POST", path, query=_MANAGED, body=body, accept=METADATA_ONLY)

    async def apply(
        self, resource: Resource, key: Key, body: Json, *, force: bool = False, subresource: str = ""
    ) -> Json:
        return await self._call(
            "apply",
            resource,
            "PATCH",
            _path(resource, key.namespace, key.name, subresource),
            query=_FORCED if force else _MANAGED,
            body=body,
            content_type=APPLY_PATCH,
            accept=METADATA_ONLY,
        )

    async def merge_patch(self, resource: Resource, key: Key, body: Json, *, subresource: str = "") -> Json:
        return await self._call(
            "patch",
            resource,
            "PATCH",
            _path(resource, key.namespace, key.name, subresource),
            query=_MANAGED,
            body=body,
            content_type=MERGE_PATCH,
            accept=METADATA_ONLY,
        )

    async def replace(self, resource: Resource, key: Key, body: Json) -> Json:
        return await self._call(
            "update",
            resource,
            "PUT",
            _path(resource, key.namespace, key.name),
            query=_MANAGED,
            body=body,
            accept=METADATA_ONLY,
        )

    async def delete(self, resource: Resource, key: Key, *, uid: str = "") -> None:
        options: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        await self._call("delete", resource, "DELETE", _path(resource, key.namespace, key.name), body=options)

    async def pages(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        label_selector: str = "",
        metadata_only: bool = False,
        limit: int = 500,
    ) -> AsyncIterator[Page]:
        accept = METADATA_LIST_ONLY if metadata_only else PLAIN
        query = {"limit": str(limit)}
        if label_selector:
            query["labelSelector"] = label_selector
        while True:
            answer = await self._call(
                "list", resource, "GET", _path(resource, namespace), query=urlencode(query), accept=accept
            )
            metadata = answer.get("metadata") or {}
            token = metadata.get("continue") or ""
            yield Page(answer.get("items") or (), metadata.get("resourceVersion", ""), token)
            if not token:
                return
            query["continue"] = token

    async def serves(self, resource: Resource) -> bool:
        path = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
        try:
            answer = await self._call("discover", resource, "GET", path)
        except NotFound:
            return False
        return any(served.get("name") == resource.plural for served in answer.get("resources") or ())

    async def _call(
        self,
        verb: str,
        resource: Resource,
        method: str,
        path: str,
        *,
        query: str = "",
        body: Json | None = None,
        content_type: str = PLAIN,
        accept: str = PLAIN,
    ) -> Json:
        """One call; throttled ones (429: nothing was done) are tried again when the server says, others are not."""
        data = None if body is None else orjson.dumps(body)
        headers = {"Accept": accept} if data is None else {"Accept": accept, "Content-Type": content_type}
        target = f"{self._connection.server}{path}?{query}" if query else self._connection.server + path
        renewed = False
        tries = 0
        while True:
            if (authorization := await self._connection.authorization()) is not None:
                headers["Authorization"] = authorization
            try:
                return await self._once(verb, resource, method, target, data, headers)
            except ApiError as error:
                tries += 1
                if error.status == 401 and not renewed:
                    renewed = True
                    await self._connection.renew()
                elif error.status == 429 and error.retry_after is not None and tries < _THROTTLED_TRIES:
                    await asyncio.sleep(min(error.retry_after.total_seconds(), _LONGEST_THROTTLE_SECONDS))
                else:
                    raise

    async def _once(
        self,
        verb: str,
        resource: Resource,
        method: str,
        target: str,
        data: bytes | None,
        headers: dict[str, str],
    ) -> Json:
        started = time.monotonic()
        code = "0"
        try:
            async with self._session.request(
                method,
                URL(target, encoded=True),
                data=data,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                code = str(response.status)
                raw = await response.read()
                if response.status >= 300:
                    raise error_from_status(
                        response.status, _parsed(raw), retry_after(response.headers.get("Retry-After"))
                    )
            answer = _parsed(raw)
        except TimeoutError as error:
            raise ApiError(0, "Timeout", f"the API server did not answer {method} {target} in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ApiError(0, "Unreachable", f"{method} {target}: {error or type(error).__name__}") from error
        finally:
            self._observe(verb, resource, code, time.monotonic() - started)
        if not isinstance(answer, dict):
            raise ApiError(int(code), "BrokenAnswer", f"{method} {target}: the answer is not a JSON object")
        return answer


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")


def _path(resource: Resource, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """Names need no quoting: the API server allows none that would (and nothing else gets here)."""
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    parts = [root]
    if resource.namespaced and namespace:
        parts.append(f"namespaces/{namespace}")
    parts.append(resource.plural)
    if name:
        parts.append(name)
    if subresource:
        parts.append(subresource)
    return "/".join(parts)
