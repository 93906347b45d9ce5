"""Counting slices of time: in each a condition held, or failed, or there was no evidence and no slice.

A slice ends at a multiple of its length since the epoch, and its verdict is 0 (good) or 1 (bad) as of that instant, or
nothing. A tile counts the slices that end in it. So tiles partition the slices as they partition events, and burn
rates, windows, verdicts and alerts are those of events with another unit.

Tiles without the end of a slice count 0 while the last slice had evidence: an objective with slices of an hour does not
look abandoned for most of it.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from goserviceslo.slo.conventions import BAD_DELTA, EVENTS_DELTA, EVENTS_LABEL, TOTAL_DELTA
from goserviceslo.slo.counting import Events, Tile, bad_of, total_of
from goserviceslo.slo.promql import duration
from goserviceslo.slo.series import LONGEST_DESCRIPTION, EventIndicator, Indicator

SHORTEST_RANGE = timedelta(minutes=2)
"""Over how long a rate is taken in a slice that is shorter: two scrapes a minute apart must fit."""


def by_verdict(slices: str) -> str:
    """How many slices were bad and good, by `goslo_events`, of a range that counts them by their verdicts."""
    counted = f"sum_over_time({slices})"
    for verdict, events in (("1", Events.BAD), ("0", Events.GOOD)):
        counted = f'label_replace({counted}, "{EVENTS_LABEL}", "{events}", "{EVENTS_LABEL}", "{verdict}")'
    return counted


@dataclass(frozen=True, slots=True)
class TimeSlices(Indicator):
    """Slices of time, each judged by a condition as of its end."""

    length: timedelta
    failed: str
    """PromQL without labels: 1 where the condition failed, 0 where it held, nothing without evidence."""
    text: str
    """The condition, for people."""

    def records(self, matchers: str, tile: Tile) -> tuple[tuple[str, str], ...]:
        """The slices by verdict, which evaluates the condition once, and from them all and the bad ones."""
        counted = by_verdict(tile.slices(f'count_values("{EVENTS_LABEL}", {self.failed})', self.length))
        total = f"sum(sum_over_time({EVENTS_DELTA}{{{matchers}}}[{duration(tile.step)}]))"
        lately = f"last_over_time({EVENTS_DELTA}{{{matchers}}}[{duration(self.length + tile.length)}])"
        all_slices = f"{total} or 0 * sum({lately})"
        bad = f'{EVENTS_DELTA}{{{matchers},{EVENTS_LABEL}="{Events.BAD}"}}'
        return (
            (EVENTS_DELTA, counted),
            (TOTAL_DELTA, all_slices),
            (BAD_DELTA, f"sum(sum_over_time({bad}[{duration(tile.step)}])) or 0 * ({all_slices})"),
        )

    def looks_back(self, tile: Tile) -> timedelta:
        """A slice that ended at the tile's start had begun, or its rate, so long before."""
        return max(self.length, SHORTEST_RANGE) + tile.length

    def describe(self) -> str:
        whole = len(self.text) <= LONGEST_DESCRIPTION
        return self.text if whole else f"{self.text[: LONGEST_DESCRIPTION - 3]}..."


@dataclass(frozen=True, slots=True)
class SlicedEvents(Indicator):
    """Slices of time, each judged by the events that were counted in it; one without events is none.

    They are made of whole tiles, so they lag behind the clock by what tiles lag: at most one tile and the lag.
    """

    events: EventIndicator
    length: timedelta
    good: Decimal
    """Percent of a slice's events that must be good."""

    def records(self, matchers: str, tile: Tile) -> tuple[tuple[str, str], ...]:
        """The events as without slices, and from them all slices and the bad ones."""
        counts = self.events.counts
        total = total_of(counts, matchers, self.length)
        failed = self.failed(total, bad_of(counts, matchers, self.length))
        # What was recorded is there as of now: the lag has been waited for.
        slices = Tile(tile.length, timedelta(0)).slices(failed, self.length)
        none = f"0 * {total_of(counts, matchers, tile.step)}"
        return (
            *self.events.records(matchers, tile)[:1],
            (TOTAL_DELTA, f"count_over_time({slices}) or {none}"),
            (BAD_DELTA, f"sum_over_time({slices}) or {none}"),
        )

    def looks_back(self, tile: Tile) -> timedelta:
        """A slice that ended at the tile's start had begun so long before."""
        return self.length + tile.length

    def failed(self, total: str, bad: str) -> str:
        """1 where a slice with so many events is bad, 0 where it is good, nothing where it has none.

        In whole numbers, so that a slice that is exactly as good as it must be is good. What may be missing is on the
        left: to VictoriaMetrics a comparison by `bool` holds nothing on its right for false.
        """
        allowed = 1 - Fraction(self.good) / 100
        return f"{allowed.numerator} * ({total} > 0) < bool {allowed.denominator} * ({bad})"

    @property
    def note(self) -> str:
        return self.events.note

    def describe(self) -> str:
        return self.events.describe()
