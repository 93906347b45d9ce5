"""Slices of time in a long stretch of the past, by their verdicts: what rules would have judged, from raw series.

Expressions are about the stretch of `length` that ends now, and about the slices that end in it.
"""

from collections.abc import Sequence
from datetime import timedelta

from goserviceslo.slo.conventions import EVENTS_LABEL, STALENESS
from goserviceslo.slo.counting import Counted, Events
from goserviceslo.slo.promql import duration
from goserviceslo.slo.raw_series import SEEN, before, told
from goserviceslo.slo.slices import SlicedEvents, TimeSlices, by_verdict


def slices_of_condition(indicator: TimeSlices, length: timedelta) -> str:
    """Good and bad slices, and since when there were any."""
    # A verdict has no labels, and no time but that of its evaluation.
    step = max(indicator.length, STALENESS)
    first = f"min_over_time(timestamp({indicator.failed})[{duration(length)}:{duration(step)}])"
    return f"{_judged(indicator.failed, indicator.length, length)} or {told(SEEN, f'min({first})')}"


def slices_of_events(indicator: SlicedEvents, events: str, length: timedelta) -> str:
    """Good and bad slices, of an expression that gives the events of the slice that ends now by `goslo_events`."""
    total, bad = _total_and_bad(indicator.events.counts, events)
    return _judged(indicator.failed(total, bad), indicator.length, length)


def grown_in_slice(indicator: SlicedEvents) -> str:
    """The events of the slice that ends now, by `goslo_events`, of series that neither fell nor were gone for a while.

    A pod that came and went within the slice has its last value in it.
    """
    length = indicator.length
    counted = " or ".join(one.labelled(_growth(one, length)) for one in indicator.events.counts)
    if (judge := indicator.events.judged_by) is not None:
        counted = f"({counted}) and ignoring (le, {EVENTS_LABEL}) last_over_time({judge}[{duration(_reach(length))}])"
    return f"sum by ({EVENTS_LABEL}) (({counted}) < +Inf)"


def reappearing(counted: Counted, slice_length: timedelta, length: timedelta) -> str:
    """Series that were gone for so long that the slice in which they came back took them for new ones."""
    now, then = _known(counted, slice_length)
    appearances = f"count_over_time(({now} unless {then})[{duration(length)}:{duration(slice_length)}])"
    return f"{appearances} > 1 or {appearances} and {counted.last_known(before(length))}"


def _judged(failed: str, slice_length: timedelta, length: timedelta) -> str:
    return by_verdict(f'count_values("{EVENTS_LABEL}", {failed})[{duration(length)}:{duration(slice_length)}]')


def _growth(counted: Counted, slice_length: timedelta) -> str:
    now, then = _known(counted, slice_length)
    return f"clamp_min({now} - {then}, 0) or {now}"


def _known(counted: Counted, slice_length: timedelta) -> tuple[str, str]:
    """What was known last at a slice's end, and at its start."""
    reach = _reach(slice_length)
    return counted.last_within(reach), counted.last_within(reach, before(slice_length))


def _reach(slice_length: timedelta) -> timedelta:
    return max(slice_length, STALENESS)


def _total_and_bad(counts: Sequence[Counted], events: str) -> tuple[str, str]:
    def of(which: Events) -> str:
        return f"sum(({events}) and on ({EVENTS_LABEL}) {told(which, 'vector(1)')})"

    total = f"sum({events})" if counts[0].split else of(Events.TOTAL)
    if any(one.events is Events.BAD for one in counts):
        return total, f"{of(Events.BAD)} or vector(0)"
    return total, f"clamp_min({total} - ({of(Events.GOOD)} or vector(0)), 0)"
