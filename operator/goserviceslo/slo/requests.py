"""What the two kinds of requests, HTTP and gRPC, have in common, and how they differ."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from goserviceslo.api.eventkinds import GrpcIndicator, HttpIndicator
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.slo import grpc_metrics, http_metrics
from goserviceslo.slo.promql import Matcher, literal


@dataclass(frozen=True, slots=True)
class Protocol:
    """How requests of one protocol are counted by Go services."""

    field: str
    """Of the objective."""
    code_field: str
    request: str
    """What one is called."""
    counters: tuple[str, ...]
    histograms: tuple[str, ...]
    code_labels: tuple[str, ...]
    place_labels: tuple[tuple[str, ...], ...]
    """Labels that tell the route, or service and method."""
    place_field: str
    place_label_field: str
    """Where the user names that label himself; `labels` where there is no field of its own."""
    default_errors: tuple[str, ...]
    code_expression: Callable[[str, str, tuple[str, ...]], str]
    """A regular expression for codes, by metric, label and errors."""


HTTP = Protocol(
    field="http",
    code_field="statusLabel",
    request="HTTP requests",
    counters=http_metrics.COUNTERS,
    histograms=http_metrics.HISTOGRAMS,
    code_labels=http_metrics.STATUS_LABELS,
    place_labels=http_metrics.ROUTE_LABELS,
    place_field="routes",
    place_label_field="routeLabel",
    default_errors=("5xx",),
    code_expression=lambda metric, _, errors: http_metrics.status_expression(metric, errors),
)
GRPC = Protocol(
    field="grpc",
    code_field="codeLabel",
    request="gRPC calls",
    counters=grpc_metrics.COUNTERS,
    histograms=grpc_metrics.HISTOGRAMS,
    code_labels=grpc_metrics.CODE_LABELS,
    place_labels=grpc_metrics.METHOD_LABELS,
    place_field="methods",
    place_label_field="labels",
    default_errors=grpc_metrics.SERVER_FAULTS,
    code_expression=lambda _, label, errors: grpc_metrics.code_expression(label, errors),
)


@dataclass(frozen=True, slots=True)
class Requests:
    """Which requests an objective is about, whatever their protocol."""

    protocol: Protocol
    metric: str | None
    code_label: str | None
    place_label: str | None
    places: tuple[str, ...]
    """Routes, or methods as `package.Service/Method`; empty for all."""
    given_errors: tuple[str, ...] | None
    labels: tuple[tuple[str, str], ...]
    faster: timedelta | None

    @property
    def judges_code(self) -> bool:
        return self.faster is None or self.given_errors is not None

    @property
    def errors(self) -> tuple[str, ...]:
        """Empty where the code does not matter."""
        return (self.given_errors or self.protocol.default_errors) if self.judges_code else ()

    @property
    def candidates(self) -> tuple[str, ...]:
        """Names of metrics that would do, best first; histograms without their suffix."""
        if self.metric is not None:
            base = self.metric.removesuffix("_bucket").removesuffix("_count")
            return (self.metric,) if base == self.metric else (self.metric, base)
        protocol = self.protocol
        return protocol.histograms if self.faster is not None else protocol.counters + protocol.histograms

    @property
    def code_labels(self) -> tuple[str, ...]:
        return self.protocol.code_labels if self.code_label is None else (self.code_label,)

    @property
    def place_labels(self) -> tuple[tuple[str, ...], ...]:
        if not self.places:
            return ((),)
        return self.protocol.place_labels if self.place_label is None else ((self.place_label,),)


def requests_of(objective: Objective) -> Requests | None:
    """The requests that an objective counts; None for an objective of another kind."""
    if objective.http is not None:
        return _http(objective.http)
    return None if objective.grpc is None else _grpc(objective.grpc)


def _http(http: HttpIndicator) -> Requests:
    return Requests(
        HTTP,
        http.metric,
        http.status_label,
        http.route_label,
        http.routes or (),
        http.errors,
        tuple(sorted((http.labels or {}).items())),
        http.faster,
    )


def _grpc(grpc: GrpcIndicator) -> Requests:
    return Requests(
        GRPC,
        grpc.metric,
        grpc.code_label,
        None,
        grpc.methods or (),
        grpc.errors,
        tuple(sorted((grpc.labels or {}).items())),
        grpc.faster,
    )


def place_matchers(labels: tuple[str, ...], places: tuple[str, ...]) -> tuple[tuple[Matcher, ...], ...]:
    """Matchers for the series of these places; alternatives where one selector cannot say it.

    Service and method in labels of their own make a selector for each service: `A/x` and `B/y` are not `A/y`.
    """
    match labels:
        case ():
            return ((),)
        case (label,):
            return ((_one_of(label, places),),)
    service_label, method_label = labels
    methods: dict[str, list[str]] = {}
    for place in places:
        service, _, method = place.rpartition("/")
        methods.setdefault(service, []).append(method)
    return tuple(
        (Matcher(service_label, "=", service), _one_of(method_label, tuple(names)))
        for service, names in methods.items()
    )


def described_places(labels: tuple[str, ...], places: tuple[str, ...]) -> list[Matcher]:
    """The same in one set of matchers, for people."""
    if len(labels) < 2:
        return [Matcher(label, "=~", _expression(places)) for label in labels]
    service_label, method_label = labels
    services, methods = zip(*(place.rpartition("/")[::2] for place in places), strict=True)
    return [
        Matcher(service_label, "=~", _expression(services)),
        Matcher(method_label, "=~", _expression(methods)),
    ]


def _one_of(label: str, values: tuple[str, ...]) -> Matcher:
    return Matcher(label, "=", values[0]) if len(values) == 1 else Matcher(label, "=~", _expression(values))


def _expression(values: tuple[str, ...]) -> str:
    return "|".join(map(literal, dict.fromkeys(values)))
