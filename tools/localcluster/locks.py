"""Locks between processes: the first one works, the second waits and finds the work done."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .report import say


@contextmanager
def exclusively(lock: Path, what: str) -> Iterator[None]:
    """Hold ``lock`` for the block, which may delete the file.

    A process that dies gives it back: the kernel drops the lock with the open file.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with lock.open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"{what}: another process is at it, waiting")
                fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_still(lock, handle.fileno()):
                yield
                return


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether an open file is the one that the path names: its holder may have deleted it while we waited."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
