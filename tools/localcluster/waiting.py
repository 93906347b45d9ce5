"""Waiting for something to become true, with a deadline and an eye on what it depends on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from .component import Component


class TimedOut(TimeoutError):
    """It did not become true in time; the text says what and what was seen last."""


def until(what: str, ready: Callable[[], bool], *, seconds: float, needs: Iterable[Component] = ()) -> None:
    """Poll ``ready`` until it is true.

    An ``OSError`` or ``RuntimeError`` counts as "not yet". Raises ``TimedOut``, or ``Died`` as soon as one of the
    components that it ``needs`` has ended.
    """
    needed = list(needs)
    deadline = time.monotonic() + seconds
    seen = "nothing"
    while True:
        try:
            if ready():
                return
            seen = "not ready"
        except (OSError, RuntimeError) as failure:
            seen = str(failure)
        for component in needed:
            component.must_live()
        if time.monotonic() >= deadline:
            raise TimedOut(f"{what}: not within {seconds:.0f} s; last seen: {seen}")
        time.sleep(0.1)
