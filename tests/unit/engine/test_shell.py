"""The shell: kopf comes and goes in a thread of its own, and its news crosses over."""

import asyncio
import logging
import threading
import time

import pytest
from tests.unit.engine.given import CHECKOUT, resource
from tests.unit.engine.virtual_time import ManualClock

from goserviceslo.engine import shell as shell_module
from goserviceslo.engine.intake import Intake
from goserviceslo.engine.loopthread import LoopThread
from goserviceslo.engine.shell import Shell
from goserviceslo.engine.store import Store
from goserviceslo.engine.watching import Told
from goserviceslo.ports import GOSERVICESLOS, Key, Resource


async def test_a_loop_thread_ends_when_it_is_told_and_keeps_how_it_ended() -> None:
    async def wait(stop: asyncio.Event) -> None:
        await stop.wait()

    async def fail(stop: asyncio.Event) -> None:
        raise ValueError("boom")

    thread = LoopThread("test", wait)
    thread.stop()
    await asyncio.wait_for(asyncio.wrap_future(thread.ended), 10)
    thread.stop()
    with pytest.raises(ValueError, match="boom"):
        await asyncio.wait_for(asyncio.wrap_future(LoopThread("test", fail).ended), 10)


class FakeWatch:
    """Stands in for kopf: runs what a test gives it, in the thread that kopf would have."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lives = 0
        self.threads: set[str] = set()
        self.script: list[Told] = []
        self.error: Exception | None = None
        monkeypatch.setattr(shell_module, "watch", self)

    async def __call__(self, watched: object, **given: object) -> None:
        self.lives += 1
        self.threads.add(threading.current_thread().name)
        for told in self.script:
            given["told"](told)  # type: ignore[operator]
        given["requested"](GOSERVICESLOS)  # type: ignore[operator]
        if self.error is not None:
            raise self.error
        await given["stop"].wait()  # type: ignore[attr-defined]


class Scene:
    def __init__(self) -> None:
        self.store = Store()
        self.woken: list[Key] = []
        self.listed: list[Resource] = []
        self.restarts = 0
        self.shell = Shell(
            session=lambda middlewares: ("", None),  # type: ignore[arg-type, return-value]
            intake=Intake(self.store, self.woken.append),
            clock=ManualClock(),
            random=lambda: 1.0,
            namespaces=(),
            on_listing=self.listed.append,
            on_restart=self._restarted,
        )
        self.task = asyncio.create_task(self.shell.run(self._kinds))

    async def _kinds(self) -> tuple[Resource, ...]:
        return (GOSERVICESLOS,)

    def _restarted(self) -> None:
        self.restarts += 1

    async def until(self, condition: object) -> None:
        deadline = time.monotonic() + 20
        while not condition():  # type: ignore[operator]
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def told(name: str, *, deleted: bool = False, broken: bool = False) -> Told:
    raw = {"metadata": {}} if broken else resource(name)
    return Told(GOSERVICESLOS, Key("shop", name), f"uid-of-{name}", deleted, raw)


async def test_what_a_watch_tells_arrives_in_order_and_one_broken_object_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeWatch(monkeypatch)
    fake.script = [
        *[told(f"r{number}") for number in range(500)],
        told("x", broken=True),
        told("r7", deleted=True),
        told("checkout"),
    ]
    scene = Scene()
    await scene.until(lambda: CHECKOUT in scene.store.resources)
    assert len(scene.store.resources) == 500
    assert Key("shop", "r7") not in scene.store.resources
    assert [record.key for record in caplog.records if record.exc_info] == ["shop/x"]  # type: ignore[attr-defined]
    assert scene.listed == [GOSERVICESLOS]
    assert fake.threads == {"kopf"}
    await scene.stop()


async def test_kopf_is_started_again_when_it_leaves_and_its_reason_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeWatch(monkeypatch)
    fake.error = RuntimeError("410 Gone")
    scene = Scene()
    with caplog.at_level(logging.WARNING):
        await scene.until(lambda: fake.lives >= 2)
    assert scene.restarts >= 1
    assert "kopf left: 410 Gone" in caplog.text
    await scene.stop()


async def test_a_change_of_kinds_starts_it_again_at_once_and_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeWatch(monkeypatch)
    scene = Scene()
    await scene.until(lambda: fake.lives == 1)
    scene.shell.restart()
    await scene.until(lambda: fake.lives == 2)
    assert scene.restarts == 0
    await scene.stop()
