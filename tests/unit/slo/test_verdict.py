"""The verdict on one promise."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import classic, counted, counter, indicator, objective, promise

from goserviceslo.api.status import ObjectiveState, ObjectiveStatus
from goserviceslo.ports import Trouble
from goserviceslo.slo.indicator import Reason, Unresolved
from goserviceslo.slo.measurement import Measurement, SourceHealth
from goserviceslo.slo.verdict import judge

NOW = datetime(2026, 10, 14, 9, 26, 53, tzinfo=UTC)
WELL = SourceHealth()
PROMISE = objective()
FOUND = indicator(PROMISE, counter())
CALM = {"5m": 0.1, "30m": 0.1, "1h": 0.1, "6h": 0.1}


def measured(bad: float, total: float, **further: Any) -> Measurement:
    fields = {"at": NOW, "bad": bad, "total": total, "burn_rates": CALM, "counted_at": NOW - timedelta(seconds=20)}
    return Measurement(**{**fields, **further})


def verdict(
    measurement: Measurement | None,
    previous: ObjectiveStatus | None = None,
    source: SourceHealth = WELL,
    promise: Any = PROMISE,
    resolved: Any = FOUND,
) -> ObjectiveStatus:
    return judge(promise, resolved, measurement, source, previous, NOW)


@cases(
    "measurement, state, reason",
    {
        "kept": (measured(100, 1_000_000), "Met", "BudgetLeft"),
        "all good": (measured(0, 1_000_000), "Met", "BudgetLeft"),
        "exactly on target": (measured(1_000, 1_000_000), "Met", "BudgetLeft"),
        "one event too many": (measured(1_001, 1_000_000), "Breached", "BudgetSpent"),
        "all bad": (measured(1_000_000, 1_000_000), "Breached", "BudgetSpent"),
        "a quick page": (measured(1, 10_000, burn_rates=CALM | {"5m": 15, "1h": 15}), "AtRisk", "BurningFast"),
        "a slow page": (measured(1, 10_000, burn_rates=CALM | {"30m": 7, "6h": 7}), "AtRisk", "BurningFast"),
        "a burn that is over": (measured(1, 10_000, burn_rates=CALM | {"5m": 0, "1h": 15}), "Met", "BudgetLeft"),
        "a burn that just began": (measured(1, 10_000, burn_rates=CALM | {"5m": 99}), "Met", "BudgetLeft"),
        "exactly the factor": (measured(1, 10_000, burn_rates=CALM | {"5m": 14.4, "1h": 14.4}), "Met", "BudgetLeft"),
        "a ticket": (measured(1, 10_000, alerts=frozenset({"ticket"})), "AtRisk", "BurningSlowly"),
        "a page that Prometheus fires": (measured(1, 10_000, alerts=frozenset({"page"})), "AtRisk", "BurningFast"),
        "a page beats a ticket": (
            measured(1, 10_000, alerts=frozenset({"ticket"}), burn_rates=CALM | {"5m": 15, "1h": 15}),
            "AtRisk",
            "BurningFast",
        ),
        "spent and burning": (measured(99, 10_000, alerts=frozenset({"page"})), "Breached", "BudgetSpent"),
        "too few events": (measured(0, 999), "LowTraffic", "TooFewEvents"),
        "too few events, all bad": (measured(999, 999), "LowTraffic", "TooFewEvents"),
        "just enough events": (measured(0, 1_000), "Met", "BudgetLeft"),
        "no event at all": (measured(0, 0), "LowTraffic", "Silent"),
        "none but in maintenance": (measured(0, 0, excluded=7.0), "LowTraffic", "Maintenance"),
        "not seen for five minutes": (measured(5, 10_000, counted_at=None), "NoData", "NoSeries"),
        "never counted": (None, "NoData", "NoSeries"),
        "no total": (Measurement(at=NOW), "NoData", "NoSeries"),
        "a total without its bad events": (replace(measured(0, 10_000), bad=None), "NoData", "NoSeries"),
        "figures of six minutes ago": (
            measured(0, 10_000, at=NOW - timedelta(minutes=6)),
            "Unknown",
            "NotMeasuredLately",
        ),
    },
)
def test_the_state_follows_from_the_evidence(measurement: Measurement | None, state: str, reason: str) -> None:
    status = verdict(measurement)
    assert (status.state.value, status.reason) == (state, reason)
    assert status.message
    assert status.metric == 'http_requests_total{code=~"5.."}'


@cases(
    "source, reason",
    {
        "no Prometheus": (SourceHealth(configured=False), "NoPrometheus"),
        "down": (SourceHealth(Trouble.UNREACHABLE, "Prometheus at x cannot be reached."), "SourceUnreachable"),
        "refusing": (SourceHealth(Trouble.REFUSED, "401"), "SourceRefused"),
        "hanging": (SourceHealth(Trouble.TIMED_OUT, "10 s"), "SourceTimedOut"),
        "answering in HTML": (SourceHealth(Trouble.BROKEN_ANSWER, "HTML"), "SourceBrokenAnswer"),
        "never asked": (SourceHealth(asked=False), "NotAskedYet"),
    },
)
def test_without_an_answer_nothing_is_known_whatever_was_measured_before(source: SourceHealth, reason: str) -> None:
    status = verdict(measured(0, 10_000), source=source)
    assert (status.state, status.reason) == (ObjectiveState.UNKNOWN, reason)
    assert status.sli is None
    assert status.budget_remaining is None
    assert status.total is None


@cases(
    "reason, state",
    {
        "no metric": (Reason.METRIC_NOT_FOUND, "NoData"),
        "no label": (Reason.LABEL_NOT_FOUND, "NoData"),
        "no bucket": (Reason.BUCKET_NOT_FOUND, "NoData"),
        "not looked at yet": (Reason.NOT_YET_KNOWN, "Unknown"),
    },
)
def test_what_cannot_be_counted_says_why(reason: Reason, state: str) -> None:
    status = verdict(measured(0, 10_000), resolved=Unresolved(reason, "Write something else.", ("x",)))
    assert (status.state.value, status.reason, status.message) == (state, reason.value, "Write something else.")
    assert status.sli is None


def test_a_source_that_is_down_is_the_reason_why_nothing_could_be_looked_for() -> None:
    unresolved = Unresolved(Reason.NOT_YET_KNOWN, "Not yet.", ("x",))
    status = verdict(None, source=SourceHealth(Trouble.UNREACHABLE, "Down."), resolved=unresolved)
    assert status.reason == "SourceUnreachable"


def test_what_was_counted_before_is_remembered_until_it_can_be_looked_for_again() -> None:
    before = verdict(measured(0, 10_000))
    assert verdict(None, before, resolved=Unresolved(Reason.NOT_YET_KNOWN, "", ())).metric == before.metric
    assert verdict(None, before, resolved=Unresolved(Reason.METRIC_NOT_FOUND, "", ())).metric is None


def test_the_figures_of_a_kept_promise() -> None:
    status = verdict(measured(190, 1_000_000, burn_rates={"1h": 0.4321, "5m": 14.44, "6h": 0.0, "30m": 123.4}))
    assert (status.sli, status.good, status.total, status.budget_remaining) == ("99.981", 999_810, 1_000_000, "81%")
    assert [(rate.window, rate.rate) for rate in status.burn_rates or ()] == [
        ("5m", "14.4"),
        ("30m", "123"),
        ("1h", "0.43"),
        ("6h", "0"),
    ]
    assert status.window is not None
    assert (status.window.start, status.window.end) == ("2026-09-14T09:26:53Z", "2026-10-14T09:26:53Z")
    assert status.measured_at == "2026-10-14T09:26:53Z"
    assert status.target == "99.9"


def test_the_window_of_a_calendar_objective_is_the_local_one() -> None:
    promise = objective(window="Month", zone="Pacific/Auckland")
    status = verdict(measured(0, 10_000), promise=promise, resolved=indicator(promise, counter()))
    assert status.window is not None
    assert (status.window.start, status.window.end) == ("2026-09-30T11:00:00Z", "2026-10-31T11:00:00Z")


def test_figures_of_what_was_counted_before_stay_while_nothing_is_seen() -> None:
    status = verdict(measured(5, 10_000, counted_at=None))
    assert (status.sli, status.total) == ("99.95", 10_000)


def test_no_event_gives_no_share() -> None:
    status = verdict(measured(0, 0))
    assert (status.sli, status.budget_remaining, status.good, status.total) == (None, None, 0, 0)


def test_counts_that_are_not_whole_are_rounded_and_never_negative() -> None:
    status = verdict(measured(1000.4, 1000.2))
    assert (status.good, status.total) == (0, 1000)


@cases(
    "rates, severity, stays",
    {
        "just below the factor": ({"5m": 14, "1h": 14}, "BurningFast", True),
        "just above nine tenths of it": ({"5m": 13, "1h": 13}, "BurningFast", True),
        "below nine tenths": ({"5m": 12.9, "1h": 14}, "BurningFast", False),
        "a slow one below": ({"30m": 5.5, "6h": 5.5}, "BurningFast", True),
        "after a ticket a page needs its whole factor": ({"5m": 14, "1h": 14}, "BurningSlowly", False),
    },
)
def test_who_is_at_risk_stays_so_until_well_below_the_factor(
    rates: dict[str, float], severity: str, stays: bool
) -> None:
    before = verdict(measured(1, 10_000, burn_rates=CALM | {"5m": 15, "1h": 15})).model_copy(
        update={"reason": severity}
    )
    assert (verdict(measured(1, 10_000, burn_rates=CALM | rates), before).state is ObjectiveState.AT_RISK) is stays
    assert verdict(measured(1, 10_000, burn_rates=CALM | rates)).state is ObjectiveState.MET


def test_a_broken_promise_is_kept_again_when_one_percent_of_the_budget_is_left() -> None:
    before = verdict(measured(1_001, 1_000_000))
    assert before.state is ObjectiveState.BREACHED
    assert verdict(measured(991, 1_000_000), before).state is ObjectiveState.BREACHED
    assert verdict(measured(991, 1_000_000)).state is ObjectiveState.MET
    assert verdict(measured(990, 1_000_000), before).state is ObjectiveState.MET


def test_a_verdict_stays_until_a_tenth_of_the_events_that_it_takes_has_gone() -> None:
    before = verdict(measured(0, 1_000))
    assert verdict(measured(0, 900), before).state is ObjectiveState.MET
    assert verdict(measured(0, 899), before).state is ObjectiveState.LOW_TRAFFIC
    assert verdict(measured(0, 999), verdict(measured(0, 999))).state is ObjectiveState.LOW_TRAFFIC


def test_a_breach_stands_when_the_outage_takes_the_metrics_along() -> None:
    status = verdict(measured(99, 10_000, counted_at=None))
    assert status.state is ObjectiveState.BREACHED
    assert status.message.endswith("Nothing was counted for five minutes: check the pods.")


def test_at_risk_says_how_long_the_budget_lasts() -> None:
    status = verdict(measured(1, 10_000, burn_rates=CALM | {"5m": 100.0, "1h": 30.0}))
    assert status.message == (
        "The error budget burns 30 times too fast over 1h (an alert from 14.4 on): like this the budget of 30d lasts "
        '1d. 90% of the error budget is left. Find the bad events by http_requests_total{code=~"5.."}.'
    )


def test_breached_says_how_many_were_allowed() -> None:
    status = verdict(measured(2_000, 1_000_000))
    assert status.message == (
        "2000 of 1000000 events over 30d were bad where 1000 were allowed: the promise of 99.9% is broken. "
        'Find the bad ones by http_requests_total{code=~"5.."}.'
    )


def test_the_least_number_of_events_can_be_set() -> None:
    promise = objective().model_copy(update={"min_events": 5})
    assert verdict(measured(0, 5), promise=promise).state is ObjectiveState.MET
    assert verdict(measured(0, 4), promise=promise).state is ObjectiveState.LOW_TRAFFIC


@pytest.mark.parametrize(("target", "least"), [("50", 10), ("90", 10), ("99", 100), ("99.95", 2000)])
def test_by_default_it_takes_as_many_events_as_allow_one_bad_one(target: str, least: int) -> None:
    promise = objective(target)
    found = indicator(promise, counter())
    assert verdict(measured(0, least - 1), promise=promise, resolved=found).state is ObjectiveState.LOW_TRAFFIC
    assert verdict(measured(0, least), promise=promise, resolved=found).state is ObjectiveState.MET
    assert ceil(1 / (1 - Fraction(promise.target) / 100)) <= least


def left(status: ObjectiveStatus) -> int:
    assert status.budget_remaining is not None
    return int(status.budget_remaining.removesuffix("%"))


@given(st.integers(0, 10**6), st.integers(1, 10**9), st.integers(0, 10**6))
def test_the_budget_never_grows_while_only_bad_events_come_in(bad: int, good: int, more: int) -> None:
    before = verdict(measured(bad, bad + good))
    after = verdict(measured(bad + more, bad + good + more))
    assert left(after) <= left(before)
    assert left(verdict(measured(bad + more, bad + good + more), before)) <= left(before)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_met_and_breached_are_decided_by_the_exact_counts(bad: int, good: int) -> None:
    status = verdict(measured(bad, bad + good))
    if bad + good >= 1000:
        assert (status.state is ObjectiveState.BREACHED) is (bad * 1000 > bad + good)
        assert (Fraction(status.sli or "NaN") >= Fraction("99.9")) is (bad * 1000 <= bad + good)


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.sampled_from(["99", "99.9", "99.99"]))
def test_a_status_can_be_written_and_read_back(bad: int, good: int, target: str) -> None:
    promise = objective(target)
    status = verdict(measured(bad, bad + good), promise=promise, resolved=indicator(promise, counter()))
    assert ObjectiveStatus.model_validate(status.model_dump(by_alias=True, exclude_none=True)) == status


def test_a_user_label_of_any_length_leaves_the_message_within_its_bound() -> None:
    promise = objective(labels={f"label{i}": "x" * 200 for i in range(4)})
    status = verdict(measured(99, 10_000), promise=promise, resolved=indicator(promise, counter()))
    assert len(status.message) <= 1024


def test_an_old_measurement_of_a_source_that_is_well_is_not_taken_for_news() -> None:
    old = replace(measured(0, 10_000), at=NOW - timedelta(minutes=5, seconds=1))
    assert verdict(old).state is ObjectiveState.UNKNOWN
    assert verdict(replace(old, at=NOW - timedelta(minutes=5))).state is ObjectiveState.MET


@cases(
    "slices, words",
    {
        "minutes": ({}, "3 of 40000 minutes over 30d were bad"),
        "half minutes": ({"slices": {"length": "30s"}}, "3 of 40000 slices of 30s over 30d were bad"),
    },
)
def test_slices_of_time_are_called_what_they_are(slices: dict[str, Any], words: str) -> None:
    by_time = promise(boolean={"holds": "healthy"}, **slices)
    kept = verdict(measured(3, 40_000), promise=by_time, resolved=counted(by_time))
    assert kept.message.startswith(words)
    assert kept.metric == "healthy"
    assert "events" not in kept.message
    few = verdict(measured(3, 900), promise=by_time, resolved=counted(by_time))
    assert few.message.startswith(f"900 {words.split(' ', 3)[3].partition(' over')[0]} over 30d")


def test_a_slice_that_takes_long_is_waited_for_before_its_series_counts_as_gone() -> None:
    by_hours = promise(boolean={"holds": "healthy"}, slices={"length": "1h"})
    gone = verdict(measured(0, 5_000, counted_at=None), promise=by_hours, resolved=counted(by_hours))
    assert gone.message.startswith("healthy has not been seen for 1h5m")
    never = verdict(None, promise=by_hours, resolved=counted(by_hours))
    assert "within 1h2m" in never.message


def test_a_bound_that_was_rounded_is_said_with_the_verdict() -> None:
    latency = objective(faster="450ms")
    kept = verdict(measured(3, 40_000), promise=latency, resolved=indicator(latency, classic()))
    assert kept.message.endswith(
        "http_request_duration_seconds has no bucket of 450ms: the next stricter one, of 300ms, decides."
    )
    exact = objective(faster="300ms")
    assert "bucket" not in verdict(measured(3, 40_000), promise=exact, resolved=indicator(exact, classic())).message
