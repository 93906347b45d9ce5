"""Packed chunks say what the chunks said."""

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goserviceslo.slo.chunks import Chunk, Chunks
from goserviceslo.slo.history import History

NOW = datetime(2026, 10, 14, 9, 26, 50, tzinfo=UTC)
LENGTHS = st.timedeltas(timedelta(microseconds=1), timedelta(days=3))


@st.composite
def adjoining(draw: st.DrawFn) -> list[Chunk]:
    found, start = [], NOW
    for length in draw(st.lists(LENGTHS, max_size=40)):
        start -= length
        total = draw(st.integers(0, 2**63 - 1))
        found.append(Chunk(start, total, draw(st.integers(0, total)), draw(st.booleans())))
    return found


@given(adjoining())
def test_nothing_is_lost_by_packing(chunks: list[Chunk]) -> None:
    packed = Chunks(chunks)
    assert list(packed) == chunks
    assert [packed[index] for index in range(-len(chunks), len(chunks))] == chunks * 2
    assert list(packed[1:-1]) == chunks[1:-1]
    assert (packed.total, packed.bad) == (sum(one.total for one in chunks), sum(one.bad for one in chunks))
    assert packed.seen_since == min((one.start for one in chunks if one.seen), default=None)


@given(adjoining(), st.timedeltas(timedelta(0), timedelta(days=60)), st.data())
def test_a_window_holds_what_begins_in_it_and_keeps_what_lies_in_it_in_part(
    chunks: list[Chunk], window: timedelta, data: st.DataObject
) -> None:
    starts = [NOW - window, NOW, *(one.start for one in chunks)]
    start = data.draw(st.sampled_from(starts))
    assert list(Chunks(chunks).since(start)) == [one for one in chunks if one.start >= start]
    ends = [NOW, *(one.start for one in chunks)]
    kept = [one for one, end in zip(chunks, ends, strict=False) if end > start]
    assert list(History("m", NOW, Chunks(chunks)).since(start).chunks) == kept


def test_chunks_are_equal_when_all_they_say_is() -> None:
    one = Chunk(NOW, 10, 1, seen=True)
    assert Chunks([one]) == Chunks((one,))
    assert hash(Chunks([one])) == hash(Chunks((one,)))
    others = (Chunk(NOW, 10, 1), Chunk(NOW, 10, 2, seen=True), Chunk(NOW, 11, 1, seen=True), Chunk(NOW - timedelta(1)))
    assert all(Chunks([one]) != Chunks([other]) for other in others)
    assert Chunks() != ()
    assert repr(Chunks([one])) == f"Chunks([{one!r}])"


def test_a_month_of_chunks_takes_less_memory_than_objects_would() -> None:
    months = 100
    tracemalloc.start()
    try:
        held = [
            Chunks(Chunk(NOW - timedelta(days=day), 10**9 + month, 10**6 + day, seen=True) for day in range(30))
            for month in range(months)
        ]
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(held) == months
    assert taken / months < 1500, "in bytes; objects took 5,900"


def test_one_that_is_not_there_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        Chunks()[-1]


def test_more_events_than_can_be_counted_stay_the_most_that_can() -> None:
    assert Chunks([Chunk(NOW, 10**30, 10**30, seen=True)])[0] == Chunk(NOW, 2**63 - 1, 2**63 - 1, seen=True)
