"""What processes use is read from the kernel."""

import os
import subprocess
import sys

from bench.scale.procfs import Usage, machine_busy_seconds, usage


def test_a_process_uses_memory_and_never_less_time_than_before() -> None:
    before = usage(os.getpid())
    sum(range(3_000_000))
    after = usage(os.getpid())
    assert 0 < before.rss_bytes <= before.peak_rss_bytes
    assert after.cpu_seconds > before.cpu_seconds
    assert machine_busy_seconds() > 0


def test_children_count_with_their_parent() -> None:
    alone = usage(os.getpid()).rss_bytes
    child = subprocess.Popen(
        [sys.executable, "-c", "held = b'x' * 50_000_000; print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    try:
        assert usage(os.getpid()).rss_bytes >= alone + 50_000_000
    finally:
        child.communicate(b"\n")


def test_a_process_that_is_gone_has_used_nothing() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert usage(child.pid) == Usage()
