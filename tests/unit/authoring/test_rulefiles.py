"""Rules as files: the operator's groups, and a word on what they rest on."""

import yaml
from tests.table import cases
from tests.unit.authoring.given import resource
from tests.unit.slo.given import WORKLOAD, classic, counter, indicator, objective

from goserviceslo.authoring.assuming import Assumption
from goserviceslo.authoring.rulefiles import (
    NoRules,
    RenderedRules,
    RuleFormat,
    RuleOptions,
    joined,
    rendered,
    rule_text,
)
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups

SPEC = "{target: {name: checkout}, tier: L1, objectives: [%s]}"
NOTHING = Assumption()
AVAILABILITY = "{name: availability, target: 99.9, http: {}}"
TOLD = "{name: availability, target: 99.9, http: {metric: paid_total, statusLabel: result, errors: [5xx]}}"
LATENCY = "{name: latency, target: 99, http: {faster: 300ms}}"


def rules(objectives: str, assumption: Assumption = NOTHING, namespace: str | None = None) -> RenderedRules:
    options = RuleOptions(assumption, RuleSettings(), namespace)
    found = rendered(resource(SPEC % objectives), options)
    assert isinstance(found, RenderedRules), found
    return found


def test_the_groups_are_those_of_the_operator() -> None:
    one = objective()
    ref = SloRef(WORKLOAD.namespace, "checkout", "L1")
    assert rules(AVAILABILITY).groups == render_groups(ref, [(one, indicator(one, counter()))], RuleSettings())


def further(fields: str) -> RenderedRules:
    """The rules of a resource that says more than its objectives."""
    spec = f"{{target: {{name: checkout}}, objectives: [{AVAILABILITY}], {fields}}}"
    found = rendered(resource(spec), RuleOptions(NOTHING, RuleSettings()))
    assert isinstance(found, RenderedRules), found
    return found


def test_the_alerts_of_files_carry_what_the_team_adds() -> None:
    groups = further("alerting: {labels: {team: pay}, page: false}").groups
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert [rule["alert"] for rule in alerts] == ["GoSLOBudgetBurn", "GoSLONotMeasured"]
    assert {rule["labels"]["team"] for rule in alerts} == {"pay"}


def test_maintenance_that_files_cannot_leave_out_is_told() -> None:
    told = "there is no maintenance: only the operator's own rules leave it out"
    assert told not in rules(AVAILABILITY).assumptions
    for fields in (
        'maintenance: [{name: a, start: "2026-12-01T02:00:00Z", duration: 2h}]',
        "maintenanceFrom: {configMap: a}",
    ):
        assert told in further(fields).assumptions


def test_a_latency_bound_is_assumed_to_be_a_bucket() -> None:
    one = objective("99", name="latency", faster="300ms")
    ref = SloRef(WORKLOAD.namespace, "checkout", "L1")
    assert rules(LATENCY).groups == render_groups(ref, [(one, indicator(one, classic(bounds="0.3")))], RuleSettings())


@cases(
    "objectives, assumption, counted",
    {
        "by the first convention": (AVAILABILITY, Assumption(), 'http_requests_total{code=~"5.."}'),
        "by the user's word": (
            AVAILABILITY,
            Assumption(("echo_requests_total",), "status"),
            'echo_requests_total{status=~"5.."}',
        ),
        "a histogram's count, where he has nothing else": (
            AVAILABILITY,
            Assumption(("request_duration_seconds",)),
            'request_duration_seconds_count{code=~"5.."}',
        ),
        "a native histogram": (
            LATENCY,
            Assumption(("request_duration_seconds",), native=True),
            "histogram_fraction(-Inf, 0.3, request_duration_seconds{})",
        ),
    },
)
def test_what_is_assumed_is_said(objectives: str, assumption: Assumption, counted: str) -> None:
    found = rules(objectives, assumption)
    assert f"counts {counted}: that the pods have this series is assumed" in found.assumptions[0]
    assert f"# Assumed: {found.assumptions[0]}.\n" in rule_text(found, RuleFormat.PROMETHEUS, {})


def test_what_the_resource_says_is_no_assumption() -> None:
    assert rules(TOLD).assumptions == ()


def test_a_manifest_holds_the_same_groups() -> None:
    found = rules(AVAILABILITY)
    plain = yaml.safe_load(rule_text(found, RuleFormat.PROMETHEUS, {}))
    manifest = yaml.safe_load(rule_text(found, RuleFormat.PROMETHEUS_RULE, {"release": "monitoring"}))
    assert manifest["spec"] == plain == {"groups": list(found.groups)}
    assert (manifest["apiVersion"], manifest["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert (manifest["metadata"]["namespace"], manifest["metadata"]["name"]) == ("shop", "checkout-goslo")
    assert manifest["metadata"]["labels"]["release"] == "monitoring"


def test_one_rule_file_holds_the_groups_of_all() -> None:
    found = rules(AVAILABILITY)
    assert len(yaml.safe_load(joined([found, found], RuleFormat.PROMETHEUS, {}))["groups"]) == 2 * len(found.groups)
    assert len(list(yaml.safe_load_all(joined([found, found], RuleFormat.PROMETHEUS_RULE, {})))) == 2


def test_a_resource_without_a_namespace_needs_one() -> None:
    nowhere = resource(SPEC % AVAILABILITY, "{name: checkout}")
    found = rendered(nowhere, RuleOptions(Assumption(), RuleSettings()))
    assert isinstance(found, NoRules)
    assert "give --namespace" in found.sentences[0]
    told = rendered(nowhere, RuleOptions(Assumption(), RuleSettings(), "shop"))
    assert isinstance(told, RenderedRules)
    assert told.file == "shop.checkout.yaml"


def test_a_counter_cannot_tell_latency() -> None:
    spec = SPEC % "{name: latency, target: 99, http: {metric: paid_total, faster: 300ms}}"
    found = rendered(resource(spec), RuleOptions(Assumption(), RuleSettings()))
    assert isinstance(found, NoRules)
    assert "is a counter and cannot tell" in found.sentences[0]
