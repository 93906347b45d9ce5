"""The operator and a ruler: rules come and go with a resource, and its status says how they stand.

The ruler is the one in memory that gives groups back in another spelling; `tests/sources` has a real one.
"""

from typing import Any

import pytest
from tests.contract.conftest import ApiServer
from tests.contract.engine_fixtures import (
    add,
    cluster_of,
    condition,
    deployment,
    ensure_rule_kind,
    operator_in,
    slo,
    status_of,
    until,
)
from tests.unit.engine.memory_ruler import MemoryRuler

from goserviceslo.engine.config import SinkChoice
from goserviceslo.ports import GOSERVICESLOS, PROMETHEUS_RULES, Key, RulerError

pytestmark = pytest.mark.apiserver


async def test_rules_come_with_a_resource_and_go_with_it_though_nothing_holds_it(
    apiserver: ApiServer, fresh_namespace: str
) -> None:
    ruler = MemoryRuler()
    key = Key(fresh_namespace, "checkout")
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await ensure_rule_kind(cluster)
        await add(cluster, deployment(fresh_namespace), slo(fresh_namespace))
        options: dict[str, Any] = {"ruler": ruler, "rule_sink": SinkChoice.RULER, "ruler_prefix": "goslo-eu"}
        async with operator_in(apiserver.kubeconfig, fresh_namespace, **options):
            await until(lambda: set(ruler.standing) == {f"goslo-eu/{key}"}, "the groups")

            async def said() -> bool:
                return (await status_of(cluster, key)).get("rules") == f"ruler namespace goslo-eu/{key}"

            await until(said, "the status to say where they are")
            raw = await cluster.get(GOSERVICESLOS, key)
            assert "finalizers" not in raw["metadata"]
            pages = cluster.pages(PROMETHEUS_RULES, namespace=fresh_namespace)
            assert [item async for page in pages for item in page.items] == []
        written = len(ruler.writes())
        async with operator_in(apiserver.kubeconfig, fresh_namespace, identity="next", **options) as operator:
            await until(
                lambda: operator.health.waiting_for is None and len(operator.queue) == 0, "the operator to rest"
            )
            assert len(ruler.writes()) == written, "a restart writes nothing"
            await cluster.delete(GOSERVICESLOS, key)
            await until(lambda: ruler.standing == {}, "the groups to go")
            await add(cluster, slo(fresh_namespace))
            await until(lambda: ruler.standing, "the groups of its successor")
        await cluster.delete(GOSERVICESLOS, key)
        async with operator_in(apiserver.kubeconfig, fresh_namespace, identity="last", **options):
            await until(lambda: ruler.standing == {}, "the groups of what was deleted while nobody led to go")


async def test_what_a_ruler_does_not_take_is_said_in_the_status_until_it_does(
    apiserver: ApiServer, fresh_namespace: str
) -> None:
    ruler = MemoryRuler()
    key = Key(fresh_namespace, "checkout")
    down = True

    def fail(verb: str, name: str) -> None:
        if down and verb == "put":
            raise RulerError("The ruler at http://mimir answered HTTP 503.")

    ruler.before = fail
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, deployment(fresh_namespace), slo(fresh_namespace))
        async with operator_in(apiserver.kubeconfig, fresh_namespace, ruler=ruler, rule_sink=SinkChoice.RULER):

            async def ready() -> tuple[str, str]:
                found = condition(await cluster.get(GOSERVICESLOS, key), "Ready")
                return found.get("reason", ""), found.get("message", "")

            async def failed() -> bool:
                return await ready() == (
                    "RulesFailed",
                    "The ruler at http://mimir answered HTTP 503. It is tried again.",
                )

            await until(failed, "the status to say it")
            down = False

            async def reconciled() -> bool:
                return (await ready())[0] == "Reconciled"

            await until(reconciled, "the status to take it back")
            assert set(ruler.standing) == {f"goslo/{key}"}
