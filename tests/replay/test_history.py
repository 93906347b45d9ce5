"""What happened before the rules, counted in a real engine from raw series: it is what the scrapes had shown."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.replay.counting import (
    AVAILABILITY,
    CLASSIC,
    COUNTER,
    LATENCY,
    NATIVE,
    NATIVE_LATENCY,
    OLD,
    SETTINGS,
    STRICT_LATENCY,
    WORKLOAD,
    failed,
    long_running,
    mixed,
    slow,
    young,
)
from tests.replay.pasts import OTHER, WORLDS
from tests.replay.promtool import Promtool, Replay
from tests.replay.slices import OURS, ends, scraped
from tests.replay.world import Pod, Process, Request, Series, World, classic_histogram, native_histogram, steady
from tests.table import cases

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.ports import Sample
from goserviceslo.slo.conventions import EVENTS_LABEL
from goserviceslo.slo.discovery import MetricShape
from goserviceslo.slo.history import Tally, outset, split
from goserviceslo.slo.indicator import EventIndicator, SlicedEvents, TimeSlices, resolve
from goserviceslo.slo.maintenance import Span
from goserviceslo.slo.raw_counts import Question, exact, read_tally, swift

pytestmark = pytest.mark.prometheus


def instant(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


class Asking:
    """Asks as the operator does: as a whole, and where that is unsure in parts, and then tile by tile."""

    def __init__(self, promtool: Promtool, world: World, indicator: EventIndicator | SlicedEvents) -> None:
        self._promtool = promtool
        self._replay = Replay(world.series(), [], pace=5)
        self._indicator = indicator
        self._unit = indicator.length if isinstance(indicator, SlicedEvents) else SETTINGS.interval
        self.exact = 0

    def tally(self, start: int, end: int) -> Tally:
        asked = Span(instant(start), instant(end))
        found = self._ask(swift(self._indicator, asked), asked)
        if found is not None:
            return found
        parts = split(asked, 4, timedelta(minutes=10), self._unit)
        if len(parts) > 1:
            tallies = [self.tally(int(one.start.timestamp()), int(one.end.timestamp())) for one in parts]
            return sum(tallies, Tally())
        self.exact += 1
        found = self._ask(exact(self._indicator, asked, SETTINGS), asked)
        assert found is not None
        return found

    def _ask(self, question: Question, asked: Span) -> Tally | None:
        labels = [(name, f'{{{EVENTS_LABEL}="{name}"}}') for name in ("total", "good", "bad", "unsure", "seen since")]
        selected = [*labels, ("", f'{{{EVENTS_LABEL}=""}}')]
        expressions = [f"({question.promql}) and on ({EVENTS_LABEL}) {_one(name)}" for name, _ in selected]
        values = self._promtool.ask(self._replay, expressions, int(question.at.timestamp()))
        samples = [
            Sample({EVENTS_LABEL: name} if name else {}, value, 0)
            for (name, _), value in zip(selected, values, strict=True)
            if value is not None
        ]
        return read_tally(self._indicator, samples, asked)


def _one(name: str) -> str:
    return f'label_replace(vector(1), "{EVENTS_LABEL}", "{name}", "", "")'


def indicator_of(objective: Objective, shape: MetricShape) -> EventIndicator:
    found = resolve(objective, WORKLOAD, [shape], None)
    assert isinstance(found, EventIndicator)
    return found


def truth(world: World, start: int, end: int, bad: Callable[[Request], bool]) -> tuple[int, int]:
    return world.seen(end) - world.seen(start), world.seen(end, bad) - world.seen(start, bad)


def stretches(until: int) -> Iterator[tuple[int, int]]:
    """All of it, and two that adjoin within."""
    seam = until - 45
    yield seam - 60 * 30, seam
    yield seam - 30 * 30, seam
    yield seam - 60 * 30, seam - 30 * 30


@cases("world", WORLDS)
def test_a_stretch_holds_what_its_scrapes_had_shown(promtool: Promtool, world: World) -> None:
    asking = Asking(promtool, world, indicator_of(AVAILABILITY, COUNTER))
    for start, end in stretches(world.until):
        found = asking.tally(start, end)
        assert (round(found.total), round(found.bad)) == truth(world, start, end, failed), (start, end)


@cases(
    "objective, shape, world, bad",
    {
        "by classic histogram": (
            LATENCY,
            CLASSIC,
            World([Pod([mixed(0, 2400)])], 2400, expose=classic_histogram("0.1", "0.3", "1")),
            slow,
        ),
        "by classic histogram, failures too": (
            STRICT_LATENCY,
            CLASSIC,
            World([Pod([mixed(0, 1000), mixed(1020, 2400)])], 2400, expose=classic_histogram("0.1", "0.3", "1")),
            lambda request: slow(request) or failed(request),
        ),
        "by native histogram": (
            NATIVE_LATENCY,
            NATIVE,
            World([Pod([mixed(0, 2400)])], 2400, expose=native_histogram),
            lambda request: request.seconds > 0.5,
        ),
    },
)
def test_latency_is_counted_the_same(
    promtool: Promtool, objective: Objective, shape: MetricShape, world: World, bad: Callable[[Request], bool]
) -> None:
    asking = Asking(promtool, world, indicator_of(objective, shape))
    for start, end in stretches(world.until):
        found = asking.tally(start, end)
        assert (round(found.total), round(found.bad)) == truth(world, start, end, bad), (start, end)


GOOD = 86
"""Of the thirty requests that a pod of these worlds has in a minute, four or five fail."""


def sliced(shape: MetricShape, minutes: int, **http: Any) -> SlicedEvents:
    found = resolve(promise_of_slices(minutes, http), WORKLOAD, [shape], None)
    assert isinstance(found, SlicedEvents)
    return found


def promise_of_slices(minutes: int, http: Mapping[str, Any]) -> Objective:
    slices = {"length": f"{minutes}m", "good": GOOD}
    return Objective.model_validate({"name": "it", "target": 99, "window": "1h", "slices": slices, "http": http})


def judged(world: World, start: int, end: int, length: int, bad: Callable[[Request], bool]) -> tuple[int, int]:
    """The slices that end in a stretch, and the bad ones, by what scrapes had shown."""
    found = [truth(world, last - length, last, bad) for last in range(start // length * length, end + 1, length)]
    some = [(total, failures) for total, failures in found[1:] if total]
    return len(some), sum(failures * 100 > (100 - GOOD) * total for total, failures in some)


AWAY = {
    "a process that nobody saw for ten minutes, twice": World(
        [Pod([long_running(2400)], unreachable=[(400, 1010), (1300, 1930)])], 2400
    ),
    "one that is new, fails at first, and is away for ten minutes": World(
        [
            Pod([long_running(2400)]),
            Pod(
                [Process(700, 2400, [*steady(700, 900, 2, fail_every=2), *steady(900, 2400, 0.5)])],
                OTHER,
                "10.0.0.2:8080",
                known_from=690,
                phase=4,
                unreachable=[(900, 1510)],
            ),
        ],
        2400,
    ),
    "one that was away before, and once more": World(
        [
            Pod([long_running(2400)], unreachable=[(100, 590), (1200, 1630)]),
            Pod([young(0, 2400)], OTHER, "10.0.0.2:8080", known_from=0, phase=4),
        ],
        2400,
    ),
}


@pytest.mark.parametrize("minutes", [1, 10])
@cases("world", {**WORLDS, **AWAY})
def test_slices_of_events_are_judged_by_what_their_scrapes_had_shown(
    promtool: Promtool, world: World, minutes: int
) -> None:
    asking, length = Asking(promtool, world, sliced(COUNTER, minutes)), 60 * minutes
    for start, end in stretches(world.until):
        whole = outset(Span(instant(start), instant(end)), timedelta(minutes=minutes))
        found = asking.tally(int(whole.start.timestamp()), int(whole.end.timestamp()))
        assert (found.total, found.bad) == judged(world, start, end, length, failed), (start, end)


@cases(
    "http, shape, world, bad",
    {
        "by classic histogram, failures too": (
            {"faster": "300ms", "errors": ["5xx"]},
            CLASSIC,
            World([Pod([mixed(0, 1000), mixed(1020, 2400)])], 2400, expose=classic_histogram("0.1", "0.3", "1")),
            lambda request: slow(request) or failed(request),
        ),
        "by native histogram": (
            {"faster": "500ms"},
            NATIVE,
            World([Pod([mixed(0, 2400)])], 2400, expose=native_histogram),
            lambda request: request.seconds > 0.5,
        ),
    },
)
def test_slices_of_latency_are_judged_the_same(
    promtool: Promtool, http: Mapping[str, Any], shape: MetricShape, world: World, bad: Callable[[Request], bool]
) -> None:
    asking = Asking(promtool, world, sliced(shape, 1, **http))
    found = asking.tally(540, 2340)
    assert (found.total, found.bad) == judged(world, 540, 2340, 60, bad)
    assert found.bad


def test_slices_leave_out_the_pod_whose_version_lacks_the_bucket(promtool: Promtool) -> None:
    expose = classic_histogram("0.1", "0.3", "1")
    quick, late = (Process(0, 2400, steady(0, 2400, 0.5, seconds=seconds)) for seconds in (0.1, 0.8))
    told, silent = Pod([quick]), Pod([replace(late, bounds=("0.1", "1"))], OTHER, "10.0.0.2:8080", phase=4)
    asking = Asking(promtool, World([told, silent], 2400, expose=expose), sliced(CLASSIC, 1, faster="300ms"))
    found = asking.tally(540, 2340)
    assert (found.total, found.bad) == (30, 0)


def test_slices_are_asked_for_one_by_one_only_where_they_are_unsure(promtool: Promtool) -> None:
    def exactly(world: World) -> int:
        asking = Asking(promtool, world, sliced(COUNTER, 1))
        asking.tally(540, 2340)
        return asking.exact

    assert exactly(WORLDS["pods that live for seconds"]) == 0
    assert exactly(WORLDS["a rolling restart"]) == 0
    assert exactly(WORLDS["scrapes that fail for four minutes"]) == 0
    assert exactly(WORLDS["a container that restarts twice"]) == 3
    assert exactly(AWAY["a process that nobody saw for ten minutes, twice"]) > 0


def test_slices_without_events_are_none_and_yet_seen(promtool: Promtool) -> None:
    world = World([Pod([Process(OLD, 10**6, [], contact=True)])], 2400)
    asking = Asking(promtool, world, sliced(COUNTER, 1))
    assert asking.tally(540, 2340) == Tally()
    busy_once = World([Pod([Process(OLD, 10**6, [Request(700.0), Request(1010.0, "500")], contact=True)])], 2400)
    found = Asking(promtool, busy_once, sliced(COUNTER, 1)).tally(540, 2340)
    assert (found.total, found.bad) == (2, 1)
    assert found.seen_since is not None


def test_only_what_is_unsure_is_counted_tile_by_tile(promtool: Promtool) -> None:
    def exactly(name: str) -> int:
        asking = Asking(promtool, WORLDS[name], indicator_of(AVAILABILITY, COUNTER))
        asking.tally(555, 2355)
        return asking.exact

    assert exactly("pods that live for seconds") == 0
    assert exactly("a rolling restart") == 0
    # Two parts with a restart, and one in which the five minutes before it hold one.
    assert exactly("a container that restarts twice") == 3


class Wandering(World):
    """Its processes seem to have started a second later at every other look."""

    def series(self) -> Series:
        return {
            name: {at: str(int(value) + at // 15 % 2) for at, value in samples.items()}
            if name.startswith("process_start_time_seconds")
            else samples
            for name, samples in super().series().items()
        }


def test_a_start_that_wanders_by_a_second_is_no_restart(promtool: Promtool) -> None:
    world = Wandering([Pod([long_running(2400)])], 2400)
    asking = Asking(promtool, world, indicator_of(AVAILABILITY, COUNTER))
    found = asking.tally(555, 2355)
    assert (round(found.total), round(found.bad)) == truth(world, 555, 2355, failed)
    assert asking.exact == 0


def test_a_restart_of_what_counts_nothing_is_no_doubt(promtool: Promtool) -> None:
    beside = Pod([Process(0, 900), Process(905, 2400)], instance="10.0.0.1:9090", phase=4)
    world = World([Pod([long_running(2400)]), beside], 2400)
    asking = Asking(promtool, world, indicator_of(AVAILABILITY, COUNTER))
    found = asking.tally(555, 2355)
    assert (round(found.total), round(found.bad)) == truth(world, 555, 2355, failed)
    assert asking.exact == 0


@cases(
    "name, start, since",
    {
        "it was there all the time": ("steady traffic of a process that ran long before it was watched", 555, 555),
        "Prometheus remembers no more": ("Prometheus starts in the middle", 255, 900),
    },
)
def test_an_answer_says_since_when_something_was_there(promtool: Promtool, name: str, start: int, since: int) -> None:
    found = Asking(promtool, WORLDS[name], indicator_of(AVAILABILITY, COUNTER)).tally(start, 2355)
    assert found.seen_since is not None
    assert abs(found.seen_since.timestamp() - since) <= 300


@cases(
    "watched, gone, seen",
    {
        "a minute before the rules": (2295, 2400, 2295),
        "since after the last multiple of five minutes": (2110, 2400, 2110),
        "between two looks, and gone": (1810, 1890, 2355),
    },
)
def test_what_was_there_for_less_than_five_minutes_is_seen(
    promtool: Promtool, watched: int, gone: int, seen: int
) -> None:
    pod = Pod([young(watched - 5, gone)], known_from=watched, known_until=gone)
    world = World([pod], 2400)
    found = Asking(promtool, world, indicator_of(AVAILABILITY, COUNTER)).tally(555, 2355)
    assert round(found.total) == world.seen(2355) > 0
    assert found.seen_since is not None
    assert abs(found.seen_since.timestamp() - seen) <= 15


def test_where_nothing_was_nothing_is_told(promtool: Promtool) -> None:
    world = WORLDS["an outage of everything for ten minutes"]
    found = Asking(promtool, replace(world, pods=[]), indicator_of(AVAILABILITY, COUNTER)).tally(555, 2355)
    assert found == Tally()


BUSY = {"saturation": {"gauge": "queue_ratio", "below": "80%"}}
FRESH = {"freshness": {"timestamp": "sync_last_success_timestamp_seconds", "within": "2m"}}
SLICED: Mapping[str, tuple[Mapping[str, Any], Series, Callable[[int], bool | None]]] = {
    "a queue that is full now and then": (
        BUSY,
        scraped("queue_ratio", lambda at: 0.95 if at % 420 < 130 else 0.3, 2400),
        lambda end: end % 420 < 130,
    ),
    "a queue of which one of two pods is full": (
        BUSY,
        scraped("queue_ratio", lambda at: 0.3, 2400)
        | scraped("queue_ratio", lambda at: 0.9 if 900 <= at < 1500 else 0.1, 2400, pod=OURS),
        lambda end: 900 <= end < 1500,
    ),
    "a queue that nobody saw for a quarter of an hour": (
        BUSY,
        scraped("queue_ratio", lambda at: None if 600 < at < 1500 else 0.9 if at < 300 else 0.3, 2400),
        # What was seen last stands for five minutes.
        lambda end: None if 900 <= end < 1500 else end < 300,
    ),
    "a queue that was watched from the middle on, in slices of 30 s": (
        {**BUSY, "slices": {"length": "30s"}},
        scraped("queue_ratio", lambda at: None if at < 1200 else 0.9 if at < 1500 else 0.3, 2400),
        lambda end: None if end < 1200 else end < 1500,
    ),
    "a copy that stops succeeding and recovers": (
        FRESH,
        scraped("sync_last_success_timestamp_seconds", lambda at: 900 if 900 <= at < 1500 else at, 2400),
        lambda end: 1020 < end < 1500,
    ),
}


@cases("kind, series, failed", SLICED)
def test_slices_of_the_past_are_those_that_ended_in_it(
    promtool: Promtool, kind: Mapping[str, Any], series: Series, failed: Callable[[int], bool | None]
) -> None:
    found = resolve(
        Objective.model_validate({"name": "it", "target": 99, "window": "1h", **kind}), WORKLOAD, None, None
    )
    assert isinstance(found, TimeSlices)
    replay = Replay(series, [])
    for start, end in stretches(2400):
        asked = Span(instant(start), instant(end))
        question = swift(found, asked)
        [[samples]] = promtool.answers([(replay, [question.promql], int(question.at.timestamp()))])
        tally = read_tally(found, samples, asked)
        judged = [failed(one) for one in ends(2400, int(found.length.total_seconds())) if start < one <= end]
        assert tally is not None
        assert (tally.total, tally.bad) == (len(judged) - judged.count(None), judged.count(True)), (start, end)


def test_slices_say_since_when_they_were_judged(promtool: Promtool) -> None:
    kind, series, _ = SLICED["a queue that was watched from the middle on, in slices of 30 s"]
    found = resolve(
        Objective.model_validate({"name": "it", "target": 99, "window": "1h", **kind}), WORKLOAD, None, None
    )
    assert isinstance(found, TimeSlices)
    asked = Span(instant(555), instant(2355))
    [[samples]] = promtool.answers([(Replay(series, []), [swift(found, asked).promql], 2355)])
    tally = read_tally(found, samples, asked)
    assert tally is not None
    assert tally.seen_since is not None
    assert 1200 <= tally.seen_since.timestamp() <= 1500
    asked = Span(instant(555), instant(1155))
    [[samples]] = promtool.answers([(Replay(series, []), [swift(found, asked).promql], 1155)])
    assert read_tally(found, samples, asked) == Tally()
