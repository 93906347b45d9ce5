"""For all tests: what they have measured is shown at the end of every run, beside what was skipped."""

from collections.abc import Callable

import pytest
from hypothesis import settings

# How long an example takes is this machine's affair.
settings.register_profile("goslo", deadline=None)
settings.load_profile("goslo")

_MEASURED = "measured"

Measured = Callable[[str], None]
"""Keeps a sentence with a figure."""


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """For figures that somebody will want to read although the test has passed."""
    return lambda sentence: record_property(_MEASURED, sentence)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    found = [(report.nodeid, text) for report in reports for name, text in report.user_properties if name == _MEASURED]
    if not found:
        return
    terminalreporter.section("measured")
    # Each phase of a test reports what was kept until then.
    for nodeid, text in dict.fromkeys(found):
        terminalreporter.line(f"{nodeid.rpartition('::')[2]}: {text}")
