"""From an objective to what is counted for it, whichever kind of indicator it has."""

from collections.abc import Sequence

from goserviceslo.api.objective import SLICE_KINDS, Objective
from goserviceslo.slo.choosing import choose_metric
from goserviceslo.slo.discovery import MetricShape
from goserviceslo.slo.ratio import ratio_of
from goserviceslo.slo.requests import HTTP, requests_of
from goserviceslo.slo.series import EventIndicator, Indicator, RequestIndicator
from goserviceslo.slo.slices import SlicedEvents, TimeSlices
from goserviceslo.slo.timeslices import time_slices
from goserviceslo.slo.unresolved import Reason, Refused, Unresolved
from goserviceslo.slo.workload import Workload

__all__ = [
    "EventIndicator",
    "Indicator",
    "Reason",
    "RequestIndicator",
    "SlicedEvents",
    "TimeSlices",
    "Unresolved",
    "Workload",
    "names_to_look_for",
    "needs_a_look",
    "resolve",
]


def resolve(
    objective: Objective, workload: Workload, shapes: Sequence[MetricShape] | None, remembered: str | None
) -> Indicator | Unresolved:
    """The indicator of an objective.

    `shapes` are the metrics seen on the workload's pods, None where that is not known now. `remembered` is what
    `Indicator.describe` said last time: it decides where the metrics are not known or there are none now (no pods, no
    request yet), and stays the choice for as long as its metric is there. Kinds that name their metrics themselves need
    neither.
    """
    try:
        if objective.kinds[0] in SLICE_KINDS:
            return time_slices(objective, workload)
        requests = requests_of(objective)
        found: EventIndicator | Unresolved
        if requests is not None:
            found = choose_metric(requests, workload, shapes, remembered)
        elif objective.ratio is not None:
            found = ratio_of(objective.ratio, workload)
        else:
            raise ValueError(f"{objective.name} has no indicator")
    except Refused as refusal:
        return Unresolved(refusal.reason, str(refusal), field=refusal.field)
    if objective.slices is None or objective.slices.good is None or isinstance(found, Unresolved):
        return found
    return SlicedEvents(found, objective.slices.length, objective.slices.good)


def needs_a_look(objective: Objective, found: Indicator | Unresolved) -> bool:
    """Whether the metrics of the pods must be looked at, now and then.

    Explicit metrics need it too: for the status label, the buckets, and to say when nothing is there.
    """
    requests = requests_of(objective)
    if requests is None:
        return False
    return (
        isinstance(found, Unresolved)
        or requests.metric is None
        or requests.faster is not None
        or (bool(requests.places) and requests.place_label is None)
    )


def names_to_look_for(objective: Objective) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of metrics, and of labels, that a look at the pods must ask for beside those of every HTTP server."""
    requests = requests_of(objective)
    if requests is None:
        return (), ()
    common = requests.metric is None and requests.protocol is HTTP
    places = tuple(label for labels in requests.place_labels for label in labels)
    return () if common else requests.candidates, (*requests.code_labels, *places)
