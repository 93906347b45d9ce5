"""The cluster port over HTTP: what goes over the wire, and what comes of every answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from goserviceslo.adapters.connection import Connection
from goserviceslo.adapters.kubernetes import KubernetesCluster
from goserviceslo.ports import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    GOSERVICESLOS,
    LEASES,
    AlreadyExists,
    ApiError,
    Conflict,
    Gone,
    Key,
    NotFound,
    Resource,
)

CHECKOUT = Key("shop", "checkout")


class Credentials:
    """Stands in for kubernetes.aio's Configuration."""

    proxy = ssl_ca_cert = ca_cert_data = cert_file = username = None
    disable_strict_ssl_verification = False
    verify_ssl = True

    def __init__(self, host: str) -> None:
        self.host = host
        self.token = "first"

    async def get_api_key_with_prefix(self, identifier: str, alias: str) -> str:
        return f"Bearer {self.token}"


class Scene:
    """A server that answers as a test says, and a cluster in front of it."""

    def __init__(self, cluster: KubernetesCluster, credentials: Credentials) -> None:
        self.cluster = cluster
        self.credentials = credentials
        self.answers: list[web.Response | float] = []
        """Each for one request; a number hangs for so many seconds. None left: an empty object."""
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        """Method, path with query, headers, body."""
        self.calls: list[tuple[str, str, str]] = []

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        self.requests.append((request.method, request.path_qs, dict(request.headers), json.loads(body or b"null")))
        answer = self.answers.pop(0) if self.answers else web.json_response({"metadata": {}})
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return web.json_response({})
        return answer


@asynccontextmanager
async def scene(timeout_seconds: float = 5.0) -> AsyncIterator[Scene]:
    holder: list[Scene] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return await holder[0].handle(request)

    server = web.Server(handle)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    credentials = Credentials(f"http://127.0.0.1:{runner.addresses[0][1]}/")

    async def reload() -> None:
        credentials.token = "second"

    def observe(verb: str, resource: Resource, code: str, seconds: float) -> None:
        holder[0].calls.append((verb, resource.plural, code))

    connection = Connection(credentials, reload)
    async with KubernetesCluster(connection, timeout_seconds=timeout_seconds, observe=observe) as cluster:
        holder.append(Scene(cluster, credentials))
        yield holder[0]
    await runner.cleanup()


def refusal(code: int, reason: str, headers: dict[str, str] | None = None, **details: Any) -> web.Response:
    body = {"kind": "Status", "reason": reason, "message": "no", "details": details}
    return web.json_response(body, status=code, headers=headers)


async def test_each_call_has_its_method_path_and_manager() -> None:
    body = {"metadata": {"name": "checkout"}}
    async with scene() as at:
        await at.cluster.get(GOSERVICESLOS, CHECKOUT)
        await at.cluster.create(CONFIG_MAPS, CHECKOUT, body)
        await at.cluster.apply(GOSERVICESLOS, CHECKOUT, body, force=True, subresource="status")
        await at.cluster.merge_patch(DEPLOYMENTS, CHECKOUT, body, subresource="scale")
        await at.cluster.replace(LEASES, CHECKOUT, body)
        await at.cluster.delete(DEPLOYMENTS, CHECKOUT, uid="u1")
    slo = "/apis/goslo.dev/v1alpha1/namespaces/shop/goserviceslos/checkout"
    deployment = "/apis/apps/v1/namespaces/shop/deployments/checkout"
    assert [(method, path) for method, path, _, _ in at.requests] == [
        ("GET", slo),
        ("POST", "/api/v1/namespaces/shop/configmaps?fieldManager=goslo"),
        ("PATCH", f"{slo}/status?fieldManager=goslo&force=true"),
        ("PATCH", f"{deployment}/scale?fieldManager=goslo"),
        ("PUT", "/apis/coordination.k8s.io/v1/namespaces/shop/leases/checkout?fieldManager=goslo"),
        ("DELETE", deployment),
    ]
    kinds = [headers.get("Content-Type") for _, _, headers, _ in at.requests]
    assert kinds[2:4] == ["application/apply-patch+yaml", "application/merge-patch+json"]
    assert at.requests[-1][3]["preconditions"] == {"uid": "u1"}
    assert "as=PartialObjectMetadata" in at.requests[1][2]["Accept"], "what was written need not travel back"
    assert at.calls == [
        ("get", "goserviceslos", "200"),
        ("create", "configmaps", "200"),
        ("apply", "goserviceslos", "200"),
        ("patch", "deployments", "200"),
        ("update", "leases", "200"),
        ("delete", "deployments", "200"),
    ]


async def test_a_list_comes_page_by_page() -> None:
    async with scene() as at:
        at.answers = [
            web.json_response({"metadata": {"resourceVersion": "7", "continue": "t/+="}, "items": [{"a": 1}]}),
            web.json_response({"metadata": {"resourceVersion": "7"}, "items": None}),
        ]
        pages = [
            page async for page in at.cluster.pages(DEPLOYMENTS, label_selector="a=b", metadata_only=True, limit=1)
        ]
    assert [(list(page.items), page.resource_version, page.continue_token) for page in pages] == [
        ([{"a": 1}], "7", "t/+="),
        ([], "7", ""),
    ]
    first, second = [path for _, path, _, _ in at.requests]
    assert first == "/apis/apps/v1/deployments?limit=1&labelSelector=a%3Db"
    assert "continue=t%2F%2B%3D" in second
    assert "PartialObjectMetadataList" in at.requests[0][2]["Accept"]


