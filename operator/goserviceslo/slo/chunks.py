"""What was counted of the time before an objective was recorded, stretch by stretch, kept small.

A fleet of ten thousand objectives keeps three hundred thousand of them: with each an object of its own their histories
took 58 MiB, packed they take 19.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import neg
from typing import overload

_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)
_COLUMNS = 4
_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """Events from `start` to where the next chunk, or the first tile, starts."""

    start: datetime
    total: int = 0
    bad: int = 0
    seen: bool = False
    """Whether anything was there to be counted."""


class Chunks(Sequence[Chunk]):
    """Newest first, each adjoining the one before it. Never changes."""

    __slots__ = ("_numbers",)

    def __init__(self, chunks: Iterable[Chunk] = ()) -> None:
        numbers = array("q")
        for one in chunks:
            start = (one.start - _EPOCH) // _MICROSECOND
            numbers.extend((start, min(one.total, _MOST), min(one.bad, _MOST), one.seen))
        self._numbers = numbers

    @property
    def total(self) -> int:
        """Events of all."""
        return sum(self._column(1))

    @property
    def bad(self) -> int:
        """Bad events of all."""
        return sum(self._column(2))

    @property
    def seen_since(self) -> datetime | None:
        """The start of the oldest in which anything was there."""
        return next((one.start for one in reversed(self) if one.seen), None)

    def since(self, start: datetime) -> "Chunks":
        """Those that begin at `start` or later."""
        return self.newest(bisect_right(self._column(0), (start - _EPOCH) // -_MICROSECOND, key=neg))

    def newest(self, count: int) -> "Chunks":
        """So many, or as many as there are."""
        if count >= len(self):
            return self
        found = Chunks()
        found._numbers = self._numbers[: count * _COLUMNS]
        return found

    def __len__(self) -> int:
        return len(self._numbers) // _COLUMNS

    def __iter__(self) -> Iterator[Chunk]:
        return map(_chunk, *(self._column(number) for number in range(_COLUMNS)))

    @overload
    def __getitem__(self, index: int) -> Chunk: ...
    @overload
    def __getitem__(self, index: slice) -> "Chunks": ...
    def __getitem__(self, index: int | slice) -> "Chunk | Chunks":
        if isinstance(index, slice):
            return Chunks(tuple(self)[index])
        return _chunk(*(self._column(number)[index] for number in range(_COLUMNS)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chunks) and other._numbers == self._numbers

    def __hash__(self) -> int:
        return hash(self._numbers.tobytes())

    def __repr__(self) -> str:
        return f"Chunks({list(self)!r})"

    def _column(self, number: int) -> "array[int]":
        return self._numbers[number::_COLUMNS]


def _chunk(start: int, total: int, bad: int, seen: int) -> Chunk:
    return Chunk(_EPOCH + start * _MICROSECOND, total, bad, seen=bool(seen))
