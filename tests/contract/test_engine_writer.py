"""The writer against a real API server: what rests on uids, versions and field owners; and a kill at any call."""

import asyncio
from typing import Any

import pytest
from tests.contract.conftest import ApiServer
from tests.contract.engine_fixtures import add, cluster_of, deployment, ensure_rule_kind, operator_in, slo, until

from goserviceslo.adapters.kubernetes import KubernetesCluster
from goserviceslo.engine.announcer import Announcer
from goserviceslo.engine.config import SinkChoice
from goserviceslo.engine.store import Store
from goserviceslo.engine.writer import Writer
from goserviceslo.ports import (
    AUTOSCALERS,
    DEPLOYMENTS,
    EVENTS,
    GOSERVICESLOS,
    PROMETHEUS_RULES,
    EventNote,
    Json,
    Key,
    NotFound,
    Resource,
)
from goserviceslo.reconcile.model import Plan, Purpose, RefusalKind, Write
from goserviceslo.reconcile.ownership import FINALIZER

pytestmark = pytest.mark.apiserver


def env_write(namespace: str, *, force: bool = False) -> Write:
    container = {"name": "app", "env": [{"name": "GOGC", "value": "150"}]}
    body: Json = {
        "apiVersion": DEPLOYMENTS.api_version,
        "kind": DEPLOYMENTS.kind,
        "metadata": {"name": "checkout", "namespace": namespace},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    key = Key(namespace, "checkout")
    return Write(Purpose.RUNTIME, DEPLOYMENTS, key, body, "h", exclusive=False, force=force)


async def test_a_conflict_names_the_manager_and_force_takes_over(apiserver: ApiServer, fresh_namespace: str) -> None:
    key = Key(fresh_namespace, "checkout")
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, slo(fresh_namespace), deployment(fresh_namespace, env={"GOGC": "50"}))
        assert (
            apiserver.kubectl(
                *("set", "env", "deployment/checkout", "GOGC=60", "-n", fresh_namespace, "--field-manager=operations")
            ).returncode
            == 0
        )
        store = Store()
        store.put(DEPLOYMENTS, await cluster.get(DEPLOYMENTS, key))
        writer = Writer(cluster, store)
        resource = await cluster.get(GOSERVICESLOS, key)
        refusals = await writer.carry_out(resource, Plan(status=None, writes=(env_write(fresh_namespace),)))
        refusal = refusals[Purpose.RUNTIME]
        assert refusal.kind is RefusalKind.CONFLICT
        assert list(refusal.owners.values()) == ["operations"]
        (field,) = refusal.owners
        assert 'env[name="GOGC"].value' in field
        forced = Plan(status=None, writes=(env_write(fresh_namespace, force=True),))
        assert await writer.carry_out(resource, forced) == {}


async def test_nothing_is_created_by_an_apply_to_what_was_deleted(apiserver: ApiServer, fresh_namespace: str) -> None:
    key = Key(fresh_namespace, "checkout")
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, slo(fresh_namespace), deployment(fresh_namespace))
        store = Store()
        store.put(DEPLOYMENTS, await cluster.get(DEPLOYMENTS, key))
        resource = await cluster.get(GOSERVICESLOS, key)
        await cluster.delete(DEPLOYMENTS, key)
        await cluster.delete(GOSERVICESLOS, key)
        writer = Writer(cluster, store)
        refusals = await writer.carry_out(resource, Plan(status=None, writes=(env_write(fresh_namespace),)))
        assert refusals[Purpose.RUNTIME].kind in (RefusalKind.FAILED, RefusalKind.MISSING)
        with pytest.raises(NotFound):
            await writer.write_status(resource, {"sli": "1"})
        with pytest.raises(NotFound):
            await cluster.get(DEPLOYMENTS, key)
        with pytest.raises(NotFound):
            await cluster.get(GOSERVICESLOS, key)


