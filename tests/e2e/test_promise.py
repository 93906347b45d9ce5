"""A promise is kept, broken and kept again, on real pods under real load."""

import pytest
from tests.conftest import Measured
from tests.e2e.story import at_rest, event_reasons, query, recorded, settled_total, slo, status, until_condition

from demo.environment import SHOP, Environment, objective
from demo.faults import break_service, heal_service
from demo.kubectl import Kubectl, until

# Bringing the stage up is not the first test's own time.
pytestmark = [pytest.mark.node, pytest.mark.timeout(1800, func_only=True)]


def test_a_failing_service_breaches_its_objective_and_a_healed_one_meets_it_again(
    stage: Environment, kubectl: Kubectl
) -> None:
    stage.load.rate(60)
    stage.load.resume()
    kubectl.apply(slo())
    until_condition(kubectl, "Compliant", "True", seconds=180)
    until("a minute of good requests", lambda: objective(kubectl, "availability").get("total", 0) > 3000, 180)

    break_service(kubectl, errors=0.9, delay="50ms")
    until_condition(kubectl, "Compliant", "False", seconds=180)
    breached = objective(kubectl, "availability")
    assert breached["state"] == "Breached"
    assert str(breached["budgetRemaining"]).startswith("-")
    assert "ObjectiveBreached" in event_reasons(kubectl)

    heal_service(kubectl)
    stage.load.rate(200)
    until_condition(kubectl, "Compliant", "True", seconds=900)
    stage.load.rate(60)


def test_the_status_counts_what_the_load_generator_counted(
    stage: Environment, kubectl: Kubectl, measured: Measured
) -> None:
    """Within 0.5 %: with the load at rest, every answered request has been scraped and counted."""
    stage.load.resume()
    past = f'http_requests_total{{namespace="{SHOP}"}} offset 1m'
    until("a past that can be counted", lambda: query(kubectl, past), 120)
    before = at_rest(stage)
    # A day long, so that nothing leaves the window meanwhile.
    promise = {"name": "availability", "target": "90", "window": "1d", "http": {}}
    kubectl.apply(slo(name="counted", objectives=[promise]))
    until("the rules being evaluated", lambda: status(kubectl, "counted").get("rules"), 60)
    until("the rules being loaded", lambda: recorded(kubectl, "counted"), 120)
    before_load = settled_total(kubectl, "counted")
    start = before_load["total"]
    assert before_load["evidenceSince"] < before_load["history"]["recordedSince"], before_load
    stage.load.rate(80)
    stage.load.resume()
    break_service(kubectl, errors=0.05, delay="0s")
    until("enough requests", lambda: stage.load.counts().answered - before.answered > 6000, 180)
    books = at_rest(stage)
    sent = books.answered - before.answered

    def counted() -> bool:
        total: int = objective(kubectl, "availability", "counted").get("total", 0)
        return bool(abs(total - start - sent) <= 0.005 * sent)

    until("the status counting them", counted, 240)
    found = objective(kubectl, "availability", "counted")
    bad = found["total"] - found["good"] - (start - before_load["good"])
    counted_now = found["total"] - start
    measured(f"answered {sent}, counted {counted_now}; bad {books.bad - before.bad}, counted {bad}")
    assert bad > 0
    assert abs(bad - (books.bad - before.bad)) <= 0.005 * sent


def test_a_service_without_metrics_is_not_called_compliant(kubectl: Kubectl) -> None:
    kubectl.apply(
        slo(
            name="silent",
            target={"name": "loadgen"},
            objectives=[{"name": "availability", "target": "99", "window": "1h", "http": {"metric": "no_such_total"}}],
        )
    )
    measured = until_condition(kubectl, "Measured", "False", reason="MetricNotFound", seconds=120, name="silent")
    assert "no_such_total" in measured["message"]
    until_condition(kubectl, "Compliant", "Unknown", name="silent")
