"""Asks the source about the time before an objective was recorded: where its first tile is, and what a chunk held.

After each answer the source is left alone for three times as long as it took, so it is asked for a quarter of the time
at most.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from goserviceslo.ports import (
    Answer,
    Clock,
    MetricsPort,
    NoData,
    Partial,
    Sample,
    Trouble,
    Unavailable,
    Vector,
)
from goserviceslo.reconcile.model import Past
from goserviceslo.slo.excluding import SETTLES
from goserviceslo.slo.history import History, Tally, chunk_length, outset, rested, split, whole, wider, without
from goserviceslo.slo.indicator import EventIndicator, Indicator, SlicedEvents, TimeSlices
from goserviceslo.slo.maintenance import Span, occurrences
from goserviceslo.slo.raw_counts import (
    Question,
    exact,
    first_tile,
    read_tally,
    signature,
    start_of_tile,
    swift,
    very_first_tile,
)
from goserviceslo.slo.rules import RuleSettings
from goserviceslo.slo.windows import span

_REST = 3.0
"""How long a source is left alone after an answer, in times of what it took."""
_PARTS = 24
_LONGEST_EXACT = timedelta(hours=1)
"""Longer stretches that are unsure are asked for in parts."""
_SHORTEST = timedelta(minutes=5)
_INSTANT = timedelta(microseconds=1)

Identity = tuple[str, str, str]
"""Namespace, resource and objective."""


class Unanswered(Exception):
    """The source gave no whole answer; the text says why."""


class Bygone:
    """One question at a time."""

    def __init__(self, metrics: MetricsPort, clock: Clock, settings: RuleSettings) -> None:
        self._metrics = metrics
        self._clock = clock
        self._settings = settings

    async def start(self, identity: Identity, past: Past, before: History | None, now: datetime) -> History:
        """The history, or what is left of it, once it is sure where the first tile starts. Raises Unanswered."""
        if before is not None and await self._first_near(identity, before.recorded_since) == before.recorded_since:
            return before
        start, _ = span(past.window, past.time_zone, now)
        # The first look is a coarse one, and finds nothing of what began within the last minutes.
        seen = _instant(await self._ask(first_tile(identity, now - start, now))) or now
        since = await self._first_near(identity, seen - self._settings.interval)
        if since is None:
            raise Unanswered("no recorded tile was found")
        found = None
        if before is not None:
            found = before.moved(since, chunk_length(past.window, self._settings.interval))
        return found or History(signature(past.indicator), since)

    async def extend(self, past: Past, history: History, asked: Span, now: datetime) -> History:
        """The history with the chunk that was asked for, or with a longer stretch that is empty. Raises Unanswered."""
        start, _ = span(past.window, past.time_zone, now)
        for stretch in wider(history, asked, chunk_length(past.window, self._settings.interval), start):
            try:
                if await self._is_empty(past, stretch):
                    return history.with_chunk(stretch, Tally())
            except Unanswered:
                break  # the next chunk alone may be answered
        tally = Tally()
        for part in self._parts(past, self._up_to_rules(past.indicator, history, asked)):
            tally += await self._count(past.indicator, part)
        return history.with_chunk(asked, tally)

    def _up_to_rules(self, indicator: Indicator, history: History, asked: Span) -> Span:
        """A chunk as far as rules judge nothing that ends in it.

        The slice that ends after the first tile's start, and before its evaluation, is none of the rules'.
        """
        if not isinstance(indicator, SlicedEvents) or asked.end < history.recorded_since:
            return asked
        tile = self._settings.tile
        return Span(asked.start, asked.end + tile.length + tile.lag - _INSTANT)

    async def _is_empty(self, past: Past, asked: Span) -> bool:
        """Whether a stretch is sure to hold nothing. Raises Unanswered."""
        for part in self._parts(past, asked):
            samples = _samples(await self._ask(swift(past.indicator, part)))
            if read_tally(past.indicator, samples, part) != Tally():
                return False
        return True

    def _parts(self, past: Past, asked: Span) -> Sequence[Span]:
        """A stretch without maintenance; where slices are judged by their events, in whole slices that end in it."""
        match past.indicator:
            case SlicedEvents(length=length):
                return whole(self._outside(past, outset(asked, length)), length)
            case TimeSlices(reach=reach):
                return rested(self._outside(past, Span(asked.start - reach, asked.end)), asked, reach)
            case _:
                return self._outside(past, asked)

    def _outside(self, past: Past, asked: Span) -> Sequence[Span]:
        out = occurrences(past.maintenance, asked.start - SETTLES, asked.end)
        return without(asked, out, self._settings.interval)

    def _unit(self, indicator: Indicator) -> timedelta:
        """What a stretch is made of."""
        return indicator.length if isinstance(indicator, SlicedEvents) else self._settings.interval

    async def _first_near(self, identity: Identity, start: datetime) -> datetime | None:
        """The start of the first of the tiles that were recorded in the minutes before the one that starts then."""
        tile = self._settings.tile
        recorded = _instant(await self._ask(very_first_tile(identity, start + tile.length + tile.lag + tile.step)))
        return None if recorded is None else start_of_tile(recorded, self._settings)

    async def _count(self, indicator: Indicator, asked: Span) -> Tally:
        answer = await self._ask(swift(indicator, asked))
        if _was_too_much(answer):
            pieces = split(asked, 4, _SHORTEST, self._unit(indicator))
            if len(pieces) < 2:
                raise Unanswered(f"even {asked.end - asked.start} are too much")
            return await self._sum(indicator, pieces)
        tally = read_tally(indicator, _samples(answer), asked)
        if tally is not None:
            return tally
        pieces = split(asked, _PARTS, _LONGEST_EXACT, self._unit(indicator))
        return await (self._sum(indicator, pieces) if len(pieces) > 1 else self._count_tiles(indicator, asked))

    async def _sum(self, indicator: Indicator, pieces: Sequence[Span]) -> Tally:
        tally = Tally()
        for piece in pieces:
            tally += await self._count(indicator, piece)
        return tally

    async def _count_tiles(self, indicator: Indicator, asked: Span) -> Tally:
        if not isinstance(indicator, EventIndicator | SlicedEvents):
            raise Unanswered(f"{indicator.describe()} has no tiles of events")
        answer = await self._ask(exact(indicator, asked, self._settings))
        halves = split(asked, 2, _SHORTEST, self._unit(indicator))
        if _was_too_much(answer) and len(halves) > 1:
            first, second = halves
            return await self._count_tiles(indicator, first) + await self._count_tiles(indicator, second)
        return read_tally(indicator, _samples(answer), asked) or Tally()

    async def _ask(self, question: Question) -> Answer:
        asked = self._clock.monotonic()
        answer = await self._metrics.query(question.promql, question.at)
        await asyncio.sleep(_REST * (self._clock.monotonic() - asked))
        return answer


def _samples(answer: Answer) -> Sequence[Sample]:
    """Raises Unanswered where the answer is none, or not whole."""
    match answer:
        case Vector():
            return answer.samples
        case NoData():
            return ()
        case Partial():
            raise Unanswered(f"an incomplete answer ({'; '.join(answer.warnings)[:300]})")
        case Unavailable():
            raise Unanswered(answer.detail)


def _was_too_much(answer: Answer) -> bool:
    """Whether half of it may be answered: it took too long, or more samples than the source reads at once."""
    if not isinstance(answer, Unavailable):
        return False
    limits = ("too many samples", "maxSamples")
    return answer.trouble is Trouble.TIMED_OUT or any(limit in answer.detail for limit in limits)


def _instant(answer: Answer) -> datetime | None:
    samples = _samples(answer)
    if not samples:
        return None
    try:
        return datetime.fromtimestamp(samples[0].value, UTC)
    except (ValueError, OverflowError) as error:
        raise Unanswered(f"{samples[0].value} is no time") from error
