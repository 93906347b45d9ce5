"""Absent, silent, scaled to zero, deploying and down: each says so, and none is taken for kept."""

from dataclasses import replace
from datetime import timedelta
from math import inf, isfinite, nan
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import counter, indicator, objective
from tests.unit.slo.test_verdict import NOW, measured

from goserviceslo.api.observed import DeploymentView
from goserviceslo.api.status import ObjectiveState, ObjectiveStatus
from goserviceslo.slo.indicator import Reason, Unresolved
from goserviceslo.slo.measurement import Measurement, Outage, SourceHealth
from goserviceslo.slo.presence import FIRST_SCRAPE, START, Presence, Workforce, workforce
from goserviceslo.slo.verdict import judge

PROMISE = objective()
FOUND = indicator(PROMISE, counter())
LONG_AGO = NOW - timedelta(days=1)
JUST_NOW = NOW - timedelta(seconds=30)
SERVING = Workforce(3, 3, rolling_out=False, changed_at=LONG_AGO)
ASLEEP = Workforce(0, 0, rolling_out=False, changed_at=LONG_AGO)
ROLLING = Workforce(3, 2, rolling_out=True, changed_at=LONG_AGO)
DOWN = Workforce(3, 0, rolling_out=False, changed_at=JUST_NOW)
GONE: dict[str, Any] = {"counted_at": None}
MINUTE = timedelta(minutes=1)


def lasted(proven: timedelta = timedelta(), suspected: timedelta = timedelta()) -> dict[str, Any]:
    return {"outages": {"30d": Outage(proven, suspected)}}


def verdict(
    measurement: Measurement | None,
    pods: Workforce | None = None,
    previous: ObjectiveStatus | None = None,
    resolved: Any = FOUND,
) -> ObjectiveStatus:
    return judge(PROMISE, resolved, measurement, SourceHealth(), previous, NOW, pods)


@cases(
    "measurement, pods, state, reason",
    {
        "the metric has gone though pods are there": (measured(1, 10_000, **GONE), SERVING, "NoData", "NoSeries"),
        "the same where there is no Deployment": (measured(1, 10_000, **GONE), None, "NoData", "NoSeries"),
        "it was never there": (None, SERVING, "NoData", "NoSeries"),
        "it is there, and nothing happens": (measured(0, 0), SERVING, "LowTraffic", "Silent"),
        "nothing happens now, and much did before": (measured(1, 10_000), SERVING, "Met", "BudgetLeft"),
        "scaled to zero after a promise kept": (measured(1, 10_000, **GONE), ASLEEP, "Met", "ScaledToZero"),
        "scaled to zero after a promise broken": (measured(99, 10_000, **GONE), ASLEEP, "Breached", "BudgetSpent"),
        "scaled to zero after too few events": (measured(0, 10, **GONE), ASLEEP, "LowTraffic", "ScaledToZero"),
        "scaled to zero before any event": (None, ASLEEP, "NoData", "ScaledToZero"),
        "scaled to zero a moment ago, still in sight": (measured(1, 10_000), ASLEEP, "Met", "BudgetLeft"),
        "a first deployment": (None, ROLLING, "NoData", "Deploying"),
        "a deployment that takes long": (measured(1, 10_000, **GONE), ROLLING, "NoData", "Deploying"),
        "a deployment, still in sight": (measured(1, 10_000), ROLLING, "Met", "BudgetLeft"),
        "down, as the rules see it": (measured(1, 10_000, down=True), None, "AtRisk", "Outage"),
        "down, as the rules and Kubernetes see it": (measured(1, 10_000, down=True), DOWN, "AtRisk", "Outage"),
        "down in the midst of a deployment": (measured(1, 10_000, down=True), ROLLING, "AtRisk", "Outage"),
        "down, as Kubernetes sees it alone": (measured(1, 10_000, **GONE), DOWN, "AtRisk", "Outage"),
        "down after too few events": (measured(0, 10, **GONE), DOWN, "NoData", "Outage"),
        "down, and never counted": (None, DOWN, "NoData", "Outage"),
        "down with the budget spent before": (measured(99, 10_000, down=True), DOWN, "Breached", "BudgetSpent"),
        "not available for a moment, still counted": (measured(1, 10_000), DOWN, "Met", "BudgetLeft"),
        "down, say rules that know of no scale-down": (
            measured(1, 10_000, down=True, **GONE),
            ASLEEP,
            "Met",
            "ScaledToZero",
        ),
        "out of reach of Prometheus alone": (
            measured(1, 10_000, down=True, **GONE),
            SERVING,
            "NoData",
            "NotScraped",
        ),
        "out of its reach for a moment": (measured(1, 10_000, down=True), SERVING, "Met", "BudgetLeft"),
        "down for as long as the budget allows": (
            measured(1, 10_000, **lasted(43 * MINUTE + timedelta(seconds=12))),
            SERVING,
            "Met",
            "BudgetLeft",
        ),
        "down for a second longer": (
            measured(1, 10_000, **lasted(43 * MINUTE + timedelta(seconds=13))),
            SERVING,
            "Breached",
            "Outage",
        ),
        "down for too long, with no event worth the name": (
            measured(0, 3, **lasted(44 * MINUTE)),
            DOWN,
            "Breached",
            "Outage",
        ),
        "out of reach for longer than that, and nobody knows whether down": (
            measured(1, 10_000, **lasted(MINUTE, 44 * MINUTE)),
            SERVING,
            "NoData",
            "UnprovenOutage",
        ),
        "down in another window than the objective's": (
            measured(1, 10_000, outages={"7d": Outage(proven=timedelta(hours=9))}),
            SERVING,
            "Met",
            "BudgetLeft",
        ),
    },
)
def test_what_is_seen_and_what_is_said(
    measurement: Measurement | None, pods: Workforce | None, state: str, reason: str
) -> None:
    status = verdict(measurement, pods)
    assert (status.state.value, status.reason) == (state, reason)
    assert status.message


