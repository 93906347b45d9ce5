"""Workers: one key's trouble is its own, and what was refused is said in the status."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unit.engine.given import CHECKOUT, deployment, resource
from tests.unit.engine.memory_cluster import MemoryCluster
from tests.unit.engine.virtual_time import VirtualClock, run

from goserviceslo.engine.announcer import Announcer
from goserviceslo.engine.backoff import Backoff
from goserviceslo.engine.calendars import Calendars
from goserviceslo.engine.due import DueTimes
from goserviceslo.engine.evidence import Evidence
from goserviceslo.engine.fence import FencedCluster
from goserviceslo.engine.holders import RuleHolders
from goserviceslo.engine.observing import Observer, status_interval
from goserviceslo.engine.queue import WorkQueue
from goserviceslo.engine.shards import RuleShards
from goserviceslo.engine.store import Store
from goserviceslo.engine.worker import Result, Worker
from goserviceslo.engine.writer import Writer
from goserviceslo.ports import (
    AUTOSCALERS,
    DEPLOYMENTS,
    EVENTS,
    GOSERVICESLOS,
    PROMETHEUS_RULES,
    ApiError,
    EventNote,
    Forbidden,
    Json,
    Key,
    Resource,
)
from goserviceslo.reconcile.model import Delete, Observed, Plan, Purpose, RuleShare, RuleSink, Write
from goserviceslo.reconcile.ownership import FINALIZER, owned_object
from goserviceslo.reconcile.reconcile import reconcile as real
from goserviceslo.slo.rules import RuleSettings

Decide = Callable[[Observed, datetime], Plan]


def decide(observed: Observed, now: datetime) -> Plan:
    """A small reconciler with all the moves: rules, an autoscaler while asked for, a variable, a status."""
    raw = observed.resource
    metadata, spec = raw["metadata"], raw["spec"]
    ours = observed.deployment is not None and bool(observed.deployment.containers[0].env)
    if metadata.get("deletionTimestamp"):
        return Plan(status=None, finalizer=False if FINALIZER in metadata.get("finalizers", ()) else None)
    writes: list[Write] = []
    body, applied = owned_object(
        raw,
        api_version="monitoring.coreos.com/v1",
        kind="PrometheusRule",
        name=f"{metadata['name']}-goslo",
        spec={"groups": [{"name": "g", "rules": spec["objectives"]}]},
        labels={},
    )
    owned = observed.rules.owned
    if owned is None or owned.applied_hash != applied:
        key = Key(metadata["namespace"], body["metadata"]["name"])
        writes.append(
            Write(Purpose.RULES, PROMETHEUS_RULES, key, body, applied, exclusive=True, known=owned is not None)
        )
    if observed.deployment is not None and not ours:
        env = {
            "spec": {"template": {"spec": {"containers": [{"name": "app", "env": [{"name": "GOGC", "value": "150"}]}]}}}
        }
        body = {"metadata": {"name": observed.deployment.name, "namespace": metadata["namespace"]}, **env}
        key = Key(metadata["namespace"], observed.deployment.name)
        writes.append(Write(Purpose.RUNTIME, DEPLOYMENTS, key, body, "e", exclusive=False))
    refused = {purpose.value: refusal.kind.value for purpose, refusal in observed.refusals.items()}
    status = {"observedGeneration": metadata["generation"], "refused": refused, "env": ours}
    return Plan(
        status=status,
        writes=tuple(writes),
        deletes=(Delete(Purpose.AUTOSCALER, AUTOSCALERS, CHECKOUT),),
        rule_share=RuleShare(tuple(spec["objectives"])),
        finalizer=True if FINALIZER not in metadata.get("finalizers", ()) else None,
        events=(EventNote("Normal", "Seen", "Reconcile", f"generation {metadata['generation']}"),),
        due=timedelta(hours=1),
    )


class Scene:
    """Everything around a worker, in memory."""

    def __init__(self, reconcile: Decide = decide, cluster: MemoryCluster | None = None) -> None:
        self.cluster = cluster or MemoryCluster()
        clock = VirtualClock()
        self.store = Store()
        self.may_write = True
        fenced = FencedCluster(self.cluster, lambda: self.may_write)
        self.shards = RuleShards(fenced, "goslo", 1, lambda: None)
        holders: RuleHolders = {RuleSink.CONFIG_MAP: self.shards}
        self.queue = WorkQueue(clock.monotonic)
        self.due = DueTimes(clock.monotonic, lambda: 0.0)
        self.calendars = Calendars(fenced, clock, lambda: 0.0, self.queue.add)
        self.observer = Observer(self.store, Evidence(configured=False), holders, self.calendars, RuleSettings(), {})
        self.results: list[str] = []
        self.worker = Worker(
            queue=self.queue,
            due=self.due,
            backoff=Backoff(lambda: 0.0),
            observer=self.observer,
            writer=Writer(fenced, self.store),
            holders=holders,
            announcer=Announcer(fenced, clock, "one"),
            reconcile=reconcile,
            clock=clock,
            finished=lambda key, observed, plan: None,
            measured=lambda result, seconds: self.results.append(result.value),
        )

    def see(self, kind: Resource, raw: Json) -> Json:
        raw = self.cluster.put(kind, raw)
        for key in self.store.put(kind, raw):
            self.queue.add(key)
        return raw

    def see_all(self) -> None:
        """As after a restart: everything is listed."""
        kinds = {kind.plural: kind for kind in (GOSERVICESLOS, DEPLOYMENTS, PROMETHEUS_RULES)}
        for (plural, _), raw in self.cluster.objects.items():
            if plural in kinds:
                self.store.put(kinds[plural], raw)
        for key in self.store.keys(GOSERVICESLOS):
            self.queue.add(key)

    async def work(self, seconds: float = 1.0) -> None:
        task = asyncio.create_task(self.worker.run())
        feeder = asyncio.create_task(self.due.feed(self.queue.add))
        await asyncio.sleep(seconds)
        for one in (task, feeder):
            one.cancel()
        await asyncio.gather(task, feeder, return_exceptions=True)

    def live(self, kind: Resource = GOSERVICESLOS, key: Key = CHECKOUT) -> Json:
        return self.cluster.objects[kind.plural, key]


def test_a_plan_is_carried_out_and_the_second_look_writes_nothing() -> None:
    scene_calls: list[int] = []

    async def story() -> None:
        scene = Scene()
        scene.see(GOSERVICESLOS, resource())
        scene.see(DEPLOYMENTS, deployment())
        await scene.work()
        assert scene.live()["metadata"]["finalizers"] == [FINALIZER]
        assert scene.live(PROMETHEUS_RULES, Key("shop", "checkout-goslo"))
        writes = len(scene.cluster.writes())
        scene.see_all()
        scene.queue.add(CHECKOUT)
        await scene.work()
        scene_calls.append(len(scene.cluster.writes()) - writes)
        assert scene.results == ["done", "done"]

    run(story())
    assert scene_calls == [0]


def test_an_error_of_one_key_is_logged_once_with_its_trace_and_harms_no_other(caplog: Any) -> None:
    def reconcile(observed: Observed, now: datetime) -> Plan:
        if observed.resource["metadata"]["name"] == "bad":
            raise ZeroDivisionError("boom")
        return decide(observed, now)

    async def story() -> Scene:
        scene = Scene(reconcile)
        scene.see(GOSERVICESLOS, resource("bad"))
        scene.see(GOSERVICESLOS, resource())
        await scene.work(10)
        return scene

    with caplog.at_level(logging.INFO):
        scene = run(story())
    assert scene.live()["status"]
    traces = [record for record in caplog.records if record.exc_info]
    assert len(traces) == 1
    assert traces[0].key == "shop/bad"
    retries = [record for record in caplog.records if "trying again" in record.message]
    assert 2 < len(retries) < 10, "it is left alone for longer and longer"


def said_under_conditions(scene: Scene) -> dict[str, tuple[str, str]]:
    return {one["type"]: (one["status"], one["reason"]) for one in scene.live()["status"]["conditions"]}


def test_a_fault_of_our_own_is_admitted_once_and_taken_back_when_it_is_mended() -> None:
    broken = False

    def reconcile(observed: Observed, now: datetime) -> Plan:
        if broken:
            raise KeyError("boom")
        return real(observed, now)

    async def story() -> None:
        nonlocal broken
        scene = Scene(reconcile)
        scene.see(GOSERVICESLOS, resource())
        scene.see(DEPLOYMENTS, deployment())
        await scene.work()
        before, before_said = scene.live()["status"], said_under_conditions(scene)
        broken = True
        scene.queue.add(CHECKOUT)
        await scene.work(1)
        assert scene.live()["status"] == before, "one failure may be mended by the next look"
        await scene.work(120)
        admitted = scene.live()["status"]
        assert said_under_conditions(scene) == {
            "Ready": ("False", "InternalError"),
            **dict.fromkeys(["Measured", "Compliant", "RuntimeApplied", "Scaled"], ("Unknown", "InternalError")),
        }
        assert "target" not in admitted, "no column says what is not known"
        (told,), (was,) = admitted["objectives"], before["objectives"]
        assert (told["state"], told["reason"]) == ("Unknown", "InternalError")
        assert {**told, "state": 0, "reason": 0, "message": 0} == {**was, "state": 0, "reason": 0, "message": 0}
        assert scene.worker.compliance() == {"Unknown": 1}
        statuses = [call for call in scene.cluster.writes() if call[:2] == ("apply", GOSERVICESLOS.plural)]
        assert len(statuses) == 2, "what is written once is not written with every attempt"
        broken = False
        await scene.work(400)
        assert said_under_conditions(scene) == before_said

    run(story())


def test_a_fault_after_the_decision_takes_no_turns_with_what_it_says() -> None:
    def broken(*_: Any) -> None:
        raise KeyError("boom")

    async def story() -> int:
        scene = Scene(real)
        scene.worker._finished = broken
        scene.see(GOSERVICESLOS, resource())
        scene.see(DEPLOYMENTS, deployment())
        await scene.work(600)
        assert scene.live()["status"]["conditions"][0]["reason"] == "InternalError"
        return sum(call[:2] == ("apply", GOSERVICESLOS.plural) for call in scene.cluster.writes())

    assert run(story()) == 1


def test_troubles_of_the_api_server_are_no_faults_of_our_own(caplog: Any) -> None:
    turns = iter(["api", "api", "own", "api", "own"])

    def reconcile(observed: Observed, now: datetime) -> Plan:
        match next(turns, "fine"):
            case "api":
                raise ApiError(500, "InternalError", "boom")
            case "own":
                raise KeyError("boom")
            case _:
                return real(observed, now)

    async def story() -> Json:
        scene = Scene(reconcile)
        scene.see(GOSERVICESLOS, resource())
        await scene.work(120)
        assert sum(call[:2] == ("apply", GOSERVICESLOS.plural) for call in scene.cluster.writes()) == 1
        status: Json = scene.live()["status"]
        return status

    with caplog.at_level(logging.INFO):
        status = run(story())
    assert status["conditions"][0]["reason"] != "InternalError"
    assert len([record for record in caplog.records if record.exc_info]) == 1


def test_faults_that_a_good_look_lies_between_are_not_added_up() -> None:
    turns = iter([False, True] * 4)

    def reconcile(observed: Observed, now: datetime) -> Plan:
        if next(turns):
            return real(observed, now)
        raise KeyError("boom")

    async def story() -> None:
        scene = Scene(reconcile)
        scene.see(GOSERVICESLOS, resource())
        for _ in range(4):
            scene.queue.add(CHECKOUT)
            await scene.work(2)
        told = {raw["reason"] for (plural, _), raw in scene.cluster.objects.items() if plural == EVENTS.plural}
        assert "InternalError" not in told
        assert scene.results == ["failed", "done"] * 4

    run(story())


def test_what_is_being_deleted_says_why_it_is_still_there() -> None:
    def reconcile(observed: Observed, now: datetime) -> Plan:
        raise KeyError("boom")

    async def story() -> None:
        scene = Scene(reconcile)
        dying = resource()
        dying["metadata"] |= {"deletionTimestamp": "2026-10-14T09:00:00Z", "finalizers": [FINALIZER]}
        scene.see(GOSERVICESLOS, dying)
        await scene.work(120)
        assert scene.live()["status"]["conditions"][0]["reason"] == "InternalError"

    run(story())


def test_a_worker_goes_on_after_the_api_server_was_away() -> None:
    async def story() -> list[str]:
        scene = Scene()
        down = True

        def fail(verb: str, kind: Resource, key: Key) -> None:
            if down:
                raise ApiError(0, "Unreachable", "no route", timedelta(seconds=3))

        scene.cluster.before = fail
        scene.see(GOSERVICESLOS, resource())
        await scene.work(2)
        assert scene.results == ["failed"], "what the server asked for is waited for"
        down = False
        await scene.work(10)
        return scene.results

    assert run(story())[-1] == "done"


def test_a_refusal_is_told_in_the_status_of_the_same_pass() -> None:
    async def story() -> Json:
        scene = Scene()
        scene.cluster.put(PROMETHEUS_RULES, {"metadata": {"name": "checkout-goslo", "namespace": "shop"}, "spec": {}})
        scene.see(GOSERVICESLOS, resource())
        await scene.work()
        assert scene.results == ["refused"]
        writes = len(scene.cluster.writes())
        await scene.work(100)
        again = scene.cluster.writes()[writes:]
        assert {call[0] for call in again} == {"create"}, "it is tried again now and then, and the status stays"
        assert 1 <= len(again) <= 2
        status: Json = scene.live()["status"]
        return status

    assert run(story())["refused"] == {"rules": "Taken"}


def test_rules_go_to_the_config_maps_where_there_is_no_other_way() -> None:
    async def story() -> None:
        scene = Scene()
        scene.observer.sink = RuleSink.CONFIG_MAP
        scene.see(GOSERVICESLOS, resource())
        await scene.work()
        assert scene.shards._shards[0].files
        scene.observer.sink = RuleSink.PROMETHEUS_RULE
        scene.queue.add(CHECKOUT)
        await scene.work()
        assert not scene.shards._shards[0].files, "and leave them when there is one"

    run(story())


def test_a_resource_that_is_gone_is_forgotten() -> None:
    async def story() -> None:
        scene = Scene()
        scene.observer.sink = RuleSink.CONFIG_MAP
        raw = scene.see(GOSERVICESLOS, resource())
        await scene.work()
        assert len(scene.due) == 1
        for key in scene.store.remove(GOSERVICESLOS, CHECKOUT, raw["metadata"]["uid"]):
            scene.queue.add(key)
        await scene.work()
        assert len(scene.due) == 0
        assert not scene.shards._shards[0].files

    run(story())


def test_the_finalizer_stays_until_everything_is_given_back() -> None:
    attempts = 0

    def reconcile(observed: Observed, now: datetime) -> Plan:
        body = {"metadata": {"name": "checkout", "namespace": "shop"}, "spec": {}}
        give_back = Write(Purpose.RUNTIME, DEPLOYMENTS, CHECKOUT, body, "g", exclusive=False)
        return Plan(status=None, writes=(give_back,), finalizer=False)

    async def story() -> None:
        scene = Scene(reconcile)

        def fail(verb: str, kind: Resource, key: Key) -> None:
            nonlocal attempts
            if kind is DEPLOYMENTS:
                attempts += 1
                if attempts < 3:
                    raise ApiError(500, "InternalError", "oops")

        scene.cluster.before = fail
        scene.see(DEPLOYMENTS, deployment())
        scene.see(GOSERVICESLOS, resource(finalizers=[FINALIZER], deletionTimestamp="2026-01-02T00:00:00Z"))
        await scene.work(0.2)
        assert scene.live()["metadata"]["finalizers"] == [FINALIZER]
        await scene.work(10)
        assert (GOSERVICESLOS.plural, CHECKOUT) not in scene.cluster.objects
        assert attempts == 3

    run(story())


def test_what_may_not_be_given_back_is_told_and_holds_nobody() -> None:
    def reconcile(observed: Observed, now: datetime) -> Plan:
        body = {"metadata": {"name": "checkout", "namespace": "shop"}, "spec": {}}
        give_back = Write(Purpose.RUNTIME, DEPLOYMENTS, CHECKOUT, body, "g", exclusive=False)
        return Plan(status=None, writes=(give_back,), finalizer=False)

    async def story() -> None:
        scene = Scene(reconcile)

        def forbid(verb: str, kind: Resource, key: Key) -> None:
            if kind is DEPLOYMENTS:
                raise Forbidden(403, "Forbidden", "no right to patch deployments")

        scene.cluster.before = forbid
        scene.see(DEPLOYMENTS, deployment())
        scene.see(GOSERVICESLOS, resource(finalizers=[FINALIZER], deletionTimestamp="2026-01-02T00:00:00Z"))
        await scene.work()
        assert (GOSERVICESLOS.plural, CHECKOUT) not in scene.cluster.objects
        told = [raw for (plural, _), raw in scene.cluster.objects.items() if plural == EVENTS.plural]
        assert [event["reason"] for event in told] == ["NotGivenBack"]
        assert "The runtime's variables stay in Deployment checkout" in told[0]["note"]
        assert "no right to patch deployments" in told[0]["note"]

    run(story())


def test_nothing_is_written_by_one_who_does_not_lead() -> None:
    async def story() -> None:
        scene = Scene()
        scene.may_write = False
        scene.see(GOSERVICESLOS, resource())
        await scene.work(5)
        assert scene.cluster.writes() == []
        scene.may_write = True
        await scene.work(5)
        assert scene.live()["status"]

    run(story())


def test_the_key_of_a_cancelled_worker_is_not_lost() -> None:
    async def story() -> None:
        scene = Scene()
        scene.see(GOSERVICESLOS, resource())

        async def hang(*args: Any, **kwargs: Any) -> Json:
            return await asyncio.Event().wait()  # type: ignore[return-value]

        original, scene.cluster.create = scene.cluster.create, hang  # type: ignore[method-assign]
        await scene.work(5)
        assert len(scene.queue) == 1
        scene.cluster.create = original  # type: ignore[method-assign]
        await scene.work(5)
        assert scene.live()["status"]

    run(story())


def test_a_fleet_that_needs_no_write_leaves_time_for_others() -> None:
    async def story() -> int:
        scene = Scene(lambda observed, now: Plan(status=observed.resource.get("status")))
        for number in range(500):
            scene.see(GOSERVICESLOS, {**resource(f"r{number}"), "status": {}})
        turns = 0

        async def another() -> None:
            nonlocal turns
            while len(scene.queue):
                turns += 1
                await asyncio.sleep(0)

        await asyncio.gather(scene.work(), another())
        return turns

    assert run(story()) >= 400


class Killed(BaseException):
    """As SIGKILL at this very call."""


@pytest.mark.parametrize("took_effect", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("call", range(9))
def test_a_kill_at_any_call_ends_in_the_state_of_an_unharmed_run(call: int, took_effect: bool) -> None:
    def final(kill_at: int | None) -> tuple[dict[str, Any], int]:
        cluster = MemoryCluster()

        async def life(scene: Scene) -> None:
            scene.see_all()
            await scene.work()

        async def story() -> None:
            first = Scene(cluster=cluster)
            first.cluster.put(GOSERVICESLOS, resource())
            bare = deployment()
            bare["spec"]["template"]["spec"]["containers"][0]["env"] = []
            first.cluster.put(DEPLOYMENTS, bare)
            first.cluster.put(AUTOSCALERS, {"metadata": {"name": "checkout", "namespace": "shop"}})
            count = 0

            def kill(verb: str, kind: Resource, key: Key) -> None:
                nonlocal count
                count += 1
                if kill_at is not None and count == kill_at + 1:
                    raise Killed

            if took_effect:
                cluster.after = kill
            else:
                cluster.before = kill
            await life(first)
            cluster.before = cluster.after = lambda verb, kind, key: None
            await life(Scene(cluster=cluster))
            await life(Scene(cluster=cluster))

        run(story())
        state = {
            f"{plural}/{key}": {
                field: value for field, value in raw.items() if field not in ("metadata", "eventTime", "regarding")
            }
            for (plural, key), raw in cluster.objects.items()
            if plural != EVENTS.plural
        }
        events = sum(1 for plural, _ in cluster.objects if plural == EVENTS.plural)
        return state, events

    unharmed, events = final(None)
    assert any(name.startswith("prometheusrules") for name in unharmed)
    state, events_of_killed = final(call)
    assert state == unharmed
    assert events_of_killed <= events + 1


def test_a_fleet_refreshes_its_figures_at_no_more_than_twenty_a_second() -> None:
    assert status_interval(10) == timedelta(minutes=1)
    assert status_interval(10_000) == timedelta(seconds=500)
    assert status_interval(10**6) == timedelta(minutes=15)


def test_results_have_names_for_the_metrics() -> None:
    assert {result.value for result in Result} == {"done", "refused", "failed"}
