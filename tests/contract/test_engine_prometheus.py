"""A Prometheus that misbehaves: the status says so, nothing crashes, rules stay, and figures come back with it."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.contract.conftest import ApiServer
from tests.contract.engine_fixtures import add, cluster_of, condition, deployment, operator_in, slo, until
from tests.table import cases

from goserviceslo.adapters.clock import SystemClock
from goserviceslo.adapters.prometheus import PrometheusSource
from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.engine.config import SinkChoice
from goserviceslo.ports import CONFIG_MAPS, GOSERVICESLOS, Json, Key

pytestmark = pytest.mark.apiserver

Behaviour = Callable[[BaseHTTPRequestHandler, str], None]


def send(request: BaseHTTPRequestHandler, code: int, body: str, content_type: str = "application/json") -> None:
    raw = body.encode()
    request.send_response(code)
    request.send_header("Content-Type", content_type)
    request.send_header("Content-Length", str(len(raw)))
    request.end_headers()
    request.wfile.write(raw)


def vector(request: BaseHTTPRequestHandler, *series: tuple[dict[str, str], str]) -> None:
    result = [{"metric": labels, "value": [time.time(), value]} for labels, value in series]
    data = {"status": "success", "data": {"resultType": "vector", "result": result}}
    send(request, 200, json.dumps(data))


class Healthy:
    """Answers with the recorded series of one objective."""

    def __init__(self, namespace: str, value: Callable[[str], str] = lambda promql: "") -> None:
        self._identity = {"namespace": namespace, "goslo": "checkout", "objective": "availability"}
        self._value = value

    def __call__(self, request: BaseHTTPRequestHandler, promql: str) -> None:
        for sign, value in (
            ("timestamp(goslo:total:delta", str(time.time())),
            ("goslo:total:window", "100000"),
            ("goslo:bad:window", "20"),
        ):
            if sign in promql:
                return vector(request, (self._identity, self._value(promql) or value))
        return vector(request)


def error_500(request: BaseHTTPRequestHandler, promql: str) -> None:
    send(request, 500, "oops", "text/plain")


def web_page(request: BaseHTTPRequestHandler, promql: str) -> None:
    send(request, 200, "<html>Sign in</html>", "text/html")


def nothing(request: BaseHTTPRequestHandler, promql: str) -> None:
    send(request, 200, "")


def hang(request: BaseHTTPRequestHandler, promql: str) -> None:
    time.sleep(4)
    request.close_connection = True


def no_series(request: BaseHTTPRequestHandler, promql: str) -> None:
    vector(request)


def not_a_number(request: BaseHTTPRequestHandler, promql: str) -> None:
    Healthy("", lambda promql: "NaN")(request, promql)


class FakePrometheus:
    """A local server whose behaviour a test changes."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = no_series
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                query = self.rfile.read(length).decode() if length else urlsplit(self.path).query
                outer.behaviour(self, parse_qs(query).get("query", [""])[0])

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def prometheus() -> Iterator[FakePrometheus]:
    server = FakePrometheus()
    yield server
    server.close()


@cases(
    "behaviour, reason",
    {
        "it answers 500": (error_500, "SourceRefused"),
        "it answers with a web page": (web_page, "SourceBrokenAnswer"),
        "it answers nothing": (nothing, "SourceBrokenAnswer"),
        "it hangs": (hang, "SourceTimedOut"),
        "it has no series, of a Deployment that wants no pod": (no_series, "ScaledToZero"),
        "its numbers are not numbers": (not_a_number, "ScaledToZero"),
    },
)
async def test_without_figures_nothing_is_taken_for_kept_and_they_come_back(
    apiserver: ApiServer,
    fresh_namespace: str,
    prometheus: FakePrometheus,
    behaviour: Behaviour,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("goserviceslo.engine.measuring.FORBEARANCE", timedelta(seconds=2))
    source = PrometheusSource(
        PrometheusAccess(prometheus.url), SystemClock(), timeout_seconds=1.0 if behaviour is hang else 10.0
    )
    key = Key(fresh_namespace, "checkout")
    prometheus.behaviour = Healthy(fresh_namespace)
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, deployment(fresh_namespace), slo(fresh_namespace))

        async def verdict() -> tuple[str, str, str]:
            raw = await cluster.get(GOSERVICESLOS, key)
            measured, compliant = condition(raw, "Measured"), condition(raw, "Compliant")
            return measured.get("status", ""), measured.get("reason", ""), compliant.get("status", "")

        async def rules() -> list[str]:
            pages = cluster.pages(CONFIG_MAPS, namespace=fresh_namespace)
            found: list[Json] = [raw async for page in pages for raw in page.items]
            return sorted(name for raw in found for name in raw.get("data") or {} if name.endswith(".yaml"))

        async with operator_in(
            apiserver.kubeconfig, fresh_namespace, metrics=source, rule_sink=SinkChoice.CONFIG_MAP
        ) as operator:

            async def kept() -> bool:
                return await verdict() == ("True", "Measured", "True")

            await until(kept, "figures")
            written = await until(rules, "the rules")
            prometheus.behaviour = behaviour

            async def unknown() -> bool:
                return await verdict() == ("False", reason, "Unknown")

            await until(unknown, f"the status to say {reason}")
            assert await rules() == written, "rules stay"
            prometheus.behaviour = Healthy(fresh_namespace)
            await until(kept, "the figures to come back")
            assert operator.health.problems() == []
    source.close()
    assert not [record for record in caplog.records if record.exc_info], "no traceback"


async def test_many_answers_a_second_are_no_problem(
    apiserver: ApiServer, fresh_namespace: str, prometheus: FakePrometheus
) -> None:
    source = PrometheusSource(PrometheusAccess(prometheus.url), SystemClock())
    prometheus.behaviour = Healthy(fresh_namespace)
    asked = 0

    def counting(request: BaseHTTPRequestHandler, promql: str) -> None:
        nonlocal asked
        asked += 1
        Healthy(fresh_namespace)(request, promql)

    prometheus.behaviour = counting
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, deployment(fresh_namespace), slo(fresh_namespace))
        async with operator_in(
            apiserver.kubeconfig,
            fresh_namespace,
            metrics=source,
            rule_sink=SinkChoice.CONFIG_MAP,
            measure_interval=timedelta(milliseconds=100),
        ) as operator:
            key = Key(fresh_namespace, "checkout")

            async def counted() -> str | None:
                """The version once the past has been asked for; until then a status follows it."""
                raw = await cluster.get(GOSERVICESLOS, key)
                (found,) = raw.get("status", {}).get("objectives") or [{}]
                chunks = found.get("history", {}).get("chunks") or [{"start": raw["metadata"]["creationTimestamp"]}]
                left = timedelta(days=30) - (datetime.now(UTC) - datetime.fromisoformat(chunks[-1]["start"]))
                version: str = raw["metadata"]["resourceVersion"]
                return version if left < timedelta(days=1) else None

            version = await until(counted, "the past being counted")
            before = asked
            await until(lambda: asked > before + 100, "a good many answers")
            raw = await cluster.get(GOSERVICESLOS, key)
            assert raw["metadata"]["resourceVersion"] == version, "equal answers write nothing"
            assert operator.health.problems() == []
            await asyncio.sleep(0)
    source.close()
