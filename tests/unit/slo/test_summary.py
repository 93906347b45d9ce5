"""Many objectives in one word, and what is worth writing."""

from datetime import timedelta
from typing import Any

import pytest
from tests.table import cases

from goserviceslo.api.status import BurnRate, MeasuredWindow, ObjectiveState, ObjectiveStatus
from goserviceslo.slo.summary import compliance, meaningful, worst


def status(state: str = "Met", name: str = "a", /, **fields: Any) -> ObjectiveStatus:
    return ObjectiveStatus.model_validate(
        {"name": name, "state": state, "reason": state, "message": f"{name} is {state}.", "target": "99.9", **fields}
    )


@cases(
    "statuses, name",
    {
        "the broken one": ([status("Met", "a"), status("Breached", "b"), status("AtRisk", "c")], "b"),
        "the one at risk": ([status("Met", "a"), status("AtRisk", "c")], "c"),
        "of two broken ones the one that is further over": (
            [status("Breached", "a", budgetRemaining="-5%"), status("Breached", "b", budgetRemaining="-50%")],
            "b",
        ),
        "of two kept ones the one with less left": (
            [status("Met", "a", budgetRemaining="9%"), status("Met", "b", budgetRemaining="80%")],
            "a",
        ),
        "one with figures before one without": (
            [status("Unknown", "a"), status("NoData", "b"), status("Met", "c")],
            "c",
        ),
        "the only one": ([status("Unknown", "a")], "a"),
    },
)
def test_the_worst_is_the_one_to_look_at_first(statuses: list[ObjectiveStatus], name: str) -> None:
    found = worst(statuses)
    assert found is not None
    assert found.name == name


def test_none_has_no_worst() -> None:
    assert worst([]) is None


@cases(
    "states, truth, reason",
    {
        "all kept": (["Met", "Met"], "True", "Kept"),
        "one at risk is still kept": (["Met", "AtRisk"], "True", "AtRisk"),
        "one broken": (["Met", "Breached"], "False", "Breached"),
        "one broken and one unknown": (["Unknown", "Breached"], "False", "Breached"),
        "one unknown": (["Met", "Unknown"], "Unknown", "Unknown"),
        "one without data": (["Met", "NoData"], "Unknown", "NoData"),
        "one with too few events": (["AtRisk", "LowTraffic"], "Unknown", "LowTraffic"),
        "none": ([], "Unknown", "NoObjectives"),
    },
)
def test_compliance_is_never_true_without_evidence(states: list[str], truth: str, reason: str) -> None:
    found, why, message = compliance([status(state, f"o{i}") for i, state in enumerate(states)])
    assert (found, why) == (truth, reason)
    assert message


def test_compliance_names_the_broken_objectives() -> None:
    assert compliance([status("Breached", "a"), status("Met", "b"), status("Breached", "c")])[2] == "Broken: a, c."


MINUTE = timedelta(minutes=1)
WRITTEN: dict[str, Any] = {
    "sli": "99.95",
    "good": 1,
    "total": 2,
    "budgetRemaining": "50%",
    "burnRates": [BurnRate(window="1h", rate="1")],
    "window": MeasuredWindow(start="2026-10-01T00:00:00Z", end="2026-11-01T00:00:00Z"),
    "measuredAt": "2026-10-14T00:00:00Z",
    "metric": "m",
}
ROLLING: dict[str, Any] = {"window": MeasuredWindow(start="2026-10-13T00:01:00Z", end="2026-10-14T00:01:00Z")}


@cases(
    "change, at_once",
    {
        "the state": ({"state": ObjectiveState.AT_RISK}, True),
        "the reason": ({"reason": "Other"}, True),
        "the target": ({"target": "99"}, True),
        "the metric": ({"metric": "n"}, True),
        "the SLI": ({"sli": "99.94"}, True),
        "the budget": ({"budget_remaining": "49%"}, True),
        "the calendar window": (
            {"window": MeasuredWindow(start="2026-11-01T00:00:00Z", end="2026-12-01T00:00:00Z")},
            True,
        ),
        "the good events": ({"good": 2}, False),
        "all events": ({"total": 3}, False),
        "a burn rate": ({"burn_rates": (BurnRate(window="1h", rate="2"),)}, False),
    },
)
def test_a_change_is_written_at_once_or_when_the_old_figures_have_aged(change: dict[str, Any], at_once: bool) -> None:
    previous = status(**WRITTEN)
    new = previous.model_copy(update=change)
    assert meaningful(previous, new, timedelta(), MINUTE) is at_once
    assert meaningful(previous, new, MINUTE, MINUTE)


@pytest.mark.parametrize("age", [timedelta(), MINUTE, timedelta(days=9)])
def test_a_quiet_service_causes_no_write_however_old_its_figures(age: timedelta) -> None:
    previous = status(**{**WRITTEN, **ROLLING, "measuredAt": "2026-10-14T00:01:00Z"})
    moved = MeasuredWindow(start="2026-10-13T00:09:00Z", end="2026-10-14T00:09:00Z")
    new = previous.model_copy(update={"measured_at": "2026-10-14T00:09:00Z", "message": "x", "window": moved})
    assert not meaningful(previous, new, age, MINUTE)
