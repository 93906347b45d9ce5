"""Rule groups: what is recorded, under which names, and what an alert says."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import promql_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import classic, counter, indicator, native, objective

from goserviceslo.ports import Json
from goserviceslo.slo.counting import step_of
from goserviceslo.slo.maintenance import MOST_SPANS, Maintenance, Span
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups

REF = SloRef("shop", "checkout", "L1")


def render(promise: Any = None, *shapes: Any, ref: SloRef = REF, settings: RuleSettings | None = None) -> list[Json]:
    promise = promise or objective()
    pairs = [(promise, indicator(promise, *(shapes or (counter(), classic()))))]
    return list(render_groups(ref, pairs, settings or RuleSettings()))


def rules(groups: list[Json]) -> list[Json]:
    return [rule for group in groups for rule in group["rules"]]


def told(rule: Json) -> str:
    labels = rule["labels"]
    name = rule.get("record") or f"{rule['alert']} {labels['severity']}"
    windows = [labels["window"]] if "window" in labels else re.findall(r'"window", "(\w+)"', rule["expr"])
    return " ".join([name, *windows, *filter(None, [labels.get("grid")])])


BURN = "goslo:burn_rate:ratio"
COUNTS = ["goslo:events:delta", "goslo:total:delta", "goslo:bad:delta"]


@cases(
    "promise, expected",
    {
        "a month: long windows at a slower pace": (
            objective(),
            {
                "30s": [*COUNTS, f"{BURN} 1h 6h", "GoSLOBudgetBurn page"],
                "4m": ["goslo:total:window 30d 4m", "goslo:bad:window 30d 4m", "GoSLOBudgetBurn ticket"],
            },
        ),
        "a day: all but the ticket with every tile": (
            objective(window="1d"),
            {
                "30s": [
                    *COUNTS,
                    f"{BURN} 1m 5m 15m 1h",
                    "goslo:total:window 1d",
                    "goslo:bad:window 1d",
                    "GoSLOBudgetBurn page",
                ],
                "1m": ["GoSLOBudgetBurn ticket"],
            },
        ),
        "an hour has no ticket": (
            objective(window="1h"),
            {
                "30s": [
                    *COUNTS,
                    f"{BURN} 1m 5m 1h",
                    "goslo:total:window 1h",
                    "goslo:bad:window 1h",
                    "GoSLOBudgetBurn page",
                ],
            },
        ),
        "a calendar month: rules know no calendar": (
            objective(window="Month"),
            {
                "30s": [*COUNTS, f"{BURN} 1h 6h", "GoSLOBudgetBurn page"],
                "4m": ["GoSLOBudgetBurn ticket"],
            },
        ),
    },
)
def test_what_is_recorded_and_how_often(promise: Any, expected: dict[str, list[str]]) -> None:
    groups = [group for group in render(promise) if group["name"].startswith("goslo/shop/checkout/availability/")]
    assert {group["interval"]: [told(rule) for rule in group["rules"]] for group in groups} == expected


def test_the_workload_is_watched_once_however_many_objectives_it_has() -> None:
    pairs = [(one, indicator(one, counter(), classic())) for one in (objective(), objective(name="fast", faster="1s"))]
    for some in (pairs[:1], pairs):
        groups = {group["name"]: group for group in render_groups(REF, some, RuleSettings())}
        outage, meter = groups["goslo/shop/checkout/outage"], groups["goslo/shop/checkout/meter"]
        assert [told(rule) for rule in outage["rules"]] == ["goslo:outage:delta", "GoSLOOutage page"]
        assert [told(rule) for rule in meter["rules"]] == ["GoSLONotMeasured ticket"]
        assert (outage["interval"], meter["interval"]) == ("30s", "4m")


def test_groups_are_named_for_what_they_belong_to() -> None:
    pairs = [(one, indicator(one, counter(), classic())) for one in (objective(), objective(name="fast", faster="1s"))]
    names = [group["name"] for group in render_groups(REF, pairs, RuleSettings())]
    assert names == [
        f"goslo/shop/checkout/{objective_name}/{part}"
        for objective_name in ("availability", "fast")
        for part in ("tiles", "windows")
    ] + ["goslo/shop/checkout/outage", "goslo/shop/checkout/meter"]


def test_recorded_series_carry_the_objective_and_its_tier() -> None:
    labels = {"namespace": "shop", "goslo": "checkout", "tier": "L1"}
    assert all(rule["labels"].items() >= labels.items() for rule in rules(render()))
    of_the_objective = [rule for group in render()[:2] for rule in group["rules"]]
    assert all(rule["labels"]["objective"] == "availability" for rule in of_the_objective)
    assert all("tier" not in rule["labels"] for rule in rules(render(ref=SloRef("shop", "checkout"))))


def test_no_expression_depends_on_the_tier_so_that_a_new_tier_keeps_the_history() -> None:
    with_tier, without = rules(render()), rules(render(ref=SloRef("shop", "checkout")))
    assert [rule["expr"] for rule in with_tier] == [rule["expr"] for rule in without]


@cases(
    "promise, shape",
    {
        "availability": (objective(), counter()),
        "by a histogram's count": (objective(), classic()),
        "by a native histogram": (objective(), native()),
        "latency": (objective(faster="1s"), classic()),
        "latency with errors": (objective(faster="1s", errors=["5xx", "429"]), classic()),
        "latency by a native histogram": (objective(faster="250ms", errors=["5xx"]), native()),
        "labels that try to get out": (objective(labels={"handler": '"} or up{a="\\'}), counter()),
    },
)
def test_every_expression_is_promql_and_stays_in_its_namespace(promise: Any, shape: Any) -> None:
    for rule in rules(render(promise, shape)):
        promql_parser.parse(rule["expr"])
        selectors = re.findall(r'(?<=\{)namespace="shop",', rule["expr"])
        opened = re.findall(r"[a-z_:]+\{", re.sub(r'"(?:[^"\\]|\\.)*"', '""', rule["expr"]))
        assert len(selectors) == len(opened) > 0


def test_equal_inputs_give_equal_groups() -> None:
    assert render() == render()


def test_a_template_in_a_users_text_is_shown_and_not_run() -> None:
    promise = objective(labels={"handler": '{{ query "up" }}'}).model_copy(
        update={"description": '{{ query "secret" | first | value }}'}
    )
    for rule in rules(render(promise)):
        for text in rule.get("annotations", {}).values():
            inert = text.replace('{{ "{{" }}', "")
            assert "secret" not in "".join(re.findall(r"\{\{.*?\}\}", inert))
            assert 'query "up"' not in "".join(re.findall(r"\{\{.*?\}\}", inert))


SUNDAYS = Maintenance(
    declared=True, spans=(Span(datetime(2026, 3, 1, 2, tzinfo=UTC), datetime(2026, 3, 1, 3, tzinfo=UTC)),)
)


def test_maintenance_adds_what_it_needs_and_without_it_nothing_is_added() -> None:
    declared = SloRef("shop", "checkout", "L1", Maintenance(declared=True))
    assert [told(rule) for rule in rules(render(ref=declared)) if "excluded" in told(rule)] == [
        "goslo:excluded:window 30d"
    ]
    running = [told(rule) for rule in rules(render(ref=SloRef("shop", "checkout", "L1", SUNDAYS)))]
    assert running[:5] == [
        "goslo:events:delta",
        "goslo:maintenance:active",
        "goslo:total:delta",
        "goslo:bad:delta",
        "goslo:excluded:delta",
    ]
    assert not any("maintenance" in rule["expr"] for rule in rules(render()))


def test_every_alert_is_silent_while_maintenance_runs() -> None:
    alerts = [rule for rule in rules(render(ref=SloRef("shop", "checkout", "L1", SUNDAYS))) if "alert" in rule]
    assert len(alerts) == 4
    for rule in alerts:
        promql_parser.parse(rule["expr"])
        assert "unless on () goslo:maintenance:active{" in rule["expr"]


def test_rules_with_as_much_maintenance_as_is_embedded_still_fit() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    spans = tuple(
        Span(start + timedelta(hours=hour), start + timedelta(hours=hour, minutes=1)) for hour in range(MOST_SPANS)
    )
    groups = render(ref=SloRef("shop", "checkout", "L1", Maintenance(declared=True, spans=spans)))
    assert sum(len(str(group)) for group in groups) < 18_000
    for rule in rules(groups):
        promql_parser.parse(rule["expr"])


def test_an_alert_says_what_is_wrong_in_words_and_figures() -> None:
    promise = objective().model_copy(update={"description": "Paying works."})
    (page,) = [rule for rule in rules(render(promise)) if told(rule) == "GoSLOBudgetBurn page"]
    assert page["annotations"]["summary"] == (
        'shop/checkout: the error budget of availability burns {{ $value | printf "%.1f" }} times too fast'
    )
    for words in (
        "Paying works. Promised is availability, 99.9% good over 30d.",
        'Counted is http_requests_total{code=~"5.."}.',
        "over the last 1h and still over the last 5m it is more than 14.4 times",
    ):
        assert words in page["annotations"]["description"]
    assert "for" not in page


@pytest.mark.parametrize(("tile", "step"), [(30, 5), (15, 5), (60, 5), (10, 5), (12, 4), (7, 1), (1, 1)])
def test_a_tile_is_looked_at_in_equal_steps_of_at_most_five_seconds(tile: int, step: int) -> None:
    assert step_of(timedelta(seconds=tile)) == timedelta(seconds=step)


@pytest.mark.parametrize("tile", [timedelta(), timedelta(milliseconds=500), timedelta(seconds=30, milliseconds=1)])
def test_a_tile_that_is_not_made_of_whole_seconds_is_refused(tile: timedelta) -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        step_of(tile)


@settings(deadline=None)
@given(st.integers(1, 120), st.integers(0, 30))
def test_the_interval_of_a_group_is_its_tile(tile: int, lag: int) -> None:
    settings = RuleSettings(interval=timedelta(seconds=tile), lag=timedelta(seconds=lag))
    tiles, *_ = render(settings=settings)
    counting = tiles["rules"][0]["expr"]
    step = step_of(timedelta(seconds=tile)).seconds
    assert f"[{tile}s:{step}s]" in counting or f"[{tile // 60}m:{step}s]" in counting
    assert (f"offset {lag}s)" in counting) is bool(lag)


def test_the_rules_of_an_objective_fit_many_times_into_an_object() -> None:
    size = sum(len(str(group)) for group in render(objective(faster="1s", errors=["5xx"]), classic()))
    assert size < 18_000
