"""`ports.RulerPort` over the HTTP API of Mimir's and Cortex' rulers.

Mimir: https://grafana.com/docs/mimir/latest/references/http-api/#ruler; Cortex: https://cortexmetrics.io/docs/api/#ruler.
Both take one group a request, at `<url>/<namespace>`, and give all of them at `<url>`; the URL says which of the two.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import quote

import orjson
import yaml

from goserviceslo.adapters.apierrors import retry_after
from goserviceslo.adapters.exchange import Exchange, Refused, Reply, what_it_is
from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.ports import Json, RulerError

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Text stays text: a label `0` or `no` is no number and no truth value."""
_DETAIL_LIMIT = 300
_CALLED = "The ruler"
T = TypeVar("T")


class Ruler:
    """Asks in threads of its own, each with its own connections."""

    def __init__(self, access: PrometheusAccess, *, timeout_seconds: float = 20.0, threads: int = 4) -> None:
        self._access = access
        self._seconds = timeout_seconds
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="ruler")
        self._local = threading.local()

    async def groups(self) -> Mapping[str, Sequence[Json]]:
        return await self._in_thread(lambda: self._read_groups(self._ask("GET", "")))

    async def put(self, namespace: str, group: Json) -> None:
        body = orjson.dumps(group)  # which is YAML as well
        headers = {"Content-Type": "application/yaml"}
        await self._in_thread(lambda: self._accepted(self._ask("POST", _path(namespace), data=body, headers=headers)))

    async def delete(self, namespace: str, name: str) -> None:
        await self._in_thread(lambda: self._gone(self._ask("DELETE", _path(namespace, name))))

    def close(self) -> None:
        """Stop asking. Threads that wait for an answer end with their timeout."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    def _ask(self, method: str, path: str, **what: Any) -> Reply:
        exchange: Exchange | None = getattr(self._local, "exchange", None)
        if exchange is None:
            exchange = self._local.exchange = Exchange(self._access, _CALLED, self._seconds)
        try:
            return exchange.ask(method, path, **what)
        except Refused as refused:
            raise RulerError(refused.unavailable.detail) from refused

    def _read_groups(self, reply: Reply) -> dict[str, list[Json]]:
        if reply.code == 404 and b"no rule groups found" in reply.raw:
            return {}
        self._check(reply)
        try:
            found = yaml.load(reply.raw, Loader=_LOADER)  # noqa: S506 - it makes nothing but text, lists and mappings
        except yaml.YAMLError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(groups, list) for groups in found.values()):
            raise self._no_ruler(reply)
        return found

    def _accepted(self, reply: Reply) -> None:
        if reply.code in (400, 413, 422):
            raise RulerError(f"{_CALLED} does not take the rules: {_said(reply)}", of_group=True)
        self._check(reply)
        if not reply.raw.lstrip().startswith(b"{"):
            raise self._no_ruler(reply)

    def _gone(self, reply: Reply) -> None:
        if reply.code == 404 and b"does not exist" in reply.raw:
            return
        self._accepted(reply)

    def _check(self, reply: Reply) -> None:
        shown = self._access.base_url
        if reply.code in (404, 405):
            raise RulerError(
                f"{_CALLED} at {shown} answered HTTP {reply.code}: write the URL below which rule namespaces are, such "
                "as http://mimir/prometheus/config/v1/rules or http://cortex/api/v1/rules; a gateway in between must "
                "leave %2F in a path as it is."
            )
        if reply.code == 429:
            raise RulerError(
                f"{_CALLED} at {shown} asks for a pause (HTTP 429).",
                retry_after=retry_after(reply.headers.get("Retry-After")),
            )
        if not 200 <= reply.code < 300:
            after = retry_after(reply.headers.get("Retry-After"))
            raise RulerError(f"{_CALLED} at {shown} answered HTTP {reply.code}.", retry_after=after)

    def _no_ruler(self, reply: Reply) -> RulerError:
        return RulerError(
            f"{self._access.base_url} answered {what_it_is(reply.raw)}, not as a ruler does: check the URL, and for a "
            "login in between."
        )


def _path(*names: str) -> str:
    return "".join(f"/{quote(name, safe='')}" for name in names)


def _said(reply: Reply) -> str:
    """What a ruler says of a request: plain text, or JSON with an error in it."""
    text = reply.raw.decode(errors="replace").strip()
    if text.startswith("<"):
        return f"HTTP {reply.code}"
    try:
        told = orjson.loads(text)
    except ValueError:
        told = None
    if isinstance(told, dict):
        text = str(told.get("error") or told.get("message") or text)
    return text[:_DETAIL_LIMIT] or f"HTTP {reply.code}"