@cases(
    "pods, reason",
    {
        "scaled to zero": (ASLEEP, "ScaledToZero"),
        "deploying": (ROLLING, "Deploying"),
        "down": (DOWN, "Outage"),
        "serving": (SERVING, "MetricNotFound"),
    },
)
def test_pods_that_are_not_there_expose_no_metric(pods: Workforce, reason: str) -> None:
    unresolved = Unresolved(Reason.METRIC_NOT_FOUND, "The pods expose nothing.", ("x",))
    assert verdict(None, pods, resolved=unresolved).reason == reason


def test_a_downtime_is_shown_for_as_long_as_it_is_in_the_window() -> None:
    status = verdict(measured(1, 10_000, **lasted(4 * MINUTE, timedelta(seconds=12))), SERVING)
    assert (status.state, status.outage) == (ObjectiveState.MET, "4m12s")
    assert status.message.endswith("For 4m12s no pod was up, and nothing could be counted.")
    assert verdict(measured(1, 10_000), SERVING).outage is None


def test_who_scales_to_zero_is_named() -> None:
    pods = replace(ASLEEP, scaled_by="ScaledObject night")
    assert "scaled to zero by ScaledObject night." in verdict(None, pods).message


def test_a_promise_broken_by_downtime_is_kept_again_when_one_percent_of_it_is_left() -> None:
    allowed = 43 * MINUTE + timedelta(seconds=12)
    before = verdict(measured(1, 10_000, **lasted(allowed + MINUTE)), SERVING)
    assert before.reason == "Outage"
    nearly = measured(1, 10_000, **lasted(allowed * 0.995))
    assert verdict(nearly, SERVING, before).state is ObjectiveState.BREACHED
    assert verdict(nearly, SERVING).state is ObjectiveState.MET
    assert verdict(measured(1, 10_000, **lasted(allowed * 0.985)), SERVING, before).state is ObjectiveState.MET


STUCK = replace(DOWN, changed_at=NOW - START)
STARTED = Workforce(3, 3, rolling_out=False, changed_at=JUST_NOW)


