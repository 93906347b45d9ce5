"""Whatever a source of measurements does, the answer is a value, in words fit for a user, without a secret."""

import asyncio
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.table import cases
from tests.unit.engine.virtual_time import ManualClock

from goserviceslo.adapters.clock import SystemClock
from goserviceslo.adapters.exchange import Refused
from goserviceslo.adapters.prometheus import PrometheusSource, read_envelope
from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.ports import NoData, Partial, Sample, Trouble, Unavailable, Vector

SECRET = "s3cret-t0ken"

Answerer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """A local HTTP server that answers as a test says."""

    answer: Answerer
    requests: list[tuple[str, dict[str, list[str]], dict[str, str]]] = field(default_factory=list)
    """Path, parameters and headers of each."""
    url: str = ""


@contextmanager
def serving(
    answer: Answerer, adapt: Callable[[type[BaseHTTPRequestHandler]], None] = lambda handler: None
) -> Iterator[Server]:
    server = Server(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            query = self.rfile.read(length).decode() if length else urlsplit(self.path).query
            server.requests.append((urlsplit(self.path).path, parse_qs(query), dict(self.headers)))
            server.answer(self)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet."""

    adapt(Handler)
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def reply(code: int, body: Any, content_type: str = "application/json", **headers: str) -> Answerer:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        request.send_header("Content-Type", content_type)
        request.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(raw)

    return answer


def hang(request: BaseHTTPRequestHandler) -> None:
    time.sleep(3)
    request.close_connection = True


def drip(request: BaseHTTPRequestHandler) -> None:
    """Something always comes, and it never ends."""
    request.send_response(200)
    request.send_header("Content-Length", "1000000")
    request.end_headers()
    try:
        for _ in range(100):
            request.wfile.write(b" ")
            request.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass
    request.close_connection = True


def close(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


def vector(*series: tuple[dict[str, str], str], **more: Any) -> dict[str, Any]:
    result = [{"metric": labels, "value": [1700000000.5, value]} for labels, value in series]
    return {"status": "success", "data": {"resultType": "vector", "result": result}, **more}


def source(server_url: str, clock: Any = None, *, seconds: float = 30.0, **access: Any) -> PrometheusSource:
    return PrometheusSource(PrometheusAccess(server_url, **access), clock or SystemClock(), timeout_seconds=seconds)


async def ask(server: Server, **access: Any) -> Any:
    asked = source(server.url, **access)
    try:
        return await asked.query("up")
    finally:
        asked.close()


@cases(
    "answer, trouble, sign",
    {
        "a server error": (reply(500, "oops"), Trouble.REFUSED, "HTTP 500"),
        "a proxy without a backend": (reply(502, "<html>Bad Gateway</html>", "text/html"), Trouble.REFUSED, "HTTP 502"),
        "not found": (reply(404, "404 page not found"), Trouble.REFUSED, "is this the URL of a Prometheus"),
        "no rights": (reply(403, {"error": SECRET}), Trouble.REFUSED, "check the credentials"),
        "credentials wanted": (reply(401, SECRET), Trouble.REFUSED, "check the credentials"),
        "a login page": (reply(200, "<html>Sign in</html>", "text/html"), Trouble.BROKEN_ANSWER, "a web page"),
        "a redirect to a login": (
            reply(302, "", Location=f"https://login.example.com/?t={SECRET}"),
            Trouble.REFUSED,
            "redirects to login.example.com",
        ),
        "an empty answer": (reply(200, ""), Trouble.BROKEN_ANSWER, "answered nothing"),
        "no JSON": (reply(200, "up 1"), Trouble.BROKEN_ANSWER, "something else"),
        "other JSON": (reply(200, {"data": []}), Trouble.BROKEN_ANSWER, "something else"),
        "a matrix": (
            reply(200, {"status": "success", "data": {"resultType": "matrix", "result": []}}),
            Trouble.BROKEN_ANSWER,
            "neither a vector nor a scalar",
        ),
        "a broken sample": (
            reply(200, vector(({}, "many"))),
            Trouble.BROKEN_ANSWER,
            "cannot be read",
        ),
        "a bad query": (
            reply(400, {"status": "error", "errorType": "bad_data", "error": "parse error: unexpected end"}),
            Trouble.BAD_QUERY,
            "parse error",
        ),
        "a query that takes too long": (
            reply(503, {"status": "error", "errorType": "timeout", "error": "query timed out"}),
            Trouble.TIMED_OUT,
            "in time",
        ),
        "silence": (hang, Trouble.TIMED_OUT, "within 1 s"),
        "a drip": (drip, Trouble.TIMED_OUT, "within 1 s"),
        "a closed connection": (close, Trouble.UNREACHABLE, "cannot be reached"),
    },
)
async def test_a_source_that_fails(answer: Answerer, trouble: Trouble, sign: str) -> None:
    with serving(answer) as server:
        started = time.monotonic()
        got = await ask(server, seconds=1.0 if answer in (hang, drip) else 30.0)
    assert isinstance(got, Unavailable)
    assert got.trouble is trouble
    assert sign in got.detail
    assert SECRET not in got.detail
    assert time.monotonic() - started < 20


async def test_a_source_that_is_not_there() -> None:
    with serving(close) as server:
        url = server.url
    asked = source(url.replace("http://", f"http://user:{SECRET}@"))
    got = await asked.query("up")
    asked.close()
    assert isinstance(got, Unavailable)
    assert got.trouble is Trouble.UNREACHABLE
    assert "connection refused" in got.detail
    assert SECRET not in got.detail


@cases(
    "envelope, answer",
    {
        "nothing": (vector(), NoData()),
        "a series": (vector(({"a": "b"}, "1.5")), Vector([Sample({"a": "b"}, 1.5, 1700000000.5)])),
        "a scalar": (
            {"status": "success", "data": {"resultType": "scalar", "result": [1700000000.5, "2"]}},
            Vector([Sample({}, 2.0, 1700000000.5)]),
        ),
        "infinity": (vector(({}, "+Inf")), Vector([Sample({}, math.inf, 1700000000.5)])),
        "a remark on the query": (
            vector(({}, "1"), warnings=["PromQL warning: mixed"]),
            Vector([Sample({}, 1.0, 1700000000.5)], ("PromQL warning: mixed",)),
        ),
        "a part that is missing": (
            vector(({}, "1"), warnings=["store unreachable"]),
            Partial([Sample({}, 1.0, 1700000000.5)], ("store unreachable",)),
        ),
        "nothing, and a part that is missing": (vector(warnings=["gone"]), Partial([], ("gone",))),
        "VictoriaMetrics' own mark": (
            vector(({}, "1"), isPartial=True),
            Partial([Sample({}, 1.0, 1700000000.5)], ("The source calls its answer partial.",)),
        ),
    },
)
def test_what_an_envelope_holds(envelope: dict[str, Any], answer: object) -> None:
    assert read_envelope(envelope) == answer


def test_nan_stays_nan_and_a_histogram_is_no_number() -> None:
    envelope = vector(({"a": "b"}, "NaN"))
    envelope["data"]["result"].append({"metric": {}, "histogram": [1, {}]})
    got = read_envelope(envelope)
    assert isinstance(got, Vector)
    (sample,) = got.samples
    assert math.isnan(sample.value)


def test_a_string_is_no_answer() -> None:
    with pytest.raises(Refused):
        read_envelope({"status": "success", "data": {"resultType": "string", "result": [1, "x"]}})


async def test_a_query_carries_its_time_and_a_limit() -> None:
    with serving(reply(200, vector(({}, "1")))) as server:
        asked = source(server.url + "/prefix/", seconds=21.0)
        await asked.query("up", datetime(2026, 1, 1, tzinfo=UTC))
        asked.close()
        ((path, params, _),) = server.requests
    assert path == "/prefix/api/v1/query"
    assert params == {"query": ["up"], "time": ["1767225600.000"], "timeout": ["20s"], "nocache": ["1"]}


async def test_a_query_too_long_for_a_url_is_posted() -> None:
    with serving(reply(200, vector(({}, "1")))) as server:
        asked = source(server.url)
        assert isinstance(await asked.query("x" * 10_000), Vector)
        asked.close()
        ((_, params, _),) = server.requests
    assert params["query"] == ["x" * 10_000]


async def test_equal_questions_at_the_same_time_are_asked_once() -> None:
    def slowly(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        reply(200, vector(({}, "1")))(request)

    with serving(slowly) as server:
        asked = source(server.url)
        first = asyncio.ensure_future(asked.query("up"))
        others = [asyncio.ensure_future(asked.query("up")) for _ in range(5)]
        await asyncio.sleep(0.05)
        first.cancel()
        answers = await asyncio.gather(*others, asked.query("down"))
        assert all(isinstance(answer, Vector) for answer in answers)
        assert len(server.requests) == 2
        await asked.query("up")
        assert len(server.requests) == 3, "and anew when the answer is there"
        asked.close()


async def test_secrets_are_read_again_for_each_request(tmp_path: Path) -> None:
    token, headers = tmp_path / "token", tmp_path / "headers"
    headers.mkdir()
    (headers / "X-Scope-OrgID").write_text("tenant-1\n")
    (headers / "..data").mkdir()
    token.write_text(f"{SECRET}\n")
    with serving(reply(200, vector(({}, "1")))) as server:
        asked = source(server.url, bearer_token_file=token, header_dir=headers)
        await asked.query("up")
        token.write_text("rotated")
        await asked.query("up")
        asked.close()
        seen = [(sent["Authorization"], sent["X-Scope-OrgID"]) for _, _, sent in server.requests]
    assert seen == [(f"Bearer {SECRET}", "tenant-1"), ("Bearer rotated", "tenant-1")]


async def test_user_and_password_come_from_files_or_from_the_url(tmp_path: Path) -> None:
    user, password = tmp_path / "user", tmp_path / "password"
    user.write_text("u\n")
    password.write_text("p\n")
    with serving(reply(200, vector(({}, "1")))) as server:
        await ask(server, username_file=user, password_file=password)
        asked = source(server.url.replace("http://", "http://u:p@"))
        await asked.query("up")
        asked.close()
        assert [sent["Authorization"] for _, _, sent in server.requests] == ["Basic dTpw"] * 2


async def test_a_secret_that_cannot_be_read_is_named_by_its_file(tmp_path: Path) -> None:
    with serving(reply(200, vector(({}, "1")))) as server:
        got = await ask(server, bearer_token_file=tmp_path / "missing")
    assert isinstance(got, Unavailable)
    assert str(tmp_path / "missing") in got.detail
    assert server.requests == []


async def test_a_dead_source_is_asked_seldom_and_trusted_again_after_one_answer() -> None:
    clock = ManualClock()
    with serving(close) as server:
        asked = source(server.url, clock)
        for _ in range(10):
            assert isinstance(await asked.query("up"), Unavailable)
        assert len(server.requests) == 3
        server.answer = reply(200, vector(({}, "1")))
        clock.seconds += 6
        assert isinstance(await asked.query("up"), Vector)
        assert isinstance(await asked.query("up"), Vector)
        asked.close()


async def test_a_bad_query_does_not_make_a_source_dead() -> None:
    with serving(reply(400, {"status": "error", "error": "parse error"})) as server:
        asked = source(server.url)
        for _ in range(5):
            await asked.query("(")
        assert len(server.requests) == 5
        asked.close()


async def test_groups_that_fail_are_told_page_by_page() -> None:
    def group(name: str, health: str, error: str = "") -> dict[str, Any]:
        return {"name": name, "rules": [{"health": health, "lastError": error}]}

    def pages(request: BaseHTTPRequestHandler) -> None:
        second = "group_next_token" in request.path
        groups = [group("c", "err", "many-to-many")] if second else [group("a", "ok"), group("b", "err", "bad")]
        data = {"groups": groups} if second else {"groups": groups, "groupNextToken": "t"}
        reply(200, {"status": "success", "data": data})(request)

    with serving(pages) as server:
        asked = source(server.url)
        assert await asked.rule_health() == {"b": "bad", "c": "many-to-many"}
        asked.close()


@pytest.mark.parametrize(("code", "told"), [(404, {}), (501, {}), (500, None), (503, None), (401, None)])
async def test_only_a_source_that_knows_no_rules_has_none_that_fail(code: int, told: dict[str, str] | None) -> None:
    with serving(reply(code, "page not found")) as server:
        asked = source(server.url)
        assert await asked.rule_health() == told
        asked.close()


async def test_a_source_that_is_down_says_nothing_of_rules() -> None:
    asked = source("http://127.0.0.1:1")
    assert await asked.rule_health() is None
    asked.close()
