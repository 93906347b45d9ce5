"""Long work told step by step: what is going on, for how long, and how far."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


class Steps:
    """Numbered steps on one console; a step that fails says so before the error goes up."""

    def __init__(self, console: Console, total: int) -> None:
        self.console = console
        self._total = total
        self._number = 0
        self._began = time.monotonic()

    @contextmanager
    def step(self, what: str) -> Iterator[Callable[[str], None]]:
        """One step; the value is called with how far it is."""
        self._number += 1
        began = time.monotonic()
        self.console.print(f"[bold][{self._number}/{self._total}][/] {what}", highlight=False)
        try:
            yield self._progress
        except BaseException:
            self.console.print(f"      failed after {time.monotonic() - began:.0f} s: {what}", style="red")
            raise
        self.console.print(f"      done in {time.monotonic() - began:.0f} s", style="dim")

    def _progress(self, text: str) -> None:
        self.console.print(f"      {text}", style="dim", highlight=False)

    @property
    def elapsed(self) -> float:
        """Seconds since the first step."""
        return time.monotonic() - self._began