@cases(
    "pods, before, presence",
    {
        "pods back from zero are on their way": (DOWN, "ScaledToZero", Presence.DEPLOYING),
        "and stay so while they start": (DOWN, "Deploying", Presence.DEPLOYING),
        "but not for ever": (STUCK, "Deploying", Presence.DOWN),
        "pods that went without being asked to are down": (DOWN, "BudgetLeft", Presence.DOWN),
        "of a new resource too": (DOWN, None, Presence.DOWN),
        "a fix on its way does not end an outage": (replace(DOWN, rolling_out=True), "Outage", Presence.DOWN),
        "a rollout whose pods are not there yet": (replace(DOWN, rolling_out=True), "BudgetLeft", Presence.DEPLOYING),
        "pods that have just come up were not scraped yet": (STARTED, "Deploying", Presence.DEPLOYING),
        "nor have those that end an outage": (STARTED, "Outage", Presence.DOWN),
        "after two minutes they should have been": (
            replace(STARTED, changed_at=NOW - FIRST_SCRAPE),
            "Deploying",
            Presence.SERVING,
        ),
        "pods that have long been there": (SERVING, "NoSeries", Presence.SERVING),
        "nobody is wanted": (ASLEEP, "Outage", Presence.SCALED_TO_ZERO),
    },
)
def test_where_pods_are(pods: Workforce, before: str | None, presence: Presence) -> None:
    assert pods.presence(before, NOW) is presence


@given(
    st.builds(
        Workforce,
        st.integers(0, 3),
        st.integers(0, 3),
        st.booleans(),
        st.none() | st.integers(0, 3600).map(lambda ago: NOW - timedelta(seconds=ago)),
    ),
    st.sampled_from(["Outage", "Deploying", "ScaledToZero", "NoSeries", None]),
    st.integers(0, 3600),
)
def test_where_pods_are_changes_by_time_alone_only_when_it_was_said_to(
    pods: Workforce, reason: str | None, later: int
) -> None:
    settles = pods.settles_in(NOW)
    then = NOW + timedelta(seconds=later)
    if settles is None or then < NOW + settles:
        assert pods.presence(reason, then) is pods.presence(reason, NOW)


@cases(
    "changes, rolling_out",
    {
        "a rollout that makes progress": ({"progressing": True}, True),
        "one that is complete, or was given up": ({"progressing": False, "updated": 1}, False),
        "a wish that has not been taken up yet": ({"generation": 2, "progressing": False}, True),
        "a rollout that is paused": ({"progressing": True, "paused": True}, False),
        "no deadline: pods of the old template are there": ({"updated": 1, "replicas": 3}, True),
        "no deadline: all are new": ({}, False),
    },
)
def test_a_rollout_is_told_from_pods_that_fail_after_one(changes: dict[str, Any], rolling_out: bool) -> None:
    settled = DeploymentView("checkout", "u", 1, 1, (), 3, 3, 3, 3, paused=False, replicas=3)
    found = workforce(replace(settled, **changes))
    assert found is not None
    assert found.rolling_out is rolling_out


def test_of_a_deployment_that_is_not_there_nothing_is_said() -> None:
    assert workforce(None) is None


FIGURES = st.none() | st.floats() | st.sampled_from([nan, inf, -inf, -1.0, 0.0, 1e308, 2.0**63, 1e18])
MEASUREMENTS = st.builds(
    Measurement,
    at=st.just(NOW),
    bad=FIGURES,
    total=FIGURES,
    burn_rates=st.dictionaries(st.sampled_from(["5m", "30m", "1h", "6h"]), st.floats()),
    counted_at=st.sampled_from([None, NOW]),
    alerts=st.sampled_from([frozenset(), frozenset({"page"})]),
    down=st.booleans(),
    outages=st.sampled_from([{}, {"30d": Outage(timedelta(days=31))}, {"30d": Outage(suspected=timedelta(days=400))}]),
)


@given(st.none() | MEASUREMENTS, st.sampled_from([None, SERVING, ASLEEP, ROLLING, DOWN]))
def test_whatever_was_measured_every_figure_is_a_number_and_nothing_is_met_without_evidence(
    measurement: Measurement | None, pods: Workforce | None
) -> None:
    status = verdict(measurement, pods)
    written = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    figures = [status.sli, (status.budget_remaining or "0%").removesuffix("%"), status.good, status.total]
    figures += [rate.rate for rate in status.burn_rates or ()]
    assert all(isfinite(float(figure)) for figure in figures if figure is not None)
    assert ObjectiveStatus.model_validate(written) == status
    if status.state in (ObjectiveState.MET, ObjectiveState.AT_RISK):
        assert status.total is not None
        assert status.total >= 1000
    if status.state is ObjectiveState.MET:
        assert measurement is not None
        assert measurement.counted_at is not None or pods is ASLEEP


@given(MEASUREMENTS)
def test_a_status_decided_again_on_the_same_evidence_is_the_same(measurement: Measurement) -> None:
    once = verdict(measurement, SERVING)
    assert verdict(measurement, SERVING, once) == once
