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
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import isfinite

from goserviceslo.ports import Sample
from goserviceslo.slo.conventions import EVENTS_LABEL, IDENTITY, STALENESS, TOTAL_DELTA
from goserviceslo.slo.counting import Counted, Events, Tile, tile_events
from goserviceslo.slo.history import Tally
from goserviceslo.slo.indicator import EventIndicator, Indicator, SlicedEvents, TimeSlices
from goserviceslo.slo.maintenance import Span
from goserviceslo.slo.promql import duration, quote, seconds
from goserviceslo.slo.rules import RuleSettings

_TARGET = "job, instance, pod"
_SEEN, _UNSURE = "seen since", "unsure"
"""Values of `goslo_events` beside those of events: when the series were first there, and how many are not settled."""
_LOOKS = timedelta(seconds=15)
"""How often a process is looked for, to know when it was first seen, and a series in the last minutes."""
_WANDERS = timedelta(seconds=2)
"""How far the start of one process may seem to move: Linux tells it by a clock that is being corrected."""
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


def is_countable(indicator: Indicator) -> bool:
    """Whether the past of an indicator is cheap enough to be counted: slices judged by their events are not."""
    return not isinstance(indicator, SlicedEvents)


def swift(indicator: Indicator, asked: Span) -> Question:
    """A stretch as a whole. Raises ValueError for an indicator that is not countable."""
    length = asked.end - asked.start
    if isinstance(indicator, TimeSlices):
        return Question(_slices(indicator, length), asked.end)
    if not isinstance(indicator, EventIndicator):
        raise ValueError(f"{indicator.describe()}: the past of such slices is not counted")
    counted = " or ".join(one.labelled(_difference(one, length)) for one in indicator.counts)
    if indicator.judged_by is not None:
        judged = f"last_over_time({indicator.judged_by}[{duration(length)}])"
        counted = f"({counted}) and ignoring (le, {EVENTS_LABEL}) {judged}"
    known, restarted = _zero_known(indicator.targets, length), _restarted(indicator.targets, length)
    unsure = " or ".join(_unsure(one, length, known, restarted) for one in indicator.counts)
    return Question(
        f"sum by ({EVENTS_LABEL}) (({counted}) < +Inf) or {_told(_UNSURE, f'count({unsure})')} or "
        f"{_told(_SEEN, _first_seen(indicator, length))}",
        asked.end,
    )


def exact(indicator: EventIndicator, asked: Span, settings: RuleSettings) -> Question:
    """A stretch tile by tile, as rules would have counted it; it is made of whole tiles."""
    length = asked.end - asked.start
    # Subqueries look at multiples of their step; the tiles are moved so that the last ends where the stretch does.
    lag = -asked.end.timestamp() % settings.interval.total_seconds()
    tile = Tile(settings.interval, timedelta(seconds=lag))
    events = tile_events(indicator.counts, indicator.targets, None, tile, indicator.judged_by)
    return Question(
        f"sum_over_time(({events})[{duration(length)}:{duration(tile.length)}]) or "
        f"{_told(_SEEN, _first_seen(indicator, length))}",
        asked.end + tile.lag,
    )


def read_tally(indicator: Indicator, samples: Iterable[Sample], asked: Span) -> Tally | None:
    """What an answer says of its stretch; None where it is unsure."""
    by_events = {one.labels.get(EVENTS_LABEL, ""): one.value for one in samples if isfinite(one.value)}
    if _UNSURE in by_events:
        return None
    total, bad = _total_and_bad(indicator, by_events)
    seen = by_events.get(_SEEN)
    if seen is not None:
        return Tally(total, bad, max(asked.start, datetime.fromtimestamp(int(seen), UTC)))
    # What came and went between two looks was there all the same; nobody knows when.
    return Tally(total, bad, asked.end if total else None)


def _total_and_bad(indicator: Indicator, by_events: Mapping[str, float]) -> tuple[float, float]:
    total, good, bad = (by_events.get(one, 0.0) for one in (Events.TOTAL, Events.GOOD, Events.BAD))
    if isinstance(indicator, TimeSlices):
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


def _difference(counted: Counted, length: timedelta) -> str:
    last = counted.last_within(length)
    return f"clamp_min({last} - {counted.last_known(_before(length))}, 0) or {last}"


def _unsure(counted: Counted, length: timedelta, zero_known: str, restarted: str) -> str:
    """Series of which a difference may be wrong: those that fell, and those that are new or of several processes."""
    resets = f"resets({counted.selector}[{duration(length + STALENESS)}]) > 0"
    known = f"({counted.last_known(_before(length))} unless on ({_TARGET}) ({restarted}))"
    doubtful = f"({counted.last_within(length)} unless {known})"
    return f"{resets} or {doubtful} unless on ({_TARGET}) (({zero_known}) unless on ({_TARGET}) ({restarted}))"


def _restarted(targets: str, length: timedelta) -> str:
    """Processes that were followed by others under the same labels.

    Their counters have resets, which Thanos hides from `resets` (thanos-io/thanos#3644).
    """
    started = f"process_start_time_seconds{targets}[{duration(length + STALENESS)}]"
    return f"max_over_time({started}) - min_over_time({started}) > {seconds(_WANDERS)}"


def _zero_known(targets: str, length: timedelta) -> str:
    """The targets whose new series began at zero within the stretch."""
    whole, reach, before = duration(length), duration(STALENESS), _before(length)
    relabelled = f"last_over_time(up{targets}[{whole}]) unless last_over_time(up{targets}[{reach}]{before})"
    up = f"max_over_time(up{targets}[{reach}]{before}) == 1 unless on ({_TARGET}) ({relabelled})"
    started = f"process_start_time_seconds{targets}"
    first = f"min_over_time(timestamp({started})[{whole}:{duration(_LOOKS)}])"
    young = f"max by ({_TARGET}) ({first} - min_over_time({started}[{whole}])) < {seconds(STALENESS)}"
    return f"{up} or {young}"


def _first_seen(indicator: EventIndicator, length: timedelta) -> str:
    counts = [one for one in indicator.counts if one.split or one.events is Events.TOTAL]
    # The multiples of five minutes may all lie before what is younger than that.
    looks = ((duration(length), duration(STALENESS)), (duration(min(length, STALENESS)), duration(_LOOKS)))
    some = " or ".join(
        f"min_over_time(timestamp({one.selector})[{reach}:{step}])" for reach, step in looks for one in counts
    )
    return f"min({some})"


def _slices(indicator: TimeSlices, length: timedelta) -> str:
    by_verdict = f'count_values("{EVENTS_LABEL}", {indicator.failed})[{duration(length)}:{duration(indicator.length)}]'
    counted = f"sum_over_time({by_verdict})"
    for verdict, events in (("1", Events.BAD), ("0", Events.GOOD)):
        counted = f'label_replace({counted}, "{EVENTS_LABEL}", "{events}", "{EVENTS_LABEL}", "{verdict}")'
    # A verdict has no labels, and no time but that of its evaluation.
    step = max(indicator.length, STALENESS)
    first = f"min_over_time(timestamp({indicator.failed})[{duration(length)}:{duration(step)}])"
    return f"{counted} or {_told(_SEEN, f'min({first})')}"


def _told(what: str, expression: str) -> str:
    return f'label_replace({expression}, "{EVENTS_LABEL}", "{what}", "", "")'


def _before(length: timedelta) -> str:
    return f" offset {duration(length)}"
