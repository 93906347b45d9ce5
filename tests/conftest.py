"""For all tests: their order, what is built for them, and what they have measured, which ends the report of a run."""

import os
import signal
from collections.abc import Callable, Generator

import pytest
from hypothesis import settings
from tests.prebuild import NODE, BackgroundBuild, build_beside, in_order, needed

from localcluster.choice import backend
from localcluster.spec import Backend

# How long an example takes is this machine's affair.
settings.register_profile("goslo", deadline=None)
settings.load_profile("goslo")

_MEASURED = "measured"
_BUILD = pytest.StashKey[BackgroundBuild]()

Measured = Callable[[str], None]
"""Keeps a sentence with a figure."""


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """For figures that somebody will want to read although the test has passed."""
    return lambda sentence: record_property(_MEASURED, sentence)


def pytest_configure() -> None:
    """Ended from outside, a run takes its clusters down, and what it builds; under `nohup` it goes on."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(
                number, lambda number, _: pytest.exit(f"ended by {signal.Signals(number).name}", 128 + number)
            )


def _backend() -> Backend | None:
    """What a node would be made with; None where there can be none."""
    found = backend(None)
    return None if found == "native" and os.geteuid() != 0 else found


def _markers(item: pytest.Item) -> set[str]:
    return {marker.name for marker in item.iter_markers()}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = in_order((item, item.path, _markers(item)) for item in items)


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly or session.testsfailed:
        return
    markers = {marker for item in session.items for marker in _markers(item)}
    names = needed(markers, _backend)
    if not names:
        return
    try:
        session.config.stash[_BUILD] = build_beside(names)
    except OSError as error:
        text = f"nothing is built beside the first tests: {error}"
    else:
        text = f"built beside the first tests, where not in the cache: {', '.join(names)}"
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(text)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Nothing is built beside pods under load."""
    build = item.config.stash.get(_BUILD, None)
    if build is not None and item.get_closest_marker(NODE) is not None:
        build.wait()


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    try:
        return (yield)
    finally:
        if (build := session.config.stash.get(_BUILD, None)) is not None:
            build.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    found = [(report.nodeid, text) for report in reports for name, text in report.user_properties if name == _MEASURED]
    if not found:
        return
    terminalreporter.section("measured")
    # Each phase of a test reports what was kept until then.
    for nodeid, text in dict.fromkeys(found):
        terminalreporter.line(f"{nodeid.rpartition('::')[2]}: {text}")
