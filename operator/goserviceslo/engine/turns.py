"""Whose turn it is: of those that are due, who has the lowest rank; at the cost of a heap, however many there are."""

from collections.abc import Hashable
from heapq import heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Turns(Generic[K]):
    """Places in line. Who was put last stands for a key; entries from before are skipped when they come up."""

    def __init__(self) -> None:
        self._number = 0
        self._valid: dict[K, int] = {}
        self._waiting: list[tuple[float, int, int, K]] = []
        """When it is due, its number, and its rank. Numbers are unique, so keys are never compared."""
        self._due: list[tuple[int, int, K]] = []

    def put(self, key: K, at: float, rank: int) -> None:
        """Due at `at` (monotonic, in seconds), instead of what was said of it before."""
        self._number += 1
        self._valid[key] = self._number
        heappush(self._waiting, (at, self._number, rank, key))

    def drop(self, key: K) -> None:
        self._valid.pop(key, None)

    def first(self, now: float) -> K | None:
        """It stays first until it is put elsewhere or dropped; among equal ranks who was put first comes first."""
        while self._waiting and self._waiting[0][0] <= now:
            _, number, rank, key = heappop(self._waiting)
            if self._valid.get(key) == number:
                heappush(self._due, (rank, number, key))
        while self._due:
            _, number, key = self._due[0]
            if self._valid.get(key) == number:
                return key
            heappop(self._due)
        return None
