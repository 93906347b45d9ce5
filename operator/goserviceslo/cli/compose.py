"""Where the adapters meet the engine: the only file that knows both."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import aiohttp
from aiohttp.client_middlewares import ClientMiddlewareType

from goserviceslo.adapters.clock import SystemClock
from goserviceslo.adapters.connection import Connection
from goserviceslo.adapters.kubernetes import KubernetesCluster
from goserviceslo.adapters.prometheus import PrometheusSource
from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.adapters.ruler import Ruler
from goserviceslo.engine.config import Config, LogFormat
from goserviceslo.engine.logs import set_up
from goserviceslo.engine.operator import CallObserver, Outside, run
from goserviceslo.engine.release import release
from goserviceslo.ports import ApiError, Key
from goserviceslo.reconcile import reconcile


async def operate(
    config: Config, kubeconfig: Path | None, access: PrometheusAccess | None, ruler: PrometheusAccess | None
) -> int:
    """Run the operator against the real outside; the exit code."""
    return await run(config, partial(_outside, kubeconfig, access, ruler), reconcile)


async def give_up(
    namespaces: Sequence[str],
    operator_namespace: str,
    operator_deployment: str,
    kubeconfig: Path | None,
    *,
    give_back: bool,
) -> int:
    """Release every resource and say how it went; 1 where one is still held."""
    set_up(LogFormat.TEXT, "INFO")
    operator = Key(operator_namespace, operator_deployment) if operator_deployment else None
    connection = await Connection.load(None if kubeconfig is None else str(kubeconfig))
    async with KubernetesCluster(connection) as cluster:
        try:
            done = await release(cluster, namespaces=namespaces, operator=operator, give_back=give_back)
        except (ApiError, TimeoutError) as error:
            print(f"goslo release: {error}", file=sys.stderr)
            return 1
    for line in done.failed:
        print(f"goslo release: {line}", file=sys.stderr)
    print(f"{done.released} resources released, {len(done.failed)} still held")
    return 1 if done.failed else 0


@asynccontextmanager
async def _outside(
    kubeconfig: Path | None, access: PrometheusAccess | None, ruler: PrometheusAccess | None, observe: CallObserver
) -> AsyncIterator[Outside]:
    connection = await Connection.load(None if kubeconfig is None else str(kubeconfig))
    clock = SystemClock()

    def session(middlewares: Sequence[ClientMiddlewareType]) -> tuple[str, aiohttp.ClientSession]:
        return connection.server, connection.session(limit=0, middlewares=middlewares)

    async with KubernetesCluster(connection, observe=observe) as cluster:
        metrics = None if access is None else PrometheusSource(access, clock)
        yield Outside(cluster, session, clock, metrics, None if ruler is None else Ruler(ruler))
