"""Two tenants in one real Prometheus: whatever one of them writes, he never sees the other's series."""

import json
from collections.abc import Iterator
from random import Random

import pytest
from tests.conftest import Measured
from tests.expressions import METRICS, Author
from tests.replay.server import Answers, served

from goserviceslo.ports import Json
from goserviceslo.slo.confine import Escapes, confine
from goserviceslo.slo.promql import quote

pytestmark = pytest.mark.prometheus

NOW = 1_700_000_000
TEXTS = 4000
POISON = "poison"


def _samples(namespace: str, secret: str, factor: int) -> Iterator[str]:
    for metric in METRICS:
        for number, pod in enumerate(("checkout-1", "checkout-2"), 1):
            for code in ("200", "500"):
                bounds = ("0.1", "1", "+Inf") if metric.endswith("_bucket") else ("",)
                for position, bound in enumerate(bounds, 1):
                    labels = f'namespace="{namespace}",pod="{pod}",code="{code}",sum="x",secret="{secret}"'
                    labels += f',le="{bound}"' if bound else ""
                    for step in range(61):
                        value = factor * position * (number * step + len(code) + len(metric))
                        yield f'{{"{metric}",{labels}}} {value} {NOW - 3600 + 60 * step}'


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """Only the series of namespace a."""
    with served(tmp_path_factory.mktemp("alone") / "server", _samples("a", "own", 1)) as answers:
        yield answers


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """The same beside those of namespace b."""
    lines = [*_samples("a", "own", 1), *_samples("b", POISON, 666_666)]
    with served(
        tmp_path_factory.mktemp("together") / "server", sorted(lines, key=lambda line: line.split(",")[0])
    ) as answers:
        yield answers


def test_without_confinement_the_other_is_seen(alone: Answers, together: Answers) -> None:
    for metric in METRICS:
        unconfined = f'{{"{metric}"}}'
        assert POISON in json.dumps(together.ask(unconfined, NOW)), metric
        assert _answer(alone.ask(unconfined, NOW)) != _answer(together.ask(unconfined, NOW))


HOSTILE = (
    'requests_total or {namespace="b"}',
    'requests_total{code="500" or namespace="b"}',
    "requests_total{code=\"} or requests_total{namespace='b'}\"}",
    'requests_total{code=`"} or requests_total{namespace="b`}',
    'requests_total # {namespace="a"}\n or requests_total',
    'requests_total{namespace!="a"}',
    'requests_total{namespace=~"a|b"}',
    'requests_total{namespace="a",namespace="b"}',
    'requests_total{"namespace"="b"}',
    '{__name__="requests_total",namespace="b"}',
    '{__name__=~"requests_.*"}',
    "absent(requests_total offset 5m)",
    "absent_over_time((requests_total == 12345)[5m:1m])",
    'absent(absent(requests_total{code="500"}))',
    "sum without (namespace) (requests_total)",
    "count by (namespace, secret) (requests_total)",
    'count_values("kind", requests_total)',
    'count_values("namespace", requests_total)',
    "topk(scalar(count(requests_total)), requests_total)",
    "quantile(scalar(requests_total) / 1e9, requests_total)",
    "requests_total * on (pod) group_left (namespace, secret) queue_length",
    "requests_total and on () queue_length",
    "requests_total unless on () (queue_length > 1e5)",
    "vector(1) unless on () (queue_length > 1e5)",
    "vector(scalar(sum(requests_total)))",
    "clamp_max(requests_total, scalar(max(requests_total)))",
    'label_replace(requests_total, "kind", "$1", "secret", "(.*)")',
    'label_replace(requests_total, "namespace", "b", "code", ".*")',
    'label_join(requests_total, "kind", "-", "namespace", "secret")',
    "max_over_time(max(requests_total)[10m:1m] @ end() offset 1m)",
    "max_over_time(max_over_time(requests_total[5m])[10m:1m])",
    "(((requests_total)))",
    "-requests_total ^ 2",
    'info(requests_total, {__name__=~".+"})',
    'ALERTS{alertname=~".*"}',
    "rate(offset[5m]) offset 1m",
    "sum(offset offset 1m)",
)


def test_no_confined_expression_depends_on_the_other(alone: Answers, together: Answers, measured: Measured) -> None:
    accepted = set()
    refused = 0
    for text in (*HOSTILE, *_generated()):
        try:
            accepted.add(confine(text, "a"))
        except Escapes:
            refused += 1
    seen = [_asked_twice(expression, alone, together) for expression in sorted(accepted)]
    measured(
        f"{len(seen)} confined expressions asked twice, {sum(seen)} had an answer with samples; {refused} were refused"
    )
    assert len(seen) >= 2000
    assert sum(seen) >= len(seen) / 4
    assert refused >= 500


def test_every_regular_expression_that_passes_is_one_to_prometheus(alone: Answers) -> None:
    passed = 0
    for seed in range(1000):
        pattern = quote(Author(Random(seed)).pattern())
        try:
            confined = confine(f'label_replace(requests_total{{code=~{pattern}}}, "kind", "$1", "pod", {pattern})', "a")
        except Escapes:
            continue
        answer = alone.ask(confined, NOW)
        assert answer["status"] == "success", f"{confined}\n{answer}"
        passed += 1
    assert passed >= 300


def _generated() -> Iterator[str]:
    for seed in range(TEXTS):
        author = Author(Random(seed))
        yield author.broken() if seed % 5 == 0 else author.expression()


def _asked_twice(expression: str, alone: Answers, together: Answers) -> bool:
    """Whether the answer had samples."""
    once, twice = alone.ask(expression, NOW), together.ask(expression, NOW)
    assert once.get("errorType") in (None, "execution"), f"{expression}\n{once}"
    assert POISON not in json.dumps(twice), f"{expression}\n{twice}"
    assert _answer(once) == _answer(twice), expression
    return once["status"] == "success" and bool(once["data"]["result"])


def _answer(answer: Json) -> list[str]:
    """Samples in an order of their own, or of what kind the error is."""
    if answer["status"] == "error":
        return [answer["errorType"]]
    return sorted(json.dumps(one, sort_keys=True) for one in answer["data"]["result"])
