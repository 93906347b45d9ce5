"""Reading measurements for a whole fleet: few questions, and answers that are put together without loss."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import promql_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import objective

from goserviceslo.api.window import CalendarPeriod
from goserviceslo.ports import Answer, Key, NoData, Partial, Sample, Trouble, Unavailable, Vector
from goserviceslo.slo.assembly import assemble
from goserviceslo.slo.burn import burn_policy
from goserviceslo.slo.measurement import Outage
from goserviceslo.slo.queries import (
    CalendarWindow,
    Quantity,
    Query,
    calendar_windows,
    measurement_queries,
)
from goserviceslo.slo.rules import RuleSettings

NOW = datetime(2026, 10, 14, 9, 26, 53, tzinfo=UTC)
SETTINGS = RuleSettings()
KEY = ("shop", "checkout", "availability")
POLICY = burn_policy(objective("99.9"))
MONTH = CalendarWindow(datetime(2026, 10, 1, tzinfo=UTC), (("shop", "cart", "availability"),))


def sample(value: float, key: tuple[str, str, str] = KEY, **labels: str) -> Sample:
    identity = dict(zip(("namespace", "goslo", "objective"), key, strict=True))
    return Sample({**identity, **labels}, value, NOW.timestamp())


def vector(*samples: Sample) -> Vector:
    return Vector(samples)


def answered(answers: dict[Quantity, Answer], windows: tuple[CalendarWindow, ...] = ()) -> Any:
    """A round in which rolling questions get these answers and all others none."""
    queries = measurement_queries(NOW, SETTINGS, windows)
    return together(
        (
            (query, answers.get(query.quantity, NoData()) if not query.part_of and not query.window else NoData())
            for query in queries
        ),
        windows,
    )


def together(answers: Iterable[tuple[Query, Answer]], windows: Sequence[CalendarWindow] = ()) -> Any:
    """A round's measurements, of objectives that all promise the same."""
    return assemble(answers, lambda _: POLICY, windows)


def fleet(size: int) -> CalendarWindow:
    return CalendarWindow(MONTH.start, tuple((f"ns{i % 50}", f"slo{i}", "availability") for i in range(size)))


def test_a_fleet_takes_as_many_questions_as_one_resource() -> None:
    assert len(measurement_queries(NOW, SETTINGS)) == 10
    asked = measurement_queries(NOW, SETTINGS, [fleet(10_000)])
    assert len([query for query in asked if not query.settled]) == 14


def test_every_question_is_promql() -> None:
    for query in measurement_queries(NOW, SETTINGS, [MONTH], [timedelta(days=30)]):
        promql_parser.parse(query.promql)


def test_what_is_settled_is_asked_in_the_same_words_until_the_grid_moves_on() -> None:
    def settled(at: datetime) -> list[str]:
        return [query.promql for query in measurement_queries(at, SETTINGS, [MONTH]) if query.settled]

    assert settled(NOW) == settled(NOW + timedelta(seconds=60))
    assert len(settled(NOW)) == 2
    later = settled(NOW + timedelta(days=90))
    assert len(later) == 4
    assert set(later) & set(settled(NOW + timedelta(days=91))) == set(later[:2])


def counts(query: Query) -> bool:
    return query.quantity in (Quantity.TOTAL, Quantity.BAD)


@cases("size", {"one": 1, "a thousand": 1000, "ten thousand": 10_000})
def test_no_question_about_the_past_reads_more_than_prometheus_can_bear(size: int) -> None:
    now = MONTH.start + timedelta(days=30)
    for query in measurement_queries(now, SETTINGS, [fleet(size)]):
        if query.settled:
            assert summed(query).range / SETTINGS.interval * size <= 30_000_000


def summed(query: Query) -> Any:
    """The range of tiles that a question sums."""
    aggregation: Any = promql_parser.parse(query.promql)
    return aggregation.expr.args[0]


@settings(deadline=None)
@given(st.integers(1, 40 * 86_400), st.integers(1, 400))
def test_the_pieces_of_a_calendar_window_cover_it_once_and_without_a_gap(age: int, size: int) -> None:
    now = MONTH.start + timedelta(seconds=age)
    pieces = []
    for query in measurement_queries(now, SETTINGS, [fleet(size)]):
        if query.part_of and query.quantity is Quantity.TOTAL:
            end = float(query.promql.rsplit("@ ", 1)[1].rstrip(")"))
            pieces.append((end - summed(query).range.total_seconds(), end))
    pieces.sort()
    edges = [edge for piece in pieces for edge in piece]
    assert edges[0] == MONTH.start.timestamp()
    assert edges[-1] == now.timestamp()
    assert edges[1:-1:2] == edges[2::2]


