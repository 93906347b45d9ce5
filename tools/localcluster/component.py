"""One process of a cluster, with the verbs that fault tests need: kill, start, pause, resume."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import processes
from .processes import Identity


class Died(RuntimeError):
    """A component ended while it was waited for; the text has the end of its log."""


@dataclass(frozen=True)
class Component:
    """A process that ``up`` starts. ``argv`` is asked for at each start, since a door may have to be found first."""

    name: str
    argv: Callable[[], Sequence[str]]
    marker: Path
    record: Path
    log: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> Identity | None:
        """The process last started, whether or not it still runs."""
        return processes.load(self.record)

    @property
    def alive(self) -> bool:
        identity = self.identity
        return identity is not None and identity.alive

    def start(self) -> bool:
        """Start it unless it runs; whether it had to be started."""
        if self.alive:
            return False
        processes.start(self.argv(), marker=self.marker, record=self.record, log=self.log, environ=self.environ)
        return True

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal and wait until the process is gone (20 s; then SIGKILL)."""
        if identity := self.identity:
            processes.end(identity, number, 20)

    def stop(self) -> None:
        """Ask it to end in order, and wait."""
        self.kill(signal.SIGTERM)

    def pause(self) -> None:
        """Freeze it: connections stay open, nothing answers."""
        if identity := self.identity:
            identity.send(signal.SIGSTOP)

    def resume(self) -> None:
        """End ``pause``."""
        if identity := self.identity:
            identity.send(signal.SIGCONT)

    def must_live(self) -> None:
        """Raise ``Died`` if it does not run."""
        if not self.alive:
            raise Died(f"{self.name} ended; the end of {self.log}:\n{tail(self.log, 15)}")


def tail(log: Path, lines: int) -> str:
    """The last lines of a file, empty where there is none."""
    try:
        with log.open("rb") as content:
            content.seek(max(0, log.stat().st_size - 64 * 1024))
            return b"\n".join(content.read().splitlines()[-lines:]).decode(errors="replace")
    except FileNotFoundError:
        return ""
