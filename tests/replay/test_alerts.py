"""Who is called, how soon, and who is left to sleep."""

from collections.abc import Sequence

import pytest
from tests.replay.counting import COUNTER, LAG, TILE, assert_replays, failed, promise, rules
from tests.replay.promtool import AlertExpectation, Expectation, Promtool, Replay
from tests.replay.world import Pod, Process, Request, World, steady
from tests.table import cases

from goserviceslo.api.v1alpha1 import Objective

pytestmark = pytest.mark.prometheus

WELL = 3600
"""Seconds of good traffic before anything happens."""
MONTHLY, DAILY = promise(), promise(target="99", window="1d")


def world(requests: Sequence[Request], until: int, phase: int = 0) -> World:
    return World([Pod([Process(0, until + 1, requests)], phase=phase)], until)


def outage(start: float, until: int, per_second: float = 1) -> list[Request]:
    good = steady(0, start, per_second)
    return good + [Request(start + i / per_second, "500") for i in range(int((until - start) * per_second))]


def firing(severity: str, at: int, count: int) -> Expectation:
    alerts = f'count(ALERTS{{alertname="GoSLOBudgetBurn",alertstate="firing",severity="{severity}"}})'
    return Expectation(alerts, at, {"{}": count} if count else {})


def replay(promtool: Promtool, promised: Objective, happened: World, *expected: Expectation) -> None:
    assert_replays(promtool, Replay(happened.series(), rules(promised, COUNTER), expected))


@pytest.mark.parametrize("phase", [0, 7, 14])
@pytest.mark.parametrize("late", [0, 11, 26])
def test_a_full_outage_at_three_nines_pages_within_110_seconds(promtool: Promtool, late: int, phase: int) -> None:
    assert_pages_within(promtool, 110, late, phase, every=15)


@cases("every, seconds", {"every 30 s": (30, 125), "once a minute": (60, 155)})
def test_slower_scrapes_delay_the_page_by_what_they_are_slower(promtool: Promtool, every: int, seconds: int) -> None:
    assert_pages_within(promtool, seconds, late=26, phase=every - 1, every=every)


def assert_pages_within(promtool: Promtool, seconds: int, late: int, phase: int, every: int) -> None:
    """On a service with six hours of traffic behind it: on a younger one the condition over 6 h holds sooner."""
    older = steady(0, 600, 30)
    start = 600 + WELL + late
    until = start + seconds + TILE
    requests = [*older, *steady(600, start, 1), *(Request(start + i, "500") for i in range(until - start))]
    happened = World([Pod([Process(0, until + 1, requests)], phase=phase, every=every)], until)
    replay(promtool, MONTHLY, happened, firing("page", start - 1, 0), firing("page", start + seconds, 1))


def test_the_page_ends_half_an_hour_after_the_outage(promtool: Promtool) -> None:
    end = WELL + 300
    until = end + 2400
    happened = world([*outage(WELL, end), *steady(end, until, 1)], until)
    moments = [firing("page", end, 1), firing("page", end + 1500, 1), firing("page", end + 1920, 0)]
    replay(promtool, MONTHLY, happened, *moments)


def test_one_page_and_no_more_whatever_conditions_hold(promtool: Promtool) -> None:
    happened = world(outage(WELL, WELL + 3600), WELL + 3600)
    replay(promtool, MONTHLY, happened, firing("page", WELL + 3600, 1))


@cases(
    "requests",
    {
        "all is well": steady(0, WELL + 900, 1),
        "one request in an hour, and it fails": [Request(WELL + 300, "500")],
        "four failures, and nothing else": [Request(WELL + i, "500") for i in range(4)],
        "failures at half the rate allowed": steady(0, WELL + 900, 2, fail_every=2000),
        "client errors": [*steady(0, WELL, 1), *(Request(WELL + i, "404") for i in range(900))],
        "no request at all": [Request(10)],
    },
)
def test_nobody_is_called_when(promtool: Promtool, requests: list[Request]) -> None:
    happened = world(requests, WELL + 900)
    moments = range(WELL, WELL + 901, 60)
    quiet = [firing(severity, at, 0) for severity in ("page", "ticket") for at in moments]
    replay(promtool, MONTHLY, happened, *quiet)


