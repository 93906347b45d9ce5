"""Indicators that count events: requests over HTTP, calls over gRPC, and counters of one's own."""

import re
from typing import Annotated

from pydantic import Field

from goserviceslo.api.base import ApiModel, NullsDropped, notes
from goserviceslo.api.check import Check
from goserviceslo.api.duration import LatencyBound
from goserviceslo.api.grpccode import GrpcError
from goserviceslo.api.promql import Selector
from goserviceslo.api.statuscode import StatusPattern
from goserviceslo.api.text import LABEL_NAME, GrpcMethod, LabelName, MetricName, Route

_OPERATORS_OWN_LABELS = ("namespace", "le")
_MAX_LABEL_NAME = 64


def _is_free_label(name: str) -> bool:
    return (
        len(name) <= _MAX_LABEL_NAME
        and re.fullmatch(LABEL_NAME, name) is not None
        and not name.startswith("__")
        and name not in _OPERATORS_OWN_LABELS
    )


LABEL_MATCHERS = Check(
    rule=f"self.all(name, name.size() <= {_MAX_LABEL_NAME} && name.matches(r'^{LABEL_NAME}$') "
    f"&& !name.startsWith('__') && !(name in {list(_OPERATORS_OWN_LABELS)}))",
    message="write Prometheus label names such as handler; namespace and le are set by the operator",
    holds=lambda labels: all(_is_free_label(name) for name in labels),
)
Labels = Annotated[
    dict[str, Annotated[str, Field(max_length=256)]],
    Field(max_length=16),
    LABEL_MATCHERS,
    NullsDropped,
]
_LABELS_DESCRIPTION = (
    "Further label matchers (equality) on the metric. The namespace is always added, and the pods of the target unless "
    "pod, job or instance is given here."
)


def _not_empty(field: str, such_as: str) -> Check:
    return Check(
        rule="self.size() > 0",
        message=f"write {such_as}, or leave {field} out",
        holds=lambda items: len(items) > 0,
    )


class HttpIndicator(ApiModel):
    """Counts requests of an HTTP server; `http: {}` finds the service's own metric among the common conventions."""

    checks = (
        Check(
            rule="!has(self.routeLabel) || has(self.routes)",
            message="routeLabel says where routes are found: write routes beside it, or leave it out",
            holds=lambda http: http.route_label is None or http.routes is not None,
        ),
    )

    metric: MetricName | None = Field(
        default=None,
        description="The metric to read: a counter of requests (availability) or a histogram without its _bucket "
        "suffix (latency).",
        examples=["http_requests_total"],
        json_schema_extra=notes(default="found among the common conventions; the status says which"),
    )
    status_label: LabelName | None = Field(
        default=None,
        description="The label that holds the response's status code.",
        examples=["response_code"],
        json_schema_extra=notes(
            default="whichever is there of code, status, status_code, http_status_code, http_response_status_code"
        ),
    )
    routes: (
        Annotated[
            tuple[Route, ...],
            Field(max_length=16),
            _not_empty("routes", "the routes that count, such as [/v1/pay]"),
        ]
        | None
    ) = Field(
        default=None,
        description="Only requests of these routes count, each as the metric's label has it.",
        examples=["[/v1/pay]"],
        json_schema_extra=notes(default="all routes"),
    )
    route_label: LabelName | None = Field(
        default=None,
        description="The label that holds the route.",
        examples=["handler"],
        json_schema_extra=notes(default="whichever is there of http_route, route, path, url, uri, endpoint, handler"),
    )
    errors: (
        Annotated[
            tuple[StatusPattern, ...],
            Field(max_length=16),
            _not_empty("errors", "what counts as an error, such as [5xx]"),
        ]
        | None
    ) = Field(
        default=None,
        description="Status codes and classes that are bad events. Client errors (4xx) are not; add 429 or 499 where "
        "being throttled or giving up is the service's fault.",
        examples=["[5xx, 429]"],
        json_schema_extra=notes(default="[5xx]"),
    )
    labels: Labels | None = Field(default=None, description=_LABELS_DESCRIPTION, examples=["{handler: /v1/pay}"])
    faster: LatencyBound | None = Field(
        default=None,
        description="Makes this a latency objective: a request is good when it took at most this long. A bound that "
        "is one of the histogram's buckets is measured exactly; one between two buckets is rounded down to the "
        "stricter, and the status says so.",
        examples=["300ms"],
        json_schema_extra=notes(unit="Go duration, above 0 and at most 1h"),
    )


class GrpcIndicator(ApiModel):
    """Counts calls of a gRPC server; `grpc: {}` finds the service's own metric among the common conventions."""

    metric: MetricName | None = Field(
        default=None,
        description="The metric to read: a counter of calls, or a histogram without its _bucket suffix.",
        examples=["grpc_server_handled_total"],
        json_schema_extra=notes(default="found among the conventions of grpc-go and OpenTelemetry"),
    )
    code_label: LabelName | None = Field(
        default=None,
        description="The label that holds the call's status code.",
        examples=["grpc_code"],
        json_schema_extra=notes(
            default="whichever is there of grpc_code, rpc_response_status_code, rpc_grpc_status_code"
        ),
    )
    methods: (
        Annotated[
            tuple[GrpcMethod, ...],
            Field(max_length=16),
            _not_empty("methods", "the methods that count, such as [shop.Cart/Add]"),
        ]
        | None
    ) = Field(
        default=None,
        description="Only calls of these methods count, each as package.Service/Method.",
        examples=["[shop.Cart/Add]"],
        json_schema_extra=notes(default="all methods"),
    )
    errors: (
        Annotated[
            tuple[GrpcError, ...],
            Field(max_length=16),
            _not_empty("errors", "what counts as an error, such as [Internal, Unavailable]"),
        ]
        | None
    ) = Field(
        default=None,
        description="Status codes that are bad events, as Go names them. The default are those that are the server's "
        "own fault.",
        examples=["[Internal, Unavailable]"],
        json_schema_extra=notes(default="[Unknown, DeadlineExceeded, Unimplemented, Internal, Unavailable, DataLoss]"),
    )
    labels: Labels | None = Field(default=None, description=_LABELS_DESCRIPTION, examples=["{grpc_type: unary}"])
    faster: LatencyBound | None = Field(
        default=None,
        description="Makes this a latency objective: a call is good when it took at most this long. Buckets as for "
        "http.",
        examples=["100ms"],
        json_schema_extra=notes(unit="Go duration, above 0 and at most 1h"),
    )


class RatioIndicator(ApiModel):
    """Counts events by two counters of one's own: all of them, and the bad or the good ones."""

    checks = (
        Check(
            rule="has(self.bad) != has(self.good)",
            message="write either bad or good beside total",
            holds=lambda ratio: (ratio.bad is None) != (ratio.good is None),
        ),
    )

    bad: Selector | None = Field(
        default=None,
        description="Selector of the counter of bad events. The namespace is added; the pods are what it selects.",
        examples=['sync_mismatches_total{kind="metadata"}'],
        json_schema_extra=notes(default="told by good"),
    )
    good: Selector | None = Field(
        default=None,
        description="Selector of the counter of good events.",
        examples=['sync_files_total{result="same"}'],
        json_schema_extra=notes(default="told by bad"),
    )
    total: Selector = Field(
        description="Selector of the counter of all events, good and bad.", examples=["sync_files_total"]
    )