def test_a_calendar_window_that_starts_this_very_second_has_nothing_to_ask_for() -> None:
    assert not [query for query in measurement_queries(MONTH.start, SETTINGS, [MONTH]) if query.part_of]


def test_a_calendar_window_is_asked_by_the_names_of_its_resources_where_they_are_few() -> None:
    few = [query.promql for query in measurement_queries(NOW, SETTINGS, [MONTH]) if query.part_of and counts(query)]
    assert all('goslo=~"cart"' in promql for promql in few)
    many = [query.promql for query in measurement_queries(NOW, SETTINGS, [fleet(1000)]) if query.part_of]
    assert all("goslo=~" not in promql for promql in many)


def test_objectives_whose_windows_start_together_are_asked_about_together() -> None:
    objectives = [
        (Key("shop", "a"), objective(window="Month")),
        (Key("shop", "b"), objective(window="Month")),
        (Key("shop", "c"), objective(window="Month", zone="Pacific/Auckland")),
        (Key("shop", "d"), objective(window="Week")),
        (Key("shop", "e"), objective(window="30d")),
        (Key("shop", "f"), objective(window="Month").model_copy(update={"time_zone": "Mars/Olympus"})),
    ]
    found = calendar_windows(objectives, NOW)
    assert [(str(one.start), [name for _, name, _ in one.objectives]) for one in found] == [
        ("2026-09-30 11:00:00+00:00", ["c"]),
        ("2026-10-01 00:00:00+00:00", ["a", "b"]),
        ("2026-10-12 00:00:00+00:00", ["d"]),
    ]


def test_a_measurement_is_put_together_from_the_answers() -> None:
    queries = measurement_queries(NOW, SETTINGS)
    counted = NOW - timedelta(seconds=20)
    answers: dict[Quantity, Vector] = {
        Quantity.TOTAL: vector(sample(1000)),
        Quantity.BAD: vector(sample(3)),
        Quantity.COUNTED_AT: vector(sample(counted.timestamp())),
        Quantity.BURN_RATE: vector(sample(2.5)),
        Quantity.BAD_RATIO: vector(sample(0.007)),
        Quantity.EXCLUDED: vector(sample(70)),
        Quantity.URGENCY: vector(sample(4, window="15m"), sample(1, severity="page")),
    }
    (measurement,) = together((query, answers.get(query.quantity, NoData())) for query in queries).values()
    assert (measurement.total, measurement.bad, measurement.counted_at, measurement.at) == (1000, 3, counted, NOW)
    assert measurement.burn_rates == pytest.approx({"5m": 7, "30m": 7, "1h": 2.5, "6h": 2.5, "15m": 4})
    assert measurement.alerts == {"page"}
    assert measurement.excluded == 70


@cases(
    "value",
    {"not a number": float("nan"), "infinite": float("inf"), "minus infinite": -float("inf"), "negative": -1.0},
)
def test_a_value_that_is_no_count_never_gets_in(value: float) -> None:
    found = answered({quantity: vector(sample(value), sample(5, ("shop", "cart", "a"))) for quantity in Quantity})
    assert KEY not in found
    assert found["shop", "cart", "a"].total == 5


@cases(
    "answer",
    {
        "no answer": Unavailable(Trouble.TIMED_OUT, "10 s"),
        "an answer that is not whole": Partial((sample(7),), ("a store is missing",)),
        "an empty answer": NoData(),
    },
)
def test_what_is_not_whole_counts_for_nothing(answer: Answer) -> None:
    found = answered({Quantity.TOTAL: answer, Quantity.BAD: vector(sample(1))})
    assert (found[KEY].total, found[KEY].bad) == (None, 1)


def test_the_parts_of_a_calendar_window_are_added_up() -> None:
    cart = MONTH.objectives[0]
    queries = measurement_queries(NOW, SETTINGS, [MONTH])
    (found,) = together(
        ((query, vector(sample(10, cart), sample(99)) if query.part_of else NoData()) for query in queries), [MONTH]
    ).values()
    parts = sum(query.part_of != () and query.quantity is Quantity.BAD for query in queries)
    assert (found.total, found.bad, found.excluded) == (10 * parts, 10 * parts, 10)


