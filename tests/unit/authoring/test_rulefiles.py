"""Rules as files: the operator's groups, and a word on what they rest on."""

import re
from datetime import UTC, date, datetime, timedelta

import yaml
from tests.table import cases
from tests.unit.authoring.given import objects, resource
from tests.unit.slo.given import WORKLOAD, classic, counter, indicator, objective

from goserviceslo.api.maintenance import MaintenanceWindow
from goserviceslo.authoring.ahead import NOT_ASKED, Ahead
from goserviceslo.authoring.assuming import Assumption
from goserviceslo.authoring.calendars import calendars
from goserviceslo.authoring.rulefiles import (
    NoRules,
    RenderedRules,
    RuleFormat,
    RuleOptions,
    joined,
    oversized,
    rendered,
    rule_text,
)
from goserviceslo.slo.conventions import MAINTENANCE_ACTIVE as ACTIVE
from goserviceslo.slo.maintenance import embedded
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


NIGHTLY = '[{name: a, start: "2026-03-25T02:30:00", rule: FREQ=DAILY, timeZone: Europe/Berlin, duration: 1h}]'
CALENDAR = """
apiVersion: v1
kind: ConfigMap
metadata: {name: calendar, namespace: shop}
data: {maintenance.yaml: '[{name: b, start: "2026-03-28T12:00:00Z", duration: 2h}]'}
"""
FIRST = date(2026, 3, 27)


def leaving_out(fields: str, days: int, *files: str) -> RenderedRules | NoRules:
    """The rules of so many days from the Friday before summer time begins."""
    spec = f"{{target: {{name: checkout}}, objectives: [{AVAILABILITY}], {fields}}}"
    known = calendars([one for file in files for one in objects(file)])
    ahead = Ahead(FIRST, timedelta(days=days), known)
    return rendered(resource(spec), RuleOptions(NOTHING, RuleSettings(), ahead=ahead))


