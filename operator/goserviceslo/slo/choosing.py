"""Finding what an objective about requests counts among the metrics that its workload exposes.

An availability objective counts responses by status. A latency objective (`faster`) counts all requests whatever their
status, and those above the bound are bad: that a quick failure is a failure is for an availability objective to say.
Where `errors` stands beside `faster`, such responses are bad too, however quick.
"""

from collections.abc import Sequence

from goserviceslo.api.duration import format_duration
from goserviceslo.slo.buckets import in_units, lowest, matching, next_below, spelled
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.http_metrics import unit_of
from goserviceslo.slo.remembered import parse_source
from goserviceslo.slo.requests import Requests
from goserviceslo.slo.series import TARGET_LABELS, RequestIndicator, Source
from goserviceslo.slo.unresolved import Reason, Unresolved, listed
from goserviceslo.slo.workload import Workload

_HISTOGRAM_KINDS = (MetricKind.CLASSIC_HISTOGRAM, MetricKind.NATIVE_HISTOGRAM)


def choose_metric(
    requests: Requests, workload: Workload, shapes: Sequence[MetricShape] | None, remembered: str | None
) -> RequestIndicator | Unresolved:
    """The indicator of an objective about requests; arguments as those of `resolve`."""
    known = parse_source(remembered, requests) if remembered else None
    seen = [shape for name in requests.candidates for shape in shapes or () if shape.name == name]
    if not seen and (known := known or _as_told(requests)) is not None:
        return _indicator(requests, workload, known)
    if shapes is None:
        declared = _declared(requests)
        if declared is not None:
            return _indicator(requests, workload, declared)
        return Unresolved(
            Reason.NOT_YET_KNOWN,
            "the metrics of the pods have not been looked at yet: they are as soon as Prometheus answers",
            requests.candidates,
        )
    if known is not None:
        seen.sort(key=lambda shape: (shape.name, shape.kind) != (known.metric, known.kind))
    if not seen:
        return _metric_not_found(requests, workload, shapes)
    chosen = _choose(requests, seen)
    return chosen if isinstance(chosen, Unresolved) else _indicator(requests, workload, chosen)


def _declared(requests: Requests) -> Source | None:
    """A counter and its labels, all named by the user: there is nothing left to find out."""
    if requests.faster is not None or requests.metric is None or requests.code_label is None:
        return None
    if not requests.metric.endswith("_total") or len(requests.place_labels) > 1:
        return None
    return Source(requests.metric, MetricKind.COUNTER, requests.code_label, None, requests.place_labels[0])


def _indicator(requests: Requests, workload: Workload, source: Source) -> RequestIndicator:
    return RequestIndicator(
        workload, source, requests.errors, requests.labels, requests.faster, requests.protocol, requests.places
    )


def _choose(requests: Requests, seen: Sequence[MetricShape]) -> Source | Unresolved:
    """The first of the metrics seen that measures exactly, else the first that measures, else what the first lacks."""
    found = [_source(requests, shape) for shape in seen]
    sources = [source for source in found if isinstance(source, Source)]
    exact = (source for source in sources if _is_exact(requests, source))
    chosen = next(exact, None) or (sources[0] if sources else None)
    return chosen or found[0]


def _is_exact(requests: Requests, source: Source) -> bool:
    if requests.faster is None or source.le is None:
        return True
    return matching(in_units(requests.faster, unit_of(source.metric)), (source.le,)) is not None


