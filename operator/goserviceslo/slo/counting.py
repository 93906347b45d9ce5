"""PromQL that counts events exactly: how many happened in one tile of time, whatever the series did meanwhile.

`increase()` extrapolates to the edges of its range: over short ranges it invents events or loses them, and the sum of
adjoining ranges is not the increase over all of them. A tile takes differences instead, which telescope: the last known
value at its end minus the last known value at its start, per series, summed. So the tiles of any stretch of time add up
to exactly what the counters counted in it, and every longer window is a plain `sum_over_time`.

Every case that a difference alone gets wrong is settled by what is known of it:

- *reset*: the tile is looked at in steps of at most five seconds; a step in which a series fell counts its new value
  (a counter starts from zero), the steps before it count what the old process had counted until it was last scraped;
- *gap*: a series that was not scraped keeps its last known value for five minutes, so what it counted meanwhile is
  counted by the tile in which it is seen again;
- *gone*: a series whose pod is gone keeps its last known value for five minutes and then contributes nothing;
- *new*: a series not seen in the five minutes before the tile counts from zero where that is certain (`_zero_known`):
  its target was scraped in these minutes and did not have it, or its process is younger than them, or its pod is and
  the objective has been counted for longer. Else it is a process that counted before anybody looked, and only what it
  counts from now on is counted;
- *end of samples*: a tile ends `lag` before its evaluation, because a scrape in progress is stored late under the time
  at which it began, and a tile that had already passed that time would never see it.

What cannot be known is not counted: what a pod counted after its last scrape before it died; what a process counted
that was out of sight for more than five minutes, or had run for longer than that when it was first seen; the part of a
restart that a counter hides by being higher at its first scrape than at its last before; what came before a restart in
the very tile in which a series is first seen, or before a second restart within one step. All of these make both sides
smaller; none invents an event.

The text relies on ranges that leave out their left edge, as in Prometheus 3.0 and later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

from goserviceslo.slo.conventions import EVENTS_DELTA, EVENTS_LABEL, STALENESS, TOTAL_DELTA
from goserviceslo.slo.promql import duration, quote, seconds

LONGEST_STEP = timedelta(seconds=5)
_TARGET = "job, instance, pod"
"""What a target and the series scraped from it have in common."""


@lru_cache(maxsize=64)
def step_of(tile: timedelta) -> timedelta:
    """The longest whole-second step of at most five seconds that divides a tile.

    Raises ValueError for a tile that is not made of whole seconds.
    """
    whole, rest = divmod(tile, timedelta(seconds=1))
    if rest or whole < 1:
        raise ValueError(f"{tile}: the evaluation interval of rules must be whole seconds, at least 1s")
    longest = LONGEST_STEP // timedelta(seconds=1)
    return timedelta(seconds=max(step for step in range(1, longest + 1) if whole % step == 0))


@dataclass(frozen=True, slots=True)
class Tile:
    """The stretch of time that one evaluation counts."""

    length: timedelta
    lag: timedelta

    @property
    def step(self) -> timedelta:
        return step_of(self.length)

    def at_its_end(self, expression: str) -> str:
        """`expression` as of the last whole step before the evaluation, less the lag.

        Steps are multiples of their length since the epoch, wherever in them a rule group happens to be evaluated.
        """
        step = duration(self.step)
        offset = f" offset {duration(self.lag)}" if self.lag else ""
        return f"last_over_time(({expression})[{step}:{step}]{offset})"

    def slices(self, expression: str, length: timedelta) -> str:
        """`expression` as of every end of a slice that lies in the tile, as a range.

        Slices end at multiples of their length since the epoch, so each lies in exactly one tile. The left edge is left
        out, as everywhere.
        """
        offset = f" offset {duration(self.lag)}" if self.lag else ""
        return f"({expression})[{duration(self.length)}:{duration(length)}]{offset}"

    def before(self) -> str:
        """The offset that leads from a tile's end to its start."""
        return f" offset {duration(self.length)}"


class Events(StrEnum):
    """What is counted; the values are those of the label `goslo_events`."""

    TOTAL = "total"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Counted:
    """Cumulative counts of some events: one selector and what is read from its samples."""

    events: Events
    selector: str
    reading: str = "{}"
    """Expression around the last known sample; more than the default for native histograms."""
    split: tuple[str, str] | None = None
    """A label and a regular expression: series whose label matches count as `events`, and all of them as the total."""

    def last_known(self, offset: str = "") -> str:
        return self.last_within(STALENESS, offset)

    def last_within(self, span: timedelta, offset: str = "") -> str:
        """The last sample of a span, however old it is by now."""
        return self.reading.replace("{}", f"last_over_time({self.selector}[{duration(span)}]{offset})")

    def labelled(self, expression: str) -> str:
        label, values = self.split or ("", "")
        return f'label_replace({expression}, "{EVENTS_LABEL}", "{self.events}", "{label}", {quote(values)})'