def spans(found: RenderedRules | NoRules) -> list[tuple[str, str]]:
    """Of the evaluations that leave maintenance out: the first, and the first that does not; minutes in UTC."""
    assert isinstance(found, RenderedRules), found
    (told,) = {one["expr"] for group in found.groups for one in group["rules"] if one.get("record") == ACTIVE}
    edges = [datetime.fromtimestamp(int(edge), UTC).strftime("%d %H:%M") for edge in re.findall(r"bool (\d+)", told)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def test_maintenance_that_counts_is_told() -> None:
    assert NOT_ASKED not in rules(AVAILABILITY).assumptions
    for fields in (f"maintenance: {NIGHTLY}", "maintenanceFrom: {configMap: a}"):
        found = further(fields)
        assert NOT_ASKED in found.assumptions
        assert found.until is None


def test_maintenance_of_the_days_ahead_is_left_out_by_the_wall_clock_and_the_file_says_until_when() -> None:
    found = leaving_out(f"maintenance: {NIGHTLY}", 3)
    assert spans(found) == [("27 01:30", "27 02:31"), ("28 01:30", "28 02:31"), ("29 01:30", "29 02:31")]
    assert spans(leaving_out(f"maintenance: {NIGHTLY}", 4))[-1] == ("30 00:30", "30 01:31")
    assert isinstance(found, RenderedRules)
    assert NOT_ASKED not in found.assumptions
    header = "# Maintenance is left out until 2026-03-30T00:00:00Z: render this anew before then.\n"
    assert header in rule_text(found, RuleFormat.PROMETHEUS, {})
    assert header in joined([found], RuleFormat.PROMETHEUS, {})


def test_rules_of_eight_days_are_those_of_the_operator() -> None:
    found = leaving_out(f"maintenance: {NIGHTLY}", 8)
    assert isinstance(found, RenderedRules)
    one = objective()
    (window,) = (MaintenanceWindow.model_validate(yaml.safe_load(NIGHTLY)[0]),)
    told = embedded([window], datetime(2026, 3, 27, 12, tzinfo=UTC))
    ref = SloRef(WORKLOAD.namespace, "checkout", None, told)
    assert found.groups == render_groups(ref, [(one, indicator(one, counter()))], RuleSettings())


def test_the_list_of_a_config_map_is_left_out_too_where_its_file_is_given() -> None:
    fields = f"maintenance: {NIGHTLY}, maintenanceFrom: {{configMap: calendar}}"
    assert ("28 12:00", "28 14:01") in spans(leaving_out(fields, 3, CALENDAR))
    without = leaving_out(fields, 3)
    assert len(spans(without)) == 3
    assert isinstance(without, RenderedRules)
    assert "what ConfigMap calendar calls maintenance counts: give its file too" in without.assumptions
    elsewhere = leaving_out(fields, 3, CALENDAR.replace("shop", "other"))
    assert len(spans(elsewhere)) == 3
    alone = leaving_out("maintenanceFrom: {configMap: calendar}", 3)
    assert isinstance(alone, RenderedRules)
    assert alone.until is None


def test_a_config_map_that_names_no_namespace_is_that_of_its_resource() -> None:
    nowhere = objects(CALENDAR.replace(", namespace: shop", ""))
    spec = f"{{target: {{name: checkout}}, objectives: [{AVAILABILITY}], maintenanceFrom: {{configMap: calendar}}}}"
    ahead = Ahead(FIRST, timedelta(days=3), calendars(nowhere))
    found = rendered(resource(spec), RuleOptions(NOTHING, RuleSettings(), ahead=ahead))
    assert spans(found) == [("28 12:00", "28 14:01")]


def test_rules_that_prometheus_operator_would_not_load_are_told() -> None:
    many = ", ".join(f"{{name: o{number}, target: 99.9, http: {{}}}}" for number in range(16))
    hourly = '[{name: a, start: "2026-03-01T02:30:00Z", rule: FREQ=HOURLY, duration: 10m}]'
    spec = f"{{target: {{name: checkout}}, objectives: [{many}], maintenance: {hourly}}}"
    ahead = Ahead(FIRST, timedelta(days=21))
    found = rendered(resource(spec), RuleOptions(NOTHING, RuleSettings(), ahead=ahead))
    assert isinstance(found, RenderedRules)
    assert "and a PrometheusRule may hold 512" in (oversized(found, RuleFormat.PROMETHEUS_RULE, {}) or "")
    assert oversized(found, RuleFormat.PROMETHEUS, {}) is None
    assert oversized(rules(AVAILABILITY), RuleFormat.PROMETHEUS_RULE, {}) is None


def test_a_resource_without_maintenance_has_the_same_rules_on_every_day() -> None:
    found = leaving_out("tier: L1", 31)
    assert isinstance(found, RenderedRules)
    assert (found.groups, found.until) == (rules(AVAILABILITY).groups, None)


@cases(
    "fields, files, said",
    {
        "a list of another form": (
            "maintenanceFrom: {configMap: calendar}",
            [CALENDAR.replace("2026-03-28T12:00:00Z", "soon")],
            "slo.yaml:5:26: maintenance.yaml[0].start",
        ),
        "a ConfigMap without the key": (
            "maintenanceFrom: {configMap: calendar}",
            [CALENDAR.replace("maintenance.yaml", "other.yaml")],
            "slo.yaml:5:7: this ConfigMap has no text maintenance.yaml: write a list",
        ),
        "a ConfigMap without data": (
            "maintenanceFrom: {configMap: calendar}",
            [CALENDAR.replace("\ndata: {", "\nbinaryData: {")],
            "this ConfigMap has no text maintenance.yaml: write a list",
        ),
        "a list that is no text": (
            "maintenanceFrom: {configMap: calendar}",
            [CALENDAR.replace("'", "")],
            "this ConfigMap has no text maintenance.yaml: write a list",
        ),
        "a zone that does not exist": (
            "maintenanceFrom: {configMap: calendar}",
            [CALENDAR.replace("00Z", "00").replace("duration", "timeZone: Mars/Olympus, duration")],
            "0.yaml:1:1: checkout: maintenance: there is no time zone Mars/Olympus",
        ),
        "more spans than rules can hold": (
            'maintenance: [{name: a, start: "2026-03-25T02:30:00Z", rule: FREQ=HOURLY, duration: 10m}]',
            [],
            "0.yaml:1:1: checkout: there are 745 separate spans of maintenance, and rules are told of 512",
        ),
    },
)
def test_without_the_maintenance_that_was_asked_for_there_are_no_rules(
    fields: str, files: list[str], said: str
) -> None:
    found = leaving_out(fields, 31, *files)
    assert isinstance(found, NoRules)
    assert said in found.sentences[0]


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
