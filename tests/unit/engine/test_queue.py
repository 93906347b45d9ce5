"""The work queue gives each key to one worker at a time, and each namespace its turn."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine.virtual_time import ManualClock, VirtualClock, run

from goserviceslo.engine.queue import WorkQueue
from goserviceslo.ports import Key

A, B = Key("a", "one"), Key("b", "one")


def take_all(queue: WorkQueue) -> list[Key]:
    async def take() -> list[Key]:
        return [await queue.get() for _ in range(len(queue))]

    return run(take())


def test_a_key_that_waits_already_is_not_added_again() -> None:
    queue = WorkQueue(ManualClock().monotonic)
    queue.add(A)
    queue.add(A)
    assert len(queue) == 1
    assert take_all(queue) == [A]
    assert len(queue) == 0


def test_a_key_that_is_added_while_it_is_worked_on_comes_again_after_that_and_once() -> None:
    queue = WorkQueue(ManualClock().monotonic)
    queue.add(A)
    assert take_all(queue) == [A]
    queue.add(A)
    queue.add(A)
    assert len(queue) == 0, "it must not be with two workers at once"
    queue.done(A)
    assert take_all(queue) == [A]
    queue.done(A)
    assert len(queue) == 0


def test_a_noisy_namespace_delays_no_other() -> None:
    queue = WorkQueue(ManualClock().monotonic)
    for number in range(1000):
        queue.add(Key("noisy", str(number)))
    queue.add(Key("quiet", "x"))
    queue.add(Key("calm", "y"))
    assert {key.namespace for key in take_all(queue)[:3]} == {"noisy", "quiet", "calm"}


def test_a_waiting_worker_is_woken_by_one_key() -> None:
    async def story() -> Key:
        queue = WorkQueue(VirtualClock().monotonic)
        worker = asyncio.create_task(queue.get())
        await asyncio.sleep(1)
        assert not worker.done()
        queue.add(A)
        return await worker

    assert run(story()) == A


def test_a_key_is_not_lost_with_a_worker_that_was_cancelled_as_it_was_woken() -> None:
    async def story() -> Key:
        queue = WorkQueue(VirtualClock().monotonic)
        first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
        await asyncio.sleep(1)
        queue.add(A)
        first.cancel()
        return await asyncio.wait_for(second, 10)

    assert run(story()) == A


def test_a_key_that_is_discarded_does_not_come() -> None:
    queue = WorkQueue(ManualClock().monotonic)
    queue.add(A)
    queue.add(B)
    queue.discard(A)
    assert take_all(queue) == [B]


def test_the_time_that_a_key_waited_is_told() -> None:
    clock, waits = ManualClock(), list[float]()
    queue = WorkQueue(clock.monotonic, waits.append)
    queue.add(A)
    clock.seconds += 7
    take_all(queue)
    assert waits == [7.0]


def test_an_idle_queue_is_not_without_progress() -> None:
    clock = ManualClock()
    queue = WorkQueue(clock.monotonic)
    clock.seconds += 1000
    queue.add(A)
    assert queue.last_progress == 1000


@given(st.lists(st.tuples(st.sampled_from(["add", "get", "done"]), st.integers(0, 4), st.integers(0, 2))))
def test_no_key_is_lost_and_none_is_held_twice(steps: list[tuple[str, int, int]]) -> None:
    queue = WorkQueue(ManualClock().monotonic)
    held: list[Key] = []
    pending: set[Key] = set()

    async def play() -> None:
        for verb, name, namespace in steps:
            key = Key(str(namespace), str(name))
            if verb == "add":
                queue.add(key)
                pending.add(key)
            elif verb == "get" and len(queue):
                taken = await queue.get()
                assert taken not in held
                held.append(taken)
                pending.discard(taken)
            elif verb == "done" and held:
                queue.done(held.pop(0))
        while held:
            queue.done(held.pop())
        left = {await queue.get() for _ in range(len(queue))}
        assert left == pending

    run(play())
