"""What a result was measured on and with."""

import os
import platform
import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, as far as figures depend on it."""

    cpu: str
    cores: int
    memory_bytes: int
    kernel: str
    system: str
    python: str


def machine() -> Machine:
    """This machine."""
    return Machine(
        cpu=_first(r"^model name\s*:\s*(.+)$", "/proc/cpuinfo", platform.processor()),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=int(_first(r"^MemTotal:\s*(\d+) kB$", "/proc/meminfo", "0")) * 1024,
        kernel=platform.release(),
        system=_first(r'^PRETTY_NAME="(.+)"$', "/etc/os-release", platform.system()),
        python=platform.python_version(),
    )


def describe() -> dict[str, object]:
    """This machine as JSON."""
    return asdict(machine())


def commit() -> dict[str, object]:
    """The commit that is checked out, and whether files of the operator or the benchmark differ from it."""
    changed = _git(
        "status", "--porcelain", "--", "operator", "bench", ":!bench/results", "crds", "pyproject.toml", "uv.lock"
    )
    return {"commit": _git("rev-parse", "HEAD"), "dirty": bool(changed)}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _first(pattern: str, path: str, otherwise: str) -> str:
    try:
        found = re.search(pattern, Path(path).read_text(), re.MULTILINE)
    except OSError:
        return otherwise
    return found[1].strip() if found else otherwise
