"""A circuit breaker: a source that does not answer is left alone for a while instead of being waited for every time."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When a circuit opens, and for how long."""

    failures: int = 3
    """In a row, that open the circuit."""
    first_pause_seconds: float = 5.0
    longest_pause_seconds: float = 60.0


class CircuitBreaker:
    """Closed: everything passes. Open: nothing passes until the pause is over, then one trial decides."""

    def __init__(self, monotonic: Callable[[], float], settings: BreakerSettings | None = None) -> None:
        self._monotonic = monotonic
        self._settings = settings or BreakerSettings()
        self._failures = 0
        self._opened_until: float | None = None
        self._pause = self._settings.first_pause_seconds
        self._trying = False

    def admits(self) -> bool:
        """Whether a call may be made now; a True of an open circuit is the one trial, and must be reported on."""
        if self._opened_until is None:
            return True
        if self._trying or self._monotonic() < self._opened_until:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._opened_until = None
        self._pause = self._settings.first_pause_seconds
        self._trying = False

    def failed(self) -> None:
        self._failures += 1
        if self._trying:
            self._pause = min(self._pause * 2, self._settings.longest_pause_seconds)
        elif self._failures < self._settings.failures or self._opened_until is not None:
            return
        self._trying = False
        self._opened_until = self._monotonic() + self._pause
