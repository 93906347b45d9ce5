"""The operator against a real API server: in this process, where a test can look inside, or as one to be killed."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.client_middlewares import ClientMiddlewareType

from goserviceslo.adapters.clock import SystemClock
from goserviceslo.adapters.connection import Connection
from goserviceslo.adapters.kubernetes import KubernetesCluster
from goserviceslo.engine.config import Config
from goserviceslo.engine.operator import Operator, Outside
from goserviceslo.engine.telemetry import Telemetry
from goserviceslo.ports import (
    DEPLOYMENTS,
    GOSERVICESLOS,
    ApiError,
    Json,
    Key,
    MetricsPort,
    NotFound,
    Resource,
    RulerPort,
)
from goserviceslo.reconcile import reconcile

CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False)
NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
PATIENCE_SECONDS = 180.0  # only how long a test that fails takes to fail

PROMETHEUS_RULE_CRD: Json = {
    "apiVersion": CRDS.api_version,
    "kind": CRDS.kind,
    "metadata": {"name": "prometheusrules.monitoring.coreos.com"},
    "spec": {
        "group": "monitoring.coreos.com",
        "names": {"kind": "PrometheusRule", "plural": "prometheusrules", "singular": "prometheusrule"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    # As prometheus-operator's own: groups are a map by name, their rules are not.
                                    "groups": {
                                        "type": "array",
                                        "x-kubernetes-list-type": "map",
                                        "x-kubernetes-list-map-keys": ["name"],
                                        "items": {
                                            "type": "object",
                                            "required": ["name"],
                                            "x-kubernetes-preserve-unknown-fields": True,
                                            "properties": {"name": {"type": "string"}},
                                        },
                                    }
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}
"""The part of prometheus-operator's kind that we write, with the list types that decide who owns what."""


class Calls(list[tuple[str, str, str]]):
    """Verb, plural and code of each request that the operator has made."""

    def observe(self, verb: str, resource: Resource, code: str, seconds: float) -> None:
        self.append((verb, resource.plural, code))

    def writes(self) -> list[tuple[str, str, str]]:
        return [call for call in self if call[0] not in ("get", "list", "discover") and call[1] != "leases"]


@asynccontextmanager
async def cluster_of(kubeconfig: Path, calls: Calls | None = None) -> AsyncIterator[KubernetesCluster]:
    """The adapter under test, with an administrator's rights."""
    connection = await Connection.load(str(kubeconfig))
    async with KubernetesCluster(connection, observe=(Calls() if calls is None else calls).observe) as cluster:
        yield cluster


@asynccontextmanager
async def operator_in(
    kubeconfig: Path,
    namespace: str,
    *,
    metrics: MetricsPort | None = None,
    ruler: RulerPort | None = None,
    calls: Calls | None = None,
    **config: Any,
) -> AsyncIterator[Operator]:
    """An operator of this process that serves one namespace and has its Lease there."""
    connection = await Connection.load(str(kubeconfig))

    def session(middlewares: Sequence[ClientMiddlewareType]) -> tuple[str, aiohttp.ClientSession]:
        return connection.server, connection.session(limit=0, middlewares=middlewares)

    settings = Config(
        identity=config.pop("identity", "here"),
        operator_namespace=namespace,
        namespaces=(namespace,),
        measure_interval=config.pop("measure_interval", timedelta(seconds=1)),
        **config,
    )
    stop = asyncio.Event()
    async with KubernetesCluster(connection, observe=(Calls() if calls is None else calls).observe) as cluster:
        operator = Operator(settings, Outside(cluster, session, SystemClock(), metrics, ruler), reconcile, Telemetry())
        running = asyncio.create_task(operator.run(stop))
        try:
            yield operator
            assert not running.done(), "the operator ended by itself"
        finally:
            stop.set()
            assert await running == 0


async def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait for `condition` (sync or async) to hold; its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        await asyncio.sleep(0.1)