async def test_a_token_that_ran_out_says_so() -> None:
    async with scene() as at:
        at.answers = [refusal(410, "Expired")]
        with pytest.raises(Gone):
            _ = [page async for page in at.cluster.pages(DEPLOYMENTS)]


async def test_refusals_are_errors_of_the_port() -> None:
    async with scene() as at:
        at.answers = [refusal(404, "NotFound"), refusal(409, "AlreadyExists"), refusal(409, "Conflict")]
        with pytest.raises(NotFound):
            await at.cluster.get(GOSERVICESLOS, CHECKOUT)
        with pytest.raises(AlreadyExists):
            await at.cluster.create(GOSERVICESLOS, CHECKOUT, {})
        with pytest.raises(Conflict):
            await at.cluster.replace(GOSERVICESLOS, CHECKOUT, {})


async def test_a_throttled_call_is_made_again_when_the_server_says() -> None:
    async with scene() as at:
        at.answers = [refusal(429, "TooManyRequests", {"Retry-After": "0.01"}) for _ in range(2)]
        await at.cluster.create(GOSERVICESLOS, CHECKOUT, {})
        assert len(at.requests) == 3
        at.answers = [refusal(429, "TooManyRequests", {"Retry-After": "0.01"}) for _ in range(9)]
        with pytest.raises(ApiError) as caught:
            await at.cluster.create(GOSERVICESLOS, CHECKOUT, {})
        assert caught.value.status == 429
        assert caught.value.retry_after is not None


async def test_a_failed_write_is_not_made_again_by_itself() -> None:
    async with scene() as at:
        at.answers = [refusal(500, "InternalError", {"Retry-After": "0.01"})]
        with pytest.raises(ApiError):
            await at.cluster.create(GOSERVICESLOS, CHECKOUT, {})
        assert len(at.requests) == 1


async def test_credentials_that_ran_out_are_renewed_once() -> None:
    async with scene() as at:
        at.answers = [refusal(401, "Unauthorized")]
        await at.cluster.get(GOSERVICESLOS, CHECKOUT)
        assert [headers["Authorization"] for _, _, headers, _ in at.requests] == ["Bearer first", "Bearer second"]
        at.answers = [refusal(401, "Unauthorized") for _ in range(5)]
        with pytest.raises(ApiError) as caught:
            await at.cluster.get(GOSERVICESLOS, CHECKOUT)
        assert caught.value.status == 401
        assert len(at.requests) == 4


async def test_a_server_that_hangs_is_an_error_in_time() -> None:
    async with scene(timeout_seconds=0.2) as at:
        at.answers = [5.0]
        with pytest.raises(ApiError) as caught:
            await at.cluster.get(GOSERVICESLOS, CHECKOUT)
        assert (caught.value.status, caught.value.reason) == (0, "Timeout")
        assert at.calls == [("get", "goserviceslos", "0")]


async def test_a_server_that_is_not_there_is_an_error() -> None:
    async with scene() as at:
        at.cluster._connection.server = "http://127.0.0.1:1"
        with pytest.raises(ApiError) as caught:
            await at.cluster.get(GOSERVICESLOS, CHECKOUT)
        assert (caught.value.status, caught.value.reason) == (0, "Unreachable")


async def test_an_answer_that_is_no_object_is_an_error() -> None:
    async with scene() as at:
        at.answers = [web.Response(text="<html>hello</html>")]
        with pytest.raises(ApiError, match="not a JSON object"):
            await at.cluster.get(GOSERVICESLOS, CHECKOUT)


async def test_a_kind_is_served_when_discovery_names_it() -> None:
    async with scene() as at:
        at.answers = [web.json_response({"resources": [{"name": "deployments"}]}), refusal(404, "NotFound")]
        assert await at.cluster.serves(DEPLOYMENTS)
        assert not await at.cluster.serves(GOSERVICESLOS)


async def test_sessions_for_watches_authenticate_by_themselves() -> None:
    async with scene() as at:
        seen: list[str] = []

        async def look(request: Any, handler: Any) -> Any:
            seen.append(request.url.path)
            return await handler(request)

        connection = at.cluster._connection
        async with (
            connection.session(limit=0, middlewares=(look,)) as session,
            session.get(f"{connection.server}/apis/x") as response,
        ):
            assert response.status == 200
        assert seen == ["/apis/x"]
        assert at.requests[0][2]["Authorization"] == "Bearer first"


async def test_without_a_way_to_a_cluster_the_error_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="missing"):
        await Connection.load(str(tmp_path / "missing"))
    broken = tmp_path / "broken"
    broken.write_text("{}")
    with pytest.raises(ApiError, match="broken"):
        await Connection.load(str(broken))
