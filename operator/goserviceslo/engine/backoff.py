"""How long to leave a key alone after it failed."""

from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Backoff(Generic[K]):
    """Exponential with jitter, per key, forgotten on success."""

    def __init__(
        self,
        random: Callable[[], float],
        *,
        first: timedelta = timedelta(seconds=0.5),
        longest: timedelta = timedelta(minutes=5),
    ) -> None:
        self._random = random
        self._first = first.total_seconds()
        self._longest = longest.total_seconds()
        self._failures: dict[K, int] = {}

    def failed(self, key: K, at_least: timedelta | None = None) -> timedelta:
        """The pause after one more failure in a row: `first * 2**n`, minus up to half of it at random.

        `at_least` is what a server asked for (Retry-After).
        """
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        full = min(self._first * 2 ** min(failures, 30), self._longest)
        pause = full * (1 - self._random() / 2)
        return timedelta(seconds=max(pause, at_least.total_seconds() if at_least else 0.0))

    def forget(self, key: K) -> None:
        """`key` succeeded, or is gone."""
        self._failures.pop(key, None)

    def failures(self, key: K) -> int:
        """In a row, until now."""
        return self._failures.get(key, 0)
