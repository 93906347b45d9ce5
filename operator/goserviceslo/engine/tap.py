"""Takes objects off kopf's connections before kopf does.

kopf spends about a millisecond of CPU on each event (a task, a queue, three loggers, causes, copies), more than all the
rest of a reconciliation costs. So what comes over its lists and watches is read here, and kopf is handed what it needs
to go on: empty lists, and bookmarks with the version that the watch has come to. Whatever is not understood here passes
through to its handlers.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import orjson

from goserviceslo.ports import Json

_OBJECT_EVENTS = frozenset({"ADDED", "MODIFIED", "DELETED"})

Take = Callable[[Json, bool], None]
"""Told an object, and whether it is there no more."""


async def tap_list(response: aiohttp.ClientResponse, take: Take, room: Callable[[], Awaitable[None]]) -> None:
    """Take the items of a list; what is left of it is an empty one, which kopf goes through in no time.

    An empty list of metadata comes as `"items": null`, which kopf could not go through at all.
    """
    raw = await response.read()
    if response.status != 200:
        return
    body = orjson.loads(raw)
    for item in body.get("items") or ():
        take(item, False)
    await room()
    # Not public, but where `ClientResponse.json` looks.
    response._body = orjson.dumps({**body, "items": []})


class TappedStream:
    """In place of a watch response's `content`."""

    def __init__(self, content: aiohttp.StreamReader, take: Take, room: Callable[[], Awaitable[None]]) -> None:
        self._content = content
        self._take = take
        self._room = room

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def iter_chunked(self, n: int) -> AsyncIterator[bytes]:
        """Lines for kopf: bookmarks, errors, and whatever is no event of an object."""
        rest = b""
        async for chunk in self._content.iter_chunked(n):
            *lines, rest = (rest + chunk).split(b"\n")
            passed = [line for line in self._take_lines(lines) if line]
            if passed:
                yield b"".join(line + b"\n" for line in passed)
            await self._room()
        if rest:
            yield rest

    def _take_lines(self, lines: list[bytes]) -> list[bytes]:
        passed: list[bytes] = []
        bookmark: bytes | None = None
        for line in lines:
            event = _object_event(line)
            if event is None:
                passed.append(line)
                continue
            raw = event["object"]
            self._take(raw, event["type"] == "DELETED")
            bookmark = _bookmark(raw)
        # The bookmark goes first: an error that follows ends the watch, and it must go on from here.
        return passed if bookmark is None else [bookmark, *passed]


def _object_event(line: bytes) -> Json | None:
    try:
        event = orjson.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or event.get("type") not in _OBJECT_EVENTS:
        return None
    metadata = (event.get("object") or {}).get("metadata") or {}
    return event if {"name", "uid", "resourceVersion"} <= metadata.keys() else None


def _bookmark(raw: Json) -> bytes:
    """What an API server sends now and then to say how far a watch has come."""
    bookmark = {
        "type": "BOOKMARK",
        "object": {
            "apiVersion": raw.get("apiVersion"),
            "kind": raw.get("kind"),
            "metadata": {"resourceVersion": raw["metadata"]["resourceVersion"]},
        },
    }
    return orjson.dumps(bookmark)
