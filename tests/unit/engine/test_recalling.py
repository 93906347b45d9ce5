"""Counting the past: who knows least comes first, gently, and nothing is asked for that is known."""

import asyncio
import gc
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.engine.given import resource
from tests.unit.engine.scripted_metrics import ScriptedMetrics, vector
from tests.unit.engine.virtual_time import START, VirtualClock, run

from goserviceslo.api.maintenance import MaintenanceWindow
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.engine.evidence import Evidence
from goserviceslo.engine.recalling import Recalling
from goserviceslo.engine.subjects import Subject
from goserviceslo.ports import Answer, Json, Key, NoData, Partial, Sample, Trouble, Unavailable, Vector
from goserviceslo.reconcile.model import Past
from goserviceslo.slo.conventions import EVENTS_LABEL
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.history import History, Tally, written_history
from goserviceslo.slo.indicator import EventIndicator, Indicator, Workload, resolve
from goserviceslo.slo.maintenance import Span
from goserviceslo.slo.measurement import Measurement
from goserviceslo.slo.raw_counts import signature
from goserviceslo.slo.rules import RuleSettings

SETTINGS = RuleSettings()
CHUNK = timedelta(minutes=5)
"""Of a window of an hour."""
FIRST = START - timedelta(seconds=90)
"""Where the first tile starts."""
A, B = Key("shop", "a"), Key("shop", "b")
DOWN = Unavailable(Trouble.UNREACHABLE, "Prometheus cannot be reached.")
SLOW = Unavailable(Trouble.TIMED_OUT, "Prometheus took too long.")
COUNTER = MetricShape("http_requests_total", MetricKind.COUNTER, frozenset({"code"}))


def past(window: str = "1h", deployment: str = "checkout", name: str = "availability") -> Past:
    objective = Objective.model_validate({"name": name, "target": "99.9", "window": window, "http": {}})
    indicator = resolve(objective, Workload("shop", deployment), [COUNTER], None)
    assert isinstance(indicator, Indicator)
    return the_past_of(objective, indicator)


def the_past_of(objective: Objective, indicator: Indicator) -> Past:
    return Past(objective.name, objective.window, objective.time_zone, indicator, ())


def events(total: float, seen: datetime, bad: float = 0) -> Vector:
    """An answer about a stretch."""
    return vector(
        ({EVENTS_LABEL: "bad"}, bad),
        ({}, total - bad),
        ({EVENTS_LABEL: "seen since"}, seen.timestamp()),
    )


