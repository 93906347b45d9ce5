"""The control groups of a node: one tree of ours in every hierarchy, which also is the list of its processes.

Version 1 has a hierarchy a controller, version 2 one for all; the same names are used in each.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

SYSTEM = "system"
"""The group below a node's own in which its daemons live; pods are beside it, put there by kubelet."""

_WANTED = {"cpu", "cpuset", "hugetlb", "memory", "pids"}


class Stuck(RuntimeError):
    """A control group could not be removed although its processes have ended."""


def hierarchies(mountinfo: str | None = None) -> list[Path]:
    """Where the kernel's control groups are mounted, of both versions: beside version 1's controllers container
    runtimes use a version 2 mount as well."""
    text = Path("/proc/self/mountinfo").read_text() if mountinfo is None else mountinfo
    found = set()
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        where = Path(before.split()[4])
        if after.split()[0] in ("cgroup", "cgroup2") and where.is_relative_to("/sys/fs/cgroup"):
            found.add(where)
    return sorted(found)


def create(name: str) -> list[Path]:
    """Make the node's groups; the ``cgroup.procs`` files that a daemon's pid has to be written to."""
    entrances = []
    for hierarchy in hierarchies():
        group = hierarchy / name
        (group / SYSTEM).mkdir(parents=True, exist_ok=True)
        if group.joinpath("cgroup.subtree_control").exists():
            for parent in (hierarchy, group):
                enable_controllers(parent)
        if hierarchy.joinpath("cpuset.cpus").exists():
            for one in (group, group / SYSTEM):  # an empty version 1 cpuset admits no process
                for setting in ("cpuset.cpus", "cpuset.mems"):
                    (one / setting).write_text((one.parent / setting).read_text())
        entrances.append(group / SYSTEM / "cgroup.procs")
    return entrances


def enable_controllers(group: Path) -> None:
    """Let the children of a version 2 group have what kubelet asks for, as far as the kernel has it."""
    there = set(group.joinpath("cgroup.controllers").read_text().split())
    control = group / "cgroup.subtree_control"
    lacking = sorted(there & _WANTED - set(control.read_text().split()))
    if lacking:
        control.write_text(" ".join(f"+{one}" for one in lacking))


def members(name: str, below: str = "") -> list[int]:
    """The pids in a node's groups, those of pods included, or in the groups ``below`` one of its own."""
    found: set[int] = set()
    for hierarchy in hierarchies():
        for directory, _, _ in os.walk(hierarchy / name / below):
            found.update(_pids(Path(directory)))
    return sorted(found)


def remove(name: str) -> None:
    """Remove the node's groups, innermost first; raises ``Stuck``."""
    for hierarchy in hierarchies():
        directories = [Path(directory) for directory, _, _ in os.walk(hierarchy / name, topdown=False)]
        for directory in directories:
            _remove_one(directory)


def _pids(group: Path) -> list[int]:
    try:
        return [int(word) for word in (group / "cgroup.procs").read_text().split()]
    except OSError:  # it was removed while we read
        return []


def _remove_one(group: Path) -> None:
    """Remove an empty group. The kernel may need a moment after its last process ended."""
    deadline = time.monotonic() + 10
    while True:
        try:
            group.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError as refused:
            if time.monotonic() >= deadline:
                raise Stuck(f"{group}: {refused}, processes: {_pids(group)}") from refused
            time.sleep(0.05)