async def test_what_is_stored_of_a_status_is_what_was_written(apiserver: ApiServer, fresh_namespace: str) -> None:
    """Else every event of an own write would pass for somebody else's."""
    key = Key(fresh_namespace, "checkout")
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, slo(fresh_namespace))
        async with operator_in(apiserver.kubeconfig, fresh_namespace, rule_sink=SinkChoice.CONFIG_MAP) as operator:

            async def written() -> bool:
                return "status" in await cluster.get(GOSERVICESLOS, key)

            await until(written, "a status")
            live = await cluster.get(GOSERVICESLOS, key)
            # The answer to the write may still be on its way.
            await until(
                lambda: operator.store.resources[key].whole().get("status") == live["status"], "the store to hold it"
            )


async def test_an_event_is_accepted_and_written_once_for_one_decision(
    apiserver: ApiServer, fresh_namespace: str
) -> None:
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, slo(fresh_namespace))
        resource = await cluster.get(GOSERVICESLOS, Key(fresh_namespace, "checkout"))
        from goserviceslo.adapters.clock import SystemClock

        announcer = Announcer(cluster, SystemClock(), "one")
        note = EventNote("Warning", "ObjectiveBreached", "Measure", "n" * 1024)
        for _ in range(3):
            await announcer.announce(resource, note)
        events = [event async for page in cluster.pages(EVENTS, namespace=fresh_namespace) for event in page.items]
    (event,) = events
    assert (event["reason"], event["regarding"]["uid"]) == ("ObjectiveBreached", resource["metadata"]["uid"])


class Killed(BaseException):
    """As SIGKILL at this very call."""


class Mortal:
    """A cluster that dies with its caller at one of its calls, before or after it has taken effect."""

    def __init__(self, cluster: KubernetesCluster, call: int | None, *, took_effect: bool) -> None:
        self._cluster = cluster
        self._left = call
        self._took_effect = took_effect
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._cluster, name)
        if name not in ("create", "apply", "merge_patch", "replace", "delete", "get"):
            return method

        async def call(resource: Resource, *arguments: Any, **options: Any) -> Any:
            self.count += 1
            dies = self._left is not None and self.count == self._left + 1
            if dies and not self._took_effect:
                raise Killed
            answer = await method(resource, *arguments, **options)
            if dies:
                raise Killed
            return answer

        return call


async def _life(cluster: KubernetesCluster, namespace: str, mortal: Mortal) -> None:
    """What a worker does with one resource, from a fresh list to the end; twice, as after an event."""
    from goserviceslo.adapters.clock import SystemClock
    from goserviceslo.engine.calendars import Calendars
    from goserviceslo.engine.evidence import Evidence
    from goserviceslo.engine.observing import Observer
    from goserviceslo.engine.shards import RuleShards
    from goserviceslo.reconcile import reconcile
    from goserviceslo.reconcile.model import RuleSink
    from goserviceslo.slo.rules import RuleSettings

    store, clock = Store(), SystemClock()
    holders = {RuleSink.CONFIG_MAP: RuleShards(mortal, namespace, 1, lambda: None)}
    calendars = Calendars(mortal, clock, lambda: 0.0, lambda key: None)
    observer = Observer(store, Evidence(configured=False), holders, calendars, RuleSettings(), {})
    observer.sink = RuleSink.PROMETHEUS_RULE
    writer, announcer = Writer(mortal, store), Announcer(mortal, clock, "one")
    key = Key(namespace, "checkout")
    for _ in range(3):
        for kind in (GOSERVICESLOS, DEPLOYMENTS, AUTOSCALERS, PROMETHEUS_RULES):
            async for page in cluster.pages(kind, namespace=namespace):
                for raw in page.items:
                    store.put(kind, raw)
        observed = observer.observe(key)
        assert observed is not None
        plan = reconcile(observed, clock.now())
        assert await writer.carry_out(observed.resource, plan) == {}
        if plan.status is not None:
            for note in plan.events:
                await announcer.announce(observed.resource, note)
            await writer.write_status(observed.resource, plan.status)


