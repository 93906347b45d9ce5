"""Rules in ConfigMaps: a resource never moves, nobody else's ConfigMap is touched, nothing grows beyond what fits."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine.memory_cluster import MemoryCluster
from tests.unit.engine.virtual_time import run

from goserviceslo.engine.fence import NotLeading
from goserviceslo.engine.shards import LARGEST_SHARD_BYTES, RuleShards, file_of, shard_of
from goserviceslo.ports import CONFIG_MAPS, ApiError, Json, Key, Resource
from goserviceslo.reconcile.model import RefusalKind
from goserviceslo.reconcile.ownership import MANAGED_BY, MANAGER

A, B = Key("shop", "a"), Key("shop", "b")
ONLY = Key("goslo", "goslo-rules-0")


def groups(name: str = "g", size: int = 0) -> tuple[Json, ...]:
    return ({"name": name, "rules": [{"expr": "x" * size}]},)


class Scene:
    """One shard, which is being sent."""

    def __init__(self, cluster: MemoryCluster | None = None) -> None:
        self.cluster = cluster or MemoryCluster()
        self.changes = 0
        self.shards = RuleShards(self.cluster, "goslo", 1, self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def files(self) -> dict[str, Any]:
        data = self.cluster.objects[CONFIG_MAPS.plural, ONLY]["data"]
        return {name: json.loads(text) for name, text in data.items()}


def play(scene: Scene, story: Coroutine[Any, Any, None]) -> None:
    async def with_sender() -> None:
        sender = asyncio.create_task(scene.shards.run())
        await story
        sender.cancel()

    run(with_sender())


def test_what_is_offered_stands_there_within_a_second() -> None:
    scene = Scene()

    async def story() -> None:
        assert scene.shards.offer(A, groups("a")) is None
        assert scene.shards.offer(B, groups("b")) is None
        await asyncio.sleep(1)
        assert scene.files() == {
            "shop.a.yaml": {"groups": list(groups("a"))},
            "shop.b.yaml": {"groups": list(groups("b"))},
        }
        assert [call[0] for call in scene.cluster.writes()] == ["create"]

    play(scene, story())


def test_a_change_sends_the_changed_file_alone_and_equal_rules_nothing() -> None:
    scene = Scene()

    async def story() -> None:
        scene.shards.offer(A, groups("a"))
        scene.shards.offer(B, groups("b"))
        await asyncio.sleep(1)
        scene.shards.offer(B, groups("b"))
        await asyncio.sleep(5)
        assert len(scene.cluster.writes()) == 1
        scene.shards.offer(B, groups("changed"))
        await asyncio.sleep(1)
        assert scene.files()["shop.b.yaml"] == {"groups": list(groups("changed"))}
        assert len(scene.cluster.writes()) == 2

    play(scene, story())


def test_what_is_withdrawn_is_gone() -> None:
    scene = Scene()

    async def story() -> None:
        scene.shards.offer(A, groups())
        scene.shards.offer(B, groups())
        await asyncio.sleep(1)
        scene.shards.offer(A, ())
        await asyncio.sleep(1)
        assert set(scene.files()) == {"shop.b.yaml"}

    play(scene, story())


def test_a_config_map_of_our_name_that_is_not_ours_is_left_alone_and_said_so() -> None:
    scene = Scene()
    users = scene.cluster.put(CONFIG_MAPS, {"metadata": {"name": ONLY.name, "namespace": "goslo"}, "data": {"a": "b"}})

    async def story() -> None:
        scene.shards.offer(A, groups())
        await asyncio.sleep(1)
        refusal = scene.shards.refusal(A)
        assert refusal is not None
        assert refusal.kind is RefusalKind.TAKEN
        assert scene.changes == 1
        assert scene.cluster.objects[CONFIG_MAPS.plural, ONLY] == users
        del scene.cluster.objects[CONFIG_MAPS.plural, ONLY]
        await asyncio.sleep(10)
        assert scene.shards.refusal(A) is None
        assert set(scene.files()) == {"shop.a.yaml"}
        assert scene.changes == 2

    play(scene, story())


def test_a_new_leader_begins_with_what_stands_there() -> None:
    cluster = MemoryCluster()
    first = Scene(cluster)

    async def story() -> None:
        first.shards.offer(A, groups("a"))
        first.shards.offer(B, groups("b"))
        await asyncio.sleep(1)

    play(first, story())
    second = Scene(cluster)

    async def takeover() -> None:
        await second.shards.load([A, B])
        second.shards.offer(A, groups("a"))
        await asyncio.sleep(5)
        assert len(cluster.writes()) == 1, "equal rules are not sent again, and B's stay until B is offered"
        await second.shards.load([A])
        await asyncio.sleep(5)
        assert set(second.files()) == {"shop.a.yaml"}, "the rules of a resource that is no more are taken away"

    play(second, takeover())


def test_a_deleted_or_changed_config_map_is_written_anew_as_a_whole() -> None:
    scene = Scene()

    async def story() -> None:
        scene.shards.offer(A, groups("a"))
        scene.shards.offer(B, groups("b"))
        await asyncio.sleep(1)
        del scene.cluster.objects[CONFIG_MAPS.plural, ONLY]
        scene.shards.offer(B, groups("b2"))
        await asyncio.sleep(1)
        assert set(scene.files()) == {"shop.a.yaml", "shop.b.yaml"}
        meddled = {
            "metadata": {"name": ONLY.name, "namespace": "goslo", "labels": {MANAGED_BY: MANAGER}},
            "data": {"theirs.yaml": "{}"},
        }
        scene.cluster.put(CONFIG_MAPS, meddled)
        scene.shards.offer(A, groups("a2"))
        await asyncio.sleep(1)
        assert scene.files() == {
            "shop.a.yaml": {"groups": list(groups("a2"))},
            "shop.b.yaml": {"groups": list(groups("b2"))},
        }

    play(scene, story())


def test_a_check_finds_what_somebody_deleted_or_changed_and_writes_nothing_else() -> None:
    scene = Scene()

    async def story() -> None:
        scene.shards.offer(A, groups("a"))
        await asyncio.sleep(1)
        await scene.shards.check()
        await asyncio.sleep(1)
        assert len(scene.cluster.writes()) == 1
        changed = scene.cluster.objects[CONFIG_MAPS.plural, ONLY]
        scene.cluster.put(CONFIG_MAPS, {**changed, "data": {"shop.a.yaml": "broken"}})
        await scene.shards.check()
        await asyncio.sleep(1)
        assert scene.files() == {"shop.a.yaml": {"groups": list(groups("a"))}}
        del scene.cluster.objects[CONFIG_MAPS.plural, ONLY]
        await scene.shards.check()
        await asyncio.sleep(1)
        assert scene.files() == {"shop.a.yaml": {"groups": list(groups("a"))}}

    play(scene, story())


def test_a_failed_write_is_tried_again() -> None:
    scene = Scene()
    down = True

    def fail(verb: str, resource: Resource, key: Key) -> None:
        if down:
            raise ApiError(503, "ServiceUnavailable", "later")

    scene.cluster.before = fail

    async def story() -> None:
        nonlocal down
        scene.shards.offer(A, groups())
        await asyncio.sleep(12)
        refusal = scene.shards.refusal(A)
        assert refusal is not None
        assert refusal.kind is RefusalKind.FAILED
        down = False
        await asyncio.sleep(12)
        assert scene.shards.refusal(A) is None
        assert set(scene.files()) == {"shop.a.yaml"}

    play(scene, story())


def test_one_who_does_not_lead_for_a_moment_sends_later() -> None:
    scene = Scene()
    leads = False

    def fence(verb: str, resource: Resource, key: Key) -> None:
        if not leads:
            raise NotLeading

    scene.cluster.before = fence

    async def story() -> None:
        nonlocal leads
        scene.shards.offer(A, groups())
        await asyncio.sleep(2)
        leads = True
        await asyncio.sleep(10)
        assert set(scene.files()) == {"shop.a.yaml"}

    play(scene, story())


def test_the_newest_is_refused_when_a_shard_is_full_and_what_stands_there_stays() -> None:
    scene = Scene()

    async def story() -> None:
        half = LARGEST_SHARD_BYTES // 2
        assert scene.shards.offer(A, groups(size=half)) is None
        refusal = scene.shards.offer(B, groups(size=half))
        assert refusal is not None
        assert refusal.kind is RefusalKind.TOO_LARGE
        assert "rules.shards" in refusal.message
        await asyncio.sleep(1)
        assert set(scene.files()) == {"shop.a.yaml"}
        assert scene.shards.offer(A, groups(size=10)) is None
        assert scene.shards.offer(B, groups(size=half)) is None, "there is room again"

    play(scene, story())


@given(st.text(min_size=1, max_size=300, alphabet='abc.-0"é'), st.integers(1, 64))
def test_a_resource_never_moves_and_its_file_has_a_name_that_config_maps_take(name: str, count: int) -> None:
    key = Key("n" * 63, name)
    assert 0 <= shard_of(key, count) < count
    assert shard_of(key, count) == shard_of(Key("n" * 63, name), count)
    assert len(file_of(key)) <= 253


def test_a_thousand_resources_spread_evenly() -> None:
    counts = [0] * 8
    for number in range(1000):
        counts[shard_of(Key("shop", f"service-{number}"), 8)] += 1
    assert min(counts) > 80


def test_the_guard_counts_what_the_api_server_will_count() -> None:
    scene = Scene()
    text = 'sum by (namespace) (rate(http_requests_total{code="500",pod=~"é"}[5m]))'

    async def story() -> None:
        for number in range(200):
            scene.shards.offer(Key("shop", f"s{number}"), ({"name": "g", "rules": [{"expr": text}] * 20},))
        await asyncio.sleep(1)

    play(scene, story())
    data = scene.cluster.objects[CONFIG_MAPS.plural, ONLY]["data"]
    sent = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    (shard,) = scene.shards._shards
    assert len(sent) <= shard.size + 2
    assert shard.size <= len(sent) * 1.05
