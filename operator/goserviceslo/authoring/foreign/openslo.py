"""OpenSLO v1: SLO, and the SLI that it holds or refers to.

The other kinds say where measurements come from and who is told; here the operator and Alertmanager know that.
(OpenSLO/OpenSLO: README of openslo/v1)
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from goserviceslo.authoring.documents import Document, Location
from goserviceslo.authoring.foreign.names import dns_label
from goserviceslo.authoring.foreign.openslo_indicators import Sli, read_sli
from goserviceslo.authoring.foreign.openslo_shares import NoShare, percent
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
            if not places:
                original.get(("spec",))
                original.lose(
                    ("spec", "objectives"), "the whole SLO, because it has no objectives: write one with a target"
                )
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

    def _promise(self, place: Location, index: int | None, method: str, window: Window, counted: Sli) -> Promise | None:
        original = self._original
        name = str(original.peek(("metadata", "name"), ""))
        service = str(original.get(("spec", "service"), name))
        said = original.get((*place, "displayName"))
        objective: Json = {"name": dns_label(name if index is None else f"{name}-{said or index + 1}")}
        if description := original.get(("spec", "description")):
            objective["description"] = str(description)
        try:
            objective |= {"target": percent(original, place, "target")} | window.fields
        except NoShare as error:
            original.lose(place, f"the whole objective, because {error}")
            return None
        fields = counted.fields(original, place, method)
        if fields is None:
            return None
        objective |= fields
        self._note_names(place, index, said)
        return Promise(
            place=original.document.place(place),
            origin=original.document.place(),
            service=service,
            namespace=counted.asked or original.get(("metadata", "namespace")),
            asked=counted.asked,
            objective=objective,
            labels=self._labels,
        )

    def _note_names(self, place: Location, index: int | None, said: object) -> None:
        """An objective has one name; those for people that did not become a part of it are named."""
        original = self._original
        names: dict[Location, object] = {("metadata", "displayName"): original.peek(("metadata", "displayName"))}
        if index is None:
            names[(*place, "displayName")] = said
        for location, name in names.items():
            if name:
                original.note(location, f"an objective has no name for people beside its own: {name} is not kept")

    def _counted(self) -> Sli | None:
        original, place = self._original, ("spec", "indicator")
        reference = original.get(("spec", "indicatorRef"))
        if reference is None:
            _tick_off_names(original, place)
            return read_sli(original, (*place, "spec"))
        document = self._indicators.get(str(reference))
        if document is None:
            original.lose(("spec", "indicatorRef"), f"the whole objective: there is no SLI {reference} in these files")
            return None
        referred = Original(document)
        _tick_off_names(referred, ())
        found = read_sli(referred, ("spec",))
        if found is not None:
            referred.lose_rest()
        original.remarks += [replace(remark, origin=original.document.place()) for remark in referred.remarks]
        return found


def _tick_off_names(original: Original, place: Location) -> None:
    """What an SLI is called, which its objective is not."""
    for ignored in (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "displayName")):
        original.get((*place, *ignored))
