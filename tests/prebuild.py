"""What tests stand on is built beside those that stand on nothing: on a fresh machine that saves a quarter of an hour.

Tests that need the least come first; so whoever broke a pure function hears of it first, too. Nothing is built beside
a node, whose pods are under load. Run as a program, this builds the binaries that are named, with what others leave of
the machine.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from localcluster.binaries import ensure
from localcluster.spec import Backend

ROOT = Path(__file__).resolve().parents[1]
NODE = "node"
BINARIES: Mapping[str, Sequence[str]] = {
    "prometheus": ("promtool", "prometheus"),
    "originals": ("sloth", "pyrra"),
    "apiserver": ("etcd", "kube-apiserver", "kubectl"),
    "helm": ("helm",),
    NODE: ("kubectl", "helm", "prometheus"),
    "native": (
        *("etcd", "kube-apiserver", "kubelet", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns"),
        *("pause", "metrics-server"),
    ),
    "kind": ("kind",),
    # Last, as they stay up until the end, and nothing shall run beside a node under load.
    "sources": ("victoria-metrics", "thanos", "cortex"),
}
"""By marker, in the order in which their tests come, and by the backend that a node is made with."""
_RANKS = {marker: rank for rank, marker in enumerate(BINARIES)}
_LOWEST = 19
_PATIENCE_SECONDS = 30.0

T = TypeVar("T")


def needed(markers: Iterable[str], backend: Callable[[], Backend | None]) -> list[str]:
    """The binaries that tests with these markers stand on, those that are needed first coming first."""
    wanted = set(markers)
    if NODE in wanted and (made_with := backend()) is not None:
        wanted.add(made_with)
    found = (name for marker, names in BINARIES.items() if marker in wanted for name in names)
    return list(dict.fromkeys(found))


def in_order(tests: Iterable[tuple[T, Path, Collection[str]]]) -> list[T]:
    """Tests, each with its file and its markers: whole files in the order of what the neediest of their tests needs."""
    found = list(tests)
    ranks: dict[Path, int] = {}
    for _, path, markers in found:
        ranks[path] = max(ranks.get(path, -1), *(_RANKS.get(marker, -1) for marker in markers), -1)
    return [test for test, path, _ in sorted(found, key=lambda one: ranks[one[1]])]


class BackgroundBuild:
    """A process that goes on until it is done, or until `stop`.

    What it says is dropped: a test whose binary cannot be built tries for itself, and fails with the reason.
    """

    def __init__(self, command: Sequence[str]) -> None:
        """Raises OSError where it cannot be started."""
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tools"), str(ROOT)])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait(self) -> None:
        """Until it is done."""
        self._process.wait()

    def stop(self) -> None:
        """Interrupted, it leaves nothing half done in the cache."""
        for number in (signal.SIGINT, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE_SECONDS)


def build_beside(names: Sequence[str]) -> BackgroundBuild:
    """Begin to build these binaries, one after the other. Raises OSError."""
    return BackgroundBuild([sys.executable, "-m", "tests.prebuild", *names])


def main(names: Sequence[str]) -> None:
    """Build what can be built, one after the other, for as long as the tests run."""
    # A shell without job control starts what runs in the background deaf to interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.nice(_LOWEST)
    with suppress(OSError):
        # Where Linux groups processes by session, it is the group whose weight counts.
        Path("/proc/self/autogroup").write_text(str(_LOWEST))
    parent = os.getppid()
    for name in names:
        if os.getppid() != parent:
            return
        with suppress(RuntimeError, OSError):
            ensure([name])


if __name__ == "__main__":
    main(sys.argv[1:])
