"""Binaries built from Go modules, once for every clone: ``ensure(["etcd", "kubectl"])``."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from .locks import exclusively
from .paths import cache_root
from .recipes import Recipe, language_version, recipe
from .report import Stopwatch, say
from .toolchain import Toolchain, environment, find

_PROGRESS_EVERY_SECONDS = 20.0


class BuildFailed(RuntimeError):
    """``go build`` failed; the text has the end of what it said."""


def ensure(names: Iterable[str]) -> dict[str, Path]:
    """Paths of these binaries, building those that are not in the cache.

    Raises ``UnknownBinary``, ``NoToolchain`` or ``BuildFailed``.
    """
    return {one.name: _ensure_one(one) for one in [recipe(name) for name in dict.fromkeys(names)]}


def _ensure_one(one: Recipe) -> Path:
    # Each by itself, so that a binary is the same whichever others it is asked for with.
    toolchain = find(language_version((one.directory / "go.mod").read_text()))
    directory = cache_root() / "bin" / one.key(toolchain.version)
    binary = directory / one.name
    if binary.exists():
        return binary
    with exclusively(directory / f".{one.name}.lock", one.name):
        if not binary.exists():
            _build(one, toolchain, binary)
    return binary


def _build(one: Recipe, toolchain: Toolchain, binary: Path) -> None:
    watch = Stopwatch()
    say(f"{one.name}: building with {toolchain.version}, fetching the modules that are not here yet")
    packages = _count_packages(one, toolchain)
    with tempfile.TemporaryDirectory(dir=binary.parent, prefix=f".{one.name}-") as scratch:
        fresh = Path(scratch) / one.name
        completed = _completed(one, toolchain, Path(scratch))
        command = [str(toolchain.go), "build", "-v", *completed, "-o", str(fresh), *one.build_flags()]
        _run_with_progress(one, command, watch, packages)
        fresh.rename(binary)
    say(f"{one.name}: built in {watch}, {binary.stat().st_size / 1e6:.0f} MB, {binary}")


def _completed(one: Recipe, toolchain: Toolchain, scratch: Path) -> list[str]:
    """Flags by which a module that lacks its placeholder is built from a writable copy that has it."""
    if one.placeholder is None or one.versioned is None:
        return []
    copy, modfile = scratch / "module", scratch / "go.mod"
    released = Path(_go(one, toolchain, ["list", "-m", "-f", "{{.Dir}}", one.versioned]).strip())
    shutil.copytree(released, copy, copy_function=shutil.copyfile)
    for directory in (copy, *(path for path in copy.rglob("*") if path.is_dir())):
        directory.chmod(0o755)  # Go's module cache is read-only
    copy.joinpath(one.placeholder).parent.mkdir(parents=True, exist_ok=True)
    copy.joinpath(one.placeholder).touch()
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(one.directory / name, scratch / name)
    _go(one, toolchain, ["mod", "edit", f"-replace={one.versioned}={copy}", str(modfile)])
    return [f"-modfile={modfile}"]


def _count_packages(one: Recipe, toolchain: Toolchain) -> int:
    tags = ["-tags", ",".join(one.tags)] if one.tags else []
    return _go(one, toolchain, ["list", "-e", "-deps", *tags, one.package]).count("\n")


def _go(one: Recipe, toolchain: Toolchain, arguments: list[str]) -> str:
    done = subprocess.run(
        [toolchain.go, *arguments], cwd=one.directory, env=environment(), capture_output=True, text=True
    )
    if done.returncode != 0:
        raise BuildFailed(f"{one.name}: go {' '.join(arguments)} failed:\n{done.stderr.strip()[-4000:]}")
    return done.stdout


def _run_with_progress(one: Recipe, command: list[str], watch: Stopwatch, packages: int) -> None:
    """Run ``go build -v``, which names every package that it compiles, and say from time to time how far it is.

    Packages already in Go's own cache are not named, so the count may end below the total.
    """
    last_lines: deque[str] = deque(maxlen=60)
    compiled = 0
    finished = threading.Event()

    def tell() -> None:
        while not finished.wait(_PROGRESS_EVERY_SECONDS):
            say(f"{one.name}: {compiled} of at most {packages} packages compiled, {watch}")

    with subprocess.Popen(
        command,
        cwd=one.directory,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as build:
        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            assert build.stderr is not None
            for line in build.stderr:
                last_lines.append(line)
                compiled += not line.startswith("go: ")
        finally:
            finished.set()
            teller.join()
    if build.returncode != 0:
        raise BuildFailed(f"{one.name}: {' '.join(command)} failed:\n{''.join(last_lines)}")
