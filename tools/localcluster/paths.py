"""Where things live: the checkout's build inputs, and the cache outside the checkout that outlives it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

GOMOD = Path(__file__).resolve().parent.parent / "gomod"


def cache_root(environ: Mapping[str, str] = os.environ) -> Path:
    """The directory that a second clone finds again: ``GOSLO_CACHE``, else the user's cache directory."""
    if chosen := environ.get("GOSLO_CACHE"):
        return Path(chosen).expanduser().absolute()
    base = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or Path.home(), ".cache")
    return Path(base, "goserviceslo").absolute()


def clusters_root(environ: Mapping[str, str] = os.environ) -> Path:
    """The parent of every running cluster's state directory."""
    return cache_root(environ) / "clusters"
