"""The past of an objective: chunks that adjoin, and evidence that says no more than there is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases

from goserviceslo.api.window import CalendarPeriod
from goserviceslo.slo.chunks import Chunk, Chunks
from goserviceslo.slo.history import (
    History,
    Tally,
    next_chunk,
    outset,
    read_history,
    recalled,
    rested,
    split,
    whole,
    without,
    written_history,
)
from goserviceslo.slo.maintenance import Span
from goserviceslo.slo.windows import span

TILE = timedelta(seconds=30)
NOW = datetime(2026, 10, 14, 9, 26, 50, tzinfo=UTC)
DAY = timedelta(days=1)
NEW = History("m", NOW - TILE)
WINDOWS: tuple[CalendarPeriod | timedelta, ...] = (timedelta(hours=1), DAY, timedelta(days=7, hours=1), 30 * DAY)


def asked_for(history: History, window: CalendarPeriod | timedelta, now: datetime) -> tuple[History, list[Span]]:
    """All chunks, one after the other; an event a second."""
    asked = []
    while (chunk := next_chunk(history, window, None, now, TILE)) is not None:
        asked.append(chunk)
        events = (chunk.end - chunk.start) / timedelta(seconds=1)
        history = history.with_chunk(chunk, Tally(events, 0, chunk.start))
    return history, asked


@given(st.sampled_from([*WINDOWS, *CalendarPeriod]), st.integers(0, 400 * 86_400))
def test_chunks_adjoin_and_cover_the_window_but_for_its_oldest_piece(
    window: CalendarPeriod | timedelta, later: int
) -> None:
    now = NOW + timedelta(seconds=later)
    history, asked = asked_for(History("m", now - TILE), window, now)
    start, _ = span(window, None, now)
    ends = [now - TILE, *(one.start for one in asked)]
    assert [one.end for one in asked] == ends[:-1]
    assert all(start <= one.start < one.end and (one.end - one.start) % TILE == timedelta() for one in asked)
    assert len(asked) <= 31
    missing = history.reaches - start
    assert missing < (
        TILE if isinstance(window, CalendarPeriod) else max(window / 30 + TILE, timedelta(minutes=5, seconds=30))
    )
    total = recalled(history, window, None, now).total
    assert total == sum([(one.end - one.start) / timedelta(seconds=1) for one in asked])


@given(st.integers(0, 40 * 86_400))
def test_nothing_is_counted_that_the_window_has_left_and_nothing_is_asked_for_twice(later: int) -> None:
    history, _ = asked_for(NEW, 30 * DAY, NOW)
    now = NOW + timedelta(seconds=later)
    past = recalled(history, 30 * DAY, None, now)
    assert past.since >= now - 30 * DAY
    assert past.total <= (max(NEW.recorded_since, now - 30 * DAY) - (now - 30 * DAY)) / timedelta(seconds=1)
    if past.history.recorded_since > now - 30 * DAY:
        assert next_chunk(past.history, 30 * DAY, None, now, TILE) is None


def test_once_the_tiles_cover_the_window_nothing_is_left_of_the_history() -> None:
    history, _ = asked_for(NEW, 30 * DAY, NOW)
    past = recalled(history, 30 * DAY, None, NOW + 30 * DAY)
    assert (past.total, past.history.chunks, past.since) == (0, Chunks(), NOW)


@cases(
    "tallies, days",
    {
        "nothing has been asked for yet": ([], 0),
        "two days were there": (["all", "all"], 2),
        "nothing was there": (["none", "none"], 0),
        "nothing was there on a day in between": (["all", "none", "all"], 3),
        "it came in the middle of the second day": (["all", "half", "none"], 1.5),
    },
)
def test_evidence_goes_as_far_back_as_something_was_seen(tallies: list[str], days: float) -> None:
    history = NEW
    for one in tallies:
        asked = next_chunk(history, 30 * DAY, None, NOW, TILE)
        assert asked is not None
        seen = {"all": asked.start, "half": asked.start + DAY / 2, "none": None}[one]
        history = history.with_chunk(asked, Tally(10 if seen else 0, 1 if seen else 0, seen))
    assert recalled(history, 30 * DAY, None, NOW).since == NEW.recorded_since - days * DAY
    assert read_history(written_history(history)) == history


def test_a_chunk_that_does_not_adjoin_is_refused() -> None:
    with pytest.raises(ValueError, match="adjoin"):
        NEW.with_chunk(Span(NOW - 3 * DAY, NOW - 2 * DAY), Tally())


def test_what_prometheus_forgot_takes_all_before_it_along() -> None:
    history, _ = asked_for(NEW, 30 * DAY, NOW)
    left = history.moved(NEW.recorded_since + DAY, DAY)
    assert left is not None
    assert recalled(left, 30 * DAY, None, NOW + 2 * DAY).since == NEW.recorded_since + DAY
    assert next_chunk(left, 30 * DAY, None, NOW + 2 * DAY, TILE) is None


def test_what_prometheus_forgets_all_the_time_is_given_up_by_whole_chunks() -> None:
    history, _ = asked_for(NEW, 30 * DAY, NOW)
    seen: list[History] = []
    for quarter in range(1, 4 * 24 * 3 + 1):
        moved = history.moved(NEW.recorded_since + quarter * timedelta(minutes=15), DAY)
        assert moved is not None
        history = moved
        seen.append(history)
        assert history.recorded_since >= NEW.recorded_since + quarter * timedelta(minutes=15)
    assert len(set(seen)) == 3


def test_tiles_that_appear_before_the_first_void_what_was_counted_there() -> None:
    history, _ = asked_for(NEW, 30 * DAY, NOW)
    assert history.moved(NEW.recorded_since - timedelta(minutes=15), DAY) is None
    left = history.moved(NEW.recorded_since + TILE, DAY)
    assert left is not None
    assert left.moved(NEW.recorded_since - DAY, DAY) is None


@cases(
    "maintenance, left",
    {
        "none": ([], [(0, 3600)]),
        "in the middle, rounded to tiles, with the minute after it": ([(905, 1000)], [(0, 900), (1080, 3600)]),
        "at the start": ([(-100, 100)], [(180, 3600)]),
        "all of it": ([(-5, 3600)], []),
        "two that overlap with their minutes": ([(600, 700), (720, 800)], [(0, 600), (870, 3600)]),
    },
)
def test_maintenance_is_left_out_of_a_chunk(maintenance: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    zero = NOW - timedelta(hours=1)

    def spans(parts: list[tuple[int, int]]) -> list[Span]:
        return [Span(zero + timedelta(seconds=start), zero + timedelta(seconds=end)) for start, end in parts]

    assert list(without(Span(zero, NOW), spans(maintenance), TILE)) == spans(left)


@given(st.integers(1, 5000), st.integers(1, 30))
def test_parts_of_a_stretch_are_all_of_it(tiles: int, parts: int) -> None:
    whole = Span(NOW - tiles * TILE, NOW)
    found = split(whole, parts, timedelta(minutes=5), TILE)
    assert (found[0].start, found[-1].end) == (whole.start, whole.end)
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
    assert len(found) <= parts


def test_only_whole_chunks_inside_the_window_count() -> None:
    history = replace(NEW, chunks=Chunks([Chunk(NOW - DAY, 10, 1, seen=True), Chunk(NOW - 2 * DAY, 20, 2, seen=True)]))
    assert recalled(history, DAY + timedelta(hours=1), None, NOW).total == 10


SLICES = st.sampled_from([timedelta(minutes=minutes) for minutes in (1, 2, 7, 10, 60)])
SECONDS = st.integers(0, 7 * 86_400)


@given(SLICES, SECONDS, SECONDS, SECONDS)
def test_stretches_that_adjoin_hold_every_slice_once(length: timedelta, one: int, two: int, three: int) -> None:
    first, second, third = (NOW + timedelta(seconds=seconds) for seconds in sorted((one, two, three)))
    older, newer = outset(Span(first, second), length), outset(Span(second, third), length)
    assert older.end == newer.start
    assert Span(older.start, newer.end) == outset(Span(first, third), length)
    assert second - length < older.end <= second


@given(SLICES, st.lists(st.integers(0, 5000), max_size=8, unique=True).map(sorted))
def test_of_the_parts_of_a_stretch_whole_slices_are_judged(length: timedelta, edges: list[int]) -> None:
    parts = [
        Span(NOW + timedelta(seconds=begin), NOW + timedelta(seconds=end))
        for begin, end in zip(edges[::2], edges[1::2], strict=False)
    ]
    step = int(length.total_seconds())
    judged = [
        at
        for part in whole(parts, length)
        for at in range(int(part.start.timestamp()), int(part.end.timestamp()), step)
    ]
    first = int(NOW.timestamp()) // step * step
    assert judged == [
        at
        for part in parts
        for at in range(first, int(part.end.timestamp()), step)
        if part.start.timestamp() <= at and at + step <= part.end.timestamp()
    ]


def test_what_follows_maintenance_is_judged_once_it_looks_back_on_nothing_of_it() -> None:
    def parts(*edges: int) -> tuple[Span, ...]:
        instants = [NOW + timedelta(minutes=minutes) for minutes in edges]
        return tuple(Span(*pair) for pair in zip(instants[::2], instants[1::2], strict=True))

    (asked,) = parts(0, 60)
    five = timedelta(minutes=5)
    assert rested(parts(-5, 60), asked, five) == parts(0, 60)
    assert rested(parts(-5, 20, 30, 60), asked, five) == parts(0, 20, 35, 60)
    assert rested(parts(-5, -4, 2, 60), asked, five) == parts(7, 60)
    assert rested(parts(-5, 20, 30, 34, 50, 60), asked, five) == parts(0, 20, 55, 60)
    assert rested(parts(-5, 20, 30, 60), asked, timedelta()) == parts(0, 20, 30, 60)
