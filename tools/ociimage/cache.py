"""What is kept between builds, outside the checkout: layers that seldom change, by what they are made from."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from localcluster.locks import exclusively
from localcluster.paths import cache_root

from .archive import Image
from .layer import Layer

_KEPT_SECONDS = 14 * 24 * 3600


def images_root() -> Path:
    """The directory of all that this package keeps."""
    return cache_root() / "images"


def key_of(*parts: str | bytes | Path) -> str:
    """A short name for these inputs in this order: texts, bytes, and files by their content."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode() if isinstance(part, str) else part
        whole.update(hashlib.sha256(content).digest())
    return whole.hexdigest()[:16]


def kept(kind: str, key: str, make: Callable[[Path], None], *, refresh: bool = False) -> Path:
    """The directory ``kind-key``; where it is not there yet, ``make`` fills it, and nobody sees it half full.

    ``refresh`` makes it anew. Others of its kind that nobody has used for two weeks go.
    """
    place = images_root() / f"{kind}-{key}"
    with exclusively(images_root() / f".{kind}-{key}.lock", place.name):
        if refresh:
            shutil.rmtree(place, ignore_errors=True)
        if not place.exists():
            with tempfile.TemporaryDirectory(prefix=f".{kind}-", dir=images_root()) as scratch:
                fresh = Path(scratch, "made")
                fresh.mkdir()
                make(fresh)
                fresh.rename(place)
        os.utime(place)
    _forget_unused(kind, time.time())
    return place


def kept_image(kind: str, key: str, make: Callable[[Path], Image]) -> Image:
    """The archive that ``make`` writes to the path it is given, kept like a directory of its own."""

    def fill(place: Path) -> None:
        image = make(place / "image.tar")
        (place / "image.json").write_text(json.dumps(asdict(image) | {"path": image.path.name}))

    place = kept(kind, key, fill)
    known = json.loads((place / "image.json").read_text())
    return Image(**known | {"path": place / known["path"]})


def remember(layer: Layer) -> None:
    """Note beside a layer what ``recall`` needs to know of it."""
    layer.path.with_suffix(".json").write_text(json.dumps(asdict(layer) | {"path": layer.path.name}))


def recall(path: Path) -> Layer:
    """A layer that was remembered."""
    known = json.loads(path.with_suffix(".json").read_text())
    return Layer(**known | {"path": path})


def _forget_unused(kind: str, now: float) -> None:
    for place in images_root().glob(f"{kind}-*"):
        if place.stat().st_mtime < now - _KEPT_SECONDS:
            shutil.rmtree(place, ignore_errors=True)