def _essence(raw: Json) -> Json:
    """Without what names, times and counts one life."""
    drop = {"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "namespace"}
    metadata = {name: value for name, value in raw["metadata"].items() if name not in drop}
    for reference in metadata.get("ownerReferences", ()):
        reference["uid"] = "owner"
    metadata.pop("annotations", None)
    essence = {**raw, "metadata": metadata}
    for one in (essence.get("status") or {}).get("conditions") or ():
        one.pop("lastTransitionTime", None)
    return essence


async def _final(cluster: KubernetesCluster, namespace: str) -> Json:
    found: Json = {}
    for kind in (GOSERVICESLOS, DEPLOYMENTS, AUTOSCALERS, PROMETHEUS_RULES):
        async for page in cluster.pages(kind, namespace=namespace):
            for raw in page.items:
                text = repr(_essence(raw)).replace(namespace, "NAMESPACE")
                found[f"{kind.plural}/{raw['metadata']['name']}"] = text
    return found


async def test_a_kill_between_any_two_calls_ends_in_the_same_state(apiserver: ApiServer, fresh_namespace: str) -> None:
    def wish(namespace: str) -> tuple[Json, Json]:
        resource = slo(namespace, runtime={"gogc": 200}, autoscaling={"minReplicas": 1, "maxReplicas": 3, "cpu": 70})
        target = deployment(namespace)
        target["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"] = {"cpu": "100m"}
        return resource, target

    async with cluster_of(apiserver.kubeconfig) as cluster:
        await ensure_rule_kind(cluster)

        async def story(name: str, call: int | None, *, took_effect: bool) -> tuple[Json, int]:
            assert apiserver.kubectl("create", "namespace", name).returncode == 0
            await add(cluster, *wish(name))
            mortal = Mortal(cluster, call, took_effect=took_effect)
            try:
                await _life(cluster, name, mortal)
            except Killed:
                await _life(cluster, name, Mortal(cluster, None, took_effect=False))
            return await _final(cluster, name), mortal.count

        unharmed, calls = await story(f"{fresh_namespace}-0", None, took_effect=False)
        assert {name.partition("/")[0] for name in unharmed} == {
            "goserviceslos",
            "deployments",
            "horizontalpodautoscalers",
            "prometheusrules",
        }
        assert FINALIZER in unharmed["goserviceslos/checkout"]
        assert calls >= 5
        for call in range(calls):
            for took_effect in (False, True):
                name = f"{fresh_namespace}-{call}-{'after' if took_effect else 'before'}"
                state, _ = await story(name, call, took_effect=took_effect)
                assert state == unharmed, f"killed at call {call}, {name}"


async def test_a_lease_passes_from_one_to_the_other_on_a_real_api_server(
    apiserver: ApiServer, fresh_namespace: str
) -> None:
    from datetime import timedelta

    from goserviceslo.adapters.clock import SystemClock
    from goserviceslo.engine.config import LeaseSettings
    from goserviceslo.engine.lease import LeaderElection

    settings = LeaseSettings(
        duration=timedelta(seconds=12), renew_deadline=timedelta(seconds=9), retry_period=timedelta(seconds=1)
    )
    leaders: list[str] = []

    async with cluster_of(apiserver.kubeconfig) as cluster:

        def campaign(identity: str) -> tuple[LeaderElection, "asyncio.Task[None]"]:
            election = LeaderElection(cluster, SystemClock(), settings, namespace=fresh_namespace, identity=identity)

            async def lead() -> None:
                leaders.append(identity)
                await asyncio.Event().wait()

            return election, asyncio.create_task(election.run(lead))

        one, first = campaign("one")
        await until(lambda: leaders == ["one"], "the first to lead")
        two, second = campaign("two")
        await asyncio.sleep(14)
        assert leaders == ["one"]
        assert one.holds()
        assert not two.holds()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await until(lambda: leaders == ["one", "two"], "the second to lead")
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
