"""What a person sees while something long is going on: one line a step, on standard error."""

from __future__ import annotations

import sys
import time


def say(line: str) -> None:
    """Print one line of progress at once, so that pipes and logs show it when it happens."""
    print(line, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Seconds as people say them: ``4.1 s``, ``2 min 05 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


class Stopwatch:
    """Measures one step."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def __str__(self) -> str:
        return duration(self.seconds)
