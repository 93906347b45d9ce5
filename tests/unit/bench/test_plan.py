"""Every tool is tried at every size, and none always goes first."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from bench.scale.plan import Trial, left, trials
from hypothesis import given
from hypothesis import strategies as st

TOOLS = ("one", "two", "three")
A, B = ({"commit": letter * 40, "dirty": False} for letter in "ab")


def stored_of(one: Trial, git: Mapping[str, object]) -> Mapping[str, Any]:
    return {"tool": one.tool, "size": one.size, "repetition": one.repetition, "git": git}


@given(st.sets(st.integers(1, 9), min_size=1, max_size=3), st.integers(1, 6))
def test_the_smallest_size_is_repeated_and_the_others_run_once(sizes: set[int], repeat: int) -> None:
    planned = Counter((trial.tool, trial.size) for trial in trials(TOOLS, sorted(sizes), repeat))
    assert planned == {(tool, size): repeat if size == min(sizes) else 1 for tool in TOOLS for size in sizes}


@given(st.integers(1, 5))
def test_each_tool_runs_the_whole_sequence_once_a_size(repeat: int) -> None:
    whole = Counter((trial.tool, trial.size) for trial in trials(TOOLS, [10, 20], repeat) if trial.whole)
    assert whole == {(tool, size): 1 for tool in TOOLS for size in (10, 20)}


@given(st.data())
def test_what_is_stored_is_not_run_again_and_the_rest_keeps_its_order(data: st.DataObject) -> None:
    planned = trials(TOOLS, [10, 20], 2)
    done = data.draw(st.sets(st.sampled_from(planned)))
    stored = [stored_of(one, A) for one in done]
    assert left(planned, stored, A) == ([one for one in planned if one not in done], stored)


def test_a_tool_of_which_some_is_left_is_measured_again_at_another_commit() -> None:
    planned = trials(TOOLS, [10, 20], 2)
    stored = [stored_of(one, A) for one in planned if one.tool != "three" and (one.tool, one.repetition) != ("two", 1)]
    found, stands = left(planned, stored, B)
    assert stands == [one for one in stored if (one["tool"], one["size"]) != ("two", 10)]
    assert [(one.tool, one.size, one.repetition) for one in found] == [
        ("two", 10, 0),
        ("three", 10, 0),
        ("two", 10, 1),
        ("three", 10, 1),
        ("three", 20, 0),
    ]


def test_each_round_starts_with_another_tool() -> None:
    first = [trial.tool for trial in trials(TOOLS, [10], 3)][:: len(TOOLS)]
    assert first == list(TOOLS)
