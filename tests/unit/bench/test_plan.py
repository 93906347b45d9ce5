"""Every tool is tried at every size, and none always goes first."""

from collections import Counter

from bench.scale.plan import missing, trials
from hypothesis import given
from hypothesis import strategies as st

TOOLS = ("one", "two", "three")


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
    stored = [{"tool": one.tool, "size": one.size, "repetition": one.repetition} for one in done]
    assert missing(planned, stored) == [one for one in planned if one not in done]


def test_each_round_starts_with_another_tool() -> None:
    first = [trial.tool for trial in trials(TOOLS, [10], 3)][:: len(TOOLS)]
    assert first == list(TOOLS)
