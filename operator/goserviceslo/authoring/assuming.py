"""Which series an objective counts, where no cluster and no Prometheus can be asked what the pods expose.

What the resource itself does not say is assumed: what the user said of his pods, else the first of the conventions by
which the operator looks (`slo.http_metrics`). Rules that rest on an assumption say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.slo.buckets import in_units, spelled
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.grpc_metrics import HISTOGRAMS as GRPC_HISTOGRAMS
from goserviceslo.slo.http_metrics import HISTOGRAMS as HTTP_HISTOGRAMS
from goserviceslo.slo.http_metrics import unit_of
from goserviceslo.slo.indicator import Indicator, Unresolved, Workload, resolve
from goserviceslo.slo.requests import Requests, requests_of

_TIMED = ("_seconds", "_milliseconds", "_microseconds", "_duration", "_latency", "_ms", "_us")
"""How metrics of durations end."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """What the user says of the pods."""

    metrics: tuple[str, ...] = ()
    """Metrics that they expose, best first; histograms without suffix."""
    status_label: str | None = None
    native: bool = False
    """Whether their histograms are native ones."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """A choice of series."""

    indicator: Indicator
    assumption: str | None
    """What was assumed, and how to say it instead; None where the resource says all."""


def assume(objective: Objective, workload: Workload, assumption: Assumption) -> Assumed | Unresolved:
    """The indicator of an objective, by the operator's own choice among the metrics that are assumed to be there."""
    told, requests = resolve(objective, workload, None, None), requests_of(objective)
    if isinstance(told, Indicator):
        return Assumed(told, None)
    if requests is None:
        return told
    name = requests.metric or _first(requests, assumption.metrics)
    found = resolve(_with_metric(objective, name), workload, [_shape(name, requests, assumption)], None)
    if isinstance(found, Unresolved):
        return found
    kind = objective.kinds[0]
    label = "http.statusLabel" if kind == "http" else "grpc.codeLabel"
    convention = "" if requests.metric or assumption.metrics else ", the first of the common conventions"
    return Assumed(
        found,
        f"{objective.name} counts {found.describe()}: that the pods have this series is assumed{convention}. Write "
        f"{kind}.metric and {label}, or give --assume",
    )


def _with_metric(objective: Objective, name: str) -> Objective:
    kind = objective.kinds[0]
    return objective.model_copy(update={kind: getattr(objective, kind).model_copy(update={"metric": name})})


def _first(requests: Requests, metrics: Sequence[str]) -> str:
    """The metric to take where the resource names none: a counter for availability, a histogram for latency."""
    histogram = requests.faster is not None
    fitting = [name for name in metrics if _is_histogram(name) == histogram]
    if fitting or (metrics and not histogram):
        return [*fitting, *metrics][0]
    return requests.candidates[0]


def _shape(metric: str, requests: Requests, assumption: Assumption) -> MetricShape:
    name = metric.removesuffix("_bucket").removesuffix("_count")
    code = requests.code_label or assumption.status_label or requests.code_labels[0]
    labels = frozenset({code, *requests.place_labels[0]})
    if not _is_histogram(name):
        return MetricShape(name, MetricKind.COUNTER, labels)
    if assumption.native:
        return MetricShape(name, MetricKind.NATIVE_HISTOGRAM, labels)
    bounds = () if requests.faster is None else (spelled(in_units(requests.faster, unit_of(name))),)
    return MetricShape(name, MetricKind.CLASSIC_HISTOGRAM, labels, bounds)


def _is_histogram(metric: str) -> bool:
    name = metric.removesuffix("_bucket").removesuffix("_count")
    return (
        name in HTTP_HISTOGRAMS + GRPC_HISTOGRAMS
        or name != metric
        or (not metric.endswith("_total") and name.endswith(_TIMED))
    )
