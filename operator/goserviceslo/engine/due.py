"""When to look at a key again though nothing happens to it."""

import asyncio
import heapq
from collections.abc import Callable
from datetime import timedelta

from goserviceslo.ports import Key


class DueTimes:
    """One due time per key: the earliest that was asked for since the key was last due.

    A replaced time stays in the heap as a dead entry until it comes up; the heap is rebuilt before the dead outnumber
    the living.
    """

    def __init__(self, monotonic: Callable[[], float], random: Callable[[], float], jitter_ratio: float = 0.1) -> None:
        self._monotonic = monotonic
        self._random = random
        self._jitter = jitter_ratio
        self._times: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._times)

    def at_latest(self, key: Key, after: timedelta) -> None:
        """`key` is due after `after` (plus jitter of up to a tenth), unless it is due earlier already."""
        time = self._monotonic() + after.total_seconds() * (1 + self._jitter * self._random())
        if time >= self._times.get(key, float("inf")):
            return
        self._times[key] = time
        heapq.heappush(self._heap, (time, key))
        if len(self._heap) > 2 * len(self._times) + 64:
            self._heap = [(time, key) for key, time in self._times.items()]
            heapq.heapify(self._heap)
        if self._heap[0][1] == key:
            self._changed.set()

    def forget(self, key: Key) -> None:
        """`key` is not due any more."""
        self._times.pop(key, None)

    def take_due(self) -> list[Key]:
        """Keys whose time has come, earliest first; they are forgotten here."""
        now = self._monotonic()
        due: list[Key] = []
        while self._heap and (self._heap[0][0] <= now or self._dead(self._heap[0])):
            entry = heapq.heappop(self._heap)
            if not self._dead(entry):
                del self._times[entry[1]]
                due.append(entry[1])
        return due

    def next_in(self) -> float | None:
        """Seconds until a key is due; None where none is."""
        return max(0.0, self._heap[0][0] - self._monotonic()) if self._heap else None

    async def feed(self, add: Callable[[Key], None]) -> None:
        """Hand each key to `add` when it is due, for ever."""
        while True:
            self._changed.clear()
            for key in self.take_due():
                add(key)
            pause = self.next_in()
            try:
                await asyncio.wait_for(self._changed.wait(), pause)
            except TimeoutError:
                continue

    def _dead(self, entry: tuple[float, Key]) -> bool:
        return self._times.get(entry[1]) != entry[0]