def tile_events(
    counts: Sequence[Counted], targets: str, matchers: str | None, tile: Tile, judged_by: str | None = None
) -> str:
    """The events of one tile, by the label `goslo_events`; nothing where no series was seen for the staleness bound.

    `targets` is a label matcher list (`{...}`) that selects the scrape targets of the same pods; `matchers`, without
    braces, those of the objective's own recorded series (None for a past of which nothing was recorded). `judged_by` is
    a selector that a series must have a counterpart in, apart from `le`, to be counted at all: a pod without the
    histogram bucket that a latency objective needs can be judged neither good nor bad.

    PromQL evaluates both sides of every operator, whether or not the other is empty. So what a tile costs is the number
    of its selectors, times the series that each finds; whatever follows is cheap, because hardly ever is a series new.
    """
    new = " or ".join(one.labelled(f"({one.last_known()} unless {one.last_known(tile.before())})") for one in counts)
    growth = " or ".join(one.labelled(_growth(one, tile)) for one in counts)
    # A new series counts whole, whatever it grew by since it was first seen.
    either = f"({new}) and on ({_TARGET}) ({_zero_known(targets, matchers, tile)}) or {growth}"
    if judged_by is not None:
        judged = f"last_over_time({judged_by}[{duration(STALENESS)}])"
        either = f"({either}) and ignoring (le, {EVENTS_LABEL}) {judged}"
    # What is no number, or infinite, would stay in every window for as long as the window is: it is left out.
    return tile.at_its_end(f"sum by ({EVENTS_LABEL}) (({either}) < +Inf)")


def _growth(counted: Counted, tile: Tile) -> str:
    step, known = duration(tile.step), counted.last_known()
    steps = f"irate({known}[{duration(2 * tile.step)}:{step}])[{duration(tile.length)}:{step}]"
    return f"{seconds(tile.step)} * sum_over_time({steps})"


def _zero_known(targets: str, matchers: str | None, tile: Tile) -> str:
    """The targets whose new series began at zero within reach of this tile.

    Scraped before, under the very labels: a relabelled target is a new one with old counts. Or a process younger than
    the time in which its series would have been seen. Or, where processes do not tell their age, a pod whose targets
    are younger than that, although this objective has been counted (or others of its job scraped) for longer.
    """
    start, reach = seconds(tile.length), tile.length + STALENESS
    seen = f"timestamp(max_over_time(up{targets}[{duration(STALENESS)}]) == 1)"
    since = f"min_over_time({seen}[{duration(tile.length + tile.step)}:{duration(tile.step)}])"
    scraped = f"max by ({_TARGET}) ({since}) <= time() - {start}"
    young = f"last_over_time(process_start_time_seconds{targets}[{duration(STALENESS)}]) > time() - {seconds(reach)}"
    either = f'{{__name__=~"up|process_start_time_seconds",{targets[1:-1]}}}'
    # `up` stands alone where no process says when it was started.
    ageless = f"count by ({_TARGET}) (last_over_time({either}[{duration(STALENESS)}])) == 1"
    before = f"offset {duration(reach)}"
    longer = f"on (job) up{targets}" if matchers is None else f"on () {TOTAL_DELTA}{{{matchers}}}"
    joined = f"{ageless} unless on (pod) up{targets} {before} and {longer} {before}"
    return f"{scraped} or {young} or {joined}"


def total_of(counts: Sequence[Counted], matchers: str, span: timedelta) -> str:
    """All events of a span, of what `tile_events` recorded under `matchers`.

    A tile's step as the span means the tile that was recorded in the same evaluation: it is too short to reach the one
    before, if this one failed.
    """
    return _recorded("" if counts[0].split else Events.TOTAL, matchers, span)


def bad_of(counts: Sequence[Counted], matchers: str, span: timedelta) -> str:
    """Bad events of a span: as counted, or all that were not good; 0 where there are none but events there are."""
    total = total_of(counts, matchers, span)
    if any(one.events is Events.BAD for one in counts):
        return f"{_recorded(Events.BAD, matchers, span)} or 0 * {total}"
    return f"clamp_min({total} - ({_recorded(Events.GOOD, matchers, span)} or vector(0)), 0)"


def _recorded(events: str, matchers: str, span: timedelta) -> str:
    which = f'{matchers},{EVENTS_LABEL}="{events}"' if events else matchers
    return f"sum(sum_over_time({EVENTS_DELTA}{{{which}}}[{duration(span)}]))"
