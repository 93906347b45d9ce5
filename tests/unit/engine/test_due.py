"""Due times: one per key, earliest first, with jitter."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine.virtual_time import ManualClock, VirtualClock, run

from goserviceslo.engine.backoff import Backoff
from goserviceslo.engine.due import DueTimes
from goserviceslo.ports import Key

A, B = Key("ns", "a"), Key("ns", "b")


def seconds(amount: float) -> timedelta:
    return timedelta(seconds=amount)


def test_a_key_is_due_at_the_earliest_time_that_was_asked_for() -> None:
    clock = ManualClock()
    due = DueTimes(clock.monotonic, lambda: 0.0)
    due.at_latest(A, seconds(60))
    due.at_latest(A, seconds(10))
    due.at_latest(A, seconds(30))
    clock.seconds = 9
    assert due.take_due() == []
    clock.seconds = 10
    assert due.take_due() == [A]
    clock.seconds = 1000
    assert due.take_due() == [], "the later times are void"


def test_jitter_spreads_times_by_up_to_a_tenth() -> None:
    clock = ManualClock()
    due = DueTimes(clock.monotonic, lambda: 1.0)
    due.at_latest(A, seconds(100))
    assert due.next_in() == pytest.approx(110)


def test_what_is_forgotten_is_not_due() -> None:
    clock = ManualClock()
    due = DueTimes(clock.monotonic, lambda: 0.0)
    due.at_latest(A, seconds(1))
    due.forget(A)
    clock.seconds = 5
    assert due.take_due() == []
    assert len(due) == 0


def test_the_feeder_wakes_for_a_time_that_is_earlier_than_the_one_it_waits_for() -> None:
    async def story() -> list[tuple[float, Key]]:
        clock, fed = VirtualClock(), list[tuple[float, Key]]()
        due = DueTimes(clock.monotonic, lambda: 0.0)
        start = clock.monotonic()
        feeder = asyncio.create_task(due.feed(lambda key: fed.append((clock.monotonic() - start, key))))
        due.at_latest(A, seconds(100))
        await asyncio.sleep(1)
        due.at_latest(B, seconds(5))
        await asyncio.sleep(200)
        feeder.cancel()
        return fed

    assert [(round(at), key) for at, key in run(story())] == [(6, B), (100, A)]


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0, 1000)), max_size=400))
def test_the_heap_never_grows_much_beyond_the_keys(asked: list[tuple[int, float]]) -> None:
    clock = ManualClock()
    due = DueTimes(clock.monotonic, lambda: 0.5)
    earliest: dict[Key, float] = {}
    for name, after in asked:
        key = Key("ns", str(name))
        due.at_latest(key, seconds(after))
        earliest[key] = min(earliest.get(key, after), after)
    assert len(due._heap) <= 2 * len(due) + 65
    clock.seconds = 2000
    assert due.take_due() == sorted(earliest, key=lambda key: (seconds(earliest[key]).total_seconds() * 1.05, key))


def test_a_failing_key_is_left_alone_for_longer_and_longer_and_success_forgets() -> None:
    backoff: Backoff[Key] = Backoff(lambda: 0.0, first=seconds(1), longest=seconds(60))
    pauses = [backoff.failed(A).total_seconds() for _ in range(8)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.forget(A)
    assert backoff.failed(A) == seconds(1)


def test_a_pause_is_at_least_half_of_its_full_length_and_what_the_server_asked_for() -> None:
    backoff: Backoff[Key] = Backoff(lambda: 1.0, first=seconds(1))
    assert backoff.failed(A) == seconds(0.5)
    assert backoff.failed(A, at_least=seconds(30)) == seconds(30)
