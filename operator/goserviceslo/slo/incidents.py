"""What went wrong, and for how long, as the recorded tiles tell it.

An incident comes to light where a page's condition holds, or where bad events come at 14.4 times the rate that the
budget allows: at such a rate a window of 30 days has spent two percent of its budget within the hour (Site Reliability
Workbook, ch. 5). Both look back over some time, so they begin late and end late. What they tell of is the stretch with
the largest excess of bad events over those that the slowest page would let pass; it ends to the tile.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from goserviceslo.slo.burn import LEAST_BAD_EVENTS, BurnPolicy
from goserviceslo.slo.conventions import PAGE
from goserviceslo.slo.firing import Span, burns, fired, looks, merged
from goserviceslo.slo.tiles import Tiles

FAST = Fraction(144, 10)
LARGEST_BAD_SHARE = Fraction(8, 10)
"""Where 14.4 times the budget would be more, so large a share of bad events is an incident too."""
LOOK_BACK = timedelta(minutes=5)
"""Over how long the share of bad events is taken, and how far apart two incidents are at least."""
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Incident:
    """One stretch of trouble."""

    span: Span
    total: int
    bad: int


def incidents(tiles: Tiles, policy: BurnPolicy, within: Span, interval: timedelta) -> tuple[Incident, ...]:
    """The incidents of a stretch of time, oldest first; tiles before it serve the page's windows."""
    if not tiles.at_ms:
        return ()
    instants = looks(within.start_ms, within.end_ms, interval, tiles.at_ms[0])
    seen = [*fired(burns(tiles, policy, PAGE), instants), *fired(_fast(tiles, policy), instants)]
    troubles = _troubles(tiles, policy, merged(seen, LOOK_BACK), within, interval)
    return tuple(_told(tiles, merged(list(troubles), LOOK_BACK)))


def _fast(tiles: Tiles, policy: BurnPolicy) -> Callable[[int], bool]:
    least = float(min(FAST * policy.budget, LARGEST_BAD_SHARE))
    enough = min((pair.least_bad for pair in policy.pairs), default=LEAST_BAD_EVENTS)

    def holds(at_ms: int) -> bool:
        total, bad = tiles.between(at_ms - LOOK_BACK // _MILLISECOND, at_ms)
        return bad >= enough and bad / total > least

    return holds


def _troubles(
    tiles: Tiles, policy: BurnPolicy, seen: tuple[Span, ...], within: Span, interval: timedelta
) -> Iterator[Span]:
    """What came to light in each of these spans; it may have begun as long before as a page looks back."""
    pages = [pair for pair in policy.pairs if pair.severity == PAGE]
    longest = max([LOOK_BACK, *(pair.long for pair in pages)]) // _MILLISECOND
    passing = float(min([FAST * policy.budget, LARGEST_BAD_SHARE, *(pair.factor * policy.budget for pair in pages)]))
    earliest = within.start_ms
    for span in seen:
        found = _largest_excess(tiles, passing, max(earliest, span.start_ms - longest), span.end_ms)
        if found is not None:
            yield Span(max(within.start_ms, found.start_ms - interval // _MILLISECOND), found.end_ms)
        earliest = span.end_ms


def _largest_excess(tiles: Tiles, passing: float, start_ms: int, end_ms: int) -> Span | None:
    """First and last tile of the stretch with the largest sum of bad events above a share of all (Kadane)."""
    best, found = 0.0, None
    total, first = 0.0, None
    for i in range(bisect_right(tiles.at_ms, start_ms), bisect_right(tiles.at_ms, end_ms)):
        if total <= 0:
            total, first = 0.0, tiles.at_ms[i]
        total += tiles.bad[i] - passing * tiles.total[i]
        if total > best and first is not None:
            best, found = total, Span(first, tiles.at_ms[i])
    return found


def _told(tiles: Tiles, spans: tuple[Span, ...]) -> Iterator[Incident]:
    for span in spans:
        total, bad = tiles.between(span.start_ms, span.end_ms)
        yield Incident(span, round(total), round(bad))
