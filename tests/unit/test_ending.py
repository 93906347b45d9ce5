"""A run of tests that is ended from outside takes down what it has set up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = "from tests.conftest import pytest_configure\n"
TEST = """
import os
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def cluster():
    yield
    (HERE / "down").touch()


def test_that_goes_on(cluster):
    (HERE / "up").touch()
    while not (HERE / "enough").exists():
        time.sleep(0.05)
"""


@contextmanager
def running(where: Path, *, hung_up: signal.Handlers = signal.SIG_DFL) -> Generator[subprocess.Popen[bytes]]:
    """A run whose one test has begun."""
    (where / "conftest.py").write_text(CONFTEST)
    (where / "test_long.py").write_text(TEST)
    (where / "pytest.ini").write_text("[pytest]\n")
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(where)],
        cwd=where,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tools"), str(ROOT)])},
        stdout=subprocess.DEVNULL,
        # What this run does with it must not be what that one begins with.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, hung_up),
    )
    try:
        while not (where / "up").exists():
            assert run.poll() is None, "it ended before its test began"
            time.sleep(0.05)
        yield run
    finally:
        run.kill()
        run.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_ended_takes_down_what_it_has_set_up(number: signal.Signals, tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.send_signal(number)
        assert run.wait() == 128 + number
    assert (tmp_path / "down").exists()


def test_under_nohup_a_run_goes_on_when_its_terminal_is_gone(tmp_path: Path) -> None:
    with running(tmp_path, hung_up=signal.SIG_IGN) as run:
        run.send_signal(signal.SIGHUP)
        (tmp_path / "enough").touch()
        assert run.wait() == 0