def _source(requests: Requests, shape: MetricShape) -> Source | Unresolved:
    if requests.faster is not None and shape.kind not in _HISTOGRAM_KINDS:
        return Unresolved(
            Reason.METRIC_NOT_FOUND,
            f"{shape.name} is a counter and cannot tell how long a request took: name a histogram in "
            f"{requests.protocol.field}.metric, or leave it out and the common ones are looked for",
            requests.protocol.histograms,
        )
    status = next((label for label in requests.code_labels if label in shape.labels), None)
    if status is None and requests.judges_code:
        return _label_not_found(requests, shape)
    status = status if requests.judges_code else None
    places = next((labels for labels in requests.place_labels if shape.labels.issuperset(labels)), None)
    if places is None:
        return _place_not_found(requests, shape)
    if requests.faster is None or shape.kind is MetricKind.NATIVE_HISTOGRAM:
        return Source(shape.name, shape.kind, status, None, places)
    bound = in_units(requests.faster, unit_of(shape.name))
    le = matching(bound, shape.bounds) or next_below(bound, shape.bounds)
    return _bucket_not_found(requests, shape) if le is None else Source(shape.name, shape.kind, status, le, places)


def _as_told(requests: Requests) -> Source | None:
    """The source that the user describes, where he looks elsewhere than at the workload's pods and names the metric.

    Nothing there can be looked up, so he is taken at his word; a wrong one shows as an objective without data.
    """
    if requests.metric is None or not TARGET_LABELS & dict(requests.labels).keys():
        return None
    status = requests.code_labels[0] if requests.judges_code else None
    places = requests.place_labels[0]
    if requests.faster is None:
        return Source(requests.metric, MetricKind.COUNTER, status, None, places)
    metric = requests.metric.removesuffix("_bucket")
    bound = spelled(in_units(requests.faster, unit_of(metric)))
    return Source(metric, MetricKind.CLASSIC_HISTOGRAM, status, bound, places)


def _metric_not_found(requests: Requests, workload: Workload, shapes: Sequence[MetricShape]) -> Unresolved:
    where, field = f"the pods of Deployment {workload.deployment}", f"{requests.protocol.field}.metric"
    if requests.metric is not None:
        message = (
            f"{where} expose no {requests.metric}: correct {field}, or leave it out and the common names are tried"
        )
    else:
        named = requests.protocol.request
        wanted = "histogram of request durations" if requests.faster is not None else f"metric of {named}"
        message = (
            f"{where} expose no {wanted} under a common name: write the name of theirs as {field}. If they have not "
            "served a request yet, or are not scraped by Prometheus, nothing can be seen yet"
        )
        others = sorted({shape.name for shape in shapes})
        message += f". Seen: {listed(others)}" if others else ""
    return Unresolved(
        Reason.METRIC_NOT_FOUND, f"{message}. Looked for: {listed(requests.candidates)}", requests.candidates
    )


def _label_not_found(requests: Requests, shape: MetricShape) -> Unresolved:
    labels, field = requests.code_labels, requests.protocol.field
    return Unresolved(
        Reason.LABEL_NOT_FOUND,
        f"{shape.name} has no label {listed(labels, 'or')} that would tell the status of a response: write the name "
        f"of the label as {field}.{requests.protocol.code_field}, or another metric as {field}.metric",
        labels,
    )


def _place_not_found(requests: Requests, shape: MetricShape) -> Unresolved:
    protocol = requests.protocol
    labels = tuple(" with ".join(labels) for labels in requests.place_labels)
    return Unresolved(
        Reason.LABEL_NOT_FOUND,
        f"{shape.name} has no label {listed(labels, 'or')} that would tell {protocol.place_field} apart: write the "
        f"name of the label in {protocol.field}.{protocol.place_label_field}, or another metric as "
        f"{protocol.field}.metric",
        labels,
    )


def _bucket_not_found(requests: Requests, shape: MetricShape) -> Unresolved:
    bound = format_duration(requests.faster) if requests.faster is not None else ""
    near = lowest(unit_of(shape.name), shape.bounds)
    advice = f"write {near}" if near else f"name another histogram in {requests.protocol.field}.metric"
    return Unresolved(
        Reason.BUCKET_NOT_FOUND,
        f"{shape.name} has no bucket of {bound} and none below it, so requests of up to that duration cannot be "
        f"counted: {advice}, or add the bucket to the service",
        (f"{shape.name}_bucket with le of {bound}",),
    )
