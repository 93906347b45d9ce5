"""Processes are told apart from strangers, found without records, and ended whatever they do."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localcluster import processes
from localcluster.component import Component, Died, tail
from localcluster.processes import Identity
from localcluster.waiting import TimedOut, until

DEAF = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for left in processes.marked(tmp_path):
        left.send(signal.SIGKILL)


def component(marker: Path, *argv: str) -> Component:
    return Component("it", lambda: argv, marker, marker / "it.json", marker / "it.log")


def test_a_pid_that_someone_else_got_is_not_ours(marker: Path) -> None:
    ours = component(marker, "sleep", "600")
    ours.start()
    identity = ours.identity
    assert identity is not None
    assert identity.alive
    for stranger in (replace(identity, started=identity.started - 1), replace(identity, boot="another")):
        assert not stranger.alive
        stranger.send(signal.SIGKILL)
    assert identity.alive


def test_a_process_without_a_record_is_found_by_its_marker(marker: Path) -> None:
    inner = marker / "clusters" / "one"
    inner.mkdir(parents=True)
    one = component(inner, "sleep", "600")
    one.start()
    identity = one.identity
    one.record.unlink()
    assert processes.marked(inner) == [identity]
    assert processes.marked(marker) == [identity], "a directory above finds it as well"
    assert processes.marked(marker / "clusters" / "on") == []


def test_a_damaged_record_is_no_record(marker: Path) -> None:
    one = component(marker, "sleep", "600")
    for damaged in ("", "{", "[]", '{"pid": 1}'):
        one.record.write_text(damaged)
        assert one.identity is None
        assert not one.alive


def test_starting_twice_starts_once(marker: Path) -> None:
    one = component(marker, "sleep", "600")
    assert one.start()
    first = one.identity
    assert not one.start()
    assert one.identity == first


def test_a_deaf_process_is_killed_and_collected(marker: Path) -> None:
    one = component(marker, sys.executable, "-c", DEAF)
    one.start()
    until("it to be deaf", lambda: "deaf" in tail(one.log, 1), seconds=10)
    identity = one.identity
    assert identity is not None
    processes.end(identity, signal.SIGTERM, 0.2)
    until("it to be gone", lambda: not one.alive, seconds=10)
    assert processes.identify(identity.pid) is None, "no zombie stays"


def test_a_paused_process_lives_and_can_be_killed(marker: Path) -> None:
    one = component(marker, "sleep", "600")
    one.start()
    one.pause()
    assert one.alive
    one.kill()
    assert not one.alive


def test_waiting_ends_at_once_with_the_log_when_a_needed_component_dies(marker: Path) -> None:
    one = component(marker, "sh", "-c", "echo the reason; exit 1")
    one.start()
    with pytest.raises(Died, match="the reason"):
        until("never", lambda: False, seconds=60, needs=[one])


def test_waiting_says_what_it_saw_last() -> None:
    def refused() -> bool:
        raise ConnectionRefusedError("nobody listens")

    with pytest.raises(TimedOut, match=r"the door: not within 0 s; last seen: nobody listens"):
        until("the door", refused, seconds=0)


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tail(log, 3) == ""
    log.write_text("".join(f"line {number}\n" for number in range(50_000)))
    assert tail(log, 2) == "line 49998\nline 49999"


def test_this_process_knows_itself() -> None:
    itself = subprocess.Popen(["sleep", "600"])
    identity = processes.identify(itself.pid)
    assert isinstance(identity, Identity)
    assert identity.alive
    itself.kill()
    deadline = time.monotonic() + 10
    while identity.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not identity.alive
