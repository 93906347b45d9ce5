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
from goserviceslo.slo.excluding import counted, excluded, running
from goserviceslo.slo.promql import duration
from goserviceslo.slo.series import LONGEST_DESCRIPTION, EventIndicator, Indicator


def by_verdict(slices: str) -> str:
    """How many slices were bad and good, by `goslo_events`, of a range that counts them by their verdicts."""
    found = f"sum_over_time({slices})"
    for verdict, events in (("1", Events.BAD), ("0", Events.GOOD)):
        found = f'label_replace({found}, "{EVENTS_LABEL}", "{events}", "{EVENTS_LABEL}", "{verdict}")'
    return found


@dataclass(frozen=True, slots=True)
class TimeSlices(Indicator):
    """Slices of time, each judged by a condition as of its end."""

    length: timedelta
    failed: str
    """PromQL without labels: 1 where the condition failed, 0 where it held, nothing without evidence."""
    text: str
    """The condition, for people."""
    reach: timedelta = timedelta(0)
    """How far back a verdict looks from the end of its slice; 0 where it is about that instant."""

    def records(self, matchers: str, tile: Tile) -> tuple[tuple[str, str], ...]:
        """The slices by verdict, which evaluates the condition once, and from them all and the bad ones."""
        judged = by_verdict(tile.slices(f'count_values("{EVENTS_LABEL}", {self.failed})', self.length))
        total = f"sum(sum_over_time({EVENTS_DELTA}{{{matchers}}}[{duration(tile.step)}]))"
        lately = f"last_over_time({EVENTS_DELTA}{{{matchers}}}[{duration(self.length + tile.length)}])"
        all_slices = f"{total} or 0 * sum({lately})"
        bad = f'{EVENTS_DELTA}{{{matchers},{EVENTS_LABEL}="{Events.BAD}"}}'
        return (
            (EVENTS_DELTA, judged),
            (TOTAL_DELTA, all_slices),
            (BAD_DELTA, f"sum(sum_over_time({bad}[{duration(tile.step)}])) or 0 * ({all_slices})"),
        )

    def spared(self, matchers: str, tile: Tile) -> tuple[str, str, str]:
        """Tiles overlap maintenance or do not, as ever; a verdict that looks back must not look back on it."""
        *_, (_, total), (_, bad) = self.records(matchers, tile)
        lately = self.reach + tile.length if self.reach else None
        return counted(total, matchers, lately), counted(bad, matchers, lately), excluded(total, matchers, lately)

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
        slices, none = self._judged(matchers, tile), self._none(matchers, tile)
        return (
            *self.events.records(matchers, tile)[:1],
            (TOTAL_DELTA, f"count_over_time({slices}) or {none}"),
            (BAD_DELTA, f"sum_over_time({slices}) or {none}"),
        )

    def spared(self, matchers: str, tile: Tile) -> tuple[str, str, str]:
        """A slice of which a tile overlaps maintenance is left out as a whole."""
        paused = f"on () {running(matchers, self.length)}"
        slices, none = self._judged(matchers, tile, f" unless {paused}"), self._none(matchers, tile)
        out = self._judged(matchers, tile, f" and {paused}")
        return f"count_over_time({slices}) or {none}", f"sum_over_time({slices}) or {none}", f"count_over_time({out})"

    def _judged(self, matchers: str, tile: Tile, which: str = "") -> str:
        """The verdicts on those slices that end in a tile, as a range."""
        counts = self.events.counts
        failed = self.failed(total_of(counts, matchers, self.length), bad_of(counts, matchers, self.length))
        # What was recorded is there as of now: the lag has been waited for.
        return Tile(tile.length, timedelta(0)).slices(f"({failed}){which}" if which else failed, self.length)

    def _none(self, matchers: str, tile: Tile) -> str:
        return f"0 * {total_of(self.events.counts, matchers, tile.step)}"

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
