"""What maintenance changes in a plan: the rules, what the status says, and when to look again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.table import cases
from tests.unit.reconcile.given import NOW, after, condition, deployment, measured, observed, resource
from tests.unit.slo.given import window

from goserviceslo.api.observed import DeploymentView
from goserviceslo.ports import Json
from goserviceslo.reconcile import reconcile
from goserviceslo.reconcile.model import (
    CalendarTrouble,
    CalendarView,
    Observed,
    OwnedObject,
    Plan,
    RuleSink,
    RulesView,
)
from goserviceslo.slo.measurement import Measurement

RUNS = {"name": "now", "start": "2026-11-21T11:00:00Z", "duration": "2h"}
NIGHTLY = {"name": "night", "start": "2026-01-01T02:00:00Z", "duration": "1h", "rule": "FREQ=DAILY"}
SHARED = {"maintenanceFrom": {"configMap": "calendar"}}
CALENDAR = CalendarView((window("shared", start="2026-11-21T11:00:00Z", duration="2h"),))


def seen(spec: Json, **changes: Any) -> Observed:
    return observed(resource(spec), **changes)


def rules(plan: Plan) -> str:
    """The rules that the plan writes; empty where it writes none."""
    return "".join(str(one.body) for one in plan.writes)


def test_rules_leave_out_what_the_resource_and_the_calendar_say() -> None:
    plan = reconcile(seen({"maintenance": [NIGHTLY], **SHARED}, calendar=CALENDAR), NOW)
    for start in (datetime(2026, 11, 21, 11, tzinfo=UTC), datetime(2026, 11, 22, 2, tzinfo=UTC)):
        assert f"time() >= bool {int(start.timestamp()) + 10}" in rules(plan)


def test_without_maintenance_nothing_is_said_and_nothing_is_due() -> None:
    plan = reconcile(observed(), NOW)
    assert plan.status is not None
    assert "maintenance" not in plan.status
    assert plan.due is None
    assert "maintenance" not in rules(plan)


@cases(
    "spec, expected",
    {
        "one that runs": (
            {"maintenance": [RUNS, NIGHTLY]},
            {"running": True, "until": "2026-11-21T13:00:00Z", "next": "2026-11-22T02:00:00Z"},
        ),
        "one that is to come": ({"maintenance": [NIGHTLY]}, {"running": False, "next": "2026-11-22T02:00:00Z"}),
        "one that is over": (
            {"maintenance": [{"name": "past", "start": "2026-06-01T00:00:00Z", "duration": "1h"}]},
            {"running": False},
        ),
    },
)
def test_the_status_says_what_runs_and_what_is_next(spec: Json, expected: Json) -> None:
    plan = reconcile(seen(spec), NOW)
    assert plan.status is not None
    assert plan.status["maintenance"] == expected
    assert plan.due is not None
    assert plan.due <= timedelta(days=1)


def test_nothing_is_written_from_one_bound_to_the_next() -> None:
    first = seen({"maintenance": [NIGHTLY]}, measurements={"availability": measured(1, 1000)})
    plan = reconcile(first, NOW)
    owned = replace(first.rules, owned=OwnedObject(plan.writes[0].applied_hash))
    later = replace(after(first, plan), rules=owned)
    for hours in (1, 5, 11):
        moment = NOW + timedelta(hours=hours)
        figures = replace(measured(1, 1000), at=moment, counted_at=moment)
        again = reconcile(replace(later, measurements={"availability": figures}), moment)
        assert again.writes == ()
        assert again.status == plan.status


def test_pods_that_are_away_for_maintenance_are_said_to_be() -> None:
    gone = Measurement(NOW, 1, 1000, {}, None)
    first = seen({"maintenance": [RUNS]}, measurements={"availability": gone})
    plan = reconcile(first, NOW)
    assert plan.status is not None
    (objective,) = plan.status["objectives"]
    assert (objective["state"], objective["reason"]) == ("NoData", "Maintenance")
    assert "Maintenance runs until 2026-11-21T13:00:00Z" in objective["message"]
    assert condition(plan, "Measured")["reason"] == "Maintenance"
    assert reconcile(after(first, plan), NOW).status == plan.status


@cases(
    "pods",
    {
        "wanted and none ready": deployment(ready=0),
        "ready and not scraped": deployment(),
    },
)
def test_whatever_the_deployment_looks_like_it_is_maintenance(pods: DeploymentView) -> None:
    gone = Measurement(NOW, 1, 1000, {}, None)
    plan = reconcile(seen({"maintenance": [RUNS]}, measurements={"availability": gone}, deployment=pods), NOW)
    assert plan.status is not None
    assert plan.status["objectives"][0]["reason"] == "Maintenance"


def test_that_maintenance_runs_is_said_where_all_is_measured() -> None:
    plan = reconcile(seen({"maintenance": [RUNS]}, measurements={"availability": measured(1, 1000)}), NOW)
    assert condition(plan, "Measured")["message"] == (
        "Every objective is measured. Maintenance runs until 2026-11-21T13:00:00Z and is left out."
    )


def test_excluded_events_are_shown() -> None:
    figures = replace(measured(1, 1000), excluded=70.0)
    plan = reconcile(seen({"maintenance": [NIGHTLY]}, measurements={"availability": figures}), NOW)
    assert plan.status is not None
    assert plan.status["objectives"][0]["excluded"] == 70


@cases(
    "calendar, reason, words",
    {
        "a ConfigMap that is not there": (
            CalendarView(None, CalendarTrouble.NOT_FOUND),
            "CalendarNotFound",
            "There is no ConfigMap calendar in this namespace: create it with the key maintenance.yaml",
        ),
        "one without the key": (
            CalendarView(CALENDAR.windows, CalendarTrouble.KEY_NOT_FOUND),
            "CalendarKeyNotFound",
            "ConfigMap calendar has no key maintenance.yaml: write",
        ),
        "one that may not be read": (
            CalendarView(None, CalendarTrouble.FORBIDDEN),
            "CalendarForbidden",
            "may not read ConfigMap calendar: allow it by maintenance.configMaps",
        ),
        "one that makes no sense": (
            CalendarView(CALENDAR.windows, CalendarTrouble.INVALID, "maintenance.yaml[0].duration: write a duration."),
            "CalendarInvalid",
            "ConfigMap calendar: maintenance.yaml[0].duration: write a duration. What was last read of it stands.",
        ),
    },
)
def test_a_calendar_that_cannot_be_read_says_what_to_write(calendar: CalendarView, reason: str, words: str) -> None:
    plan = reconcile(seen(SHARED, calendar=calendar), NOW)
    ready = condition(plan, "Ready")
    assert (ready["status"], ready["reason"]) == ("False", reason)
    assert words in ready["message"]
    assert ("time() >= bool" in rules(plan)) is (calendar.windows is not None)


def test_no_rules_are_written_before_the_calendar_has_been_read() -> None:
    plan = reconcile(seen(SHARED), NOW)
    assert plan.writes == ()
    assert condition(plan, "Ready")["status"] == "True"


@cases("sink", {"a PrometheusRule": RuleSink.PROMETHEUS_RULE, "ConfigMaps": RuleSink.CONFIG_MAP})
def test_rules_stay_as_they_are_where_a_new_operator_finds_the_calendar_gone(sink: RuleSink) -> None:
    place = RulesView(sink, "somewhere", None)
    first = seen(SHARED, rules=place, calendar=CALENDAR)
    plan = reconcile(first, NOW)
    restarted = replace(
        after(first, plan),
        calendar=CalendarView(None, CalendarTrouble.NOT_FOUND),
        rules=replace(place, owned=OwnedObject("of the operator before")),
    )
    again = reconcile(restarted, NOW)
    assert again.writes == ()
    assert again.rule_share is None
    assert again.status is not None
    assert again.status["rules"] == "somewhere"
    assert condition(again, "Ready")["reason"] == "CalendarNotFound"
    other_wish = replace(restarted, resource={**resource(SHARED, generation=4), "status": plan.status})
    changed = reconcile(other_wish, NOW)
    assert changed.writes or changed.rule_share


def test_maintenance_in_an_unknown_zone_stops_the_resource() -> None:
    spec = {"maintenance": [{**NIGHTLY, "start": "2026-01-01T02:00:00", "timeZone": "Europe/Berln"}]}
    ready = condition(reconcile(seen(spec), NOW), "Ready")
    assert ready["reason"] == "UnknownTimeZone"
    assert "maintenance[0].timeZone: there is no time zone Europe/Berln: write Europe/Berlin" in ready["message"]


def test_a_calendar_in_an_unknown_zone_is_told_and_the_rest_goes_on() -> None:
    odd = CalendarView((window("odd", start="2026-11-21T11:00:00", zone="Europe/Berln"),))
    plan = reconcile(seen({"maintenance": [NIGHTLY], **SHARED}, calendar=odd), NOW)
    ready = condition(plan, "Ready")
    assert ready["reason"] == "CalendarInvalid"
    assert "maintenance.yaml[0].timeZone: there is no time zone Europe/Berln: write Europe/Berlin" in ready["message"]
    assert "time() >= bool" in rules(plan)


def test_too_many_spans_are_told() -> None:
    hourly = [
        {"name": f"w{minute}", "start": f"2026-01-01T00:{minute}:00Z", "duration": "1m", "rule": "FREQ=HOURLY"}
        for minute in (10, 30)
    ]
    ready = condition(reconcile(seen({"maintenance": hourly}), NOW), "Ready")
    assert ready["reason"] == "MaintenanceCrowded"
