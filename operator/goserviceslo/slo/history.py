"""What a window holds from before its objective was recorded: counts of whole chunks of time, and how far back they go.

Rules count from the moment they are loaded. What happened before is counted from the raw series, chunk by chunk, from
the first recorded tile backwards, so that chunks and tiles adjoin: the events of a window are those of its tiles and
those of the chunks before them. A chunk counts while it lies in the window as a whole; so the older end of a rolling
window moves in steps of a chunk until what is recorded covers it.

A chunk in which nothing was there counts nothing, and is no evidence; it is kept so that nobody asks again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from math import ceil

from goserviceslo.api.status import HistoryChunk, MeasuredHistory
from goserviceslo.api.window import CalendarPeriod
from goserviceslo.slo.burn import nominal_length
from goserviceslo.slo.chunks import Chunk, Chunks
from goserviceslo.slo.conventions import STALENESS
from goserviceslo.slo.excluding import SETTLES
from goserviceslo.slo.maintenance import Span, merged
from goserviceslo.slo.windows import span

_CHUNKS = 30
"""Into so many a window is cut: the part of it that is missing at its older end is at most one of them."""
_SHORTEST_CHUNK = timedelta(minutes=5)
_EPOCH = datetime.fromtimestamp(0, UTC)
_INSTANT = timedelta(microseconds=1)
_MOST_KEPT = 64
"""As many as a status holds; windows of which the length is changed again and again could have more."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of a stretch of time."""

    total: float = 0.0
    bad: float = 0.0
    seen_since: datetime | None = None
    """When the series were first seen in it, to within the staleness bound; None where nothing was there."""

    def __add__(self, other: "Tally") -> "Tally":
        seen = [one for one in (self.seen_since, other.seen_since) if one is not None]
        return Tally(self.total + other.total, self.bad + other.bad, min(seen, default=None))


@dataclass(frozen=True, slots=True)
class History:
    """The past of an objective, as far as it has been counted."""

    meaning: str
    """Of what was counted; chunks of another meaning are void."""
    recorded_since: datetime
    """The start of the first tile."""
    chunks: Chunks = field(default_factory=Chunks)

    @property
    def reaches(self) -> datetime:
        """Everything since then has been asked for."""
        return self.chunks[-1].start if self.chunks else self.recorded_since

    def evidence_since(self, start: datetime) -> datetime:
        """How far back the evidence of a window goes: to its start at most, else to where something was first seen."""
        seen = self.chunks.since(start).seen_since
        return max(start, self.recorded_since if seen is None else min(self.recorded_since, seen))

    def since(self, start: datetime) -> "History":
        """Without the chunks that have left a window which starts at `start`."""
        whole = len(self.chunks.since(start))
        # The one after them lies in it with its newer end, unless even that is where the window starts.
        end = self.chunks[whole - 1].start if whole else self.recorded_since
        return replace(self, chunks=self.chunks.newest(min(whole + (end > start), _MOST_KEPT)))

    def with_chunk(self, asked: Span, tally: Tally) -> "History":
        """Extended by the next chunk. Raises ValueError for one that does not adjoin."""
        if asked.end != self.reaches:
            raise ValueError(f"a chunk that ends at {asked.end} does not adjoin what reaches back to {self.reaches}")
        nothing = Chunk(asked.start)
        if tally.seen_since is None:
            # Nothing beside nothing is one nothing.
            before = self.chunks[:-1] if self.chunks and not self.chunks[-1].seen else self.chunks
            return replace(self, chunks=Chunks((*before, nothing)))
        total = round(tally.total)
        counted = Chunk(max(asked.start, tally.seen_since), total, min(round(tally.bad), total), seen=True)
        if counted.start - asked.start <= STALENESS:
            return replace(self, chunks=Chunks((*self.chunks, replace(counted, start=asked.start))))
        return replace(self, chunks=Chunks((*self.chunks, counted, nothing)))

    def moved(self, first: datetime, chunk: timedelta) -> "History | None":
        """What is left now that the first tile starts at `first`; None where earlier tiles overlap what was counted.

        What lies before tiles that Prometheus forgot has gone too. It forgets all the time, so the history gives up a
        whole chunk at once: a status is not written for every tile. The tiles that are left of it lie in a stretch
        that counts nothing, so they are not counted twice.
        """
        if first > self.recorded_since:
            since = self.recorded_since + ceil((first - self.recorded_since) / chunk) * chunk
            return History(self.meaning, since, Chunks([Chunk(min(self.reaches, since))]))
        spare = self.chunks and not self.chunks[0].seen and self.chunks[0].start <= first
        return self if spare and self.recorded_since - first < chunk else None


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a window holds of a history."""

    history: History
    total: int
    bad: int
    since: datetime
    """How far back the window's evidence goes."""


