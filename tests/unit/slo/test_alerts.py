"""What a team adds to its alerts and which it wants; what is the operator's to say stays so."""

import re
from typing import Any

import promql_parser
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import counter, indicator, objective

from goserviceslo.api.alerting import Alerting
from goserviceslo.ports import Json
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups

EVERY = ["GoSLOBudgetBurn page", "GoSLOBudgetBurn ticket", "GoSLOOutage page", "GoSLONotMeasured ticket"]
NO_PAGE = [EVERY[1], EVERY[3]]


def alerts(alerting: Json | None = None, own: Json | None = None) -> list[Json]:
    promise = objective()
    if own is not None:
        promise = type(promise).model_validate(promise.model_dump(by_alias=True, exclude_none=True) | {"alerting": own})
    ref = SloRef("shop", "checkout", "L1", alerting=Alerting.model_validate(alerting or {}))
    groups = render_groups(ref, [(promise, indicator(promise, counter()))], RuleSettings())
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def names(rules: list[Json]) -> list[str]:
    return [f"{rule['alert']} {rule['labels']['severity']}" for rule in rules]


@cases(
    "alerting, own, expected",
    {
        "nothing said": (None, None, EVERY),
        "no page for the resource": ({"page": False}, None, NO_PAGE),
        "no ticket for the objective": (None, {"ticket": False}, [EVERY[0], *EVERY[2:]]),
        "off for the resource stays off for the objective": ({"page": False}, {"page": True}, NO_PAGE),
        "nothing wanted": ({"page": False, "noData": False}, {"ticket": False}, []),
    },
)
def test_which_alerts_there_are(alerting: Json | None, own: Json | None, expected: list[str]) -> None:
    assert names(alerts(alerting, own)) == expected


def test_every_alert_carries_what_the_team_adds() -> None:
    added = {
        "labels": {"team": "pay"},
        "annotations": {"chat": "#pay"},
        "runbook": "https://example.com/r",
        "dashboard": "https://example.com/d",
    }
    for rule in alerts(added):
        assert rule["labels"].items() >= {"team": "pay", "goslo": "checkout", "tier": "L1"}.items()
        links = {"runbook_url": "https://example.com/r", "dashboard_url": "https://example.com/d"}
        assert rule["annotations"].items() >= {"chat": "#pay", **links}.items()
        assert set(rule["annotations"]) == {"chat", "runbook_url", "dashboard_url", "summary", "description"}


def test_what_is_not_said_is_not_there() -> None:
    assert all(set(rule["annotations"]) == {"summary", "description"} for rule in alerts())


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b"]), st.text(st.sampled_from('{}q."$ '), max_size=30)))
def test_no_template_of_a_user_is_run(entries: dict[str, str]) -> None:
    for rule in alerts({"labels": entries, "annotations": entries}):
        for place in ("labels", "annotations"):
            for name, text in entries.items():
                shown = rule[place][name]
                assert shown.replace('{{ "{{" }}', "{{") == text
                assert "{{" not in re.sub(r'\{\{ "\{\{" \}\}', "", shown)


def test_a_model_that_was_never_checked_cannot_take_over_what_identifies_an_alert() -> None:
    rude: Any = Alerting.model_construct(
        labels={"severity": "none", "goslo": "x"}, annotations={"summary": "all is well"}
    )
    promise = objective()
    groups = render_groups(
        SloRef("shop", "checkout", alerting=rude), [(promise, indicator(promise, counter()))], RuleSettings()
    )
    for rule in (rule for group in groups for rule in group["rules"] if "alert" in rule):
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["labels"]["goslo"] == "checkout"
        assert rule["annotations"]["summary"] != "all is well"


def test_a_ticket_does_not_hold_while_the_page_does_unless_nobody_is_paged() -> None:
    page, ticket, *_ = alerts()
    conditions = page["expr"].removeprefix("max(").removesuffix(")")
    assert ticket["expr"].endswith(f" unless on () ({conditions})")
    promql_parser.parse(ticket["expr"])
    alone, *_ = alerts({"page": False})
    assert "unless" not in alone["expr"]
