"""Re-lists find what no watch has told, and believe no list alone."""

import asyncio
from datetime import timedelta

from tests.unit.engine.given import CHECKOUT, deployment, resource, rule
from tests.unit.engine.memory_cluster import MemoryCluster
from tests.unit.engine.virtual_time import run

from goserviceslo.engine.intake import Intake
from goserviceslo.engine.relist import Relister
from goserviceslo.engine.store import Store
from goserviceslo.ports import DEPLOYMENTS, GOSERVICESLOS, PROMETHEUS_RULES, ApiError, Gone, Key, Resource


class Scene:
    """A cluster, a store, and between them only re-lists."""

    def __init__(self, *namespaces: str) -> None:
        self.cluster = MemoryCluster()
        self.store = Store()
        self.woken: list[Key] = []
        self.intake = Intake(self.store, self.woken.append)
        self.corrections: list[tuple[str, int]] = []
        self.relister = Relister(
            self.cluster,
            self.store,
            self.intake,
            namespaces=namespaces,
            interval=timedelta(minutes=10),
            random=lambda: 0.5,
            corrected=lambda resource, count: self.corrections.append((resource.plural, count)),
        )

    def settle(self, kind: Resource = GOSERVICESLOS) -> int:
        return run(self.relister.settle(kind))


def test_what_was_missed_is_found_whether_it_came_changed_or_went() -> None:
    scene = Scene()
    for name in ("kept", "changed", "deleted"):
        scene.store.put(GOSERVICESLOS, scene.cluster.put(GOSERVICESLOS, resource(name)))
    del scene.cluster.objects[GOSERVICESLOS.plural, Key("shop", "deleted")]
    scene.cluster.put(GOSERVICESLOS, resource("changed", generation=2))
    scene.cluster.put(GOSERVICESLOS, resource("new"))
    assert scene.settle() == 3
    assert set(scene.store.keys(GOSERVICESLOS)) == {Key("shop", name) for name in ("kept", "changed", "new")}
    assert scene.store.resources[Key("shop", "changed")].generation == 2
    assert set(scene.woken) == {Key("shop", name) for name in ("changed", "deleted", "new")}
    assert scene.settle() == 0


def test_what_the_watch_tells_in_time_is_not_read_again() -> None:
    scene = Scene()
    raw = scene.cluster.put(GOSERVICESLOS, resource())

    async def story() -> int:
        settling = asyncio.create_task(scene.relister.settle(GOSERVICESLOS))
        await asyncio.sleep(1)
        scene.intake.changed(GOSERVICESLOS, raw)
        return await settling

    assert run(story()) == 0
    assert [call[0] for call in scene.cluster.calls] == ["list"]


def test_a_watch_that_is_slow_but_moves_is_waited_for() -> None:
    scene = Scene()
    raws = [scene.cluster.put(GOSERVICESLOS, resource(f"r{number}")) for number in range(10)]

    async def story() -> int:
        settling = asyncio.create_task(scene.relister.settle(GOSERVICESLOS))
        for raw in raws:
            await asyncio.sleep(1.5)
            scene.intake.changed(GOSERVICESLOS, raw)
        return await settling

    assert run(story()) == 0


def test_an_object_that_came_after_the_list_is_not_taken_for_deleted() -> None:
    scene = Scene()

    async def story() -> int:
        settling = asyncio.create_task(scene.relister.settle(GOSERVICESLOS))
        await asyncio.sleep(0)
        scene.intake.changed(GOSERVICESLOS, scene.cluster.put(GOSERVICESLOS, resource()))
        return await settling

    run(story())
    assert CHECKOUT in scene.store.resources


def test_of_rules_only_ours_are_listed() -> None:
    scene = Scene()
    scene.cluster.put(PROMETHEUS_RULES, rule())
    foreign = rule("foreign")
    foreign["metadata"]["labels"] = {}
    scene.cluster.put(PROMETHEUS_RULES, foreign)
    scene.settle(PROMETHEUS_RULES)
    assert scene.store.keys(PROMETHEUS_RULES) == (Key("shop", "checkout-goslo"),)


def test_only_the_served_namespaces_are_listed() -> None:
    scene = Scene("shop", "bar")
    scene.cluster.put(GOSERVICESLOS, resource())
    scene.cluster.put(GOSERVICESLOS, resource("x", namespace="secret"))
    scene.settle()
    assert scene.store.keys(GOSERVICESLOS) == (CHECKOUT,)


def test_a_list_that_took_too_long_is_begun_anew() -> None:
    scene = Scene()
    scene.cluster.put(GOSERVICESLOS, resource())
    failures = 2

    def expire(verb: str, resource: Resource, key: Key) -> None:
        nonlocal failures
        if verb == "list" and failures:
            failures -= 1
            raise Gone(410, "Expired", "token")

    scene.cluster.before = expire
    assert scene.settle() == 1


def test_it_is_synced_when_every_kind_was_compared_and_failures_are_tried_again() -> None:
    scene = Scene()
    scene.cluster.put(DEPLOYMENTS, deployment())
    down = True

    def fail(verb: str, resource: Resource, key: Key) -> None:
        if down and resource is DEPLOYMENTS:
            raise ApiError(503, "ServiceUnavailable", "later")

    scene.cluster.before = fail

    async def story() -> None:
        nonlocal down
        scene.relister.watch([GOSERVICESLOS, DEPLOYMENTS])
        task = asyncio.create_task(scene.relister.run())
        scene.relister.ask(GOSERVICESLOS)
        scene.relister.ask(DEPLOYMENTS)
        await asyncio.sleep(30)
        assert not scene.relister.synced.is_set()
        down = False
        await asyncio.sleep(30)
        assert scene.relister.synced.is_set()
        assert scene.store.deployment(CHECKOUT) is not None
        assert scene.corrections == [], "the first comparison corrects nothing, it fills"
        del scene.cluster.objects[DEPLOYMENTS.plural, CHECKOUT]
        await asyncio.sleep(11 * 60)
        assert scene.store.deployment(CHECKOUT) is None
        assert scene.corrections == [("deployments", 1)]
        task.cancel()

    run(story())


def test_kinds_that_are_asked_for_one_after_the_other_wait_for_no_retry() -> None:
    scene = Scene()

    async def story() -> float:
        scene.relister.watch([GOSERVICESLOS, DEPLOYMENTS])
        task = asyncio.create_task(scene.relister.run())
        start = asyncio.get_running_loop().time()
        scene.relister.ask(GOSERVICESLOS)
        scene.cluster.before = lambda verb, resource, key: scene.relister.ask(DEPLOYMENTS)
        await scene.relister.synced.wait()
        task.cancel()
        return asyncio.get_running_loop().time() - start

    assert run(story()) < 1


def test_a_kind_that_is_watched_no_longer_is_forgotten() -> None:
    scene = Scene()
    scene.relister.watch([GOSERVICESLOS, PROMETHEUS_RULES])
    scene.store.put(GOSERVICESLOS, resource())
    scene.store.put(PROMETHEUS_RULES, rule())
    scene.relister.watch([GOSERVICESLOS])
    assert scene.store.keys(PROMETHEUS_RULES) == ()
    assert scene.woken == [CHECKOUT]