def test_a_few_real_failures_of_a_quiet_service_do_page(promtool: Promtool) -> None:
    happened = world([Request(WELL + 20 * i, "500") for i in range(12)], WELL + 300)
    replay(promtool, MONTHLY, happened, firing("page", WELL + 60, 0), firing("page", WELL + 150, 1))


def test_a_slow_burn_makes_a_ticket_and_no_page(promtool: Promtool) -> None:
    requests = [*steady(0, WELL, 1), *steady(WELL, 2 * WELL, 1, fail_every=25)]
    happened = world(requests, 2 * WELL)
    expected = [firing("ticket", WELL, 0), firing("ticket", 2 * WELL, 1)]
    replay(promtool, DAILY, happened, *expected, *(firing("page", at, 0) for at in range(WELL, 2 * WELL, 300)))


def test_no_ticket_while_the_page_fires_and_one_after_it(promtool: Promtool) -> None:
    """An outage long enough for the ticket's own condition, and what it leaves when it is over."""
    end = WELL + 1500
    until = end + 3600
    happened = world([*outage(WELL, end), *steady(end, until, 1, fail_every=30)], until)
    paging = [one for at in range(WELL + 120, end, 60) for one in (firing("page", at, 1), firing("ticket", at, 0))]
    replay(promtool, DAILY, happened, *paging, firing("page", until, 0), firing("ticket", until, 1))


def test_a_page_tells_what_is_wrong_in_words_and_figures(promtool: Promtool) -> None:
    until = WELL + 300
    labels = {"namespace": "shop", "goslo": "checkout", "objective": "availability", "severity": "page"}
    notes = {
        "summary": "shop/checkout: the error budget of availability burns 79.4 times too fast",
        "description": (
            "Promised is availability, 99.9% good over 30d. Now 79.4 times as many events are bad as that allows; "
            "going on like this spends the whole budget of 30d in 9h 3m 55s. Act now. Counted is "
            'http_requests_total{code=~"5.."}. This alert fires when over the last 1h and still over the last 5m it is '
            "more than 14.4 times, or over the last 6h and still over the last 30m it is more than 6 times."
        ),
    }
    happened = world(outage(WELL, until), until)
    told = AlertExpectation("GoSLOBudgetBurn", until, [(labels, notes)])
    assert_replays(promtool, Replay(happened.series(), rules(MONTHLY, COUNTER), alerts=[told]))


def test_a_burn_rate_is_the_share_of_bad_events_over_the_share_allowed(promtool: Promtool) -> None:
    """On uneven traffic, where the mean of the rates of each minute would be something else."""
    busy, idle = steady(0, 5400, 2, fail_every=50), steady(5400, 7200, 0.05, fail_every=3)
    happened = world([*busy, *idle], 7200)
    rates = []
    for window, seconds in (("1h", 3600), ("6h", 21_600)):
        end, start = 7200 - LAG, 7200 - LAG - seconds
        total = happened.seen(end) - happened.seen(start)
        bad = happened.seen(end, failed) - happened.seen(start, failed)
        series = (
            f'goslo:burn_rate:ratio{{namespace="shop",goslo="checkout",objective="availability",window="{window}"}}'
        )
        rates.append(Expectation(f'goslo:burn_rate:ratio{{window="{window}"}}', 7200, {series: bad / total / 0.001}))
    replay(promtool, MONTHLY, happened, *rates)


def test_an_idle_hour_has_no_burn_rate_and_no_tile_is_not_a_number(promtool: Promtool) -> None:
    happened = world([*steady(0, 60, 1, 2), *steady(4200, 4260, 1)], 5400)
    names = ("goslo:total:delta", "goslo:bad:delta", "goslo:burn_rate:ratio", "goslo:total:window")
    never = [Expectation(f"{name} != {name}", at, {}) for name in names for at in range(0, 5400, 10 * TILE)]
    idle = Expectation('goslo:burn_rate:ratio{window="1h"}', 4200, {})
    tile = 'goslo:total:delta{namespace="shop",goslo="checkout",objective="availability"}'
    replay(promtool, MONTHLY, happened, *never, idle, Expectation("goslo:total:delta", 4200, {tile: 0}))
