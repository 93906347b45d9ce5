"""Watches that are lost: cut off, compacted away, answered 410; and what happened meanwhile is found all the same."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from tests.contract.engine_fixtures import (
    CRDS,
    NAMESPACES,
    add,
    cluster_of,
    deployment,
    ensure_rule_kind,
    operator_in,
    slo,
    status_of,
    until,
)

from goserviceslo.adapters.connection import Connection
from goserviceslo.adapters.kubernetes import KubernetesCluster
from goserviceslo.ports import DEPLOYMENTS, GOSERVICESLOS, PROMETHEUS_RULES, Json, Key, NotFound
from localcluster import api_only
from localcluster.addresses import free_ports
from localcluster.apionly import ApiOnlyCluster

pytestmark = pytest.mark.apiserver
NAMESPACE = "watched"
OUR_CRD = Path(__file__).resolve().parents[2] / "crds/goslo.dev_goserviceslos.yaml"


@pytest.fixture(scope="module")
def forgetful() -> Iterator[ApiOnlyCluster]:
    """An API server without a watch cache: what etcd has forgotten, it answers 410."""
    flags = {"kube-apiserver": ["--watch-cache=false"]}
    with api_only(f"engine-watch-{os.getpid()}", flags=flags) as cluster:
        yield cluster


class Line:
    """A wire to the API server that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        [self.port] = free_ports(1)

    async def connect(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Every connection is gone, and no new one comes about."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            self._open |= {writer, far_writer}
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer), return_exceptions=True)
            self._open -= {writer, far_writer}
            far_writer.transport.abort()
        writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.transport.abort()


@contextlib.asynccontextmanager
async def line_to(cluster: ApiOnlyCluster, directory: Path) -> AsyncIterator[tuple[Line, Path]]:
    """The wire, and a kubeconfig that leads through it."""
    config: Json = yaml.safe_load(cluster.kubeconfig.read_text())
    url = urlsplit(config["clusters"][0]["cluster"]["server"])
    line = Line(url.hostname or "", url.port or 443)
    await line.connect()
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{line.port}"
    kubeconfig = directory / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    try:
        yield line, kubeconfig
    finally:
        with contextlib.suppress(AssertionError):
            await line.cut()


async def watch_from(kubeconfig: Path, version: str) -> str:
    """What the API server answers to a watch that goes on from an old version."""
    connection = await Connection.load(str(kubeconfig))
    path = f"/apis/goslo.dev/v1alpha1/namespaces/{NAMESPACE}/goserviceslos"
    query = f"watch=true&timeoutSeconds=1&resourceVersion={version}"
    async with (
        connection.session(limit=1) as session,
        session.get(f"{connection.server}{path}?{query}") as response,
    ):
        return await response.text()


async def prepare(cluster: KubernetesCluster) -> None:
    crd = yaml.safe_load(OUR_CRD.read_text())
    await cluster.create(CRDS, Key("", crd["metadata"]["name"]), crd)
    await ensure_rule_kind(cluster)
    await cluster.create(NAMESPACES, Key("", NAMESPACE), {"metadata": {"name": NAMESPACE}})
    await until(lambda: cluster.serves(GOSERVICESLOS), "our kind to be served")


async def test_a_watch_that_was_compacted_away_is_begun_anew_and_a_missed_deletion_is_found(
    forgetful: ApiOnlyCluster, tmp_path: Path
) -> None:
    async with cluster_of(forgetful.kubeconfig) as cluster, line_to(forgetful, tmp_path) as (line, kubeconfig):
        await prepare(cluster)
        kept, deleted, new = (Key(NAMESPACE, name) for name in ("kept", "deleted", "new"))
        for name in ("kept", "deleted"):
            await add(cluster, deployment(NAMESPACE, name), slo(NAMESPACE, name))
        async with operator_in(kubeconfig, NAMESPACE, elect=False) as operator:
            await until(lambda: status_of(cluster, deleted), "the first statuses")
            await until(lambda: status_of(cluster, kept), "the first statuses")

            version = (await cluster.get(GOSERVICESLOS, kept))["metadata"]["resourceVersion"]
            await line.cut()
            await cluster.delete(GOSERVICESLOS, deleted)
            await cluster.delete(DEPLOYMENTS, deleted)
            await cluster.delete(PROMETHEUS_RULES, Key(NAMESPACE, "kept-goslo"))
            await cluster.merge_patch(GOSERVICESLOS, kept, {"spec": {"tier": "L1"}})
            await add(cluster, deployment(NAMESPACE, "new"), slo(NAMESPACE, "new"))
            for number in range(5):
                await cluster.merge_patch(DEPLOYMENTS, kept, {"metadata": {"labels": {"n": str(number)}}})
            forgetful.compact_etcd()
            assert '"code":410' in await watch_from(forgetful.kubeconfig, version), "nothing was lost"
            await asyncio.sleep(1)
            await line.connect()

            async def caught_up() -> bool:
                status = await status_of(cluster, kept)
                return status.get("observedGeneration") == 2 and bool(await status_of(cluster, new))

            await until(caught_up, "what changed meanwhile to be seen")
            await until(lambda: deleted not in operator.store.resources, "the missed deletion to be found")
            await until(lambda: operator.store.deployment(deleted) is None, "the missed deletion of a Deployment")

            async def rules_are_back() -> bool:
                with contextlib.suppress(NotFound):
                    return bool(await cluster.get(PROMETHEUS_RULES, Key(NAMESPACE, "kept-goslo")))
                return False

            await until(rules_are_back, "the deleted rules to come back")
            # And the watches are alive: a change is seen by itself, not by the next re-list.
            await cluster.merge_patch(GOSERVICESLOS, new, {"spec": {"tier": "L2"}})

            async def seen() -> bool:
                return (await status_of(cluster, new)).get("observedGeneration") == 2

            await until(seen, "a change after all that")
            assert operator.health.problems() == []


async def test_a_kind_that_is_removed_and_comes_back_ends_nothing(forgetful: ApiOnlyCluster, tmp_path: Path) -> None:
    """Its watch is answered 404, on which kopf leaves."""
    async with cluster_of(forgetful.kubeconfig) as cluster:
        if not await cluster.serves(GOSERVICESLOS):
            await prepare(cluster)
        namespace = "without-rules"
        await cluster.create(NAMESPACES, Key("", namespace), {"metadata": {"name": namespace}})
        rule_kind = Key("", "prometheusrules.monitoring.coreos.com")
        async with operator_in(forgetful.kubeconfig, namespace, elect=False) as operator:
            await until(lambda: operator.health.waiting_for is None, "the operator to be ready")
            await cluster.delete(CRDS, rule_kind)
            await add(cluster, deployment(namespace), slo(namespace))
            key = Key(namespace, "checkout")
            await until(lambda: status_of(cluster, key), "a status all the same")
            await ensure_rule_kind(cluster)

            async def seen() -> bool:
                return (await status_of(cluster, key)).get("observedGeneration") == 2

            await cluster.merge_patch(GOSERVICESLOS, key, {"spec": {"tier": "L1"}})
            await until(seen, "a change after that")


def test_the_wire_really_carries_and_really_is_cut() -> None:
    async def story() -> None:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            await writer.drain()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        line = Line("127.0.0.1", server.sockets[0].getsockname()[1])
        await line.connect()
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        await line.cut()
        assert await reader.read() == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", line.port), timeout=1).close()
        await line.connect()
        socket.create_connection(("127.0.0.1", line.port), timeout=1).close()
        await line.cut()
        server.close()

    asyncio.run(story())
