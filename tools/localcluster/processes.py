"""Processes that outlive the command that started them, told apart from strangers that got the same pid later.

A process is known by its pid, its start time and the boot it lives in. Each also carries its cluster's state
directory in its environment, so that one whose record was lost (a kill between fork and write) is found as well.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .files import settle

MARKER = "GOSLO_CLUSTER_STATE"
"""The environment variable that every process of a cluster carries: the path of its state directory."""

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Identity:
    """One process, unmistakable across pid reuse and reboots. ``started`` is in clock ticks since boot."""

    pid: int
    started: int
    boot: str

    @property
    def alive(self) -> bool:
        """Whether any of it still runs. A zombie does not: it only waits for its parent to read how it ended."""
        if self.boot != boot_id():
            return False
        found = _stat(self.pid)
        if found is None or found[1] != self.started:
            return False
        if found[0] in "ZX":
            if _threads(self.pid) > 1:
                return True  # the first thread has ended, others still hold the process's sockets and files
            with contextlib.suppress(ChildProcessError):  # ours to collect, if we started it
                os.waitpid(self.pid, os.WNOHANG)
            return False
        return True

    def send(self, number: int) -> None:
        """Send a signal, if the process is still there."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def boot_id() -> str:
    """The kernel's name for this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def identify(pid: int) -> Identity | None:
    """The identity of a process that runs now, ``None`` where there is none."""
    found = _stat(pid)
    return None if found is None else Identity(pid, found[1], boot_id())


def _stat(pid: int) -> tuple[str, int] | None:
    """State letter and start time from ``/proc/<pid>/stat`` (proc(5), fields 3 and 22)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    after_name = text.rpartition(")")[2].split()
    return after_name[0], int(after_name[19])


def _threads(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return 0


def save(record: Path, identity: Identity) -> None:
    """Store an identity."""
    settle(record, json.dumps(asdict(identity)))


def load(record: Path) -> Identity | None:
    """The identity in a record; ``None`` where there is none or where it cannot be read."""
    try:
        return Identity(**json.loads(record.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def start(
    argv: Sequence[str | Path], *, marker: Path, record: Path, log: Path, environ: Mapping[str, str] | None = None
) -> Identity:
    """Start a process in a session of its own, its output appended to ``log``; raises ``OSError`` if it cannot."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    path = f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}"
    with log.open("ab") as output:
        child = subprocess.Popen(
            [os.fspath(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env={**inherited, "PATH": path, **(environ or {}), MARKER: str(marker)},
        )
    identity = identify(child.pid)
    if identity is None:
        raise OSError(f"{argv[0]} was gone before it could be recorded, see {log}")
    save(record, identity)
    child.returncode = 0  # it is meant to outlive us: no warning when this handle is dropped
    return identity


def marked(marker: Path) -> list[Identity]:
    """Every running process that carries this marker or one of a directory below it."""
    exact = f"{MARKER}={marker}".encode()
    found = []
    for pid in pids():
        try:
            variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(variable == exact or variable.startswith(exact + b"/") for variable in variables):
            identity = identify(pid)
            if identity is not None:
                found.append(identity)
    return found


def pids() -> Iterator[int]:
    """The pids that ``/proc`` shows now."""
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def wait_gone(identities: Iterable[Identity], seconds: float) -> list[Identity]:
    """Wait until these have ended; the ones still alive after ``seconds``."""
    left = list(identities)
    deadline = time.monotonic() + seconds
    while True:
        left = [one for one in left if one.alive]
        if not left or time.monotonic() >= deadline:
            return left
        time.sleep(0.02)


def end(identity: Identity, number: int, seconds: float) -> None:
    """Signal a process and wait; one that does not obey (or is stopped by SIGSTOP) is killed after ``seconds``."""
    identity.send(number)
    if number != signal.SIGKILL and wait_gone([identity], seconds):
        identity.send(signal.SIGKILL)
    wait_gone([identity], seconds)
