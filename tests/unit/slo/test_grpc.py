"""gRPC calls: which metric counts, which codes are bad, and which methods."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import WORKLOAD, promise

from goserviceslo.api.grpccode import CODES
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.grpc_metrics import CODE_LABELS, code_expression
from goserviceslo.slo.indicator import Reason, RequestIndicator, Unresolved, names_to_look_for, needs_a_look, resolve

HANDLED = MetricShape(
    "grpc_server_handled_total", MetricKind.COUNTER, frozenset({"grpc_code", "grpc_service", "grpc_method"})
)
HANDLING = MetricShape(
    "grpc_server_handling_seconds",
    MetricKind.CLASSIC_HISTOGRAM,
    frozenset({"grpc_service", "grpc_method"}),
    ("0.1", "0.25", "1"),
)
OTEL = MetricShape(
    "rpc_server_call_duration_seconds",
    MetricKind.CLASSIC_HISTOGRAM,
    frozenset({"rpc_response_status_code", "rpc_method"}),
    ("0.1", "0.25", "1"),
)
OTEL_OF_OLD = MetricShape(
    "rpc_server_duration_milliseconds",
    MetricKind.CLASSIC_HISTOGRAM,
    frozenset({"rpc_grpc_status_code", "rpc_service", "rpc_method"}),
    ("100", "250", "1000"),
)
FAULTS = "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"
METHODS = {"methods": ["shop.Cart/Add", "shop.Pay/Refund"]}


def found(grpc: dict[str, Any], *shapes: MetricShape) -> RequestIndicator:
    indicator = resolve(promise(grpc=grpc), WORKLOAD, shapes, None)
    assert isinstance(indicator, RequestIndicator), indicator
    return indicator


@cases(
    "shapes, grpc, description",
    {
        "go-grpc-prometheus and go-grpc-middleware": (
            [HANDLING, HANDLED],
            {},
            f'grpc_server_handled_total{{grpc_code=~"{FAULTS}"}}',
        ),
        "OpenTelemetry, which writes codes in capitals": (
            [OTEL],
            {},
            (
                'rpc_server_call_duration_seconds_count{rpc_response_status_code=~"UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|'
                'INTERNAL|UNAVAILABLE|DATA_LOSS"}'
            ),
        ),
        "OpenTelemetry of old, which writes them as numbers": (
            [OTEL_OF_OLD],
            {},
            'rpc_server_duration_milliseconds_count{rpc_grpc_status_code=~"2|4|12|13|14|15"}',
        ),
        "other errors": (
            [OTEL],
            {"errors": ["Canceled", "ResourceExhausted"]},
            'rpc_server_call_duration_seconds_count{rpc_response_status_code=~"CANCELLED|RESOURCE_EXHAUSTED"}',
        ),
        "latency, whatever the code": (
            [HANDLING],
            {"faster": "100ms"},
            'grpc_server_handling_seconds_bucket{le="0.1"}',
        ),
        "latency in milliseconds": (
            [OTEL_OF_OLD],
            {"faster": "250ms"},
            'rpc_server_duration_milliseconds_bucket{le="250"}',
        ),
        "latency between two buckets": (
            [HANDLING],
            {"faster": "200ms"},
            'grpc_server_handling_seconds_bucket{le="0.1"} # for 200ms',
        ),
        "latency with errors, which go-grpc-prometheus cannot tell": (
            [HANDLING, OTEL],
            {"faster": "100ms", "errors": ["Internal"]},
            'rpc_server_call_duration_seconds_bucket{rpc_response_status_code!~"INTERNAL",le="0.1"}',
        ),
        "methods": (
            [HANDLED],
            {**METHODS, "errors": ["Internal"]},
            (
                'grpc_server_handled_total{grpc_service=~"shop\\\\.Cart|shop\\\\.Pay",grpc_method=~"Add|Refund",'
                'grpc_code=~"Internal"}'
            ),
        ),
        "methods in one label": (
            [OTEL],
            {**METHODS, "errors": ["Internal"]},
            (
                'rpc_server_call_duration_seconds_count{rpc_method=~"shop\\\\.Cart/Add|shop\\\\.Pay/Refund",'
                'rpc_response_status_code=~"INTERNAL"}'
            ),
        ),
        "a metric and a label of one's own, whose spelling nobody knows": (
            [MetricShape("calls_total", MetricKind.COUNTER, frozenset({"outcome"}))],
            {"metric": "calls_total", "codeLabel": "outcome", "errors": ["Internal"]},
            'calls_total{outcome=~"Internal|INTERNAL|13"}',
        ),
    },
)
def test_the_metric_is_found(shapes: list[MetricShape], grpc: dict[str, Any], description: str) -> None:
    assert found(grpc, *shapes).describe() == description


@cases(
    "shapes, grpc, reason, words",
    {
        "nothing is there": ([], {}, Reason.METRIC_NOT_FOUND, "expose no metric of gRPC calls"),
        "only HTTP is": (
            [MetricShape("http_requests_total", MetricKind.COUNTER, frozenset({"code"}))],
            {},
            Reason.METRIC_NOT_FOUND,
            "write the name of theirs as grpc.metric",
        ),
        "the histogram has no code": (
            [HANDLING],
            {"faster": "100ms", "errors": ["Internal"]},
            Reason.LABEL_NOT_FOUND,
            "write the name of the label as grpc.codeLabel",
        ),
        "no label tells the method": (
            [MetricShape("grpc_server_handled_total", MetricKind.COUNTER, frozenset({"grpc_code", "grpc_method"}))],
            METHODS,
            Reason.LABEL_NOT_FOUND,
            "grpc_service with grpc_method",
        ),
        "all buckets are above the bound": (
            [HANDLING],
            {"faster": "50ms"},
            Reason.BUCKET_NOT_FOUND,
            "write 100ms, or add",
        ),
    },
)
def test_what_is_missing_is_said_with_what_to_write(
    shapes: list[MetricShape], grpc: dict[str, Any], reason: Reason, words: str
) -> None:
    lacking = resolve(promise(grpc=grpc), WORKLOAD, shapes, None)
    assert isinstance(lacking, Unresolved)
    assert lacking.reason is reason
    assert words in lacking.message


def test_methods_of_two_services_are_not_mixed() -> None:
    """`shop.Cart/Refund` was not asked for, though its service and its method are each in the list."""
    selectors = [one.selector for one in found(METHODS, HANDLED).counts]
    assert len(selectors) == 2
    assert all('grpc_service="shop.Cart",grpc_method="Add"' in one for one in selectors[:1])
    assert all('grpc_service="shop.Pay",grpc_method="Refund"' in one for one in selectors[1:])


@pytest.mark.parametrize("label", CODE_LABELS)
def test_every_code_is_spelled_in_one_way_of_its_own(label: str) -> None:
    spelled = code_expression(label, CODES).split("|")
    assert len(set(spelled)) == len(CODES)


def test_a_look_at_the_pods_asks_for_the_names_of_grpc() -> None:
    metrics, labels = names_to_look_for(promise(grpc=METHODS))
    assert {"grpc_server_handled_total", "rpc_server_call_duration_seconds"} <= set(metrics)
    assert {"grpc_code", "rpc_grpc_status_code", "grpc_service", "rpc_method"} <= set(labels)
    assert names_to_look_for(promise(http={})) == ((), names_to_look_for(promise(http={}))[1])
    assert names_to_look_for(promise(boolean={"holds": "up"})) == ((), ())


def test_a_look_is_needed_for_what_is_not_said() -> None:
    explicit = {"metric": "calls_total", "codeLabel": "outcome"}
    for grpc, expected in ((explicit, False), ({}, True), ({**explicit, **METHODS}, True)):
        objective = promise(grpc=grpc)
        shape = MetricShape("calls_total", MetricKind.COUNTER, HANDLED.labels | {"outcome"})
        assert needs_a_look(objective, resolve(objective, WORKLOAD, [shape, HANDLED], None)) is expected


wishes = st.fixed_dictionaries(
    {},
    optional={
        "faster": st.sampled_from(["100ms", "200ms", "1s"]),
        "errors": st.lists(st.sampled_from(CODES[1:]), min_size=1, max_size=4, unique=True),
        "methods": st.lists(
            st.sampled_from(["shop.Cart/Add", "shop.Pay/Add", "a/b", "x" * 126 + "/y"]), min_size=1, max_size=16
        ),
        "labels": st.dictionaries(st.sampled_from(["grpc_type", "job"]), st.text('a"\\{}', max_size=9), max_size=2),
    },
)


@given(wishes, st.sampled_from([HANDLED, HANDLING, OTEL, OTEL_OF_OLD]))
def test_an_indicator_comes_back_from_its_own_description(grpc: dict[str, Any], shape: MetricShape) -> None:
    indicator = resolve(promise(grpc=grpc), WORKLOAD, [shape], None)
    if isinstance(indicator, RequestIndicator):
        description = indicator.describe()
        assert len(description) <= 1024
        assert resolve(promise(grpc=grpc), WORKLOAD, None, description) == indicator
        assert resolve(promise(grpc=grpc), WORKLOAD, [], description) == indicator


@cases(
    "remembered, grpc",
    {
        "other methods are asked for now": (
            'grpc_server_handled_total{grpc_method=~"Add",grpc_code=~"Internal"}',
            METHODS,
        ),
        "methods are asked for now, and none were": ('grpc_server_handled_total{grpc_code=~"Internal"}', METHODS),
        "another bound was rounded": ('grpc_server_handling_seconds_bucket{le="0.1"} # for 200ms', {"faster": "500ms"}),
        "it was HTTP": ('http_requests_total{code=~"5.."}', {}),
    },
)
def test_what_was_remembered_counts_for_nothing_when_something_else_is_asked_for(
    remembered: str, grpc: dict[str, Any]
) -> None:
    lacking = resolve(promise(grpc=grpc), WORKLOAD, None, remembered)
    assert isinstance(lacking, Unresolved)
    assert lacking.reason is Reason.NOT_YET_KNOWN