def recalled(history: History, window: CalendarPeriod | timedelta, time_zone: str | None, at: datetime) -> Recalled:
    """What the window holds that `at` lies in."""
    start, _ = span(window, time_zone, at)
    inside = history.chunks.since(start)
    return Recalled(history.since(start), inside.total, inside.bad, history.evidence_since(start))


def chunk_length(window: CalendarPeriod | timedelta, tile: timedelta) -> timedelta:
    """A thirtieth of the window, in whole tiles, five minutes at least."""
    return ceil(max(nominal_length(window) / _CHUNKS, _SHORTEST_CHUNK) / tile) * tile


def next_chunk(
    history: History, window: CalendarPeriod | timedelta, time_zone: str | None, now: datetime, tile: timedelta
) -> Span | None:
    """What should be counted next; None where nothing is left of the window before what has been.

    Of a rolling window only whole chunks. A calendar window's start stays where it is, so its oldest chunk is cut
    there, at the first tile that begins in it.
    """
    start, _ = span(window, time_zone, now)
    end = history.reaches
    begin = end - chunk_length(window, tile)
    if isinstance(window, CalendarPeriod):
        begin = max(begin, end - max(timedelta(0), end - start) // tile * tile)
    return Span(begin, end) if start <= begin < end else None


def wider(history: History, asked: Span, chunk: timedelta, start: datetime) -> tuple[Span, ...]:
    """Stretches of whole chunks to ask for instead of the next, longest first, if only they prove empty.

    A service that is new has nothing in most of its window. So where nothing was there, as much again is looked at in
    one question, or as much of the window as is left; and then half as much, ever less.
    """
    if not history.chunks or history.chunks[-1].seen:
        return ()
    newer = history.chunks[-2].start if len(history.chunks) > 1 else history.recorded_since
    count = min(newer - history.reaches, asked.end - start) // chunk
    counts = takewhile(lambda some: some > 1, (count >> halved for halved in range(count.bit_length())))
    return tuple(Span(asked.end - some * chunk, asked.end) for some in counts)


def without(asked: Span, maintenance: Iterable[Span], tile: timedelta) -> tuple[Span, ...]:
    """The parts of a chunk that rules would have counted: those tiles that neither overlap maintenance nor begin in
    the minute after it."""
    out = merged(
        Span(
            asked.end - ceil((asked.end - one.start) / tile) * tile,
            asked.end - (asked.end - one.end - SETTLES) // tile * tile,
        )
        for one in maintenance
    )
    parts, here = [], asked.start
    for one in out:
        if one.start > here:
            parts.append(Span(here, min(one.start, asked.end)))
        here = max(here, one.end)
    if here < asked.end:
        parts.append(Span(here, asked.end))
    return tuple(part for part in parts if part.start < part.end)


def outset(asked: Span, length: timedelta) -> Span:
    """The slices that end in a stretch, as a stretch of whole ones; they end at multiples of their length.

    Stretches that adjoin give stretches that do.
    """
    return Span(_multiple(asked.start, length), _multiple(asked.end, length))


def whole(parts: Iterable[Span], length: timedelta) -> tuple[Span, ...]:
    """Of each part what is whole slices."""
    found = (Span(_multiple(part.start + length - _INSTANT, length), _multiple(part.end, length)) for part in parts)
    return tuple(part for part in found if part.start < part.end)


def rested(parts: Iterable[Span], asked: Span, reach: timedelta) -> tuple[Span, ...]:
    """What of a stretch is judged without looking back on maintenance; the parts reach back before it by as much."""
    found = (Span(max(asked.start, part.start + reach), part.end) for part in parts)
    return tuple(part for part in found if part.start < part.end)


def _multiple(instant: datetime, length: timedelta) -> datetime:
    """The last multiple of a length since the epoch."""
    return instant - (instant - _EPOCH) % length


def split(asked: Span, parts: int, shortest: timedelta, tile: timedelta) -> tuple[Span, ...]:
    """A stretch in so many equal parts of whole tiles, or fewer that are at least `shortest`; oldest first."""
    length = ceil(max((asked.end - asked.start) / parts, shortest) / tile) * tile
    found, end = [], asked.end
    while end > asked.start:
        start = max(asked.start, end - length)
        found.append(Span(start, end))
        end = start
    return tuple(reversed(found))


def read_history(told: MeasuredHistory) -> History:
    """What a status remembers."""
    chunks = Chunks(
        Chunk(_instant(one.start), one.total or 0, (one.total or 0) - (one.good or 0), seen=one.total is not None)
        for one in told.chunks or ()
    )
    return History(told.counted, _instant(told.recorded_since), chunks)


def written_history(history: History) -> MeasuredHistory:
    """The same for a status."""
    return MeasuredHistory(
        counted=history.meaning,
        recorded_since=_timestamp(history.recorded_since),
        chunks=tuple(
            HistoryChunk(
                start=_timestamp(one.start),
                good=one.total - one.bad if one.seen else None,
                total=one.total if one.seen else None,
            )
            for one in history.chunks
        )
        or None,
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _timestamp(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