class Source(ScriptedMetrics):
    """Prometheus: where the first tiles are, and 60 events in every minute of the past."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self.clock = clock
        self.took = 0.0
        self.first: dict[str, datetime] = {}
        """Where the first tile of a resource starts, `FIRST` unless set."""
        self.chunks: Callable[[datetime, timedelta], Answer | None] = lambda end, length: None
        """Answers to questions about stretches; None for the usual."""
        self.log: list[tuple[float, str, datetime, timedelta]] = []
        """When it was asked, what ('start' or 'tiles' or 'chunk'), of when, and how long a stretch."""
        self.unsure = False
        """Whether whole stretches are."""
        self.running = self.most_running = 0

    async def query(self, promql: str, at: datetime | None = None) -> Answer:
        assert at is not None
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        asked_at = self.clock.monotonic()
        await asyncio.sleep(self.took)
        self.running -= 1
        if "goslo:total:delta" in promql:
            self.log.append((asked_at, "start", at, timedelta()))
            return self._tiles(promql, at)
        kind = "tiles" if "irate(" in promql else "chunk"
        slices = re.search(rf'\[(\w+):\d+m\]\), "{EVENTS_LABEL}", "bad"', promql)
        found = slices or re.search(r"\[(\w+):30s\]" if kind == "tiles" else r"\[(\d+[smhd]\w*)\]", promql)
        assert found is not None
        length = _length(found[1])
        self.log.append((asked_at, kind, at, length))
        answer = self.chunks(at, length)
        if self.unsure and kind == "chunk":
            return vector(({EVENTS_LABEL: "unsure"}, 1.0))
        return events(length.total_seconds(), at - length) if answer is None else answer

    def _tiles(self, promql: str, at: datetime) -> Answer:
        name = re.search(r'goslo="(\w+)"', promql)
        reach = re.search(r"\[(\w+):(\w+)\]", promql)
        assert name is not None
        assert reach is not None
        first = self.first.get(name[1], FIRST) + timedelta(seconds=35)
        if first > at:
            return NoData()
        return Vector([Sample({}, max(first, at - _length(reach[1])).timestamp(), 0.0)])

    def stretches(self) -> list[tuple[datetime, timedelta]]:
        return [(at, length) for _, what, at, length in self.log if what != "start"]


def _length(text: str) -> timedelta:
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    return sum(
        (timedelta(**{units[unit]: int(number)}) for number, unit in re.findall(r"(\d+)([smhd])", text)), timedelta()
    )


class Scene:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.source = Source(self.clock)
        self.evidence = Evidence(configured=True)
        self.evidence.health = replace(self.evidence.health, asked=True)
        self.wakes: list[Key] = []
        self.busy = False
        self.recalling = Recalling(
            self.source,
            self.clock,
            lambda: 0.0,
            SETTINGS,
            self.evidence,
            lambda key: self.wakes.append(key),
            lambda: self.busy,
        )

    def want(self, key: Key = A, *pasts: Past) -> None:
        pasts = pasts or (past(),)
        self.evidence.measurements[key] = {
            one.name: Measurement(START, bad=0, total=0, counted_at=START) for one in pasts
        }
        self.recalling.want(key, pasts)

    async def during(self, seconds: float) -> None:
        task = asyncio.create_task(self.recalling.run())
        await asyncio.sleep(seconds)
        task.cancel()

    def history(self, key: Key = A) -> History:
        return self.evidence.pasts[key]["availability"].history


def played(play: Callable[[Scene], None], seconds: float = 60.0) -> Scene:
    """A minute of counting, after what is set up."""

    async def scene() -> Scene:
        it = Scene()
        play(it)
        await it.during(seconds)
        return it

    return run(scene())


def test_the_newest_chunk_of_every_objective_comes_before_an_older_one_of_any() -> None:
    def play(it: Scene) -> None:
        it.source.took = 0.1
        it.source.first = {"b": FIRST + timedelta(seconds=30)}
        it.want(A)
        it.want(B)

    it = played(play)
    ends = [at for at, _ in it.source.stretches()]
    starts = (FIRST, FIRST + timedelta(seconds=30))
    assert ends[:6] == [start - number * CHUNK for number in range(3) for start in starts]


def test_one_that_comes_later_catches_up_before_another_goes_on() -> None:
    async def scene() -> Scene:
        it = Scene()
        it.source.took = 0.5
        it.source.first = {"b": FIRST + timedelta(seconds=30)}
        it.want(A)
        task = asyncio.create_task(it.recalling.run())
        await asyncio.sleep(11.0)
        it.source.log.clear()
        it.want(B)
        await asyncio.sleep(12.0)
        task.cancel()
        return it

    it = run(scene())
    of_b = FIRST + timedelta(seconds=30)
    ends = [at for at, _ in it.source.stretches()]
    assert ends[:3] == [of_b, of_b - CHUNK, of_b - 2 * CHUNK]


def test_one_question_runs_at_a_time_and_the_source_rests_three_times_as_long_as_it_took() -> None:
    def play(it: Scene) -> None:
        it.source.took = 2.0
        it.want(A)
        it.want(B)

    it = played(play)
    assert it.source.most_running == 1
    pauses = [after[0] - before[0] for before, after in pairwise(it.source.log)]
    assert len(pauses) > 4
    assert pauses == pytest.approx([8.0] * len(pauses))


def test_what_was_counted_is_the_history_and_a_worker_is_told() -> None:
    it = played(Scene.want)
    assert [(one.total, one.seen) for one in it.history().chunks] == [(300, True)] * 11
    assert it.history().recorded_since == FIRST
    assert it.evidence.measurements[A]["availability"].total == 11 * 300
    assert A in it.wakes
    assert len(it.wakes) <= 3


def test_while_resources_wait_for_their_rules_nobody_s_past_is_counted() -> None:
    async def scene() -> Scene:
        it = Scene()
        it.want(A)
        it.busy = True
        await it.during(60)
        assert it.source.log == []
        it.busy = False
        await it.during(60)
        return it

    assert len(run(scene()).history().chunks) > 8


def a_new_fleet(took: float, seconds: float) -> tuple[list[int], set[int]]:
    """Forty resources at once and a source that takes so long; how many chunks each knows, and how often they woke."""
    keys = [Key("shop", f"r{number}") for number in range(40)]

    def play(it: Scene) -> None:
        it.source.took = took
        for key in keys:
            it.want(key)

    it = played(play, seconds)
    return [len(it.history(key).chunks) for key in keys], {Counter(it.wakes)[key] for key in keys}


def test_where_a_whole_fleet_is_new_its_statuses_do_not_follow_every_chunk() -> None:
    chunks, wakes = a_new_fleet(took=0.05, seconds=300)
    assert set(chunks) == {11}
    assert wakes <= {2, 3, 4}


def test_where_a_fleet_takes_minutes_for_a_chunk_a_status_follows_only_what_has_doubled() -> None:
    chunks, wakes = a_new_fleet(took=0.4, seconds=900)
    assert all(8 < known < 16 for known in chunks)
    assert wakes == {5}, "with 1, 2, 4, 8 and all"


def test_a_service_that_is_new_is_looked_for_in_ever_longer_stretches() -> None:
    def play(it: Scene) -> None:
        it.source.chunks = lambda end, length: NoData()
        it.want(A, past("30h"))

    it = played(play)
    assert [length / timedelta(hours=1) for _, length in it.source.stretches()] == [1, 1, 2, 4, 8, 13]
    assert [(one.start, one.seen) for one in it.history().chunks] == [(FIRST - timedelta(hours=29), False)]


def test_where_a_long_stretch_gives_no_answer_the_next_chunk_is_asked_for() -> None:
    def play(it: Scene) -> None:
        it.source.chunks = lambda end, length: SLOW if length > timedelta(hours=1) else NoData()
        it.want(A, past("30h"))

    it = played(play)
    lengths = [length / timedelta(hours=1) for _, length in it.source.stretches()]
    assert lengths[:8] == [1, 1, 2, 1, 3, 1, 4, 1]
    assert [(one.start, one.seen) for one in it.history().chunks] == [(FIRST - timedelta(hours=29), False)]


@given(st.lists(st.booleans(), min_size=29, max_size=29))
def test_gaps_are_leapt_over_and_nothing_on_their_other_side_is_lost(there: list[bool]) -> None:
    """An hour each, newest first: whether the service was there."""
    hour = timedelta(hours=1)

    def answer(end: datetime, length: timedelta) -> Answer:
        newest = round((FIRST - end) / hour)
        hours = [number for number in range(newest, newest + round(length / hour)) if there[number]]
        return events(len(hours), FIRST - (hours[-1] + 1) * hour) if hours else NoData()

    def play(it: Scene) -> None:
        it.source.chunks = answer
        it.want(A, past("30h"))

    it = played(play)
    expected = History(it.history().meaning, FIRST)
    for number, is_there in enumerate(there):
        start = FIRST - (number + 1) * hour
        tally = Tally(1, 0, start) if is_there else Tally()
        expected = expected.with_chunk(Span(start, start + hour), tally)
    assert it.history() == expected


def test_a_chunk_that_takes_too_long_is_asked_for_in_parts() -> None:
    def play(it: Scene) -> None:
        it.source.chunks = lambda end, length: SLOW if length > timedelta(minutes=30) else None
        it.want(A, past("30h"))

    it = played(play, 0.5)
    assert it.source.stretches()[:3] == [
        (FIRST, timedelta(hours=1)),
        (FIRST - timedelta(minutes=45), timedelta(minutes=15)),
        (FIRST - timedelta(minutes=30), timedelta(minutes=15)),
    ]
    assert it.history().chunks[0].total == 3600


def test_what_is_unsure_is_counted_tile_by_tile() -> None:
    def play(it: Scene) -> None:
        it.source.chunks = lambda end, length: (
            vector(({EVENTS_LABEL: "unsure"}, 1.0)) if it.source.log[-1][1] == "chunk" else None
        )
        it.want(A, past("60h"))

    it = played(play, 0.5)
    kinds = [(what, length) for _, what, _, length in it.source.log if what != "start"]
    assert kinds[:3] == [
        ("chunk", timedelta(hours=2)),
        ("chunk", timedelta(hours=1)),
        ("tiles", timedelta(hours=1)),
    ]
    assert it.history().chunks[0].total == 7200


@cases(
    "trouble",
    {
        "an incomplete answer": Partial([Sample({}, 7.0, 0.0)], ("a store did not answer",)),
        "no answer": DOWN,
        "too long, however short the stretch": SLOW,
    },
)
def test_what_is_no_whole_answer_counts_as_none_and_is_tried_again_ever_later(trouble: Answer) -> None:
    def play(it: Scene) -> None:
        it.source.chunks = lambda end, length: trouble if it.clock.monotonic() < 1100 else None
        it.want(A)

    it = played(play, 200.0)
    asked = [when for when, what, at, _ in it.source.log if what == "chunk" and at == FIRST]
    assert [after - before for before, after in pairwise(asked)] == pytest.approx([15, 30, 60], abs=1.0)
    assert [one.total for one in it.history().chunks] == [300] * 11


def test_a_number_that_is_no_time_is_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    def play(it: Scene) -> None:
        it.source._tiles = lambda promql, at: vector(({}, float("nan")))  # type: ignore[method-assign]
        it.want()

    it = played(play, 40.0)
    assert it.evidence.pasts == {}
    assert [when for when, *_ in it.source.log] == pytest.approx([1000, 1015], abs=1.0)
    assert caplog.records == []


def test_nothing_is_known_while_no_answer_has_come() -> None:
    def play(it: Scene) -> None:
        it.source.chunks = lambda end, length: DOWN
        it.want(A)

    assert played(play).evidence.pasts == {}


def test_it_is_given_up_after_eight_tries_and_the_evidence_reaches_no_further() -> None:
    oldest = FIRST - 2 * CHUNK

    def play(it: Scene) -> None:
        it.source.chunks = lambda end, length: DOWN if end == oldest else None
        it.want()

    it = played(play, 80_000.0)
    tries = [at for at, _ in it.source.stretches() if at == oldest]
    assert len(tries) == 8
    recalled = it.evidence.measurements[A]["availability"].recalled
    assert recalled is not None
    assert (recalled.since, recalled.total) == (oldest, 600)


def test_a_status_is_adopted_after_a_restart_and_nothing_is_asked_for_again() -> None:
    known = played(Scene.want).history()
    status: Json = {
        "objectives": [
            {"name": "availability", "history": written_history(known).model_dump(by_alias=True, exclude_none=True)}
        ]
    }

    def play(it: Scene) -> None:
        it.recalling.adopt(A, Subject(_resource()), status)
        it.want()

    it = played(play)
    assert it.history() == known
    assert it.source.stretches() == []
    assert it.wakes == []


def _resource() -> Json:
    body = resource("a")
    body["spec"]["objectives"][0]["window"] = "1h"
    return body


@cases(
    "objectives",
    {
        "a history of another shape": [{"name": "availability", "history": {"counted": 7}}],
        "a history without its beginning": [{"name": "availability", "history": {"counted": "0123456789ab"}}],
        "an objective that is no more": [{"name": "gone", "history": {}}],
        "no history": [{"name": "availability"}],
    },
)
def test_a_status_that_tells_nothing_is_asked_for_anew(objectives: list[Json]) -> None:
    def play(it: Scene) -> None:
        it.recalling.adopt(A, Subject(_resource()), {"objectives": objectives})
        it.want()

    it = played(play)
    assert [at for at, _ in it.source.stretches()] == [FIRST - number * CHUNK for number in range(11)]


def test_counts_of_another_meaning_are_void() -> None:
    async def scene() -> Scene:
        it = Scene()
        it.want()
        await it.during(30)
        it.source.log.clear()
        it.source.chunks = lambda end, length: events(7, end - length)
        it.want(A, past(deployment="cart"))
        assert not it.history().chunks
        assert it.evidence.measurements[A]["availability"].total == 0
        await it.during(30)
        return it

    it = run(scene())
    assert it.history().meaning == signature(past(deployment="cart").indicator)
    assert [one.total for one in it.history().chunks] == [7] * 11


def test_the_same_wish_again_changes_nothing() -> None:
    async def scene() -> Scene:
        it = Scene()
        it.want()
        await it.during(30)
        it.source.log.clear()
        for _ in range(3):
            it.recalling.want(A, (past(),))
        await it.during(30)
        return it

    assert run(scene()).source.log == []


@cases(
    "first, other",
    {
        "a longer window": ("1h", past("2h")),
        "a day that began earlier": ("Day", replace(past("Day"), time_zone="Asia/Kolkata")),
    },
)
def test_what_reaches_further_is_counted_on_at_once(first: str, other: Past) -> None:
    async def scene() -> tuple[list[datetime], Scene]:
        it = Scene()
        it.want(A, past(first))
        await it.during(120)
        before = [at for at, _ in it.source.stretches()]
        it.source.log.clear()
        it.recalling.want(A, (other,))
        await it.during(120)
        return before, it

    before, it = run(scene())
    further = [at for at, _ in it.source.stretches()]
    assert further
    assert max(further) < min(before), "what is known is not asked for again"


def test_what_counts_something_else_does_not_wait_for_the_next_try_of_what_failed() -> None:
    async def scene() -> list[float]:
        it = Scene()
        it.source.chunks = lambda end, length: DOWN
        it.want()
        await it.during(300)
        it.source.log.clear()
        before = it.clock.monotonic()
        it.recalling.want(A, (past(deployment="cart"),))
        await it.during(5)
        return [at - before for at, *_ in it.source.log]

    assert run(scene())


def test_what_is_kept_of_a_wish_is_small() -> None:
    wished = 100
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    try:
        held = [past(deployment=f"checkout-{number:06}") for number in range(wished)]
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(held) == wished
    assert (taken - before) / wished < 1000, "in bytes; with its objective it took 2,400"


def checked(first: datetime, window: str, minutes: float = 16) -> tuple[History, Scene]:
    """What was known, and the scene after the first tile has moved and a check was due."""

    async def scene() -> tuple[History, Scene]:
        it = Scene()
        it.want(A, past(window))
        await it.during(60)
        before = it.history()
        it.source.first = {"a": first}
        it.source.log.clear()
        it.wakes.clear()
        await it.during(13 * 60)
        assert it.source.log == []
        await it.during(minutes * 60 - 13 * 60)
        return before, it

    return run(scene())


def test_what_has_not_changed_is_made_sure_of_every_quarter_of_an_hour_and_nobody_is_told() -> None:
    before, it = checked(FIRST, "30h", minutes=35)
    assert [what for _, what, _, _ in it.source.log] == ["start"] * 2
    assert it.history() == before
    assert it.wakes == []


def test_after_a_backfill_it_is_counted_anew_before_the_tiles_that_appeared() -> None:
    earlier = FIRST - timedelta(hours=2)
    _, it = checked(earlier, "30h")
    assert it.history().recorded_since == earlier
    assert it.source.stretches()[0] == (earlier, timedelta(hours=1))


def test_what_prometheus_forgot_takes_the_chunks_along_and_is_not_asked_for() -> None:
    before, it = checked(FIRST + timedelta(minutes=3), "30h")
    assert it.source.stretches() == []
    assert it.history().recorded_since == FIRST + timedelta(hours=1)
    assert [one.seen for one in it.history().chunks] == [False]
    assert it.history().reaches == before.reaches
    assert it.wakes == [A]


def test_a_source_that_forgets_all_the_time_moves_the_history_once_a_chunk() -> None:
    async def scene() -> Scene:
        it = Scene()
        it.want(A, past("30h"))
        await it.during(60)
        it.wakes.clear()
        for quarter in range(1, 13):
            it.source.first = {"a": FIRST + quarter * timedelta(minutes=15)}
            await it.during(905)
        return it

    it = run(scene())
    assert len(it.wakes) == 3
    assert it.history().recorded_since == FIRST + timedelta(hours=3)


@cases("at", {"while its start is asked for": 0.5, "while a chunk is asked for": 8.5, "while it rests": 10.5})
def test_a_resource_that_is_deleted_while_a_question_is_in_flight_leaves_nothing(at: float) -> None:
    async def scene() -> Scene:
        it = Scene()
        it.source.took = 1.0
        it.want()
        task = asyncio.create_task(it.recalling.run())
        await asyncio.sleep(at)
        it.evidence.measurements.pop(A)
        it.recalling.forget(A)
        await asyncio.sleep(7.0)
        it.source.log.clear()
        await asyncio.sleep(60.0)
        task.cancel()
        return it

    it = run(scene())
    assert it.source.log == []
    assert it.evidence.pasts == {}
    assert it.wakes == []
    held = ("_open", "_checked", "_told", "_untold")
    assert [getattr(it.recalling, name) for name in held] == [{}, {}, {}, set()]


def test_a_failure_of_what_was_deleted_meanwhile_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> Scene:
        it = Scene()
        it.source.took = 1.0
        it.source.chunks = lambda end, length: DOWN
        it.want()
        task = asyncio.create_task(it.recalling.run())
        await asyncio.sleep(10.5)
        it.recalling.forget(A)
        await asyncio.sleep(10.0)
        it.source.log.clear()
        await asyncio.sleep(600.0)
        task.cancel()
        return it

    assert run(scene()).source.log == []
    assert caplog.records == []


def test_another_window_that_is_wished_for_meanwhile_stands() -> None:
    async def scene() -> Scene:
        it = Scene()
        it.source.took = 1.0
        it.want()
        task = asyncio.create_task(it.recalling.run())
        await asyncio.sleep(13.0)
        it.want(A, past("2h"))
        await asyncio.sleep(100.0)
        task.cancel()
        return it

    it = run(scene())
    assert it.evidence.pasts[A]["availability"].window == timedelta(hours=2)
    assert len(it.history().chunks) == 23


@cases(
    "spoil",
    {
        "while the source is in trouble": lambda it: setattr(
            it.evidence, "health", replace(it.evidence.health, trouble=Trouble.UNREACHABLE)
        ),
        "of what nothing has been recorded": lambda it: it.evidence.measurements.clear(),
        "of what was measured but never counted": lambda it: it.evidence.measurements.update(
            {A: {"availability": Measurement(START)}}
        ),
    },
)
def test_there_is_no_question(spoil: Callable[[Scene], None]) -> None:
    def play(it: Scene) -> None:
        it.want()
        spoil(it)

    assert played(play).source.log == []


def test_questions_begin_once_something_is_recorded() -> None:
    async def scene() -> Scene:
        it = Scene()
        it.want()
        measured = it.evidence.measurements.pop(A)
        await it.during(30)
        assert it.source.log == []
        it.evidence.measurements[A] = measured
        await it.during(10)
        return it

    assert len(run(scene()).source.stretches()) == 11


@cases("minutes", {"of a minute": 1, "as long as a chunk": 5, "longer than a chunk": 7})
def test_slices_that_are_judged_by_their_events_are_asked_for_whole_and_once_each(minutes: int) -> None:
    length = timedelta(minutes=minutes)

    def play(it: Scene) -> None:
        it.source.chunks = lambda end, asked: judged(asked / length, end - asked)
        it.want(A, the_past_of(*of_slices(minutes)))

    it = played(play)
    asked = it.source.stretches()
    # The slices that end before the first tile is evaluated are none of the rules'.
    assert all((end.timestamp() % (60 * minutes), part % length) == (0, timedelta()) for end, part in asked)
    oldest = it.history().reaches
    assert oldest - (START - timedelta(hours=1)) < CHUNK
    slices = [at for at in range(int(oldest.timestamp()) + 1, int(FIRST.timestamp()) + 35) if at % (60 * minutes) == 0]
    assert it.history().chunks.total == len(slices)


def test_no_slice_of_the_past_looks_back_on_maintenance() -> None:
    """Hourly at the hour, so that some lies before the start of a chunk, and some across it."""
    kind = {"throughput": {"counter": "messages_total", "atLeast": 10}, "slices": {"length": "5m"}}
    objective = Objective.model_validate({"name": "availability", "target": "99", "window": "12h", **kind})
    indicator = resolve(objective, Workload("shop", "checkout"), [], None)
    assert isinstance(indicator, Indicator)
    pause = {"name": "a", "start": "2020-01-01T00:00:00Z", "rule": "FREQ=HOURLY", "duration": "10m"}
    hourly = replace(the_past_of(objective, indicator), maintenance=(MaintenanceWindow.model_validate(pause),))

    def play(it: Scene) -> None:
        it.source.chunks = lambda end, asked: judged(asked / timedelta(minutes=5), end - asked)
        it.want(A, hourly)

    it = played(play, 400)
    ends = [
        at
        for end, asked in it.source.stretches()
        for at in range(int((end - asked).timestamp()) + 1, int(end.timestamp()) + 1)
        if at % 300 == 0
    ]
    # From :00 to :10 it runs, for a minute it settles, and five minutes are looked back over.
    past = range(int(it.history().reaches.timestamp()) + 1, int(FIRST.timestamp()) + 1)
    judged_minutes = {0, *range(20, 60, 5)}
    assert sorted(ends) == [at for at in past if at % 300 == 0 and at % 3600 // 60 in judged_minutes]


@cases("minutes", {"of a minute": 1, "that do not divide an hour": 7, "nearly as long as one": 45})
def test_slices_that_are_unsure_are_counted_one_by_one(minutes: int) -> None:
    length = timedelta(minutes=minutes)

    def play(it: Scene) -> None:
        it.source.unsure = True
        it.source.chunks = lambda end, asked: judged(asked / length, end - asked)
        it.want(A, the_past_of(*of_slices(minutes, "12h")))

    it = played(play, 400)
    exact = [asked for _, what, _, asked in it.source.log if what == "tiles"]
    assert exact
    assert max(exact) < timedelta(hours=1) + length
    assert it.history().reaches - (START - timedelta(hours=12)) < timedelta(minutes=24)
    assert it.history().chunks.total == sum(asked // length for asked in exact)


@cases(
    "refusal",
    {
        "too many samples": "query processing would load too many samples into memory in query execution",
        "VictoriaMetrics' limit": "it exceeds the limit -search.maxSamplesPerQuery",
    },
)
def test_what_is_too_much_at_once_is_asked_for_in_parts(refusal: str) -> None:
    def play(it: Scene) -> None:
        too_much = Unavailable(Trouble.BAD_QUERY, refusal)
        it.source.chunks = lambda end, asked: too_much if asked > timedelta(minutes=10) else None
        it.want(A, past("12h"))

    it = played(play, 200)
    assert it.history().reaches - (START - timedelta(hours=12)) < timedelta(minutes=24)


def of_slices(minutes: int, window: str = "1h") -> tuple[Objective, Indicator]:
    slices = {"good": 99.5, "length": f"{minutes}m"}
    objective = Objective.model_validate(
        {"name": "availability", "target": "99", "window": window, "slices": slices, "http": {}}
    )
    indicator = resolve(objective, Workload("shop", "checkout"), [COUNTER], None)
    assert isinstance(indicator, Indicator)
    assert not isinstance(indicator, EventIndicator)
    return objective, indicator


def judged(slices: float, seen: datetime) -> Vector:
    """An answer about a stretch of good slices."""
    return vector(({EVENTS_LABEL: "good"}, slices), ({EVENTS_LABEL: "seen since"}, seen.timestamp()))
