"""What pods expose, as read from the source's answers. That the questions are right is shown in tests/replay."""

import promql_parser

from goserviceslo.ports import Answer, NoData, Partial, Sample, Trouble, Unavailable, Vector
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.shapes import assemble_shapes, discovery_query
from goserviceslo.slo.workload import Workload


def seen(workload: str = "checkout", **labels: str) -> Sample:
    fixed = {"namespace": "shop", "goslo_workload": workload, "__name__": labels.pop("name", "")}
    return Sample({**fixed, **labels}, 1.0, 0.0)


def test_every_question_is_promql_and_bound_to_the_namespaces() -> None:
    for promql in discovery_query(["shop", "x.y"], ["shop_calls_total"], ["outcome"]):
        promql_parser.parse(promql)
        assert 'namespace=~"shop|x\\\\.y"' in promql
    plain, buckets, native = discovery_query(["shop"], ["shop_seconds_bucket"], ["outcome"])
    assert "|shop_seconds|" in plain
    assert '"outcome"' in plain
    assert "|shop_seconds_bucket" in buckets
    assert "|shop_seconds" in native


def test_a_metric_is_known_by_its_labels_kinds_and_bounds() -> None:
    answers = [
        Vector(
            [
                seen(name="http_requests_total", goslo_has_code="y"),
                seen(name="http_requests_total", goslo_has_status="y"),
                seen(name="h_count", goslo_has_code="y"),
                seen("other", name="http_requests_total"),
            ]
        ),
        Vector([seen(name="h_bucket", le=le) for le in ("10", "+Inf", "0.1", "1e-05")]),
        Vector([seen(goslo_metric="n", goslo_has_code="y")]),
    ]
    assert assemble_shapes(answers) == {
        ("shop", "checkout"): (
            MetricShape("h", MetricKind.CLASSIC_HISTOGRAM, frozenset({"code"}), ("1e-05", "0.1", "10")),
            MetricShape("http_requests_total", MetricKind.COUNTER, frozenset({"code", "status"})),
            MetricShape("n", MetricKind.NATIVE_HISTOGRAM, frozenset({"code"})),
        ),
        ("shop", "other"): (MetricShape("http_requests_total", MetricKind.COUNTER, frozenset()),),
    }


def test_a_native_histogram_that_was_asked_for_by_its_plain_name_is_no_counter() -> None:
    plain, native = seen(name="n", goslo_has_code="y"), seen(goslo_metric="n", goslo_has_code="y")
    answers: list[Answer] = [Vector([plain]), NoData(), Vector([native])]
    (shape,) = assemble_shapes(answers)["shop", "checkout"]
    assert shape.kind is MetricKind.NATIVE_HISTOGRAM


def test_answers_that_are_not_whole_tell_nothing() -> None:
    part = [seen(name="http_requests_total", goslo_has_code="y")]
    assert assemble_shapes([Partial(part, ("part",)), Unavailable(Trouble.TIMED_OUT, ""), NoData()]) == {}


def test_a_workload_with_a_long_name_is_found_by_what_is_left_of_it() -> None:
    name = "x" * 52
    answers = [Vector([seen(f"{name}-5d9f8", name="http_requests_total", goslo_has_code="y")])]
    assert assemble_shapes(answers) == {}
    assert list(assemble_shapes(answers, [Workload("shop", name)])) == [("shop", name)]