def test_a_calendar_window_with_a_part_missing_is_not_known() -> None:
    cart = MONTH.objectives[0]

    def answer(query: Query) -> Answer:
        if query.settled:
            return Unavailable(Trouble.TIMED_OUT, "10 s")
        return vector(sample(10, cart)) if query.part_of else NoData()

    found = together(((query, answer(query)) for query in measurement_queries(NOW, SETTINGS, [MONTH])), [MONTH])
    assert (found[cart].total, found[cart].bad) == (None, None)


def test_a_calendar_window_that_has_just_begun_holds_no_event_yet() -> None:
    cart = MONTH.objectives[0]
    assert answered({Quantity.COUNTED_AT: vector(sample(5, cart), sample(5))}, (MONTH,))[cart].total == 0
    assert answered({Quantity.COUNTED_AT: vector(sample(5, cart), sample(5))}, (MONTH,))[KEY].total is None


def test_the_sums_of_a_calendar_window_do_not_mix_with_those_of_rolling_ones() -> None:
    cart = MONTH.objectives[0]
    found = answered({Quantity.TOTAL: vector(sample(7, cart), sample(8)), Quantity.BAD: vector(sample(1))}, (MONTH,))
    assert cart not in found
    assert (found[KEY].total, found[KEY].bad) == (8, 1)


def test_an_empty_round_measures_nothing() -> None:
    assert together([]) == {}


def test_a_share_of_bad_events_concerns_those_alone_whose_pages_look_at_its_window() -> None:
    weekly, daily, gone = (("shop", "checkout", name) for name in ("weekly", "daily", "removed"))
    policies = {KEY: POLICY, weekly: burn_policy(objective("99", "7d")), daily: burn_policy(objective("99", "1d"))}
    everybody = vector(*(sample(0.02, key) for key in (*policies, gone)))
    found = assemble(
        (
            (query, everybody if query.quantity is Quantity.BAD_RATIO else NoData())
            for query in measurement_queries(NOW, SETTINGS)
        ),
        policies.get,
    )
    rates = {key: one.burn_rates for key, one in found.items()}
    assert rates == {KEY: pytest.approx({"5m": 20, "30m": 20}), weekly: pytest.approx({"5m": 2})}


def outage(seconds: float, resource: str = "checkout", seen_by: str = "replicas") -> Sample:
    labels = {"namespace": "shop", "goslo": resource, "seen_by": seen_by}
    return Sample(labels, seconds, NOW.timestamp())


def test_outages_are_a_resources_and_stand_with_each_of_its_objectives() -> None:
    answers: dict[Quantity, Vector] = {
        Quantity.TOTAL: vector(sample(10), sample(20, ("shop", "checkout", "latency")), sample(5, ("shop", "b", "x"))),
        Quantity.BAD: vector(sample(0), sample(0, ("shop", "checkout", "latency")), sample(0, ("shop", "b", "x"))),
        Quantity.DOWN: vector(outage(30)),
        Quantity.OUTAGE: vector(outage(120.2), outage(60, seen_by="targets"), outage(9, "elsewhere")),
    }
    rolling = [timedelta(days=30), timedelta(days=7)]
    queries = measurement_queries(NOW, SETTINGS, (), rolling)
    found = together((query, answers.get(query.quantity, NoData())) for query in queries)
    assert set(found) == {KEY, ("shop", "checkout", "latency"), ("shop", "b", "x")}
    expected = Outage(proven=timedelta(minutes=2), suspected=timedelta(minutes=1))
    for objective_name in ("availability", "latency"):
        one = found["shop", "checkout", objective_name]
        assert (one.down, dict(one.outages)) == (True, {"30d": expected, "7d": expected})
    assert (found["shop", "b", "x"].down, found["shop", "b", "x"].outages) == (False, {})


def test_outages_of_a_calendar_window_are_summed_from_its_start() -> None:
    key = MONTH.objectives[0]
    queries = measurement_queries(NOW, SETTINGS, [MONTH], [timedelta(days=30)])
    (asked,) = [query for query in queries if query.quantity is Quantity.OUTAGE and query.part_of]
    summed: Any = promql_parser.parse(asked.promql)
    assert summed.expr.args[0].range == NOW - MONTH.start
    answers: dict[Quantity, Vector] = {Quantity.COUNTED_AT: vector(sample(NOW.timestamp(), key))}
    found = together(
        (
            (query, vector(outage(77, "cart")) if query is asked else answers.get(query.quantity, NoData()))
            for query in queries
        ),
        [MONTH],
    )
    assert found[key].outage(CalendarPeriod.MONTH) == Outage(proven=timedelta(seconds=77))
