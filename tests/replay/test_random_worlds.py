"""Counted against the truth, in worlds that nobody thought of."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.replay.counting import (
    AVAILABILITY,
    COUNTER,
    LAG,
    STEP,
    TILE,
    assert_replays,
    failed,
    is_recorded,
    promise,
    rules,
    tiles,
)
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.replay.world import Pod, Process, Request, World

pytestmark = pytest.mark.prometheus

UNTIL = 900
NAMES = ("checkout-5d9f8c7b6-x2z4k", "checkout-5d9f8c7b6-b7c8d", "checkout-6f7b8c9d4-zzzzz")


@st.composite
def processes(draw: st.DrawFn) -> list[Process]:
    """One to three runs of a container, one after the other."""
    edges = sorted(draw(st.lists(st.integers(-200, UNTIL), min_size=2, max_size=4, unique=True)))
    runs = []
    for start, end in pairwise(edges):
        rest = draw(st.integers(0, 40))
        moments = draw(st.lists(st.integers(0, max(0, end - rest - start - 1)), max_size=40))
        requests = [
            Request(start + moment + 0.5, draw(st.sampled_from(["200", "200", "200", "404", "500", "503"])))
            for moment in moments
        ]
        runs.append(Process(start, max(start + 1, end - rest), requests, tells_its_age=True))
    return runs


@st.composite
def worlds(draw: st.DrawFn) -> World:
    pods = []
    for i, name in enumerate(NAMES[: draw(st.integers(1, 3))]):
        runs = draw(processes())
        gap = draw(st.integers(0, UNTIL))
        every = draw(st.sampled_from([5, 10, 15, 30]))
        pods.append(
            Pod(
                runs,
                name,
                f"10.0.0.{i}:8080",
                known_from=draw(st.integers(-200, 60)) + runs[0].start,
                known_until=draw(st.integers(runs[-1].end - 30, UNTIL + 300)),
                phase=draw(st.integers(0, every - 1)),
                every=every,
                unreachable=[(gap, gap + draw(st.integers(0, 200)))],
            )
        )
    return World(pods, UNTIL)


def hides_a_restart(world: World) -> bool:
    """Whether a counter restarts unseen.

    It is as high at its first scrape after a restart as at its last before it, or restarts in the tile in which it was
    first seen. `counting` names both among its limits.
    """
    for pod in world.pods:
        last: dict[str, tuple[Process, int]] = {}
        first: dict[str, int] = {}
        seen: dict[str, int] = {}
        for at in pod.scrapes(world.until):
            process = pod.running(at)
            for key, value in world.expose(process, at).items() if process else ():
                assert process is not None
                if at - seen.get(key, -1000) > 300:
                    first[key] = at
                before = last.get(key)
                restarted = before is not None and before[0] is not process
                if restarted and before is not None and (int(value) >= before[1] or at - first[key] < TILE + STEP):
                    return True
                last[key], seen[key] = (process, int(value)), at
    return False


def first_seen_late(world: World) -> bool:
    """Whether a process had run for minutes when it was first scraped: what it had counted then is not counted."""
    for pod in world.pods:
        for process in pod.processes:
            first = next((at for at in pod.scrapes(world.until) if pod.running(at) is process), None)
            if first is not None and first - process.start > 250:
                return True
    return False


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_every_tile_of_any_world_holds_exactly_what_its_scrapes_had_shown(
    promtool_binary: Path, tmp_path_factory: pytest.TempPathFactory, world: World
) -> None:
    assume(not hides_a_restart(world) and not first_seen_late(world))
    promtool = Promtool(promtool_binary, tmp_path_factory.mktemp("world"))
    assert_replays(promtool, Replay(world.series(), rules(AVAILABILITY, COUNTER), tiles(world, AVAILABILITY, failed)))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, UNTIL - 1), st.sampled_from(["200", "404", "500"]), st.integers(0, 2))))
def test_a_series_that_is_split_over_pods_counts_the_same(
    promtool_binary: Path, tmp_path_factory: pytest.TempPathFactory, moments: list[tuple[int, str, int]]
) -> None:
    def pod(number: int, requests: list[Request]) -> Pod:
        return Pod([Process(0, UNTIL + 1, requests, eager=True)], NAMES[number], f"10.0.0.{number}:8080")

    requests = [(Request(at + 0.5, code), where) for at, code, where in moments]
    together = World([pod(0, [one for one, _ in requests])], UNTIL)
    split = World([pod(i, [one for one, where in requests if where == i]) for i in range(len(NAMES))], UNTIL)
    promtool = Promtool(promtool_binary, tmp_path_factory.mktemp("world"))
    expected = tiles(together, AVAILABILITY, failed)
    assert_replays(promtool, Replay(split.series(), rules(AVAILABILITY, COUNTER), expected))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), st.sampled_from([1, 2, 3, 5]))
def test_a_windows_counts_are_the_sum_of_those_of_its_parts(
    promtool_binary: Path, tmp_path_factory: pytest.TempPathFactory, world: World, parts: int
) -> None:
    """As a month's are those of its days: windows adjoin like tiles, and leave out their left edge."""
    assume(any(is_recorded(world, at - LAG) for at in range(TILE, UNTIL + 1, TILE)))
    length = UNTIL // parts
    expected = []
    for events in ("total", "bad"):
        deltas = [f"goslo:{events}:delta[{length}s] offset {length * part}s" for part in range(parts)]
        whole = " + ".join(f"(sum(sum_over_time({one})) or vector(0))" for one in deltas)
        expected.append(Expectation(f"sum(goslo:{events}:window) == bool ({whole})", UNTIL, {"{}": 1}))
    promtool = Promtool(promtool_binary, tmp_path_factory.mktemp("world"))
    assert_replays(promtool, Replay(world.series(), rules(promise(window="1h"), COUNTER), expected))
