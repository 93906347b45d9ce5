"""Whether the operator lives (else: restart it) and is ready (else: wait for it)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from goserviceslo.engine.queue import WorkQueue
from goserviceslo.ports import Clock


@dataclass(frozen=True, slots=True)
class Patience:
    """How long something may take before it counts as stuck, in seconds."""

    loop: float = 10.0
    queue: float = 180.0
    """Above what one key may take with every request running into its timeout."""
    watches: float = 900.0
    """Above twice the longest watch, after which each asks anew."""
    heartbeat: float = 0.5


class Health:
    """Collects what can be wrong; each finding is a sentence."""

    def __init__(
        self,
        clock: Clock,
        queue: WorkQueue,
        *,
        leading: Callable[[], bool],
        silent_seconds: Callable[[], float],
        patience: Patience | None = None,
        lagged: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._clock = clock
        self._queue = queue
        self._leading = leading
        self._silent_seconds = silent_seconds
        self._patience = patience or Patience()
        self._lagged = lagged
        self._tasks: list[asyncio.Task[None]] = []
        self._lag = 0.0
        self.waiting_for: str | None = "the first list of resources"
        """What readiness waits for; None when ready."""

    def guard(self, task: asyncio.Task[None]) -> None:
        """Without this task the operator is of no use."""
        self._tasks.append(task)

    async def beat(self) -> None:
        """Measure how late the event loop runs, for ever."""
        while True:
            started = self._clock.monotonic()
            await asyncio.sleep(self._patience.heartbeat)
            self._lag = self._clock.monotonic() - started - self._patience.heartbeat
            self._lagged(self._lag)

    def problems(self) -> list[str]:
        """What a restart would mend; empty while all is well."""
        found = [f"task {task.get_name()} has ended" for task in self._tasks if task.done()]
        if self._lag > self._patience.loop:
            found.append(f"the event loop was stuck for {self._lag:.0f} s")
        idle = self._clock.monotonic() - self._queue.last_progress
        if self._leading() and (len(self._queue) or self._queue.working) and idle > self._patience.queue:
            found.append(f"{len(self._queue)} keys wait and none was finished for {idle:.0f} s")
        if self._silent_seconds() > self._patience.watches:
            found.append(f"no watch has asked the API server for {self._silent_seconds():.0f} s")
        return found
