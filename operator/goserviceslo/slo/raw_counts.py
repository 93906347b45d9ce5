"""PromQL that counts what a long stretch of the past held, from raw series.

Tiles cost what they cost, and a month has 86,400 of them. But counters are monotonic: of a series that was there at the
start of a stretch and never fell, the events are the difference of its last values, however long the stretch is; and
differences of adjoining stretches telescope. So a stretch is first asked for as a whole (`swift`), which is exact for

- a series that was known at the start, and has no reset: its last value minus the one that was known at the start;
- one that is new on a target which was up at the start under the same labels, or whose process was younger than five
  minutes when it was first seen: its last value, for it began at zero within the stretch. A pod that came and went
  within the stretch is one of these.

Everything else (resets; a process that had counted before anybody looked; processes that do not tell their age; a
target that was given other labels) is not guessed: the answer says that it is unsure, and the stretch is asked for in
parts, and in the end (`exact`) tile by tile, just as rules count.

What a counter shows after a gap of more than five minutes is counted here, as it did happen; tiles leave it out.

Slices that are judged by their events are asked for in the same two ways, with the difference taken of each slice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import isfinite

from goserviceslo.ports import Sample
from goserviceslo.slo.conventions import EVENTS_LABEL, IDENTITY, STALENESS, TOTAL_DELTA
from goserviceslo.slo.counting import Events, Tile, tile_events
from goserviceslo.slo.history import Tally
from goserviceslo.slo.indicator import EventIndicator, Indicator, SlicedEvents, TimeSlices
from goserviceslo.slo.maintenance import Span
from goserviceslo.slo.promql import duration, quote
from goserviceslo.slo.raw_series import SEEN, UNSURE, difference, first_seen, restarted, told, unsure, zero_known
from goserviceslo.slo.raw_slices import grown_in_slice, reappearing, slices_of_condition, slices_of_events
from goserviceslo.slo.rules import RuleSettings

_COARSE = timedelta(minutes=4)
"""How often the first tile is looked for at first; a tile is seen for five minutes."""
_FINE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Question:
    """An instant query about a stretch of time."""

    promql: str
    at: datetime


def signature(indicator: Indicator) -> str:
    """Equal for indicators that count the same, in twelve digits; counts of another one mean something else."""
    match indicator:
        case EventIndicator():
            text = repr((indicator.targets, indicator.counts, indicator.judged_by))
        case TimeSlices():
            text = repr((indicator.length, indicator.failed))
        case SlicedEvents():
            text = repr((signature(indicator.events), indicator.length, indicator.good))
        case _:
            raise ValueError(f"{indicator.describe()} is of no known kind")
    return sha256(text.encode()).hexdigest()[:12]


def swift(indicator: Indicator, asked: Span) -> Question:
    """A stretch as a whole; where slices are judged by their events, it begins and ends with one."""
    length = asked.end - asked.start
    match indicator:
        case TimeSlices():
            return Question(slices_of_condition(indicator, length), asked.end)
        case SlicedEvents(events=events, length=slice_length):
            counted = slices_of_events(indicator, grown_in_slice(indicator), length)
            returned = [reappearing(one, slice_length, length) for one in events.counts]
            return Question(_with_doubt(counted, events, length, returned), asked.end)
        case EventIndicator():
            return Question(_with_doubt(_grown(indicator, length), indicator, length), asked.end)
        case _:
            raise ValueError(f"{indicator.describe()} is of no known kind")


def _grown(indicator: EventIndicator, length: timedelta) -> str:
    counted = " or ".join(one.labelled(difference(one, length)) for one in indicator.counts)
    if indicator.judged_by is not None:
        judged = f"last_over_time({indicator.judged_by}[{duration(length)}])"
        counted = f"({counted}) and ignoring (le, {EVENTS_LABEL}) {judged}"
    return f"sum by ({EVENTS_LABEL}) (({counted}) < +Inf)"


def _with_doubt(counted: str, indicator: EventIndicator, length: timedelta, further: Iterable[str] = ()) -> str:
    from_zero, several = zero_known(indicator.targets, length), restarted(indicator.targets, length)
    doubts = " or ".join([*(unsure(one, length, from_zero, several) for one in indicator.counts), *further])
    return f"{counted} or {told(UNSURE, f'count({doubts})')} or {told(SEEN, first_seen(indicator, length))}"


def exact(indicator: EventIndicator | SlicedEvents, asked: Span, settings: RuleSettings) -> Question:
    """A stretch tile by tile, as rules would have counted it; it is made of whole tiles, or of whole slices."""
    length = asked.end - asked.start
    if isinstance(indicator, SlicedEvents):
        of_slice = _tile_events(indicator.events, Tile(indicator.length, timedelta()))
        counted = slices_of_events(indicator, of_slice, length)
        return Question(f"{counted} or {told(SEEN, first_seen(indicator.events, length))}", asked.end)
    # Subqueries look at multiples of their step; the tiles are moved so that the last ends where the stretch does.
    lag = -asked.end.timestamp() % settings.interval.total_seconds()
    tile = Tile(settings.interval, timedelta(seconds=lag))
    counted = f"sum_over_time(({_tile_events(indicator, tile)})[{duration(length)}:{duration(tile.length)}])"
    return Question(f"{counted} or {told(SEEN, first_seen(indicator, length))}", asked.end + tile.lag)


def _tile_events(indicator: EventIndicator, tile: Tile) -> str:
    return tile_events(indicator.counts, indicator.targets, None, tile, indicator.judged_by)


def read_tally(indicator: Indicator, samples: Iterable[Sample], asked: Span) -> Tally | None:
    """What an answer says of its stretch; None where it is unsure."""
    by_events = {one.labels.get(EVENTS_LABEL, ""): one.value for one in samples if isfinite(one.value)}
    if UNSURE in by_events:
        return None
    total, bad = _total_and_bad(indicator, by_events)
    seen = by_events.get(SEEN)
    if seen is not None:
        return Tally(total, bad, max(asked.start, datetime.fromtimestamp(int(seen), UTC)))
    # What came and went between two looks was there all the same; nobody knows when.
    return Tally(total, bad, asked.end if total else None)


def _total_and_bad(indicator: Indicator, by_events: Mapping[str, float]) -> tuple[float, float]:
    total, good, bad = (by_events.get(one, 0.0) for one in (Events.TOTAL, Events.GOOD, Events.BAD))
    if isinstance(indicator, TimeSlices | SlicedEvents):
        return good + bad, bad
    if isinstance(indicator, EventIndicator) and indicator.counts[0].split:
        return by_events.get("", 0.0) + bad, bad
    counts_bad = isinstance(indicator, EventIndicator) and any(one.events is Events.BAD for one in indicator.counts)
    return total, min(bad, total) if counts_bad else max(total - good, 0.0)


def first_tile(identity: tuple[str, str, str], window: timedelta, now: datetime) -> Question:
    """When the first tile within reach of a window was recorded, or one of the few after it."""
    reach = window + 2 * STALENESS
    return Question(_oldest(identity, reach, _COARSE), now)


def very_first_tile(identity: tuple[str, str, str], near: datetime) -> Question:
    """When the first tile of the minutes before `near` was recorded, to the millisecond."""
    return Question(_oldest(identity, STALENESS, _FINE), near)


def start_of_tile(recorded_at: datetime, settings: RuleSettings) -> datetime:
    """Where the tile starts that was recorded at an instant."""
    step = settings.tile.step.total_seconds()
    end = (recorded_at - settings.lag).timestamp() // step * step
    return datetime.fromtimestamp(end, UTC) - settings.interval


def _oldest(identity: tuple[str, str, str], reach: timedelta, step: timedelta) -> str:
    matchers = ",".join(f"{label}={quote(value)}" for label, value in zip(IDENTITY, identity, strict=True))
    return f"min(min_over_time(timestamp({TOTAL_DELTA}{{{matchers}}})[{duration(reach)}:{duration(step)}]))"
