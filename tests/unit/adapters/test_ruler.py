"""A ruler's API as Mimir and Cortex document it, and everything that may answer in its place."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tests.table import cases
from tests.unit.adapters.test_prometheus import SECRET, Answerer, Server, close, drip, hang, reply, serving

from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.adapters.ruler import Ruler
from goserviceslo.ports import Json, RulerError

NAMESPACE = "goslo/shop/checkout"
GROUP: Json = {
    "name": "goslo/shop/checkout/a/tiles",
    "interval": "30s",
    "rules": [{"record": "r", "expr": 'x{a="é\\n"}', "labels": {"window": "5m", "number": "0"}}],
}
ACCEPTED = reply(202, {"status": "success", "data": None, "errorType": "", "error": ""})


async def with_ruler(
    server: Server, call: Callable[[Ruler], Awaitable[Any]], seconds: float = 30.0, **access: Any
) -> Any:
    ruler = Ruler(PrometheusAccess(f"{server.url}/prometheus/config/v1/rules", **access), timeout_seconds=seconds)
    try:
        return await call(ruler)
    finally:
        ruler.close()


class Recorder:
    """Keeps what was sent, and answers as told."""

    def __init__(self, answer: Answerer) -> None:
        self.requests: list[tuple[str, str, str]] = []
        self._answer = answer

    def patch(self, handler: type[BaseHTTPRequestHandler]) -> None:
        recorder = self

        def take(request: BaseHTTPRequestHandler) -> None:
            length = int(request.headers.get("Content-Length") or 0)
            recorder.requests.append((request.command, request.path, request.rfile.read(length).decode()))
            recorder._answer(request)

        for verb in ("GET", "POST", "DELETE"):
            setattr(handler, f"do_{verb}", take)


LISTED = """
team:
    - name: g
      interval: 1m
      rules:
        - record: r
          expr: x
          labels:
            no: 0
"""
CALLS: dict[str, Callable[[Ruler], Awaitable[Any]]] = {
    "a list": lambda ruler: ruler.groups(),
    "a group": lambda ruler: ruler.put(NAMESPACE, GROUP),
    "a deletion": lambda ruler: ruler.delete(NAMESPACE, GROUP["name"]),
}


async def test_each_call_names_its_place_in_one_part_of_the_path_and_sends_yaml() -> None:
    recorder = Recorder(ACCEPTED)
    with serving(ACCEPTED, recorder.patch) as server:
        await with_ruler(server, CALLS["a group"])
        await with_ruler(server, CALLS["a deletion"])
    base = "/prometheus/config/v1/rules/goslo%2Fshop%2Fcheckout"
    (post, where, body), (delete, gone, _) = recorder.requests
    assert (post, where) == ("POST", base)
    assert json.loads(body) == GROUP
    assert (delete, gone) == ("DELETE", f"{base}/goslo%2Fshop%2Fcheckout%2Fa%2Ftiles")


@cases(
    "answer, found",
    {
        "groups": (
            reply(200, LISTED, "application/yaml"),
            {"team": [{"name": "g", "interval": "1m", "rules": [{"record": "r", "expr": "x", "labels": {"no": "0"}}]}]},
        ),
        "an empty map, as Mimir says it": (reply(200, "{}\n", "application/yaml"), {}),
        "404 with a word, as Cortex says it": (reply(404, "no rule groups found\n", "text/plain"), {}),
    },
)
async def test_a_list_is_read_as_text(answer: Answerer, found: Any) -> None:
    with serving(answer) as server:
        assert await with_ruler(server, CALLS["a list"]) == found


async def test_what_is_gone_already_is_deleted() -> None:
    answer = reply(404, "group does not exist\n", "text/plain")
    with serving(answer, Recorder(answer).patch) as server:
        await with_ruler(server, CALLS["a deletion"])


@cases("call", CALLS)
@cases(
    "answer, sign",
    {
        "a server error": (reply(500, "oops"), "HTTP 500"),
        "a proxy without a backend": (reply(502, "<html>Bad Gateway</html>", "text/html"), "HTTP 502"),
        "credentials wanted": (reply(401, SECRET), "check the credentials"),
        "no rights": (reply(403, {"error": SECRET}), "check the credentials"),
        "another place": (reply(404, "404 page not found"), "leave %2F in a path as it is"),
        "another method": (reply(405, ""), "write the URL below which rule namespaces are"),
        "a redirect": (reply(302, "", Location=f"https://login.example.com/?t={SECRET}"), "login.example.com"),
        "a login page": (reply(200, "<html>Sign in</html>", "text/html"), "a web page"),
        "nothing": (reply(200, ""), "nothing"),
        "silence": (hang, "within 1 s"),
        "a drip": (drip, "within 1 s"),
        "a closed connection": (close, "cannot be reached"),
    },
)
async def test_a_ruler_that_fails_is_said_to_in_words_without_a_secret(
    call: Callable[[Ruler], Awaitable[Any]], answer: Answerer, sign: str
) -> None:
    with serving(answer, Recorder(answer).patch) as server, pytest.raises(RulerError) as failure:
        await with_ruler(server, call, 1.0 if answer in (hang, drip) else 30.0)
    assert sign in failure.value.message
    assert SECRET not in failure.value.message
    assert not failure.value.of_group


@cases(
    "answer, says",
    {
        "plain text": (reply(400, "per-user rule groups limit exceeded\n", "text/plain"), "limit exceeded"),
        "JSON": (reply(422, {"status": "error", "error": "could not parse"}), "could not parse"),
        "a page": (reply(413, "<html>nginx</html>", "text/html"), "HTTP 413"),
    },
)
async def test_a_group_that_is_not_taken_is_that_groups_trouble(answer: Answerer, says: str) -> None:
    with serving(answer, Recorder(answer).patch) as server, pytest.raises(RulerError) as failure:
        await with_ruler(server, CALLS["a group"])
    assert failure.value.of_group
    assert failure.value.message.startswith("The ruler does not take the rules: ")
    assert says in failure.value.message
    assert "<" not in failure.value.message


@cases("code", {"too many requests": 429, "an overload": 503})
async def test_a_pause_that_is_asked_for_is_told(code: int) -> None:
    answer = reply(code, "later", **{"Retry-After": "17"})
    with serving(answer, Recorder(answer).patch) as server, pytest.raises(RulerError) as failure:
        await with_ruler(server, CALLS["a group"])
    assert failure.value.retry_after == timedelta(seconds=17)
    assert not failure.value.of_group


async def test_the_tenant_and_the_token_come_from_files(tmp_path: Path) -> None:
    token, headers = tmp_path / "token", tmp_path / "headers"
    headers.mkdir()
    (headers / "X-Scope-OrgID").write_text("shop\n")
    token.write_text(f"{SECRET}\n")
    with serving(reply(200, "{}")) as server:
        await with_ruler(server, CALLS["a list"], bearer_token_file=token, header_dir=headers)
        ((_, _, sent),) = server.requests
    assert (sent["Authorization"], sent["X-Scope-OrgID"]) == (f"Bearer {SECRET}", "shop")
