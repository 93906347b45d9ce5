"""OpenSLO v1: SLO, and the SLI that it holds or refers to.

The other kinds say where measurements come from and who is told; here the operator and Alertmanager know that.
(OpenSLO/OpenSLO: README of openslo/v1)
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from goserviceslo.api.percent import format_percent
from goserviceslo.authoring.documents import Document, Location
from goserviceslo.authoring.foreign.events import Dialect, NotEvents, Ratio, good_ratio, ratio, raw_ratio
from goserviceslo.authoring.foreign.indicators import indicator, namespaces
from goserviceslo.authoring.foreign.names import dns_label
from goserviceslo.authoring.foreign.openslo_windows import Window, window_of
from goserviceslo.authoring.foreign.promise import Found, Promise
from goserviceslo.authoring.foreign.reading import Original
from goserviceslo.ports import Json

API_VERSION = "openslo/v1"
_GROUP = "openslo"
_ELSEWHERE = {
    "DataSource": "where measurements come from is the operator's to know (prometheus.url in the chart's values)",
    "AlertPolicy": "alerts follow from the objective: a page and a ticket, as soon as its budget burns too fast",
    "AlertCondition": "alerts follow from the objective: a page and a ticket, as soon as its budget burns too fast",
    "AlertNotificationTarget": "who is told is for Alertmanager to say: route by the labels of spec.alerting",
    "Service": "a service is the Deployment that a GoServiceSLO has as its target",
}
_COMPARISONS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_OF_ITS_OWN = ("indicator", "indicatorRef", "compositeWeight")
"""What makes an objective a part of a composite SLO."""


def is_openslo(document: Document) -> bool:
    """Whether this is an object of OpenSLO, of whatever version."""
    return document.api_version.partition("/")[0] == _GROUP


def read(document: Document, all_documents: Sequence[Document]) -> Found:
    """The promises of one object; SLIs that it refers to are looked for in all of them."""
    original = Original(document)
    if document.api_version != API_VERSION:
        original.lose(("apiVersion",), f"the whole object: only {API_VERSION} is known")
    elif document.kind in _ELSEWHERE:
        original.lose(("kind",), f"this {document.kind}: {_ELSEWHERE[document.kind]}")
    elif document.kind == "SLO":
        indicators = {_name(one): one for one in all_documents if is_openslo(one) and one.kind == "SLI"}
        return _Reading(original, indicators).found()
    elif document.kind != "SLI":
        original.lose(("kind",), f"the whole object: {document.kind} is no kind of {API_VERSION}")
    elif _name(document) not in {_referred(one) for one in all_documents if is_openslo(one)}:
        original.lose(("kind",), f"this SLI: no SLO in these files has indicatorRef: {_name(document)}")
    return Found((), tuple(original.remarks))


def _name(document: Document) -> str:
    metadata = document.value.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _referred(document: Document) -> str:
    """The SLI that an SLO refers to; empty for everything else."""
    spec = document.value.get("spec")
    return str(spec.get("indicatorRef", "")) if document.kind == "SLO" and isinstance(spec, dict) else ""


class _Reading:
    def __init__(self, original: Original, indicators: Mapping[str, Document]) -> None:
        self._original = original
        self._indicators = indicators
        self._labels: dict[str, str] = {}

    def found(self) -> Found:
        original = self._original
        for ignored in (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "displayName")):
            original.get(ignored)
        for place in original.items(("spec", "alertPolicies")):
            original.lose(place, _ELSEWHERE["AlertPolicy"])
        self._labels = original.labels()
        method = str(original.get(("spec", "budgetingMethod"), "Occurrences"))
        window = window_of(original)
        counted = None if self._is_composite() else self._counted()
        promises = []
        if counted is not None and window is not None:
            places = list(original.items(("spec", "objectives")))
            promises = [
                promise
                for index, place in enumerate(places)
                if (promise := self._promise(place, index if len(places) > 1 else None, method, window, counted))
            ]
        else:
            original.get(("spec",))
        original.lose_rest()
        return Found(tuple(promises), tuple(original.remarks))

    def _is_composite(self) -> bool:
        """Whether several indicators share one budget, which is then named."""
        original = self._original
        parts = [
            (*place, field)
            for place in original.items(("spec", "objectives"))
            for field in _OF_ITS_OWN
            if original.peek((*place, field)) is not None
        ]
        for part in parts:
            original.lose(part, "the whole objective: it shares a budget with others; write an SLO for each of them")
        return bool(parts)

    def _promise(
        self, place: Location, index: int | None, method: str, window: Window, counted: "_Counted"
    ) -> Promise | None:
        original = self._original
        name = str(original.peek(("metadata", "name"), ""))
        service = str(original.get(("spec", "service"), name))
        said = original.get((*place, "displayName"))
        objective: Json = {"name": dns_label(name if index is None else f"{name}-{said or index + 1}")}
        if description := original.get(("spec", "description")):
            objective["description"] = str(description)
        target = self._percent(place, "target")
        if target is None:
            original.lose(place, "the whole objective, because it names no target")
            return None
        objective |= {"target": target} | window.fields
        fields = self._fields(place, method, counted)
        if fields is None:
            return None
        objective |= fields
        namespace = counted.namespace
        return Promise(
            place=original.document.place(place),
            origin=original.document.place(),
            service=service,
            namespace=namespace or original.peek(("metadata", "namespace")),
            objective=objective,
            labels=self._labels,
        )

    def _percent(self, place: Location, field: str) -> str | None:
        """A share as percent: `target` (0.999) or `targetPercent` (99.9)."""
        share, percent = self._original.get((*place, field)), self._original.get((*place, f"{field}Percent"))
        try:
            if percent is not None:
                return format_percent(Decimal(str(percent)))
            return None if share is None else format_percent(Decimal(str(share)) * 100)
        except ArithmeticError:
            return None

    def _fields(self, place: Location, method: str, counted: "_Counted") -> Json | None:
        """What is counted, by the budgeting method; None where that is not possible, which is then named."""
        original = self._original
        length = original.get((*place, "timeSliceWindow"), "1m")
        good = self._percent(place, "timeSliceTarget")
        if counted.threshold is not None:
            return counted.threshold.fields(original, place, method, length)
        if counted.ratio is None:
            return None
        for unused in ("op", "value"):
            original.get((*place, unused))  # they are for threshold metrics alone
        fields = indicator(counted.ratio)
        match method:
            case "Occurrences":
                return fields
            case "Timeslices" if good is not None:
                return {"slices": {"length": length, "good": good}} | fields
            case _:
                original.lose(
                    ("spec", "budgetingMethod"),
                    f"the whole objective: {method} is neither a share of events nor of slices that are good enough",
                )
                return None

    def _counted(self) -> "_Counted | None":
        original, place = self._original, ("spec", "indicator")
        reference = original.get(("spec", "indicatorRef"))
        if reference is None:
            _tick_off_names(original, place)
            return _counted(original, (*place, "spec"))
        document = self._indicators.get(str(reference))
        if document is None:
            original.lose(("spec", "indicatorRef"), f"the whole objective: there is no SLI {reference} in these files")
            return None
        referred = Original(document)
        _tick_off_names(referred, ())
        found = _counted(referred, ("spec",))
        if found is not None:
            referred.lose_rest()
        original.remarks += referred.remarks
        return found


def _tick_off_names(original: Original, place: Location) -> None:
    """What an SLI is called, which its objective is not."""
    for ignored in (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "displayName")):
        original.get((*place, *ignored))


class _Threshold:
    """A query whose value is compared."""

    def __init__(self, query: str) -> None:
        self._query = query

    def fields(self, original: Original, place: Location, method: str, length: Any) -> Json | None:
        """What is judged; None where nothing says what it is compared with, which is then named."""
        operator, value = original.get((*place, "op")), original.get((*place, "value"))
        if value is None or operator not in _COMPARISONS:
            original.lose(
                place, "the whole objective, because it names no value and op (lt, lte, gt, gte) to compare with"
            )
            return None
        if method != "Timeslices":
            original.note(place, "counted are slices of a minute, where OpenSLO counts the samples of the query")
        slices = {"slices": {"length": length}} if str(length) != "1m" else {}
        query = self._query.strip()
        return slices | {"boolean": {"holds": f"({query}) {_COMPARISONS[operator]} bool {value}"}}


class _Counted:
    """What an SLI counts: events, or a value that is compared."""

    def __init__(self, found: Ratio | None, threshold: _Threshold | None = None) -> None:
        self.ratio = found
        self.threshold = threshold

    @property
    def namespace(self) -> str | None:
        """That of its series, where they name one and the same."""
        if self.ratio is None:
            return None
        (namespace, *others) = namespaces(self.ratio)
        return None if others else namespace


def _counted(original: Original, place: Location) -> _Counted | None:
    """What the SLI at this place counts; None where we could not, which is then named."""
    metric = (*place, "ratioMetric")
    if original.peek((*place, "thresholdMetric")):
        threshold = (*place, "thresholdMetric")
        original.get((*place, "description"))
        query = _query(original, threshold)
        return None if query is None else _Counted(None, _Threshold(query))
    original.get((*place, "description"))
    # Without a range a query is about counters only where the SLI says that they are.
    dialect = Dialect(any_range=True, bare=original.get((*metric, "counter")) is True)
    queries = {
        part: _query(original, (*metric, part))
        for part in ("good", "bad", "total", "raw")
        if original.peek((*metric, part))
    }
    if None in queries.values():
        return None
    kind = original.get((*metric, "rawType"))
    try:
        match queries:
            case {"raw": str(raw)}:
                return _Counted(raw_ratio(raw, dialect, of_good=kind != "failure"))
            case {"bad": str(bad), "total": str(total)}:
                return _Counted(ratio(bad, total, dialect))
            case {"good": str(good), "total": str(total)}:
                return _Counted(good_ratio(good, total, dialect))
        original.lose(metric, "the whole objective, because it has no pair of good or bad and total")
    except NotEvents as error:
        original.lose(metric, f"the whole objective, because {error}")
    return None


def _query(original: Original, place: Location) -> str | None:
    """The PromQL of a metric source; None where it is of another system, which is then named."""
    source = (*place, "metricSource")
    kind = original.get((*source, "type"))
    original.get((*source, "metricSourceRef"))
    if str(kind).lower() != "prometheus":
        original.lose(
            source, f"the whole objective: it is measured by {kind or 'a source of no type'}, not by Prometheus"
        )
        return None
    query = original.get((*source, "spec", "query"))
    if not isinstance(query, str):
        original.lose(source, "the whole objective: it has no spec.query")
        return None
    return query
