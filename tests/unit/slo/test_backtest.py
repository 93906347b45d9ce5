"""What a given past says of a promise."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.given import objective

from goserviceslo.api.alerting import ObjectiveAlerting
from goserviceslo.slo.backtest import Backtest, Position, backtest, suggestion
from goserviceslo.slo.firing import Span, fired, looks, merged
from goserviceslo.slo.rules import RuleSettings
from goserviceslo.slo.tiles import Tiles, milliseconds

START = datetime(2026, 10, 1, tzinfo=UTC)
TILE = timedelta(seconds=30)


def past(days: float, bad: dict[int, int], each: int = 100) -> Tiles:
    """Tiles of so many events each; the bad ones by the tile's number."""
    count = int(timedelta(days=days) / TILE)
    at = [milliseconds(START) + (number + 1) * 30_000 for number in range(count)]
    return Tiles(at, [float(each)] * count, [float(bad.get(number, 0)) for number in range(count)])


def held(days: float, bad: dict[int, int], target: str = "99.9", window: str = "1d", each: int = 100) -> Backtest:
    end = START + timedelta(days=days)
    return backtest(objective(target, window), past(days, bad, each), START, end, RuleSettings())


def test_the_worst_position_is_the_one_that_holds_all_of_the_trouble() -> None:
    found = held(3, dict.fromkeys(range(4000, 4010), 50))
    assert (found.total, found.bad, found.positions, found.whole) == (864_000, 500, 49, True)
    assert found.worst is not None
    assert (found.worst.total, found.worst.bad) == (288_000, 500)
    assert found.worst.start <= START + 4000 * TILE < START + 4010 * TILE <= found.worst.end


def test_a_history_shorter_than_the_window_is_one_position_and_said_to_be() -> None:
    found = held(2, {}, window="7d")
    assert (found.positions, found.whole) == (1, False)


def test_calendar_windows_are_taken_as_they_lie() -> None:
    found = held(3, {0: 100}, window="Day")
    assert (found.positions, found.worst and found.worst.bad, found.median and found.median.bad) == (3, 100, 0)


def test_the_budget_of_a_calendar_day_is_whole_again_on_the_next() -> None:
    assert [day.bad for day in held(3, {0: 100}, window="Day").days] == [100, 0, 0]
    assert [day.bad for day in held(3, {0: 100}, window="30d").days] == [100, 100, 100]


def test_a_full_outage_pages_until_the_short_window_has_forgotten_it() -> None:
    found = held(1, dict.fromkeys(range(1000, 1020), 100), window="30d")
    [page] = found.pages
    first, last = ((at - milliseconds(START)) // 30_000 for at in (page.start_ms, page.end_ms))
    # 14.4 times 0.1% of an hour's 120 tiles is 1.73 of them.
    assert first == 1002
    assert 1020 <= last <= 1020 + 60


def test_an_alert_that_is_switched_off_calls_nobody_and_no_ticket_waits_for_it() -> None:
    outage = past(1, dict.fromkeys(range(1000, 1100), 100))

    def tried(alerting: ObjectiveAlerting) -> Backtest:
        end = START + timedelta(days=1)
        return backtest(objective("99.9", "30d"), outage, START, end, RuleSettings(), alerting=alerting)

    both, no_page, no_ticket = (
        tried(ObjectiveAlerting(page=page, ticket=ticket))
        for page, ticket in ((True, True), (False, True), (True, False))
    )
    assert (len(both.pages), len(no_page.pages), no_ticket.tickets) == (1, 0, ())
    assert no_ticket.pages == both.pages
    assert both.pages[0].start_ms < no_page.tickets[0].start_ms < both.pages[0].end_ms < both.tickets[0].start_ms


@cases(
    "share, target",
    {
        "nothing bad in a million": (0, Decimal("99.999")),
        "four fifths of a tenth of a percent": (800, Decimal("99.9")),
        "one more than four fifths": (801, Decimal("99.5")),
        "a third": (333_333, None),
    },
)
def test_the_highest_round_target_with_a_margin_is_suggested(share: int, target: Decimal | None) -> None:
    assert suggestion([Position(START, START + TILE, 1_000_000, share)]) == target


def test_a_target_that_so_few_events_cannot_prove_is_not_suggested() -> None:
    assert suggestion([Position(START, START + TILE, 1000, 0)]) == Decimal("99.9")
    assert suggestion([Position(START, START + TILE, 5, 0)]) is None


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 5))
def test_an_alert_fires_only_while_its_condition_holds_and_later_by_its_wait(holds: list[bool], wait: int) -> None:
    spans = fired(lambda at: holds[at], range(len(holds)), timedelta(milliseconds=wait))
    firing = {at for span in spans for at in range(span.start_ms, span.end_ms + 1)}
    assert firing == {at for at in range(len(holds)) if at >= wait and all(holds[at - wait : at + 1])}


@given(st.integers(-100, 100), st.integers(0, 200), st.integers(1, 20), st.integers(-50, 50))
def test_a_rule_is_looked_at_in_its_phase(start: int, length: int, pace: int, phase: int) -> None:
    found = looks(start, start + length, timedelta(milliseconds=pace), phase)
    assert list(found) == [at for at in range(start + 1, start + length + 1) if (at - phase) % pace == 0]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 20)), max_size=10), st.integers(0, 10))
def test_merged_spans_cover_the_same_and_lie_apart(given_spans: list[tuple[int, int]], apart: int) -> None:
    spans = [Span(start, start + length) for start, length in given_spans]
    found = merged(spans, timedelta(milliseconds=apart))
    assert all(b.start_ms - a.end_ms > apart for a, b in pairwise(found))
    assert all(any(one.start_ms <= span.start_ms and span.end_ms <= one.end_ms for one in found) for span in spans)
    assert {one.start_ms for one in found} <= {span.start_ms for span in spans}


@pytest.mark.parametrize("each", [0, 100])
def test_without_events_nothing_is_said(each: int) -> None:
    found = held(1, {}, each=each)
    assert (found.worst is None) == (found.suggested is None) == (each == 0)
    assert (found.pages, found.tickets) == ((), ())
