"""For all tests: their order, what is built for them, and what they have measured, which ends the report of a run."""

import os
from collections.abc import Callable

import pytest
from hypothesis import settings
from tests.prebuild import Building, building, in_order, needed

from localcluster.binaries import missing
from localcluster.toolchain import NoToolchain

# How long an example takes is this machine's affair.
settings.register_profile("goslo", deadline=None)
settings.load_profile("goslo")

_MEASURED = "measured"
_BUILDING = pytest.StashKey[Building]()

Measured = Callable[[str], None]
"""Keeps a sentence with a figure."""


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """For figures that somebody will want to read although the test has passed."""
    return lambda sentence: record_property(_MEASURED, sentence)


def _markers(item: pytest.Item) -> set[str]:
    return {marker.name for marker in item.iter_markers()}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = in_order((item, item.path, _markers(item)) for item in items)


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly:
        return
    markers = {marker for item in session.items for marker in _markers(item)}
    try:
        names = missing(needed(markers, root=os.geteuid() == 0))
    except NoToolchain:
        return  # whatever needs one will say so
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if names and reporter is not None:
        reporter.write_line(f"building beside the first tests: {', '.join(names)}")
    if names:
        session.config.stash[_BUILDING] = building(names)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (build := session.config.stash.get(_BUILDING, None)) is not None:
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
