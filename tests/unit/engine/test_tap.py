"""The tap: objects go to us, and kopf is left with what keeps its watch going."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine.given import resource
from tests.unit.engine.virtual_time import run

from goserviceslo.engine.tap import TappedStream, tap_list
from goserviceslo.ports import Json


class Content:
    """A response's content in chunks."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks
        self.total_bytes = 42

    async def iter_chunked(self, n: int) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


async def no_wait() -> None:
    """There is room."""


def event(kind: str, name: str, version: int) -> Json:
    return {"type": kind, "object": resource(name, resourceVersion=str(version))}


def tapped(*chunks: bytes) -> tuple[list[tuple[str, bool]], list[Json]]:
    """What was taken, and what kopf reads."""
    taken: list[tuple[str, bool]] = []

    async def read() -> bytes:
        stream = TappedStream(
            Content(*chunks),  # type: ignore[arg-type]
            lambda raw, deleted: taken.append((raw["metadata"]["name"], deleted)),
            no_wait,
        )
        return b"".join([chunk async for chunk in stream.iter_chunked(2**20)])

    return taken, [json.loads(line) for line in run(read()).splitlines() if line]


def lines(*events: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in events)


def test_events_of_objects_are_taken_and_kopf_is_told_how_far_the_watch_has_come() -> None:
    taken, passed = tapped(lines(event("ADDED", "a", 5), event("MODIFIED", "b", 6), event("DELETED", "a", 7)))
    assert taken == [("a", False), ("b", False), ("a", True)]
    assert [(one["type"], one["object"]["metadata"]) for one in passed] == [("BOOKMARK", {"resourceVersion": "7"})]


def test_bookmarks_and_errors_pass_and_an_error_comes_after_what_was_before_it() -> None:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}
    error = {"type": "ERROR", "object": {"code": 410}}
    assert tapped(lines(bookmark)) == ([], [bookmark])
    _, passed = tapped(lines(event("ADDED", "a", 5), error))
    assert [one["type"] for one in passed] == ["BOOKMARK", "ERROR"]


def test_what_is_not_understood_passes_through_to_kopfs_handlers() -> None:
    nameless = {"type": "ADDED", "object": {"kind": "ComponentStatus", "metadata": {}}}
    assert tapped(lines(nameless)) == ([], [nameless])


@given(st.lists(st.integers(1, 400), max_size=20))
def test_chunks_may_end_anywhere(cuts: list[int]) -> None:
    whole = lines(event("ADDED", "a", 5), event("MODIFIED", "ü", 6))
    chunks, start = [], 0
    for cut in cuts:
        chunks.append(whole[start : start + cut])
        start += cut
    chunks.append(whole[start:])
    taken, passed = tapped(*chunks)
    assert taken == [("a", False), ("ü", False)]
    assert {one["type"] for one in passed} == {"BOOKMARK"}
    assert passed[-1]["object"]["metadata"]["resourceVersion"] == "6"


def test_everything_else_about_the_content_stays_as_it_is() -> None:
    assert TappedStream(Content(), lambda raw, deleted: None, no_wait).total_bytes == 42  # type: ignore[arg-type]


async def test_of_a_list_kopf_gets_everything_but_the_items() -> None:
    bodies: list[Json] = [
        {"kind": "XList", "metadata": {"resourceVersion": "7", "continue": "t"}, "items": [resource("a")]},
        {"kind": "XList", "metadata": {"resourceVersion": "7"}, "items": None},
        {"kind": "Status", "code": 403},
    ]

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        body = bodies[int(request.path[1:])]
        return web.json_response(body, status=403 if body["kind"] == "Status" else 200)

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taken: list[str] = []
    got = []
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
        for number in range(len(bodies)):
            async with session.get(f"/{number}") as response:
                await tap_list(response, lambda raw, deleted: taken.append(raw["metadata"]["name"]), no_wait)
                got.append(await response.json())
    await runner.cleanup()
    assert taken == ["a"]
    assert [body.get("items") for body in got] == [[], [], None]
    assert got[0]["metadata"] == bodies[0]["metadata"]
    assert got[2] == bodies[2], "a refusal is kopf's to understand"
