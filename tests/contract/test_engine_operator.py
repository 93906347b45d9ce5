"""The operator on a real API server: what it writes, what it leaves alone, and what it writes twice: nothing."""

import asyncio
import getpass

import pytest
from tests.contract.conftest import ApiServer
from tests.contract.engine_fixtures import (
    Calls,
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

from goserviceslo.engine.config import SinkChoice
from goserviceslo.ports import CONFIG_MAPS, DEPLOYMENTS, EVENTS, GOSERVICESLOS, PROMETHEUS_RULES, Json, Key, NotFound
from goserviceslo.reconcile.ownership import FINALIZER

pytestmark = pytest.mark.apiserver


async def test_a_resource_gets_its_rules_and_status_by_two_calls_and_a_restart_writes_nothing(
    apiserver: ApiServer, fresh_namespace: str
) -> None:
    key = Key(fresh_namespace, "checkout")
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await ensure_rule_kind(cluster)
        await add(cluster, deployment(fresh_namespace))
        calls = Calls()
        async with operator_in(apiserver.kubeconfig, fresh_namespace, calls=calls) as operator:
            await until(lambda: operator.health.waiting_for is None, "the operator to be ready")
            await add(cluster, slo(fresh_namespace))
            await until(lambda: status_of(cluster, key), "a status")
            rule = await cluster.get(PROMETHEUS_RULES, Key(fresh_namespace, "checkout-goslo"))
            assert [group["name"] for group in rule["spec"]["groups"]] == [
                f"goslo/{fresh_namespace}/checkout/availability/tiles",
                f"goslo/{fresh_namespace}/checkout/availability/windows",
                f"goslo/{fresh_namespace}/checkout/outage",
                f"goslo/{fresh_namespace}/checkout/meter",
            ]
            await asyncio.sleep(2)
        assert calls.writes() == [("create", "prometheusrules", "201"), ("apply", "goserviceslos", "200")]
        again = Calls()
        async with operator_in(apiserver.kubeconfig, fresh_namespace, calls=again) as operator:
            await until(lambda: operator.health.waiting_for is None, "the operator to be ready again")
            await asyncio.sleep(3)
        assert again.writes() == []
        raw = await cluster.get(GOSERVICESLOS, key)
        assert "finalizers" not in raw["metadata"], "there is nothing to give back"


async def test_a_uid_without_an_account_is_served_too(
    apiserver: ApiServer, fresh_namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1000670000")

    monkeypatch.setattr(getpass, "getuser", nobody)
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await ensure_rule_kind(cluster)
        async with operator_in(apiserver.kubeconfig, fresh_namespace) as operator:
            await until(lambda: operator.health.waiting_for is None, "the operator to be ready")
            await add(cluster, deployment(fresh_namespace), slo(fresh_namespace))
            await until(lambda: status_of(cluster, Key(fresh_namespace, "checkout")), "a status")


async def test_a_users_object_of_our_name_is_left_alone_and_named_in_the_status(
    apiserver: ApiServer, fresh_namespace: str
) -> None:
    rule_key, key = Key(fresh_namespace, "checkout-goslo"), Key(fresh_namespace, "checkout")
    users: Json = {
        "apiVersion": PROMETHEUS_RULES.api_version,
        "kind": PROMETHEUS_RULES.kind,
        "metadata": {"name": rule_key.name, "namespace": fresh_namespace, "labels": {"team": "x"}},
        "spec": {"groups": [{"name": "theirs"}]},
    }
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await ensure_rule_kind(cluster)
        await cluster.create(PROMETHEUS_RULES, rule_key, users)
        before = await cluster.get(PROMETHEUS_RULES, rule_key)
        await add(cluster, deployment(fresh_namespace), slo(fresh_namespace))
        async with operator_in(apiserver.kubeconfig, fresh_namespace):

            async def told() -> bool:
                return condition(await cluster.get(GOSERVICESLOS, key), "Ready").get("reason") == "RulesTaken"

            await until(told, "the condition to say so")
        assert await cluster.get(PROMETHEUS_RULES, rule_key) == before


async def test_our_rules_come_back_when_somebody_deletes_or_edits_them(
    apiserver: ApiServer, fresh_namespace: str
) -> None:
    rule_key = Key(fresh_namespace, "checkout-goslo")
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await ensure_rule_kind(cluster)
        await add(cluster, deployment(fresh_namespace), slo(fresh_namespace))
        calls = Calls()
        async with operator_in(apiserver.kubeconfig, fresh_namespace, calls=calls):

            async def rule() -> Json:
                try:
                    return await cluster.get(PROMETHEUS_RULES, rule_key)
                except NotFound:
                    return {}

            first = await until(rule, "the rules")
            await cluster.delete(PROMETHEUS_RULES, rule_key)
            await until(rule, "the rules to come back")
            edited = apiserver.kubectl(
                *("patch", "prometheusrule", rule_key.name, "-n", fresh_namespace, "--type=merge"),
                *("--field-manager=somebody", "-p", '{"spec":{"groups":[{"name":"mine"}]}}'),
            )
            assert edited.returncode == 0, edited.stderr

            async def repaired() -> bool:
                return bool((await rule()).get("spec") == first["spec"])

            await until(repaired, "the edit to be undone")
            await until(lambda: ("patch", "prometheusrules", "200") in calls, "the answer to that")
            writes = len(calls.writes())
            await asyncio.sleep(2)
            assert len(calls.writes()) == writes, "the repair must not be taken for another edit"


async def test_fewer_objectives_take_their_groups_away_and_spare_what_others_put_there(
    apiserver: ApiServer, fresh_namespace: str
) -> None:
    rule_key = Key(fresh_namespace, "checkout-goslo")
    two = slo(fresh_namespace)
    two["spec"]["objectives"].append({**two["spec"]["objectives"][0], "name": "second"})
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await ensure_rule_kind(cluster)
        await add(cluster, deployment(fresh_namespace), two)
        async with operator_in(apiserver.kubeconfig, fresh_namespace):

            async def names() -> list[str]:
                try:
                    live = await cluster.get(PROMETHEUS_RULES, rule_key)
                except NotFound:
                    return []
                paths = [group["name"].split("/")[3:] for group in live["spec"]["groups"]]
                return [objective for objective, *part in paths if part]

            async def both() -> bool:
                return sorted(set(await names())) == ["availability", "second"]

            await until(both, "rules of both objectives")
            labelled = apiserver.kubectl("label", "prometheusrule", rule_key.name, "-n", fresh_namespace, "team=x")
            assert labelled.returncode == 0, labelled.stderr
            one = [slo(fresh_namespace)["spec"]["objectives"][0]]
            await cluster.merge_patch(GOSERVICESLOS, Key(fresh_namespace, "checkout"), {"spec": {"objectives": one}})

            async def single() -> bool:
                return set(await names()) == {"availability"}

            await until(single, "the second objective's groups to go")
            live = await cluster.get(PROMETHEUS_RULES, rule_key)
            assert live["metadata"]["labels"]["team"] == "x"


async def test_two_field_managers_on_one_deployment(apiserver: ApiServer, fresh_namespace: str) -> None:
    key = Key(fresh_namespace, "checkout")
    async with cluster_of(apiserver.kubeconfig) as cluster:
        import json

        applied = apiserver.kubectl(
            *("apply", "--server-side", "--field-manager=helm", "-f", "-"),
            input=json.dumps(deployment(fresh_namespace, env={"GOGC": "50", "DSN": "x"})),
        )
        assert applied.returncode == 0, applied.stderr
        await add(cluster, slo(fresh_namespace, runtime={"gogc": 200, "maxProcs": 2}))
        async with operator_in(apiserver.kubeconfig, fresh_namespace):

            async def reason() -> str:
                found: str = condition(await cluster.get(GOSERVICESLOS, key), "RuntimeApplied").get("reason", "")
                return found

            async def conflict() -> bool:
                return await reason() == "RuntimeConflict"

            await until(conflict, "the conflict to be told")
            message = condition(await cluster.get(GOSERVICESLOS, key), "RuntimeApplied")["message"]
            assert "helm" in message
            assert await env_of(cluster, key) == {"GOGC": "50", "DSN": "x"}, "all or nothing"
            await cluster.merge_patch(GOSERVICESLOS, key, {"spec": {"runtime": {"takeOver": True}}})

            async def taken() -> bool:
                return await env_of(cluster, key) == {"GOGC": "200", "GOMAXPROCS": "2", "DSN": "x"}

            await until(taken, "the variables to be taken over")
            raw = await cluster.get(GOSERVICESLOS, key)
            assert raw["metadata"]["finalizers"] == [FINALIZER]
            live = await cluster.get(DEPLOYMENTS, key)
            assert live["spec"]["replicas"] == 0
            await cluster.delete(GOSERVICESLOS, key)

            async def gone() -> bool:
                try:
                    await cluster.get(GOSERVICESLOS, key)
                except NotFound:
                    return True
                return False

            await until(gone, "the resource to go")
            # The entry itself is helm's, which puts its own value back with its next apply.
            assert await env_of(cluster, key) == {"GOGC": "", "DSN": "x"}
            managers = {
                entry["manager"] for entry in (await cluster.get(DEPLOYMENTS, key))["metadata"]["managedFields"]
            }
            assert managers == {"helm"}


async def env_of(cluster: object, key: Key) -> dict[str, str]:
    live = await cluster.get(DEPLOYMENTS, key)  # type: ignore[attr-defined]
    entries = live["spec"]["template"]["spec"]["containers"][0].get("env") or ()
    return {entry["name"]: entry.get("value", "") for entry in entries}


async def test_a_target_that_comes_later_is_picked_up_and_told_by_one_event(
    apiserver: ApiServer, fresh_namespace: str
) -> None:
    key = Key(fresh_namespace, "checkout")
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, slo(fresh_namespace))
        async with operator_in(apiserver.kubeconfig, fresh_namespace, rule_sink=SinkChoice.CONFIG_MAP):

            async def reason() -> str:
                found: str = condition(await cluster.get(GOSERVICESLOS, key), "Ready").get("reason", "")
                return found

            async def missing() -> bool:
                return await reason() == "TargetNotFound"

            await until(missing, "the missing target to be told")
            await add(cluster, deployment(fresh_namespace))

            async def ready() -> bool:
                return await reason() == "Reconciled"

            await until(ready, "the target to be picked up")
        events = [
            event
            async for page in cluster.pages(EVENTS, namespace=fresh_namespace)
            for event in page.items
            if event["regarding"]["name"] == "checkout"
        ]
    told = [event["reason"] for event in events]
    assert told.count("TargetNotFound") == 1
    assert all(event["reportingController"] == "goslo.dev/operator" for event in events)


async def test_without_prometheus_rules_the_rules_go_to_config_maps(apiserver: ApiServer, fresh_namespace: str) -> None:
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(
            cluster,
            *[deployment(fresh_namespace, f"s{number}") for number in range(5)],
            *[slo(fresh_namespace, f"s{number}") for number in range(5)],
        )

        async def files() -> dict[str, str]:
            found: dict[str, str] = {}
            async for page in cluster.pages(
                CONFIG_MAPS, namespace=fresh_namespace, label_selector="app.kubernetes.io/managed-by=goslo"
            ):
                for raw in page.items:
                    found |= raw.get("data") or {}
            return found

        expected = {f"{fresh_namespace}.s{number}.yaml" for number in range(5)}
        async with operator_in(apiserver.kubeconfig, fresh_namespace, rule_sink=SinkChoice.CONFIG_MAP, shards=2):

            async def complete() -> bool:
                return set(await files()) == expected

            await until(complete, "five files")
            await cluster.delete(GOSERVICESLOS, Key(fresh_namespace, "s3"))

            async def one_less() -> bool:
                return set(await files()) == expected - {f"{fresh_namespace}.s3.yaml"}

            await until(one_less, "the file of a deleted resource to go")
        # While nobody is there, a resource goes; the next leader takes its rules away, and writes no other.
        await cluster.delete(GOSERVICESLOS, Key(fresh_namespace, "s4"))
        calls = Calls()
        async with operator_in(
            apiserver.kubeconfig, fresh_namespace, calls=calls, rule_sink=SinkChoice.CONFIG_MAP, shards=2
        ):

            async def two_less() -> bool:
                return set(await files()) == {f"{fresh_namespace}.s{number}.yaml" for number in range(3)}

            await until(two_less, "what was left behind to go")
            await asyncio.sleep(2)
        assert [call[:2] for call in calls.writes()] == [("patch", "configmaps")]


async def test_resources_of_one_target_the_older_wins_and_the_other_takes_over_when_it_goes(
    apiserver: ApiServer, fresh_namespace: str
) -> None:
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, deployment(fresh_namespace), slo(fresh_namespace, "older", target="checkout"))
        await asyncio.sleep(1.1)
        await add(cluster, slo(fresh_namespace, "younger", target="checkout"))

        async def reason(name: str) -> str:
            raw = await cluster.get(GOSERVICESLOS, Key(fresh_namespace, name))
            found: str = condition(raw, "Ready").get("reason", "")
            return found

        async with operator_in(apiserver.kubeconfig, fresh_namespace, rule_sink=SinkChoice.CONFIG_MAP):

            async def settled() -> bool:
                return (await reason("older"), await reason("younger")) == ("Reconciled", "TargetTaken")

            await until(settled, "the older one to win")
            await cluster.delete(GOSERVICESLOS, Key(fresh_namespace, "older"))

            async def taken_over() -> bool:
                return await reason("younger") == "Reconciled"

            await until(taken_over, "the younger one to take over")


async def test_other_namespaces_are_not_touched(apiserver: ApiServer, fresh_namespace: str) -> None:
    other = f"{fresh_namespace}-other"
    assert apiserver.kubectl("create", "namespace", other).returncode == 0
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, slo(other), slo(fresh_namespace))
        async with operator_in(apiserver.kubeconfig, fresh_namespace, rule_sink=SinkChoice.CONFIG_MAP):
            await until(lambda: status_of(cluster, Key(fresh_namespace, "checkout")), "a status")
            assert await status_of(cluster, Key(other, "checkout")) == {}
