"""Static Go programs of this checkout, built the same everywhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

from localcluster.recipes import language_version
from localcluster.toolchain import environment, find

from .failures import CannotBuild


def build_program(module: Path, package: str, out: Path) -> None:
    """Build one main package of the Go module in a directory; raises CannotBuild or NoToolchain."""
    toolchain = find(language_version((module / "go.mod").read_text()))
    command = [str(toolchain.go), "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(out), package]
    done = subprocess.run(
        command, cwd=module, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise CannotBuild(f"{' '.join(command)} in {module} failed:\n{done.stderr.strip()[-3000:]}")
