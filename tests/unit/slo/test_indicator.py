"""Which metric counts for an objective, and what its owner is told where none does."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import WORKLOAD, classic, counter, indicator, matchers, native, objective

from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.indicator import Indicator, Reason, Unresolved, Workload, resolve

LATE = {"faster": "300ms"}
CHI_WORDS = (
    "5..|Internal Server Error|Not Implemented|Bad Gateway|Service Unavailable|Gateway Timeout|"
    "HTTP Version Not Supported|Variant Also Negotiates|Insufficient Storage|Loop Detected|Not Extended|"
    "Network Authentication Required"
)


@cases(
    "shapes, http, description",
    {
        "promhttp": ([counter(), classic()], {}, 'http_requests_total{code=~"5.."}'),
        "go-chi/metrics": ([counter("http_requests_total", "status")], {}, 'http_requests_total{status=~"5.."}'),
        "fiberprometheus": (
            [counter("http_requests_total", "status_code")],
            {},
            'http_requests_total{status_code=~"5.."}',
        ),
        "slok/go-http-metrics, which has no counter": (
            [classic()],
            {},
            'http_request_duration_seconds_count{code=~"5.."}',
        ),
        "OpenTelemetry": (
            [classic("http_server_request_duration_seconds", label="http_response_status_code")],
            {},
            'http_server_request_duration_seconds_count{http_response_status_code=~"5.."}',
        ),
        "OpenTelemetry of old, in milliseconds": (
            [classic("http_server_duration_milliseconds", "100 300 1000", "http_status_code")],
            LATE,
            'http_server_duration_milliseconds_bucket{le="300"}',
        ),
        "a native histogram": ([native()], {}, 'histogram_count(http_request_duration_seconds{code=~"5.."})'),
        "zsais/go-gin-prometheus": ([counter("gin_requests_total")], {}, 'gin_requests_total{code=~"5.."}'),
        "penglongli/gin-metrics, whose plain counter has no status": (
            [MetricShape("gin_request_total", MetricKind.COUNTER, frozenset()), counter("gin_uri_request_total")],
            {},
            'gin_uri_request_total{code=~"5.."}',
        ),
        "the latency of penglongli/gin-metrics, which has no status": (
            [classic("gin_request_duration", label="")],
            LATE,
            'gin_request_duration_bucket{le="0.3"}',
        ),
        "echo": ([counter("echo_requests_total")], {}, 'echo_requests_total{code=~"5.."}'),
        "echo without a subsystem": ([counter("requests_total")], {}, 'requests_total{code=~"5.."}'),
        "chi-prometheus, which writes statuses in words": (
            [counter("chi_requests_total")],
            {},
            f'chi_requests_total{{code=~"{CHI_WORDS}"}}',
        ),
        "one status of chi-prometheus": (
            [counter("chi_requests_total")],
            {"errors": ["429"]},
            'chi_requests_total{code=~"429|Too Many Requests"}',
        ),
        "the latency of chi, in milliseconds": (
            [classic("chi_request_duration_milliseconds", "300 1200 5000")],
            {"faster": "1200ms"},
            'chi_request_duration_milliseconds_bucket{le="1200"}',
        ),
        "go-zero": (
            [counter("http_server_requests_code_total")],
            {},
            'http_server_requests_code_total{code=~"5.."}',
        ),
        "the latency of hertz, in microseconds": (
            [classic("hertz_server_latency_us", "5000 300000", "statusCode")],
            LATE,
            'hertz_server_latency_us_bucket{le="300000"}',
        ),
        "a counter comes before a histogram": ([classic(), counter()], {}, 'http_requests_total{code=~"5.."}'),
        "a counter without a status gives way to a histogram with one": (
            [MetricShape("http_requests_total", MetricKind.COUNTER, frozenset()), classic()],
            {},
            'http_request_duration_seconds_count{code=~"5.."}',
        ),
        "a bound between classic buckets is measured by a native histogram of the same name": (
            [classic(bounds="0.1 1"), native()],
            LATE,
            "histogram_fraction(-Inf, 0.3, http_request_duration_seconds{})",
        ),
        "a bound between two buckets is rounded to the stricter": (
            [classic(bounds="0.1 0.25 0.5 1")],
            LATE,
            'http_request_duration_seconds_bucket{le="0.25"} # for 300ms',
        ),
        "a bound above all buckets is rounded to the last": (
            [classic("chi_request_duration_milliseconds", "100 250")],
            LATE,
            'chi_request_duration_milliseconds_bucket{le="250"} # for 300ms',
        ),
        "an exact bucket comes before a rounded one": (
            [classic(bounds="0.1 0.25"), classic("http_server_request_duration_seconds", "0.3")],
            LATE,
            'http_server_request_duration_seconds_bucket{le="0.3"}',
        ),
        "one route": (
            [counter("http_requests_total", "code", "path")],
            {"routes": ["/v1/pay"]},
            'http_requests_total{path=~"/v1/pay",code=~"5.."}',
        ),
        "routes of gin, where the handler is a function": (
            [counter("gin_requests_total", "code", "handler", "url")],
            {"routes": ["/v1/pay", "/v2/pay.json"]},
            'gin_requests_total{url=~"/v1/pay|/v2/pay\\\\.json",code=~"5.."}',
        ),
        "routes by slok/go-http-metrics": (
            [MetricShape(classic().name, classic().kind, frozenset({"code", "handler"}), ("0.3",))],
            {"routes": ["/v1/pay"], **LATE},
            'http_request_duration_seconds_bucket{handler=~"/v1/pay",le="0.3"}',
        ),
        "a route label of one's own": (
            [counter("http_requests_total", "code", "path", "operation")],
            {"routes": ["pay"], "routeLabel": "operation"},
            'http_requests_total{operation=~"pay",code=~"5.."}',
        ),
        "several kinds of errors": ([counter()], {"errors": ["5xx", "429"]}, 'http_requests_total{code=~"5..|429"}'),
        "labels": (
            [counter()],
            {"labels": {"handler": "/v1/pay", "app": 'a"b'}},
            'http_requests_total{app="a\\"b",handler="/v1/pay",code=~"5.."}',
        ),
        "a status label of one's own": (
            [counter("http_requests_total", "code", "response_code")],
            {"statusLabel": "response_code"},
            'http_requests_total{response_code=~"5.."}',
        ),
        "a metric of one's own": (
            [counter(), counter("shop_calls_total")],
            {"metric": "shop_calls_total"},
            'shop_calls_total{code=~"5.."}',
        ),
        "a histogram of one's own, named with its suffix": (
            [classic("shop_seconds")],
            {"metric": "shop_seconds_bucket", **LATE},
            'shop_seconds_bucket{le="0.3"}',
        ),
        "the count of a histogram, named as such": (
            [classic("shop_seconds")],
            {"metric": "shop_seconds_count"},
            'shop_seconds_count{code=~"5.."}',
        ),
        "latency counts failures like any request": (
            [classic()],
            LATE,
            'http_request_duration_seconds_bucket{le="0.3"}',
        ),
        "latency with errors counts them as bad": (
            [classic()],
            {**LATE, "errors": ["5xx"]},
            'http_request_duration_seconds_bucket{code!~"5..",le="0.3"}',
        ),
    },
)
def test_the_metric_is_found(shapes: list[MetricShape], http: dict[str, Any], description: str) -> None:
    assert indicator(objective(**http), *shapes).describe() == description


@cases(
    "shapes, http, reason, words",
    {
        "no pod shows anything": ([], {}, Reason.METRIC_NOT_FOUND, "Deployment checkout expose no metric of HTTP"),
        "only the scrapes of promhttp are counted": (
            [counter("promhttp_metric_handler_requests_total")],
            {},
            Reason.METRIC_NOT_FOUND,
            "Seen: promhttp_metric_handler_requests_total. Looked for: http_requests_total",
        ),
        "a counter cannot tell latency": ([counter()], LATE, Reason.METRIC_NOT_FOUND, "no histogram of request"),
        "nor can one that is named": (
            [counter()],
            {"metric": "http_requests_total", **LATE},
            Reason.METRIC_NOT_FOUND,
            "http_requests_total is a counter and cannot tell how long",
        ),
        "a named metric is not there": (
            [counter()],
            {"metric": "shop_total"},
            Reason.METRIC_NOT_FOUND,
            "expose no shop_total: correct http.metric",
        ),
        "no label tells the status": (
            [MetricShape("http_requests_total", MetricKind.COUNTER, frozenset())],
            {},
            Reason.LABEL_NOT_FOUND,
            "has no label code, status, status_code,",
        ),
        "the named label is not there": (
            [counter()],
            {"statusLabel": "outcome"},
            Reason.LABEL_NOT_FOUND,
            "http_requests_total has no label outcome that",
        ),
        "the bound lies below all buckets": (
            [classic(bounds="0.5 1")],
            LATE,
            Reason.BUCKET_NOT_FOUND,
            "none below it, so requests of up to that duration cannot be counted: write 500ms",
        ),
        "no label tells the route": (
            [counter()],
            {"routes": ["/v1/pay"]},
            Reason.LABEL_NOT_FOUND,
            "would tell routes apart: write the name of the label in http.routeLabel",
        ),
        "its only bucket has no bound": (
            [classic(bounds="+Inf")],
            LATE,
            Reason.BUCKET_NOT_FOUND,
            "name another histogram in http.metric",
        ),
        "the histogram is a summary, without any bucket": (
            [classic(bounds="")],
            LATE,
            Reason.BUCKET_NOT_FOUND,
            "name another histogram in http.metric",
        ),
    },
)
def test_what_is_missing_is_said_with_what_to_write(
    shapes: list[MetricShape], http: dict[str, Any], reason: Reason, words: str
) -> None:
    found = resolve(objective(**http), WORKLOAD, shapes, None)
    assert isinstance(found, Unresolved)
    assert found.reason is reason
    assert words in found.message
    assert found.looked_for


def test_nothing_is_known_before_the_source_was_asked() -> None:
    found = resolve(objective(), WORKLOAD, None, None)
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.NOT_YET_KNOWN


@cases(
    "bounds, faster, le",
    {
        "a whole second as the client wrote it": ("0.5 1 2", "1s", 'le=~"1|1\\\\.0"'),
        "a whole second as Prometheus 3 writes it": ("0.5 1.0 2.0", "1s", 'le=~"1.0|1"'.replace("1.0", "1\\\\.0")),
        "a fraction has one spelling": ("0.3", "300ms", 'le="0.3"'),
        "a fraction with a zero too many": ("0.30", "300ms", 'le=~"0\\\\.30|0\\\\.3"'),
        "an exponent": ("1e-05", "10us", 'le=~"1e-05|0\\\\.00001"'),
    },
)
def test_every_spelling_of_a_bucket_is_that_bucket(bounds: str, faster: str, le: str) -> None:
    found = indicator(objective(faster=faster), classic(bounds=bounds))
    assert le in found.counts[1].selector


REMEMBERED = 'gin_requests_total{code=~"5.."}'


def test_what_was_remembered_stays_while_the_source_is_down() -> None:
    found = resolve(objective(), WORKLOAD, None, REMEMBERED)
    assert isinstance(found, Indicator)
    assert found.describe() == REMEMBERED


def test_what_was_remembered_stays_while_no_pod_runs() -> None:
    found = resolve(objective(), WORKLOAD, [], REMEMBERED)
    assert isinstance(found, Indicator)
    assert found.describe() == REMEMBERED


def test_what_was_remembered_stays_the_choice_among_several() -> None:
    found = resolve(objective(), WORKLOAD, [counter(), counter("gin_requests_total")], REMEMBERED)
    assert isinstance(found, Indicator)
    assert found.describe() == REMEMBERED


def test_what_was_remembered_gives_way_when_only_another_metric_is_there() -> None:
    found = resolve(objective(), WORKLOAD, [counter()], REMEMBERED)
    assert isinstance(found, Indicator)
    assert found.describe() == 'http_requests_total{code=~"5.."}'


def test_errors_may_change_while_the_source_is_down() -> None:
    found = resolve(objective(errors=["429"]), WORKLOAD, None, REMEMBERED)
    assert isinstance(found, Indicator)
    assert found.describe() == 'gin_requests_total{code=~"429"}'


@cases(
    "remembered, http",
    {
        "another metric is named now": (REMEMBERED, {"metric": "shop_total"}),
        "another label is named now": (REMEMBERED, {"statusLabel": "outcome"}),
        "it is a matter of latency now": (REMEMBERED, LATE),
        "another bound, whose bucket nobody has seen": ('http_request_duration_seconds_bucket{le="1"}', LATE),
        "availability now, and the status label was never looked for": (
            'http_request_duration_seconds_bucket{le="0.3"}',
            {},
        ),
        "a text of somebody else": ("sum(rate(x[5m]))", {}),
        "no text": ("", {}),
    },
)
def test_what_was_remembered_counts_for_nothing_when_the_objective_asks_for_something_else(
    remembered: str, http: dict[str, Any]
) -> None:
    found = resolve(objective(**http), WORKLOAD, None, remembered)
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.NOT_YET_KNOWN


def test_a_native_histogram_that_is_remembered_measures_any_bound() -> None:
    remembered = "histogram_fraction(-Inf, 1, http_request_duration_seconds{})"
    found = resolve(objective(**LATE), WORKLOAD, None, remembered)
    assert isinstance(found, Indicator)
    assert found.describe() == "histogram_fraction(-Inf, 0.3, http_request_duration_seconds{})"


def test_who_chooses_other_pods_and_names_the_metric_is_taken_at_his_word() -> None:
    labels = {"job": "ingress"}
    found = resolve(objective(metric="nginx_requests_total", labels=labels), WORKLOAD, [], None)
    assert isinstance(found, Indicator)
    assert found.describe() == 'nginx_requests_total{job="ingress",code=~"5.."}'
    timed = resolve(objective(metric="nginx_seconds", labels=labels, **LATE), WORKLOAD, None, None)
    assert isinstance(timed, Indicator)
    assert timed.describe() == 'nginx_seconds_bucket{job="ingress",le="0.3"}'


def test_a_counter_and_its_label_that_are_both_named_need_no_looking_for() -> None:
    promise = objective(metric="shop_calls_total", statusLabel="outcome")
    found = resolve(promise, WORKLOAD, None, None)
    assert isinstance(found, Indicator)
    assert found.describe() == 'shop_calls_total{outcome=~"5.."}'
    unnamed = resolve(objective(metric="shop_calls_total"), WORKLOAD, None, None)
    assert isinstance(unnamed, Unresolved)


values = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
labels = st.dictionaries(st.sampled_from(["handler", "method", "app", "pod", "job", "instance"]), values, max_size=4)
promises = st.builds(
    lambda errors, given, faster, routes: objective(
        **{k: v for k, v in (("errors", errors), ("labels", given), ("faster", faster), ("routes", routes)) if v}
    ),
    st.none() | st.lists(st.sampled_from(["5xx", "4xx", "429", "499"]), min_size=1, max_size=3, unique=True),
    labels,
    st.sampled_from([None, "300ms", "400ms", "1s"]),
    st.none() | st.lists(st.sampled_from(["/v1/pay", "/", "a|b", 'a"b\\', "x" * 128]), max_size=16, unique=True),
)
shapes = st.builds(
    lambda shape, label: replace(shape, labels=shape.labels | {label}),
    st.sampled_from([counter(), classic(), native(), counter("chi_requests_total"), classic(label="status")]),
    st.sampled_from(["path", "handler", "other"]),
)


@given(promises, shapes)
def test_an_indicator_comes_back_from_its_own_description(promise: Any, shape: MetricShape) -> None:
    found = resolve(promise, WORKLOAD, [shape], None)
    if isinstance(found, Indicator):
        description = found.describe()
        assert len(description) <= 1024
        assert resolve(promise, WORKLOAD, None, description) == found
        assert resolve(promise, WORKLOAD, [], description) == found


def test_a_description_that_would_be_too_long_leaves_the_labels_out_and_still_comes_back() -> None:
    promise = objective(labels={f"label{i}": "x" * 256 for i in range(16)})
    found = indicator(promise, counter())
    assert found.describe() == 'http_requests_total{code=~"5.."}'
    assert resolve(promise, WORKLOAD, None, found.describe()) == found


@given(labels)
def test_every_selector_is_bound_to_the_namespace_and_to_the_pods_unless_others_were_chosen(
    given: dict[str, str],
) -> None:
    found = indicator(objective(labels=given or None), counter())
    own_choice = given.keys() & {"pod", "job", "instance"}
    for text in (found.counts[0].selector, f"up{found.targets}"):
        assert ("namespace", "shop") in matchers(text)
        assert (("pod", WORKLOAD.pod_expression()) in matchers(text)) is not bool(own_choice)
    assert {("namespace", "shop"), *given.items()} <= set(matchers(found.counts[0].selector))


def test_two_deployments_of_a_name_in_two_namespaces_are_kept_apart() -> None:
    here = indicator(objective(), counter())
    there = replace(here, workload=Workload("other", "checkout"))
    assert 'namespace="other"' in there.counts[0].selector
    assert 'namespace="shop"' not in there.counts[0].selector + there.targets
