"""Files that running processes read: whole at any moment, and left alone while they say the same."""

from __future__ import annotations

import os
from pathlib import Path


def settle(path: Path, text: str) -> None:
    """Make a file hold ``text``, readable by its owner alone.

    A file that holds it already is not touched: kube-proxy ends when its configuration file is written to.
    """
    try:
        if path.read_text() == text:
            return
    except FileNotFoundError:
        pass
    fresh = path.with_name(f".{path.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)
    fresh.rename(path)
