"""Asking which metrics of HTTP requests the pods of a workload expose, and reading the answers.

The source folds pods into workloads and label values into their presence, so that an answer holds a few samples for
each workload however many pods, routes and statuses it has.
"""

from collections.abc import Collection, Iterable

from goserviceslo.ports import Answer, Sample, Vector
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.http_metrics import COUNTERS, HISTOGRAMS, STATUS_LABELS
from goserviceslo.slo.promql import literal, quote
from goserviceslo.slo.workload import WORKLOAD_LABEL, Workload, by_workload, workload_of

_METRIC = "goslo_metric"
"""Where a native histogram's name is kept through `histogram_count`, which drops it."""
_HAS = "goslo_has_"
"""Prefix of the labels that say which labels have a value."""


def discovery_query(
    namespaces: Collection[str], metrics: Collection[str] = (), labels: Collection[str] = ()
) -> list[str]:
    """Questions about the pods of these namespaces: counters and counts, buckets, native histograms.

    `metrics` and `labels` are those that are looked for beside the common ones of HTTP and their status.
    """
    bases = {name.removesuffix("_bucket").removesuffix("_count") for name in metrics}
    labels = list(dict.fromkeys((*STATUS_LABELS, *sorted(labels))))
    where = f"namespace=~{quote('|'.join(map(literal, sorted(namespaces))))}"
    histograms = sorted({*HISTOGRAMS, *bases})
    plain = sorted({*COUNTERS, *bases, *metrics, *(f"{name}_count" for name in histograms)})
    by = ", ".join(("__name__", "namespace", "pod", *labels))
    folded = ", ".join(("__name__", "namespace", WORKLOAD_LABEL, *(f"{_HAS}{label}" for label in labels)))
    shown = by_workload(f"group by ({by}) ({_named(plain, where)})")
    buckets = _named([f"{name}_bucket" for name in histograms], where)
    bounds = by_workload(f"group by (__name__, namespace, pod, le) ({buckets})")
    native = by_workload(_native(histograms, where))
    return [
        f"group by ({folded}) ({_presence(shown, labels)})",
        f"group by (__name__, namespace, {WORKLOAD_LABEL}, le) ({bounds})",
        f"group by ({_METRIC}, {folded}) ({_presence(native, labels)})",
    ]


def _named(names: Iterable[str], where: str) -> str:
    return f"{{__name__=~{quote('|'.join(names))},{where}}}"


def _native(names: Iterable[str], where: str) -> str:
    return f'histogram_count(label_replace({_named(names, where)}, "{_METRIC}", "$1", "__name__", "(.+)"))'


def _presence(expression: str, labels: Iterable[str]) -> str:
    for label in labels:
        expression = f'label_replace({expression}, "{_HAS}{label}", "y", "{label}", ".+")'
    return expression


def assemble_shapes(
    answers: Iterable[Answer], workloads: Iterable[Workload] = ()
) -> dict[tuple[str, str], tuple[MetricShape, ...]]:
    """The metrics of each workload, by namespace and Deployment; one of which nothing was seen is absent.

    `workloads` are those that were asked about: names that are too long for their pods' names cannot be told without.
    An answer that is not whole counts for nothing; whether all came is the asker's to know.
    """
    reading = _Reading(tuple(workload for workload in workloads if workload.may_be_cut))
    for answer in answers:
        for sample in answer.samples if isinstance(answer, Vector) else ():
            reading.take(sample)
    return reading.shapes()


class _Reading:
    def __init__(self, long: tuple[Workload, ...]) -> None:
        self._long = long
        self._labels: dict[tuple[str, str], dict[tuple[str, MetricKind], set[str]]] = {}
        self._bounds: dict[tuple[str, str], dict[str, set[str]]] = {}

    def take(self, sample: Sample) -> None:
        workload = workload_of(sample.labels, self._long)
        if workload is None:
            return
        name = sample.labels.get("__name__", "")
        if (bound := sample.labels.get("le")) is not None:
            self._bounds.setdefault(workload, {}).setdefault(name.removesuffix("_bucket"), set()).add(bound)
            return
        kind = MetricKind.COUNTER
        if _METRIC in sample.labels:
            name, kind = sample.labels[_METRIC], MetricKind.NATIVE_HISTOGRAM
        elif name.endswith("_count"):
            name, kind = name.removesuffix("_count"), MetricKind.CLASSIC_HISTOGRAM
        seen = self._labels.setdefault(workload, {}).setdefault((name, kind), set())
        seen |= {label.removeprefix(_HAS) for label in sample.labels if label.startswith(_HAS)}

    def shapes(self) -> dict[tuple[str, str], tuple[MetricShape, ...]]:
        return {workload: tuple(self._of(workload)) for workload in self._labels}

    def _of(self, workload: tuple[str, str]) -> Iterable[MetricShape]:
        seen = self._labels[workload]
        for (name, kind), labels in sorted(seen.items()):
            if kind is MetricKind.COUNTER and (name, MetricKind.NATIVE_HISTOGRAM) in seen:
                continue  # a native histogram answers to the plain name too
            bounds = self._bounds.get(workload, {}).get(name, set()) if kind is MetricKind.CLASSIC_HISTOGRAM else set()
            finite = sorted((bound for bound in bounds if bound != "+Inf"), key=float)
            yield MetricShape(name, kind, frozenset(labels), tuple(finite))
