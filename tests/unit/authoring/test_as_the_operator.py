"""What files say without a cluster is what the operator does with the same resource, of every kind of objective."""

import re
from pathlib import Path

import pytest
from tests.unit.reconcile.given import NOW, observed
from tests.unit.reconcile.given import resource as in_cluster

from goserviceslo.api.duration import format_duration, parse_duration
from goserviceslo.api.objective import KINDS
from goserviceslo.authoring.assuming import Assumption
from goserviceslo.authoring.checking import Resource, check
from goserviceslo.authoring.documents import read
from goserviceslo.authoring.explaining import explain
from goserviceslo.authoring.rulefiles import RenderedRules, RuleOptions, rendered
from goserviceslo.ports import Json
from goserviceslo.reconcile.reconcile import reconcile
from goserviceslo.slo.burn import least_events
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.rules import RuleSettings

_EXAMPLES = Path(__file__).parents[3] / "examples"
EXAMPLES = sorted([*(_EXAMPLES / "objectives").glob("*.yaml"), _EXAMPLES / "quickstart.yaml"])
GRPC = frozenset({"grpc_service", "grpc_method", "grpc_code"})
EXPOSED = (
    MetricShape("http_requests_total", MetricKind.COUNTER, frozenset({"code", "http_route"})),
    MetricShape(
        "http_request_duration_seconds", MetricKind.CLASSIC_HISTOGRAM, frozenset({"code", "http_route"}), ("0.3", "1")
    ),
    MetricShape("grpc_server_handled_total", MetricKind.COUNTER, GRPC),
    MetricShape("grpc_server_handling_seconds", MetricKind.CLASSIC_HISTOGRAM, GRPC, ("0.1", "1")),
)
"""What the pods turn out to have: what is assumed where nobody can look."""


def resource(file: Path) -> Resource:
    (found,) = check(read(file.name, file.read_text())).resources
    return found


def from_file(one: Resource) -> tuple[Json, ...]:
    found = rendered(one, RuleOptions(Assumption(), RuleSettings(), "shop"))
    assert isinstance(found, RenderedRules), found
    return found.groups


def from_operator(one: Resource) -> tuple[Json, ...]:
    spec = one.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    seen = observed(in_cluster(spec, name=one.name, namespace=one.namespace or "shop"), shapes=EXPOSED)
    bodies = [write.body for write in reconcile(seen, NOW).writes if write.body["kind"] == "PrometheusRule"]
    return tuple(group for body in bodies for group in body["spec"]["groups"])


def test_every_kind_has_an_example() -> None:
    assert {kind for file in EXAMPLES for one in resource(file).spec.objectives for kind in one.kinds} == set(KINDS)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_rules_that_rest_on_assumptions_are_the_operators_once_it_has_looked(file: Path) -> None:
    one = resource(file)
    assert from_file(one) == from_operator(one)


def test_a_resource_that_is_not_named_like_its_deployment_watches_the_deployment() -> None:
    text = (_EXAMPLES / "quickstart.yaml").read_text().replace("target: {name: checkout}", "target: {name: till}")
    (one,) = check(read("slo.yaml", text)).resources
    assert one.name != one.spec.target.name == "till"
    assert from_file(one) == from_operator(one)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_explanation_tells_the_alerts_and_the_least_that_the_operator_goes_by(file: Path) -> None:
    one = resource(file)
    alerts = [rule for group in from_operator(one) for rule in group["rules"] if rule.get("alert") == "GoSLOBudgetBurn"]
    for objective in one.spec.objectives:
        said = explain(objective, NOW, None, RuleSettings())
        its_own = [rule for rule in alerts if f'objective="{objective.name}"' in rule["expr"]]
        told = {(row[0], float(row[1]), row[2], row[3]) for row in said.alerts}
        assert told == {found for rule in its_own for found in conditions(rule)}
        assert f"below {least_events(objective):,} " in dict(said.lines)["low traffic"]


def conditions(rule: Json) -> set[tuple[str, float, str, str]]:
    """Severity, factor, long and short window of each condition of an alert."""
    own = rule["expr"].partition(" unless on ()")[0]
    found = set()
    for condition in own.split(") or ("):
        long, short, _ = condition.split(" and on () ")
        factor = float(long.rpartition(" > ")[2])
        found.add((rule["labels"]["severity"], float(f"{factor:.4g}"), _window(long), _window(short)))
    return found


def _window(burn_rate: str) -> str:
    (found,) = {a or b for a, b in re.findall(r'window="(\w+)"|\[(\w+)\]', burn_rate)}
    return format_duration(parse_duration(found))
