"""Creates and changes promises as fast as the API server takes them."""

import asyncio
import json
import ssl
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp

from bench.scale.objectives import Promise, deployment
from bench.scale.tools import Tool
from goserviceslo.ports import Key
from localcluster.api import Api

CONNECTIONS = 16


class Refused(RuntimeError):
    """The API server did not take an object; the text has its answer."""


class Client:
    """The administrator's access, with ``CONNECTIONS`` lasting connections."""

    def __init__(self, api: Api, tool: Tool) -> None:
        context = ssl.create_default_context(cafile=str(api.authority))
        context.load_cert_chain(api.certificate, api.key)
        self._tool = tool
        self._session = aiohttp.ClientSession(
            api.url, connector=aiohttp.TCPConnector(limit=CONNECTIONS, ssl=context), auto_decompress=True
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def serve(self, promises: Sequence[Promise]) -> None:
        """Create the Deployment of each promised service; raises ``Refused``."""
        waiting = iter(promises)
        async with asyncio.TaskGroup() as workers:
            for _ in range(CONNECTIONS):
                workers.create_task(self._deploy(waiting))

    async def _deploy(self, waiting: Iterator[Promise]) -> None:
        for made in waiting:
            path = f"/apis/apps/v1/namespaces/{made.key.namespace}/deployments"
            await self._send("POST", path, json.dumps(deployment(made)).encode(), "application/json")

    def body(self, made: Promise) -> bytes:
        """The request that creates a promise, ready to send, so that no time is spent on it while measuring."""
        return json.dumps(self._tool.manifest(made)).encode()

    async def create(self, key: Key, body: bytes) -> None:
        """Create one resource; raises ``Refused``."""
        await self._send("POST", self._collection(key), body, "application/json")

    async def change(self, made: Promise) -> None:
        """Give a resource another target; raises ``Refused``."""
        body = json.dumps({"spec": self._tool.manifest(made)["spec"]}).encode()
        path = f"{self._collection(made.key)}/{made.key.name}"
        await self._send("PATCH", path, body, "application/merge-patch+json")

    async def rule(self, key: Key) -> dict[str, Any]:
        """The PrometheusRule of one promise, whatever it is called."""
        path = f"/apis/monitoring.coreos.com/v1/namespaces/{key.namespace}/prometheusrules"
        async with self._session.get(path) as answer:
            items: list[dict[str, Any]] = (await answer.json())["items"]
        return next(item for item in items if key.name in json.dumps(item["metadata"]))

    def _collection(self, key: Key) -> str:
        kind = self._tool.resource
        return f"/apis/{kind.api_version}/namespaces/{key.namespace}/{kind.plural}"

    async def _send(self, method: str, path: str, body: bytes, content_type: str) -> None:
        async with self._session.request(method, path, data=body, headers={"Content-Type": content_type}) as answer:
            if answer.status >= 400:
                raise Refused(f"{method} {path}: {answer.status} {(await answer.text())[:2000]}")
            await answer.read()
