"""An objective in words and figures."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from tests.table import cases
from tests.unit.slo.given import objective, promise

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.authoring.explaining import HEADINGS, Explanation, explain
from goserviceslo.authoring.paging import Rate
from goserviceslo.slo.rules import RuleSettings

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HUNDRED = Rate(Fraction(100))


def explained(one: Objective, rate: Rate | None = None) -> Explanation:
    return explain(one, NOW, rate, RuleSettings())


def line(found: Explanation, heading: str) -> str:
    return "\n".join(text for name, text in found.lines if name == heading)


@cases(
    "one, heading, text",
    {
        "the promise": (objective("99.9"), "promise", "99.9% of requests are good over any 30d"),
        "a calendar promise": (
            objective("99", "Month", zone="Europe/Berlin"),
            "promise",
            "99% of requests are good over each calendar month in Europe/Berlin",
        ),
        "what is bad": (objective("99.9"), "bad", "one of them is bad when its status is one of 5xx"),
        "what is slow": (
            objective(faster="300ms"),
            "bad",
            "one of them is bad when it took longer than 300ms, whatever its status",
        ),
        "what is slow or failed": (
            objective(faster="300ms", errors=["5xx", "429"]),
            "bad",
            "one of them is bad when it took longer than 300ms, or its status is one of 5xx and 429",
        ),
        "the budget": (objective("99.95"), "budget", "0.05%: 1 of 2,000 may be bad"),
        "an outage": (
            objective("99.9"),
            "outage",
            "43m12s of full outage use the whole budget of 30d up",
        ),
        "an outage in a month of 31 days less an hour": (
            objective("99", "Month", zone="Europe/Berlin"),
            "outage",
            "7h25m48s of full outage use the whole budget of this month up",
        ),
        "low traffic": (
            objective("99.9"),
            "low traffic",
            "below 1,000 events in 30d no verdict is given (state LowTraffic)",
        ),
        "the window's dates": (
            objective("99", "Month", zone="Europe/Berlin"),
            "window",
            (
                "now 2026-03-01 00:00 to 2026-04-01 00:00 Europe/Berlin, 30d23h; the clocks go forward by 1h on "
                "2026-03-29, to 03:00"
            ),
        ),
    },
)
def test_it_is_told(one: Objective, heading: str, text: str) -> None:
    assert line(explained(one), heading) == text


def test_with_a_rate_the_budget_is_counted() -> None:
    assert line(explained(objective("99.9"), HUNDRED), "allowed") == ("259,200 bad of 259,200,000 in 30d, at 100/s")
    assert line(explained(objective("99", "7d"), HUNDRED), "allowed").splitlines() == [
        "604,800 bad of 60,480,000 in 7d, at 100/s",
        "2,592,000 bad of 259,200,000 in a month of 30 days, at 100/s",
    ]


def test_slices_of_time_come_at_their_own_rate() -> None:
    healthy = promise(target="99", boolean={"holds": "healthy"})
    found = explained(healthy, HUNDRED)
    assert found == explained(healthy)
    assert line(found, "allowed") == "432 bad of 43,200 in 30d, at one each 1m"
    assert line(found, "low traffic").endswith("at one each 1m they come within 1h40m")
    assert "1m50s more (the end of a slice of 1m, a scrape every 15s" in found.notes[0]
    quick = explained(promise(target="99.9", boolean={"holds": "healthy"}))
    assert quick.alerts[0][5] == "3m", "three bad slices in an hour, where 100 requests a second take 52s"


def test_each_condition_of_an_alert_has_a_row() -> None:
    found = explained(objective("99.9"))
    assert all(len(row) == len(HEADINGS) for row in found.alerts)
    assert found.alerts[0] == ("page", "14.4", "1h", "5m", "1.440%", "52s", "8m38s", "17m17s", "never")
    assert [row[0] for row in found.alerts] == ["page", "page", "ticket", "ticket"]


@pytest.mark.parametrize("target", ["50", "99", "99.999"])
@pytest.mark.parametrize("window", ["1h", "30d", "Year"])
def test_the_curve_falls_from_little_to_all(target: str, window: str) -> None:
    curve = explained(objective(target, window)).page_curve
    shares, minutes = zip(*curve, strict=True)
    assert list(shares) == sorted(shares)
    assert list(minutes) == sorted(minutes, reverse=True)
    assert shares[-1] == 100
