"""Which trials are run, and in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Trial:
    """One tool, one number of resources, on a fresh cluster."""

    tool: str
    size: int
    repetition: int
    whole: bool
    """Followed by the idle time, single changes and a restart; else only the burst."""
    largest: bool
    """Whether no other trial has more resources."""


def trials(tools: Sequence[str], sizes: Sequence[int], repeat: int) -> list[Trial]:
    """``repeat`` rounds at the smallest size, one at each larger; each round starts with another tool.

    What drifts during a run (heat, caches, neighbours) so falls on every tool alike.
    """
    smallest, largest = min(sizes), max(sizes)
    rounds = [(size, number) for size in sorted(sizes) for number in range(repeat if size == smallest else 1)]
    return [
        Trial(tool, size, number, whole=number == 0, largest=size == largest)
        for turn, (size, number) in enumerate(rounds)
        for tool in _rotated(tools, turn)
    ]


def left(
    planned: Sequence[Trial], done: Sequence[Mapping[str, Any]], git: Mapping[str, object]
) -> tuple[list[Trial], list[Mapping[str, Any]]]:
    """What a run that was cut short has left to do at a commit, and what stands of ``done``, the trials that it stored.

    The repetitions of a tool at one size are of one commit: where some are left, those of others are made again.
    """
    open_ = {(one.tool, one.size) for one in _missing(planned, done)}
    stands = [one for one in done if one["git"] == git or (one["tool"], one["size"]) not in open_]
    return _missing(planned, stands), stands


def _missing(planned: Sequence[Trial], done: Sequence[Mapping[str, Any]]) -> list[Trial]:
    known = {(one["tool"], one["size"], one["repetition"]) for one in done}
    return [one for one in planned if (one.tool, one.size, one.repetition) not in known]


def _rotated(tools: Sequence[str], by: int) -> list[str]:
    start = by % len(tools)
    return [*tools[start:], *tools[:start]]
