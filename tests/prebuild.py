"""What tests stand on is built beside those that stand on nothing: on a fresh machine that saves a quarter of an hour.

Tests that need the least come first; so whoever broke a pure function hears of it first, too.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

TOOLS = Path(__file__).resolve().parents[1] / "tools"
_NATIVE = "native"
BINARIES: Mapping[str, Sequence[str]] = {
    "prometheus": ("promtool", "prometheus"),
    "originals": ("sloth", "pyrra"),
    "apiserver": ("etcd", "kube-apiserver", "kubectl"),
    "helm": ("helm",),
    "node": ("kubectl", "helm", "prometheus"),
    _NATIVE: (
        *("etcd", "kube-apiserver", "kubelet", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns"),
        *("pause", "metrics-server"),
    ),
    # Last, as they stay up until the end, and nothing shall run beside a node under load.
    "sources": ("victoria-metrics", "thanos", "cortex"),
}
"""By marker, in the order in which their tests come; the parts of a node only where there is root to run one."""
_RANKS = {marker: rank for rank, marker in enumerate(BINARIES)}
_PATIENCE_SECONDS = 30.0

T = TypeVar("T")


def needed(markers: Iterable[str], *, root: bool) -> list[str]:
    """The binaries that tests with these markers stand on, those that are needed first coming first."""
    wanted = set(markers)
    if root and "node" in wanted:
        wanted.add(_NATIVE)
    found = (name for marker, names in BINARIES.items() if marker in wanted for name in names)
    return list(dict.fromkeys(found))


def in_order(tests: Iterable[tuple[T, Path, Collection[str]]]) -> list[T]:
    """Tests, each with its file and its markers: whole files in the order of what the neediest of their tests needs."""
    found = list(tests)
    ranks: dict[Path, int] = {}
    for _, path, markers in found:
        ranks[path] = max(ranks.get(path, -1), *(_RANKS.get(marker, -1) for marker in markers), -1)
    return [test for test, path, _ in sorted(found, key=lambda one: ranks[one[1]])]


class Building:
    """A process that works with what the tests leave of the machine, until `stop`.

    What it says is dropped: a test whose binary cannot be built tries for itself, and fails with the reason.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            ["nice", "-n", "19", *command],
            env={**os.environ, "PYTHONPATH": str(TOOLS)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop(self) -> None:
        """Interrupted, it leaves nothing half done in the cache."""
        for number in (signal.SIGINT, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            os.killpg(self._process.pid, number)
            try:
                self._process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                continue


def building(names: Sequence[str]) -> Building:
    """Begin to build these binaries, one after the other."""
    return Building([sys.executable, "-m", "localcluster", "binaries", *names])
