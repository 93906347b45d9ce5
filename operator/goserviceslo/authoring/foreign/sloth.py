"""Sloth: its own `prometheus/v1` files, and its custom resource PrometheusServiceLevel.

Both say the same in two spellings. The window is no part of either: Sloth's controller has one for all, 30 days unless
told otherwise. (slok/sloth: pkg/prometheus/api/v1, pkg/kubernetes/api/sloth/v1)
"""

from dataclasses import dataclass

from goserviceslo.authoring.documents import Document, Location
from goserviceslo.authoring.foreign.events import NotEvents, Ratio, ratio, raw_ratio
from goserviceslo.authoring.foreign.indicators import indicator, namespace_of
from goserviceslo.authoring.foreign.names import dns_label
from goserviceslo.authoring.foreign.promise import Found, Promise
from goserviceslo.authoring.foreign.reading import Original
from goserviceslo.authoring.foreign.routing import Routing
from goserviceslo.ports import Json

FILE_VERSION = "prometheus/v1"
API_GROUP, KIND = "sloth.slok.dev", "PrometheusServiceLevel"


@dataclass(frozen=True, slots=True)
class _Spelling:
    root: Location
    error_query: str
    total_query: str
    error_ratio_query: str
    page_alert: str
    ticket_alert: str
    plugins: str


_FILE = _Spelling((), "error_query", "total_query", "error_ratio_query", "page_alert", "ticket_alert", "slo_plugins")
_RESOURCE = _Spelling(
    ("spec",), "errorQuery", "totalQuery", "errorRatioQuery", "pageAlert", "ticketAlert", "sloPlugins"
)


def is_sloth(document: Document) -> bool:
    """Whether this is a file or a resource of Sloth."""
    return document.value.get("version") == FILE_VERSION or (
        document.api_version.partition("/")[0] == API_GROUP and document.kind == KIND
    )


def read(document: Document, window: str) -> Found:
    """The promises of one of Sloth's objects; `window` is the one that its controller was given."""
    return _Reading(document, window).found()


_LABELS_WHERE = "alerts carry them; recorded series carry namespace, goslo, objective and tier"


class _Reading:
    def __init__(self, document: Document, window: str) -> None:
        self._original = Original(document)
        self._spelling = _FILE if "version" in document.value else _RESOURCE
        self._window = window
        self._labels: dict[str, str] = {}

    def found(self) -> Found:
        original, root = self._original, self._spelling.root
        for ignored in (("version",), ("apiVersion",), ("kind",), ("metadata",), ("status",)):
            original.get(ignored)
        service = str(original.get((*root, "service"), ""))
        self._labels = original.labels()
        if original.peek((*root, "labels")):
            original.note((*root, "labels"), _LABELS_WHERE)
        if original.peek((*root, self._spelling.plugins)):
            original.lose(
                (*root, self._spelling.plugins), "plugins change what Sloth generates; they have no equivalent"
            )
        places = list(original.items((*root, "slos")))
        if not places:
            original.lose((*root, "slos"), "the whole object, because it has no slos: write a list of them")
            original.get(root)
        promises = [promise for place in places if (promise := self._promise(place, service)) is not None]
        original.lose_rest()
        return Found(tuple(promises), tuple(original.remarks))

    def _promise(self, place: Location, service: str) -> Promise | None:
        original = self._original
        name = str(original.get((*place, "name"), ""))
        routing = Routing()
        objective: Json = {"name": dns_label(name)}
        if description := original.get((*place, "description")):
            objective["description"] = str(description)
        objective |= {"target": original.get((*place, "objective")), "window": self._window}
        plugins = (*place, "plugins")
        if original.peek(plugins):
            original.lose(plugins, "plugins change what Sloth generates; they have no equivalent")
        self._route(place, routing, objective)
        counted = self._counted(place)
        if counted is None:
            return None
        found, asked = counted
        objective |= indicator(found)
        return Promise(
            place=original.document.place(place),
            origin=original.document.place(),
            service=service or name,
            namespace=asked or original.peek(("metadata", "namespace")),
            asked=asked,
            objective=objective,
            alerting=routing.alerting(),
            tier=routing.tier,
            labels=self._labels,
        )

    def _counted(self, place: Location) -> tuple[Ratio, str | None] | None:
        """What is counted, and the namespace that it asks for; None where we could not, which is then named."""
        original, sli = self._original, (*place, "sli")
        kind = next((one for one in ("events", "raw", "plugin") if original.peek((*sli, one)) is not None), None)
        try:
            match kind:
                case "events":
                    found = self._of_events((*sli, kind))
                case "raw":
                    found = raw_ratio(self._query((*sli, kind, self._spelling.error_ratio_query), "/"))
                case "plugin":
                    original.get(sli)
                    raise NotEvents("a plugin makes its queries: write them out as events")
                case _:
                    original.get(sli)
                    raise NotEvents(
                        f"it does not say what is counted: write events with {self._spelling.error_query} and "
                        f"{self._spelling.total_query}"
                    )
            return found, namespace_of(found)
        except NotEvents as error:
            original.lose((*sli, kind) if kind else sli, f"the whole objective, because {error}")
            return None

    def _of_events(self, events: Location) -> Ratio:
        spelling = self._spelling
        return ratio(self._query((*events, spelling.error_query)), self._query((*events, spelling.total_query)))

    def _query(self, place: Location, joined: str = "") -> str:
        """The query of a place. Raises NotEvents where there is none."""
        if query := self._original.text(place):
            return query
        example = f" {joined} ".join(["sum(rate(x[{{.window}}]))"] * (2 if joined else 1))
        raise NotEvents(f"{place[-1]} is missing: write a query there, such as {example}")

    def _route(self, place: Location, routing: Routing, objective: Json) -> None:
        original, spelling, alerting = self._original, self._spelling, (*place, "alerting")
        for labels in ((*spelling.root, "labels"), (*place, "labels"), (*alerting, "labels")):
            for sentence in routing.label(original.fields(labels)):
                original.lose(labels, sentence)
        annotations = (*alerting, "annotations")
        for sentence in routing.annotate(original.fields(annotations)):
            original.lose(annotations, sentence)
        if name := original.get((*alerting, "name")):
            original.note(
                (*alerting, "name"), f"alerts are called GoSLOBudgetBurn instead of {name}: adjust your routes"
            )
        switches: Json = {}
        for severity, alert in (("page", spelling.page_alert), ("ticket", spelling.ticket_alert)):
            if original.flag((*alerting, alert, "disable")) is True:
                switches[severity] = False
            for part in ("labels", "annotations"):
                if original.peek((*alerting, alert, part)):
                    original.lose(
                        (*alerting, alert, part),
                        f"{part} of one severity alone; route by the label severity, which is {severity}",
                    )
        if switches:
            objective["alerting"] = switches
