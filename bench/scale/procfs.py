"""CPU time and memory of processes, from ``/proc`` (proc(5))."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its descendants have used until now."""

    cpu_seconds: float = 0.0
    """User and system time, to a hundredth of a second."""
    rss_bytes: int = 0
    peak_rss_bytes: int = 0
    """The sum of each process' own peak: exact for one process, an upper bound for several."""


def usage(pid: int) -> Usage:
    """What the tree below ``pid`` has used; nothing for a process that is gone."""
    return _sum(_one(each) for each in _tree(pid))


def machine_busy_seconds() -> float:
    """CPU seconds spent by the whole machine since boot, idle and waiting for disks left out."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(field) for field in fields[:8])
    return (user + nice + system + irq + softirq + steal) / _TICKS_PER_SECOND


def _sum(parts: Iterable[Usage]) -> Usage:
    cpu, rss, peak = 0.0, 0, 0
    for part in parts:
        cpu += part.cpu_seconds
        rss += part.rss_bytes
        peak += part.peak_rss_bytes
    return Usage(cpu, rss, peak)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _one(pid: int) -> Usage:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return Usage()
    # Fields 14 to 17: own time, and that of children that were waited for.
    ticks = sum(int(field) for field in stat[11:15])
    return Usage(ticks / _TICKS_PER_SECOND, _kibibytes(status, "VmRSS:"), _kibibytes(status, "VmHWM:"))


def _kibibytes(status: str, name: str) -> int:
    for line in status.splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0
