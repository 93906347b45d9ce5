"""The first works, the second waits."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from localcluster.locks import exclusively


def test_the_second_waits_for_the_first_also_when_the_first_deletes_the_lock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock, inside, most = tmp_path / "lock", [0], [0]
    counting = threading.Lock()

    def work() -> None:
        with exclusively(lock, "the work"):
            with counting:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            threading.Event().wait(0.02)
            lock.unlink()
            with counting:
                inside[0] -= 1

    workers = [threading.Thread(target=work) for _ in range(8)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(30)
    assert most[0] == 1
    assert "the work: another process is at it" in capsys.readouterr().err


def test_a_killed_holder_gives_it_back(tmp_path: Path) -> None:
    holding = f"""
import sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[3] / "tools")!r})
from pathlib import Path
from localcluster.locks import exclusively
with exclusively(Path({str(tmp_path / "lock")!r}), "it"):
    print("held", flush=True)
    sys.stdin.read()
"""
    holder = subprocess.Popen([sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    with exclusively(tmp_path / "lock", "it"):
        holder.wait()