async def ensure_rule_kind(cluster: KubernetesCluster) -> None:
    """PrometheusRule is served; it stays for the other tests."""
    from goserviceslo.ports import PROMETHEUS_RULES

    key = Key("", PROMETHEUS_RULE_CRD["metadata"]["name"])

    async def stands() -> bool:
        # Again and again: one that is going takes its time, and stands in the way of its successor.
        with contextlib.suppress(ApiError):
            await cluster.create(CRDS, key, PROMETHEUS_RULE_CRD)
        try:
            if "deletionTimestamp" in (await cluster.get(CRDS, key))["metadata"]:
                return False
            async for _ in cluster.pages(PROMETHEUS_RULES, limit=1):
                break
        except NotFound:
            return False
        return await cluster.serves(PROMETHEUS_RULES)

    await until(stands, "PrometheusRules to be served")


def slo(namespace: str, name: str = "checkout", *, target: str | None = None, **spec: Any) -> Json:
    """A GoServiceSLO that names its metric, so that its rules are known without a Prometheus."""
    http = {"metric": "http_requests_total", "statusLabel": "code"}
    return {
        "apiVersion": GOSERVICESLOS.api_version,
        "kind": GOSERVICESLOS.kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "target": {"name": target or name},
            "objectives": [{"name": "availability", "target": "99.9", "window": "30d", "http": http}],
            **spec,
        },
    }


def deployment(namespace: str, name: str = "checkout", env: dict[str, str] | None = None) -> Json:
    entries = [{"name": variable, "value": value} for variable, value in (env or {}).items()]
    container = {"name": "app", "image": "app", "env": entries, "resources": {"limits": {"memory": "1Gi"}}}
    return {
        "apiVersion": DEPLOYMENTS.api_version,
        "kind": DEPLOYMENTS.kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        },
    }


def key_of(raw: Json) -> Key:
    return Key(raw["metadata"]["namespace"], raw["metadata"]["name"])


async def add(cluster: KubernetesCluster, *objects: Json) -> None:
    kinds = {kind.kind: kind for kind in (GOSERVICESLOS, DEPLOYMENTS)}
    for raw in objects:
        await cluster.create(kinds[raw["kind"]], key_of(raw), raw)


def condition(raw: Json, kind: str) -> Json:
    """One condition of a GoServiceSLO; empty where it has none."""
    conditions = (raw.get("status") or {}).get("conditions") or ()
    return next((one for one in conditions if one["type"] == kind), {})


async def status_of(cluster: KubernetesCluster, key: Key) -> Json:
    raw = await cluster.get(GOSERVICESLOS, key)
    status: Json = raw.get("status") or {}
    return status


class Process:
    """The operator as its image runs it."""

    def __init__(self, kubeconfig: Path, namespace: str, identity: str, log: Path, *options: str) -> None:
        self.log = log
        self._file = log.open("wb")
        command = [
            *(sys.executable, "-m", "goserviceslo", "run", "--log-format=json", "--listen=127.0.0.1:0"),
            *(f"--kubeconfig={kubeconfig}", f"--namespace={namespace}", f"--operator-namespace={namespace}"),
            *(f"--identity={identity}", *options),
        ]
        self._process = subprocess.Popen(command, stdout=self._file, stderr=subprocess.STDOUT, env=_environment())

    def kill(self) -> None:
        """As a node that dies: SIGKILL."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """As a kubelet that evicts: SIGTERM."""
        self._process.terminate()
        return self._process.wait(30)

    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        if self.alive():
            self.kill()
        self._file.close()

    def lines(self) -> list[Json]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


def _environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "PYTHONPATH": str(root / "operator")}


@contextmanager
def process(kubeconfig: Path, namespace: str, identity: str, log: Path, *options: str) -> Iterator[Process]:
    started = Process(kubeconfig, namespace, identity, log, *options)
    try:
        yield started
    finally:
        started.close()
