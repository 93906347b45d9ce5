"""What raw series say of a long stretch of the past: how much they grew in it, and of which that is unsure.

Expressions are about the stretch of `length` that ends now.
"""

from datetime import timedelta

from goserviceslo.slo.conventions import EVENTS_LABEL, STALENESS
from goserviceslo.slo.counting import Counted, Events
from goserviceslo.slo.indicator import EventIndicator
from goserviceslo.slo.promql import duration, seconds

SEEN, UNSURE = "seen since", "unsure"
"""Values of `goslo_events` beside those of events: when the series were first there, and how many are not settled."""
_TARGET = "job, instance, pod"
_LOOKS = timedelta(seconds=15)
"""How often a process is looked for, to know when it was first seen, and a series in the last minutes."""
_WANDERS = timedelta(seconds=2)
"""How far the start of one process may seem to move: Linux tells it by a clock that is being corrected."""


def difference(counted: Counted, length: timedelta) -> str:
    """What each series grew by."""
    last = counted.last_within(length)
    return f"clamp_min({last} - {counted.last_known(before(length))}, 0) or {last}"


def unsure(counted: Counted, length: timedelta, from_zero: str, several: str) -> str:
    """Series of which a difference may be wrong: those that fell, and those that are new or of several processes.

    `from_zero` are the targets of `zero_known`, `several` those of `restarted`.
    """
    resets = f"resets({counted.selector}[{duration(length + STALENESS)}]) > 0"
    known = f"({counted.last_known(before(length))} unless on ({_TARGET}) ({several}))"
    doubtful = f"({counted.last_within(length)} unless {known})"
    return f"{resets} or {doubtful} unless on ({_TARGET}) (({from_zero}) unless on ({_TARGET}) ({several}))"


def restarted(targets: str, length: timedelta) -> str:
    """Processes that were followed by others under the same labels.

    Their counters have resets, which Thanos hides from `resets` (thanos-io/thanos#3644).
    """
    started = f"process_start_time_seconds{targets}[{duration(length + STALENESS)}]"
    return f"max_over_time({started}) - min_over_time({started}) > {seconds(_WANDERS)}"


def zero_known(targets: str, length: timedelta) -> str:
    """The targets whose new series began at zero within the stretch."""
    whole, reach, then = duration(length), duration(STALENESS), before(length)
    relabelled = f"last_over_time(up{targets}[{whole}]) unless last_over_time(up{targets}[{reach}]{then})"
    up = f"max_over_time(up{targets}[{reach}]{then}) == 1 unless on ({_TARGET}) ({relabelled})"
    started = f"process_start_time_seconds{targets}"
    first = f"min_over_time(timestamp({started})[{whole}:{duration(_LOOKS)}])"
    young = f"max by ({_TARGET}) ({first} - min_over_time({started}[{whole}])) < {seconds(STALENESS)}"
    return f"{up} or {young}"


def first_seen(indicator: EventIndicator, length: timedelta) -> str:
    """When any of the series was first there, to within the staleness bound; seconds since the epoch."""
    counts = [one for one in indicator.counts if one.split or one.events is Events.TOTAL]
    # The multiples of five minutes may all lie before what is younger than that.
    looks = ((duration(length), duration(STALENESS)), (duration(min(length, STALENESS)), duration(_LOOKS)))
    some = " or ".join(
        f"min_over_time(timestamp({one.selector})[{reach}:{step}])" for reach, step in looks for one in counts
    )
    return f"min({some})"


def told(what: str, expression: str) -> str:
    """An expression's value under a value of `goslo_events`."""
    return f'label_replace({expression}, "{EVENTS_LABEL}", "{what}", "", "")'


def before(length: timedelta) -> str:
    """The offset that leads to the start."""
    return f" offset {duration(length)}"
