"""PromQL that leaves maintenance out of what is counted, and keeps alerts silent while it runs.

While it runs the series `goslo:maintenance:active` is there, and a tile counts 0 events. Not nothing: a tile that is
absent would read as a service without metrics, and 0 changes no sum and no burn rate. What the tile would have counted
is recorded beside it, so that a report can show what was left out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil, floor

from goserviceslo.slo.conventions import MAINTENANCE_ACTIVE
from goserviceslo.slo.counting import Tile
from goserviceslo.slo.maintenance import Span
from goserviceslo.slo.promql import duration

SETTLES = timedelta(minutes=1)
"""How long after its end maintenance may still be seen: what happened before it is shown by the first scrape after it.
Tiles that begin within it are left out too."""


def active(spans: Sequence[Span], tile: Tile) -> str:
    """1 in every evaluation whose tile overlaps maintenance or the minute after it, else nothing."""
    within = " + ".join(
        f"(time() >= bool {first}) * (time() < bool {last})" for first, last in evaluations(spans, tile)
    )
    return f"vector({within}) > 0"


def evaluations(spans: Sequence[Span], tile: Tile) -> list[tuple[int, int]]:
    """From when to before when tiles overlap maintenance or the minute after it, by the time of their evaluation.

    In seconds since the epoch. A tile ends at the whole step before its evaluation, less the lag. As steps are
    multiples of their length, bounds on the evaluation's time that are rounded up to such multiples say the same.
    """
    step = tile.step.total_seconds()
    bounds: list[tuple[int, int]] = []
    for span in spans:
        first = (floor(_seconds(span.start, tile.lag) / step) + 1) * step
        last = ceil(_seconds(span.end, tile.lag + tile.length + SETTLES) / step) * step
        if bounds and first <= bounds[-1][1]:
            bounds[-1] = bounds[-1][0], int(last)
        else:
            bounds.append((int(first), int(last)))
    return bounds


def counted(expression: str, matchers: str, lately: timedelta | None = None) -> str:
    """What counts of a tile: all that `expression` gives, 0 while maintenance runs, nothing where it gives nothing.

    0 also where maintenance ran within `lately`.
    """
    return f"({expression}) * on () group_left () (0 * max({running(matchers, lately)}) or vector(1))"


def excluded(expression: str, matchers: str, lately: timedelta | None = None) -> str:
    """Events of a tile that maintenance leaves out; nothing while none runs, or ran within `lately`."""
    return f"({expression}) and on () {running(matchers, lately)}"


def silent(expression: str, matchers: str) -> str:
    """The condition of an alert, which never holds while maintenance runs."""
    return f"{expression} unless on () {running(matchers)}"


def running(matchers: str, lately: timedelta | None = None) -> str:
    """1 while maintenance runs, or while it ran within `lately`; else nothing."""
    now = f"{MAINTENANCE_ACTIVE}{{{matchers}}}"
    return now if lately is None else f"last_over_time({now}[{duration(lately)}])"


def _seconds(instant: datetime, later: timedelta) -> float:
    return (instant + later).timestamp()
