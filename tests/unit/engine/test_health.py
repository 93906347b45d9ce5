"""Liveness sees what a restart mends: a stuck loop, a stuck queue, a dead task, silent watches."""

import asyncio
from collections.abc import Callable

import aiohttp
from tests.table import cases
from tests.unit.engine.virtual_time import JumpingLoop, ManualClock, VirtualClock, run

from goserviceslo.engine.health import Health
from goserviceslo.engine.probes import application, serve
from goserviceslo.engine.queue import WorkQueue
from goserviceslo.ports import Key

KEY = Key("shop", "checkout")


class Scene:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.queue = WorkQueue(self.clock.monotonic)
        self.leads = True
        self.silent = 0.0
        self.health = Health(self.clock, self.queue, leading=lambda: self.leads, silent_seconds=lambda: self.silent)


def quiet_for_a_day(scene: Scene) -> None:
    scene.clock.seconds += 86_400


def keys_wait(scene: Scene) -> None:
    scene.queue.add(KEY)
    scene.clock.seconds += 181


def keys_wait_at_a_standby(scene: Scene) -> None:
    scene.leads = False
    keys_wait(scene)


def a_key_hangs_with_its_worker(scene: Scene) -> None:
    scene.queue.add(KEY)
    run(scene.queue.get())
    scene.clock.seconds += 181


def keys_wait_but_others_are_finished(scene: Scene) -> None:
    scene.queue.add(KEY)
    scene.queue.add(Key("other", "x"))
    taken = run(scene.queue.get())
    scene.clock.seconds += 170
    scene.queue.done(taken)
    scene.clock.seconds += 100


def watches_are_silent(scene: Scene) -> None:
    scene.silent = 901


@cases(
    "happen, sign",
    {
        "nothing to do for a day": (quiet_for_a_day, None),
        "keys wait and none is finished": (keys_wait, "keys wait"),
        "keys wait at a standby": (keys_wait_at_a_standby, None),
        "a key hangs with its worker": (a_key_hangs_with_its_worker, "keys wait"),
        "keys wait but others are finished": (keys_wait_but_others_are_finished, None),
        "watches are silent": (watches_are_silent, "no watch"),
    },
)
def test_what_is_a_problem(happen: Callable[[Scene], None], sign: str | None) -> None:
    scene = Scene()
    happen(scene)
    problems = scene.health.problems()
    assert (sign in problems[0]) if sign else (problems == [])


def test_a_task_that_has_ended_is_a_problem() -> None:
    async def story() -> list[str]:
        scene = Scene()

        async def end() -> None:
            return None

        task = asyncio.create_task(end(), name="watches")
        scene.health.guard(task)
        assert scene.health.problems() == []
        await task
        return scene.health.problems()

    assert run(story()) == ["task watches has ended"]


def test_a_stuck_event_loop_is_a_problem_until_it_runs_again() -> None:
    async def story() -> None:
        clock = VirtualClock()
        lags: list[float] = []
        health = Health(
            clock,
            WorkQueue(clock.monotonic),
            leading=lambda: True,
            silent_seconds=lambda: 0.0,
            lagged=lags.append,
        )
        beating = asyncio.create_task(health.beat())
        await asyncio.sleep(2)
        assert health.problems() == []
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        loop.advance(15)
        await asyncio.sleep(0.01)
        assert "stuck" in health.problems()[0]
        await asyncio.sleep(2)
        assert health.problems() == []
        assert max(lags) > 14
        beating.cancel()

    run(story())


async def test_the_pages_say_how_it_stands() -> None:
    scene = Scene()
    async with (
        serve(application(scene.health, lambda: b"goslo_leading 1.0\n"), "127.0.0.1", 0) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):

        async def get(path: str) -> tuple[int, str]:
            async with client.get(path) as response:
                return response.status, await response.text()

        assert await get("/livez") == (200, "ok")
        assert await get("/readyz") == (503, "waiting for the first list of resources")
        assert await get("/metrics") == (200, "goslo_leading 1.0\n")
        scene.health.waiting_for = None
        scene.silent = 1000
        assert await get("/readyz") == (200, "ok")
        status, text = await get("/livez")
        assert status == 500
        assert "no watch" in text
