"""Pyrra: its custom resource ServiceLevelObjective.

(pyrra-dev/pyrra: kubernetes/api/v1alpha1/servicelevelobjective_types.go)
"""

from collections.abc import Callable

from goserviceslo.authoring.documents import Document, Location
from goserviceslo.authoring.foreign.events import Counter, NotEvents, Ratio, counter
from goserviceslo.authoring.foreign.indicators import http_labels, in_namespace, indicator, namespace_of, of_any_pod
from goserviceslo.authoring.foreign.names import dns_label
from goserviceslo.authoring.foreign.promise import Found, Promise
from goserviceslo.authoring.foreign.reading import Original
from goserviceslo.authoring.foreign.routing import Routing
from goserviceslo.ports import Json

API_GROUP, KIND = "pyrra.dev", "ServiceLevelObjective"
_PROPAGATED = "pyrra.dev/"
_INDICATOR: Location = ("spec", "indicator")
_SPEAK_OF_RULES = ("performanceOverAccuracy", "ruleOutput", "partial_response_strategy")
"""How Pyrra writes its rules; nothing of what is promised."""


def is_pyrra(document: Document) -> bool:
    """Whether this is a resource of Pyrra."""
    return document.api_version.partition("/")[0] == API_GROUP and document.kind == KIND


def read(document: Document) -> Found:
    """The promise of one of Pyrra's resources."""
    return _Reading(document).found()


class _Reading:
    def __init__(self, document: Document) -> None:
        self._original = Original(document)

    def found(self) -> Found:
        original = self._original
        for ignored in (("apiVersion",), ("kind",), ("status",), *(("spec", name) for name in _SPEAK_OF_RULES)):
            original.get(ignored)
        metadata = original.fields(("metadata",))
        name = str(metadata.get("name", ""))
        own = original.labels(but=_PROPAGATED)
        routing = Routing()
        labels = self._propagated("labels")
        for sentence in (*routing.label(labels), *routing.annotate(self._propagated("annotations"))):
            original.lose(("metadata",), sentence)
        objective: Json = {"name": dns_label(name)}
        if description := original.get(("spec", "description")):
            objective["description"] = str(description)
        objective |= {"target": original.get(("spec", "target")), "window": original.get(("spec", "window"))}
        self._switch(objective)
        counted = self._counted()
        original.lose_rest()
        if counted is None:
            return Found((), tuple(original.remarks))
        fields, chosen, asked = counted
        promise = Promise(
            place=original.document.place(),
            origin=original.document.place(),
            service=_service(chosen) or name,
            namespace=asked or metadata.get("namespace"),
            asked=asked,
            objective=objective | fields,
            alerting=routing.alerting(),
            tier=routing.tier,
            labels=own,
        )
        return Found((promise,), tuple(original.remarks))

    def _propagated(self, part: str) -> Json:
        """Labels or annotations that Pyrra puts onto its alerts."""
        return {
            name.removeprefix(_PROPAGATED): value
            for name, value in self._original.fields(("metadata", part)).items()
            if name.startswith(_PROPAGATED)
        }

    def _switch(self, objective: Json) -> None:
        original, alerting = self._original, ("spec", "alerting")
        off = original.flag((*alerting, "disabled")) is True
        switches: Json = {}
        if off or original.flag((*alerting, "burnrates")) is False:
            switches |= {"page": False, "ticket": False}
        if switches:
            objective["alerting"] = switches
        if original.flag((*alerting, "absent")) is False:
            original.lose(
                (*alerting, "absent"),
                "the meter's alert is the resource's: write alerting: {noData: false} there",
            )
        for name in ("name", "absentName"):
            if given := original.get((*alerting, name)):
                original.note(
                    (*alerting, name), f"alerts are called GoSLOBudgetBurn and GoSLONotMeasured instead of {given}"
                )
        if original.peek((*alerting, "severities")):
            original.lose((*alerting, "severities"), "severities are page and ticket: route by these")

    def _counted(self) -> tuple[Json, Ratio, str | None] | None:
        """The fields of the indicator, the series that it reads and the namespace that it asks for.

        None where it cannot be taken over, which is then named.
        """
        kinds: dict[str, Callable[[Location], tuple[Json, Ratio]]] = {
            "ratio": self._ratio,
            "latency": self._latency,
            "latencyNative": self._native,
            "bool_gauge": self._boolean,
        }
        for kind, read_kind in kinds.items():
            place = (*_INDICATOR, kind)
            if self._original.peek(place) is None:
                continue
            try:
                self._grouping(place)
                fields, found = read_kind(place)
                return fields, found, namespace_of(found)
            except NotEvents as error:
                self._original.lose(place, f"the whole objective, because {error}")
                return None
        self._original.lose(_INDICATOR, "the whole objective, because it has no indicator that is known")
        return None

    def _grouping(self, place: Location) -> None:
        if groups := self._original.get((*place, "grouping")):
            listed = groups if isinstance(groups, list) else [groups]
            self._original.lose(
                (*place, "grouping"),
                f"a budget for each {' and '.join(map(str, listed))}; all of them share one. Write an objective for "
                "each that has a promise of its own",
            )

    def _series(self, place: Location) -> Counter:
        metric = self._original.text((*place, "metric"))
        if not metric:
            raise NotEvents(
                f'{place[-1]}.metric is missing: write a selector there, such as http_requests_total{{job="shop"}}'
            )
        return counter(metric)

    def _ratio(self, place: Location) -> tuple[Json, Ratio]:
        found = Ratio(self._series((*place, "total")), bad=self._series((*place, "errors")))
        return indicator(found), found

    def _latency(self, place: Location) -> tuple[Json, Ratio]:
        found = Ratio(self._series((*place, "total")), good=self._series((*place, "success")))
        return indicator(found), found

    def _native(self, place: Location) -> tuple[Json, Ratio]:
        total, faster = self._series((*place, "total")), self._original.text((*place, "latency"))
        if not faster:
            raise NotEvents("latency is missing: write how long a request may take there, such as 200ms")
        labels = http_labels(total.matchers)
        if labels is None:
            raise NotEvents(
                f"{total} is a native histogram whose pods are not chosen by equality of job, pod or instance: write "
                "http with metric and faster"
            )
        http: Json = {"metric": total.metric, "faster": faster, "labels": dict(labels)}
        return {"http": http}, Ratio(total)

    def _boolean(self, place: Location) -> tuple[Json, Ratio]:
        gauge = self._series(place)
        self._original.note(
            place, "counted are minutes in which all series are 1, where Pyrra counts each sample of each series"
        )
        return {"boolean": {"holds": in_namespace(of_any_pod(gauge))}}, Ratio(gauge)


def _service(found: Ratio) -> str | None:
    """The service that the selectors name; None where they name none."""
    return found.total.given("job")
