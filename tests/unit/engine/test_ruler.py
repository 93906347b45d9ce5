"""Rules in a ruler: sent once, taken away with their resource, and nobody else's ever touched."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.engine.memory_ruler import MemoryRuler
from tests.unit.engine.virtual_time import run

from goserviceslo.engine.fence import FencedRuler
from goserviceslo.engine.groupmarks import mark_of
from goserviceslo.engine.ruler import RulerRules
from goserviceslo.ports import Json, Key, RulerError
from goserviceslo.reconcile.model import RefusalKind

A, B = Key("shop", "a"), Key("shop", "b")


def groups(key: Key, *parts: str, expression: str = "x") -> tuple[Json, ...]:
    return tuple(
        {
            "name": f"goslo/{key}/availability/{part}",
            "interval": "90s",
            "rules": [{"record": "r", "expr": expression}, {"alert": "a", "expr": "y", "for": "90s"}],
        }
        for part in parts or ("tiles", "windows")
    )


class Scene:
    """One replica that leads, and the ruler that it writes to."""

    def __init__(self, ruler: MemoryRuler | None = None, *living: Key, namespaces: tuple[str, ...] = ()) -> None:
        self.ruler = ruler or MemoryRuler()
        self.living = set(living)
        self.woken: list[Key] = []
        self.leads = True
        self.rules = RulerRules(
            FencedRuler(self.ruler, lambda: self.leads),
            prefix="goslo",
            namespaces=namespaces,
            interval=timedelta(minutes=10),
            random=lambda: 0.0,
            living=lambda: self.living,
            wake=self.woken.append,
        )

    def offer(self, key: Key, *parts: str, expression: str = "x") -> Any:
        self.living.add(key)
        return self.rules.offer(key, groups(key, *parts, expression=expression))

    def names(self, namespace: str = f"goslo/{A}") -> set[str]:
        return {name.rpartition("/")[2] for name in self.ruler.standing.get(namespace, {})}


def play(scene: Scene, story: Coroutine[Any, Any, None]) -> None:
    async def with_sender() -> None:
        sender = asyncio.create_task(scene.rules.run())
        await story
        assert not sender.done()
        sender.cancel()

    run(with_sender())


def test_each_resource_has_a_namespace_of_its_own_and_its_groups_stand_there_within_a_second() -> None:
    scene = Scene()

    async def story() -> None:
        assert scene.offer(A) is None
        assert scene.offer(B, "tiles") is None
        await asyncio.sleep(1)
        assert scene.names() == {"tiles", "windows"}
        assert scene.names(f"goslo/{B}") == {"tiles"}
        assert scene.rules.location(A) == "ruler namespace goslo/shop/a"
        assert scene.ruler.standing[f"goslo/{A}"][f"goslo/{A}/availability/tiles"]["query_offset"] == "0s"

    play(scene, story())


def test_a_change_sends_the_changed_group_alone_and_equal_rules_nothing() -> None:
    scene = Scene()

    async def story() -> None:
        scene.offer(A)
        await asyncio.sleep(1)
        scene.offer(A)
        await asyncio.sleep(5)
        assert len(scene.ruler.writes()) == 2
        scene.rules.offer(A, (*groups(A, "tiles"), *groups(A, "windows", expression="changed")))
        await asyncio.sleep(1)
        assert scene.ruler.writes()[2:] == [("put", f"goslo/{A}/availability/windows")]

    play(scene, story())


def test_a_group_that_is_no_longer_wanted_goes_before_new_ones_come() -> None:
    scene = Scene()

    async def story() -> None:
        scene.offer(A, "tiles")
        await asyncio.sleep(1)
        scene.offer(A, "counts")
        await asyncio.sleep(1)
        assert scene.names() == {"counts"}
        assert [verb for verb, _ in scene.ruler.writes()] == ["put", "delete", "put"]

    play(scene, story())


def test_the_rules_of_a_deleted_resource_go() -> None:
    scene = Scene()

    async def story() -> None:
        scene.offer(A)
        await asyncio.sleep(1)
        scene.living.clear()
        scene.rules.offer(A, ())
        await asyncio.sleep(1)
        assert scene.ruler.standing == {}
        assert scene.rules.unsent() == 0

    play(scene, story())


def test_a_restart_writes_nothing_and_finds_what_was_deleted_meanwhile() -> None:
    ruler = MemoryRuler()
    first = Scene(ruler)

    async def before() -> None:
        first.offer(A)
        first.offer(B)
        await asyncio.sleep(1)

    play(first, before())
    second = Scene(ruler, A)

    async def after() -> None:
        second.offer(A)
        await asyncio.sleep(5)
        assert [call for call in ruler.writes()[4:] if call[0] == "put"] == []
        assert set(ruler.standing) == {f"goslo/{A}"}, "B was deleted while nobody led"

    play(second, after())


def test_rules_of_a_living_resource_stay_until_they_are_offered_anew() -> None:
    ruler = MemoryRuler()
    ruler.standing = {f"goslo/{A}": {group["name"]: group for group in groups(A)}}
    scene = Scene(ruler, A)

    async def story() -> None:
        await asyncio.sleep(1500)
        assert scene.names() == {"tiles", "windows"}
        scene.rules.offer(A, ())
        await asyncio.sleep(1)
        assert ruler.standing == {}

    play(scene, story())


def test_what_is_withdrawn_before_the_ruler_was_ever_listed_goes_as_well() -> None:
    ruler = MemoryRuler()
    ruler.standing = {f"goslo/{A}": {group["name"]: group for group in groups(A)}}
    scene = Scene(ruler, A)
    scene.rules.offer(A, ())

    async def story() -> None:
        await asyncio.sleep(1)
        assert ruler.standing == {}

    play(scene, story())


def test_nothing_of_anybody_else_is_touched() -> None:
    theirs = {"name": "theirs", "interval": "1m", "rules": []}
    others: dict[str, dict[str, Json]] = {
        "team": {"theirs": theirs},
        "goslo": {"theirs": theirs},
        "goslo/shop": {"theirs": theirs},
        "goslo-eu/shop/gone": {"goslo/shop/gone/availability/tiles": groups(Key("shop", "gone"))[0]},
        "goslo/elsewhere/x": {"goslo/elsewhere/x/availability/tiles": groups(Key("elsewhere", "x"))[0]},
        "goslo/shop/gone": {"theirs": theirs, "goslo/shop/gone/availability/tiles": groups(Key("shop", "gone"))[0]},
    }
    ruler = MemoryRuler()
    ruler.standing = {namespace: dict(found) for namespace, found in others.items()}
    scene = Scene(ruler, namespaces=("shop",))

    async def story() -> None:
        scene.offer(A)
        await asyncio.sleep(1)
        scene.rules.offer(A, ())
        scene.living.clear()
        await asyncio.sleep(1500)
        del others["goslo/shop/gone"]["goslo/shop/gone/availability/tiles"]
        assert ruler.standing == others

    play(scene, story())


@cases(
    "meddle",
    {
        "deletes a group": lambda standing: standing.pop(f"goslo/{A}/availability/tiles"),
        "changes a group": lambda standing: standing.update(
            {f"goslo/{A}/availability/tiles": groups(A, "tiles", expression="theirs")[0]}
        ),
        "puts a limit on a group": lambda standing: standing.update(
            {f"goslo/{A}/availability/tiles": {**groups(A, "tiles")[0], "limit": "1"}}
        ),
    },
)
def test_the_next_list_finds_that_somebody(meddle: Any) -> None:
    scene = Scene()

    async def story() -> None:
        scene.offer(A)
        await asyncio.sleep(1)
        before = {name: dict(group) for name, group in scene.ruler.standing[f"goslo/{A}"].items()}
        meddle(scene.ruler.standing[f"goslo/{A}"])
        await asyncio.sleep(700)
        assert scene.ruler.standing[f"goslo/{A}"] == before
        assert scene.ruler.writes()[2:] == [("put", f"goslo/{A}/availability/tiles")]

    play(scene, story())


def test_a_ruler_that_fails_is_left_alone_for_longer_and_longer_and_then_gets_everything() -> None:
    scene = Scene()
    down = False

    def fail(verb: str, name: str) -> None:
        if down:
            raise RulerError("The ruler answered HTTP 500.")

    scene.ruler.before = fail

    async def story() -> None:
        nonlocal down
        await asyncio.sleep(1)
        down = True
        scene.offer(A)
        scene.offer(B)
        await asyncio.sleep(1)
        refusal = scene.rules.refusal(A)
        assert refusal is not None
        assert refusal.kind is RefusalKind.FAILED
        assert refusal.message == "The ruler answered HTTP 500. It is tried again."
        await asyncio.sleep(300)
        assert len(scene.ruler.calls) < 40
        down = False
        scene.woken.clear()
        await asyncio.sleep(61)
        assert scene.rules.refusal(A) is None
        assert {A, B} <= set(scene.woken)
        assert set(scene.ruler.standing) == {f"goslo/{A}", f"goslo/{B}"}

    play(scene, story())


def test_a_ruler_that_asks_for_a_pause_gets_it() -> None:
    scene = Scene()
    times: list[float] = []

    def limit(verb: str, name: str) -> None:
        if verb == "put":
            times.append(asyncio.get_running_loop().time())
            if len(times) == 1:
                raise RulerError("The ruler asks for a pause.", retry_after=timedelta(seconds=45))

    scene.ruler.before = limit

    async def story() -> None:
        scene.offer(A, "tiles")
        await asyncio.sleep(2)
        scene.offer(B, "tiles")
        await asyncio.sleep(60)
        assert times[1] - times[0] >= 45
        assert len(scene.ruler.standing) == 2

    play(scene, story())


def test_a_group_that_is_not_taken_is_said_of_its_resource_alone_and_tried_when_it_changes_or_later() -> None:
    scene = Scene()
    limited = True

    def refuse(verb: str, name: str) -> None:
        if limited and verb == "put" and name == f"goslo/{A}/availability/tiles":
            raise RulerError("The ruler does not take the rules: limit exceeded", of_group=True)

    scene.ruler.before = refuse

    async def story() -> None:
        nonlocal limited
        scene.offer(A)
        scene.offer(B)
        await asyncio.sleep(1)
        refusal = scene.rules.refusal(A)
        assert refusal is not None
        assert (refusal.kind, refusal.message) == (
            RefusalKind.INVALID,
            "The ruler does not take the rules: limit exceeded",
        )
        assert scene.rules.refusal(B) is None
        assert scene.woken == [A]
        assert scene.names() == {"windows"}, "the others of the resource are there"
        before = len(scene.ruler.writes())
        await asyncio.sleep(40)
        assert len(scene.ruler.writes()) == before
        limited = False
        await asyncio.sleep(30)
        assert scene.names() == {"tiles", "windows"}
        assert scene.rules.refusal(A) is None
        assert scene.woken == [A, A]

    play(scene, story())


def test_a_start_without_the_ruler_says_nothing_for_a_while_and_then_says_it() -> None:
    scene = Scene()

    def fail(verb: str, name: str) -> None:
        raise RulerError("The ruler cannot be reached.")

    scene.ruler.before = fail

    async def story() -> None:
        assert scene.offer(A) is None
        await asyncio.sleep(15)
        assert scene.rules.refusal(A) is None
        await asyncio.sleep(60)
        assert scene.rules.refusal(A) is not None
        assert scene.woken == [A]

    play(scene, story())


def test_a_list_that_fails_is_no_trouble_of_rules_that_stand() -> None:
    scene = Scene()

    async def story() -> None:
        scene.offer(A)
        await asyncio.sleep(1)

        def fail(verb: str, name: str) -> None:
            raise RulerError("The ruler cannot be reached.")

        scene.ruler.before = fail
        await asyncio.sleep(1500)
        assert scene.rules.refusal(A) is None

    play(scene, story())


def test_an_answer_that_never_came_leaves_nothing_taken_for_sent() -> None:
    scene = Scene()
    lost = True

    def lose(verb: str, name: str) -> None:
        nonlocal lost
        if verb == "put" and lost:
            lost = False
            namespace = name.rpartition("/availability")[0]
            scene.ruler.standing[namespace][name] = groups(A, "tiles", expression="new")[0]
            raise RulerError("The ruler did not answer.")

    async def story() -> None:
        scene.offer(A, "tiles", expression="old")
        await asyncio.sleep(1)
        scene.ruler.before = lose
        scene.offer(A, "tiles", expression="new")
        await asyncio.sleep(0.6)
        scene.offer(A, "tiles", expression="old")
        await asyncio.sleep(5)
        (group,) = scene.ruler.standing[f"goslo/{A}"].values()
        assert group["rules"][0]["expr"] == "old"

    play(scene, story())


def test_one_who_does_not_lead_for_a_moment_sends_later() -> None:
    scene = Scene()
    scene.leads = False

    async def story() -> None:
        scene.offer(A)
        await asyncio.sleep(3)
        assert scene.ruler.writes() == []
        scene.leads = True
        await asyncio.sleep(3)
        assert scene.names() == {"tiles", "windows"}

    play(scene, story())


def test_one_who_leads_again_believes_nothing_of_before() -> None:
    scene = Scene()

    async def story() -> None:
        scene.offer(A)
        await asyncio.sleep(1)
        scene.ruler.standing.clear()
        scene.rules.begin()
        scene.offer(A)
        await asyncio.sleep(700)
        assert scene.names() == {"tiles", "windows"}

    play(scene, story())


WISHES = st.lists(
    st.tuples(st.sampled_from([A, B]), st.sets(st.sampled_from(["tiles", "windows", "counts"])), st.sampled_from("xy")),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(
    wishes=WISHES, pauses=st.lists(st.sampled_from([0.0, 0.4, 1.0]), min_size=12, max_size=12), fails=st.integers(0, 8)
)
def test_whatever_happens_on_the_way_the_last_wish_stands_in_the_end(
    wishes: list[tuple[Key, set[str], str]], pauses: list[float], fails: int
) -> None:
    scene = Scene(None, A, B)
    left = fails

    def fail(verb: str, name: str) -> None:
        nonlocal left
        if left:
            left -= 1
            raise RulerError("later", of_group=left % 3 == 1 and verb == "put")

    scene.ruler.before = fail
    last: dict[Key, tuple[Json, ...]] = {}

    async def story() -> None:
        for (key, parts, expression), pause in zip(wishes, pauses, strict=False):
            last[key] = groups(key, *sorted(parts), expression=expression) if parts else ()
            scene.rules.offer(key, last[key])
            await asyncio.sleep(pause)
        await asyncio.sleep(400)
        for key in (A, B):
            wanted = {group["name"]: mark_of(group) for group in last.get(key, ())}
            found = scene.ruler.standing.get(f"goslo/{key}", {})
            assert {name: mark_of(group) for name, group in found.items()} == wanted
        assert scene.rules.unsent() == 0

    play(scene, story())
