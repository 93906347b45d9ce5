"""Maintenance windows as text of a ConfigMap: read like the resource's own, or refused with a sentence."""

import pytest
from tests.table import cases

from goserviceslo.api.calendar import LONGEST_CALENDAR, parse_calendar

GOOD = """
- {name: move, start: 2026-12-01T02:00:00Z, duration: 2h}   # a bare time stays text, as kubectl has it
- name: sunday
  start: "2026-01-04T02:00:00"
  timeZone: Europe/Berlin
  duration: 1h
  rule: FREQ=WEEKLY;BYDAY=SU
  except: [2026-12-27]
"""
_ONE = "name: a, start: 2026-12-01T02:00:00Z, duration: 1h"


def test_a_list_is_read_as_it_would_be_in_the_resource() -> None:
    windows = parse_calendar(GOOD)
    assert [(one.name, one.start) for one in windows if not isinstance(one, str)] == [
        ("move", "2026-12-01T02:00:00Z"),
        ("sunday", "2026-01-04T02:00:00"),
    ]


@pytest.mark.parametrize("text", ["", "\n# nothing yet\n", "[]"])
def test_no_window_is_an_empty_list(text: str) -> None:
    assert parse_calendar(text) == ()


@cases(
    "text, sentence",
    {
        "no YAML": ("- {name: a", "maintenance.yaml: line 1, column 11:"),
        "a map": ("maintenance: []", "maintenance.yaml: write a list"),
        "a duration too long": (
            "- {name: a, start: 2026-12-01T02:00:00Z, duration: 30d}",
            "maintenance.yaml[0].duration: write a duration from 1m to 7d",
        ),
        "a field that is not there": (
            f"- {{{_ONE}, every: week}}",
            "maintenance.yaml[0].every: there is no such field",
        ),
        "one name twice": (f"[{{{_ONE}}}, {{{_ONE}}}]", "maintenance.yaml: two maintenance windows have one name"),
        "references, which a text could multiply without end": (
            f"- &a {{{_ONE}}}\n- *a",
            "maintenance.yaml: line 2, column 3: write the entry out",
        ),
        "an object of Python": ("!!python/object/apply:os.system [ls]", "maintenance.yaml: line 1, column 1:"),
        "brackets without end": ("[" * 50_000, "maintenance.yaml: "),
        "a text without end": (" " * (LONGEST_CALENDAR + 1), "maintenance.yaml: write at most 64 KiB."),
        "a time zone that is no text": (
            "- {name: a, start: 2026-12-01T02:00:00, timeZone: 1, duration: 1h}",
            "maintenance.yaml[0].timeZone: put it in quotes",
        ),
    },
)
def test_what_cannot_be_read_is_told(text: str, sentence: str) -> None:
    refusals = parse_calendar(text)
    assert isinstance(refusals, list)
    assert refusals[0].startswith(sentence), refusals
