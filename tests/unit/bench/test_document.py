"""The docs say what was measured."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from bench.scale.document import BEGIN, END, PAGE, ROWS, Row, cell, newest, put_table, render
from bench.stored import RESULTS
from tests.table import cases


def trial(tool: str, rules_per_second: float) -> dict[str, Any]:
    """A trial with one figure."""
    return {"tool": tool, "size": 1000, "burst": {"rules_per_second": rules_per_second}}


RESULT: dict[str, Any] = {
    "started": "2026-11-21T10:00:00+00:00",
    "command": "python -m bench.scale",
    "git": {"commit": "0" * 40, "dirty": False},
    "machine": {"cores": 2, "cpu": "a", "memory_bytes": 2**30, "system": "b", "kernel": "c", "python": "d"},
    "versions": dict.fromkeys(("kubernetes", "etcd", "sloth", "pyrra"), "v1"),
    "trials": [trial("pyrra", 1.0), trial("goslo", 2.0)],
}


def test_the_docs_hold_the_table_of_the_newest_result() -> None:
    page = PAGE.read_text()
    assert put_table(page, newest(RESULTS)) == page, "run: PYTHONPATH=tools uv run python -m bench.scale --table"


@cases(
    "values, text",
    {
        "one run is its figure": ([12.34], "12.3 s"),
        "three runs are their median and range": ([3.0, 1.0, 2.0], "2.0 [1.0-3.0] s"),
        "runs that agree need no range": ([2.01, 2.02], "2.0 s"),
        "two runs have the middle between them": ([1.0, 2.0], "1.5 [1.0-2.0] s"),
        "a phase that was not run is a dash": ([], "-"),
        "a run without the phase does not count": ([None, 4.0], "4.0 s"),
        "thousands are set apart": ([12_345.0], "12,345.0 s"),
    },
)
def test_a_cell_shows_the_median_and_how_far_the_runs_differ(values: Sequence[float | None], text: str) -> None:
    row = Row("", [lambda trial: trial["value"]], "{} s")
    assert cell(row, [{"value": value} for value in values]) == text


def test_a_run_that_was_gone_on_with_names_the_commit_of_each_tool() -> None:
    later = {"git": {"commit": "1" * 40, "dirty": False}}
    assert "at commit `000000000000` by" in render({**RESULT, "trials": [trial("goslo", 1.0), trial("sloth", 1.0)]})
    text = render({**RESULT, "trials": [trial("goslo", 1.0), {**trial("sloth", 1.0), **later}, trial("pyrra", 1.0)]})
    assert "at commit `000000000000` (GoServiceSLO, Pyrra) and commit `111111111111` (Sloth) by" in text


def test_a_wait_that_was_given_up_says_so() -> None:
    rested, restless = ({"burst": {"quiet_after_seconds": 600.0, "came_to_rest": rest}} for rest in (True, False))
    (row,) = (row for rows in ROWS.values() for row in rows if row.title == "quiet after")
    assert cell(row, [rested]) == cell(row, [{"burst": {"quiet_after_seconds": 600.0}}]) == "600.0 s"
    assert cell(row, [rested, restless]) == "more than 600.0 s"
    assert cell(row, [{"burst": {"quiet_after_seconds": None}}]) == "-"


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    page = put_table(f"above\n{BEGIN}\nold\n{END}\nbelow\n", [RESULT])
    assert page.startswith(f"above\n{BEGIN}\n")
    assert page.endswith(f"{END}\nbelow\n")
    assert "old" not in page
    assert "| GoServiceSLO | Pyrra |" in page
    assert "| **2.0** | **1.0** |" in page
    assert put_table(page, [RESULT]) == page


def test_of_each_size_and_tool_the_result_that_was_started_last_is_shown(tmp_path: Path) -> None:
    assert newest(tmp_path) == []
    small, large, other = ({"size": size, "tool": tool} for size, tool in ((1, "one"), (2, "one"), (2, "two")))
    for name, result in {
        "scale-b.json": {"started": "2026-11-20", "trials": [small, large], "sampler": {}},
        "scale-a.json": {"started": "2026-11-21", "trials": [small]},
        "scale-c.json": {"started": "2026-11-19", "trials": [small, large, other], "sampler": {}},
        "other.json": {"started": "2026-12-01", "trials": [small]},
    }.items():
        (tmp_path / name).write_text(json.dumps(result))
    assert newest(tmp_path) == [
        {"started": "2026-11-21", "trials": [small]},
        {"started": "2026-11-20", "trials": [large], "sampler": {}},
        {"started": "2026-11-19", "trials": [other]},
    ]


def test_without_a_result_the_page_says_so() -> None:
    assert "No result is stored yet" in put_table(f"{BEGIN}{END}", [])


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no lines"):
        put_table("nothing", [])


def test_the_sampler_has_a_table_of_its_own_where_it_was_measured() -> None:
    mebibyte = 2**20
    sampler = {
        "objectives": 10_000,
        "seconds": 300.0,
        "refreshes": 20,
        "refresh_seconds": {"p50": 2.51, "p100": 3.3},
        "cpu_share_of_a_core": 0.066,
        "rss_before_bytes": 70 * mebibyte,
        "rss_peak_bytes": 130 * mebibyte,
        "prometheus": {"rss_peak_bytes": 340 * mebibyte},
    }
    result = {**RESULT, "sampler": sampler}
    assert "| **full refresh, p50 and p100** | **2.5 s, 3.3 s** |" in render(result)
    assert "The sampler" not in render(RESULT)
