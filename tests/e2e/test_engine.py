"""The engine on real pods: counts hold through restarts and a crash, and a page comes in time."""

import os
import time

import pytest
from tests.conftest import Measured
from tests.e2e.story import at_rest, query, recorded, settled_total, slo, status

from demo.environment import SHOP, Environment
from demo.faults import break_service, heal_service
from demo.kubectl import Kubectl, until

# Bringing the stage up is not the first test's own time.
pytestmark = [pytest.mark.node, pytest.mark.timeout(1800, func_only=True)]

MINUTES = float(os.environ.get("GOSLO_E2E_MINUTES", "4"))
"""How long the service is restarted, scaled and killed under load; the promise is the same for any length."""
PAGE_WITHIN_SECONDS = 165


def value(kubectl: Kubectl, promql: str) -> float:
    """The one value of an expression; 0 where there is none."""
    return sum(float(sample["value"][1]) for sample in query(kubectl, promql))


@pytest.mark.timeout(1800 + 60 * MINUTES, func_only=True)
def test_counts_hold_through_rolling_restarts_a_scale_down_and_a_crash(
    stage: Environment, kubectl: Kubectl, measured: Measured
) -> None:
    """Within 0.1 % of the load generator's own books; what a killed pod had not been scraped for is told apart."""
    before = at_rest(stage)
    # A day long, so that nothing leaves the window meanwhile.
    promise = {"name": "availability", "target": "90", "window": "1d", "http": {}}
    kubectl.apply(slo(name="churned", objectives=[promise]))
    until("the rules being loaded", lambda: recorded(kubectl, "churned"), 180)
    start = settled_total(kubectl, "churned")
    stage.load.rate(60)
    stage.load.resume()
    break_service(kubectl, errors=0.02, delay="0s")
    end = time.monotonic() + 60 * MINUTES
    kubectl("scale", "deployment/checkout", "-n", SHOP, "--replicas=4")
    kubectl.wait_rolled_out("deployment", "checkout", SHOP)
    kubectl("scale", "deployment/checkout", "-n", SHOP, "--replicas=3")
    crashed = kubectl.items("pods", SHOP, "app=checkout")[0]["metadata"]["name"]
    kubectl("delete", "pod", crashed, "-n", SHOP, "--grace-period=0", "--force")
    restarts = 0
    while time.monotonic() < end:
        kubectl("rollout", "restart", "deployment/checkout", "-n", SHOP)
        kubectl.wait_rolled_out("deployment", "checkout", SHOP)
        restarts += 1
    books = at_rest(stage)
    answered = books.answered - before.answered
    found = settled_total(kubectl, "churned")
    counted, bad = found["total"] - start["total"], found["total"] - found["good"] - (start["total"] - start["good"])
    per_pod = query(kubectl, f'sum by (pod) (max_over_time(http_requests_total{{namespace="{SHOP}"}}[1d]))')
    scraped = {sample["metric"]["pod"]: round(float(sample["value"][1])) for sample in per_pod}
    # What no scrape has seen cannot be counted: of a killed pod, or where Prometheus had no time for one that ended.
    lost = {
        pod: answers - scraped.get(pod, 0)
        for pod, answers in books.servers.items()
        if answers > before.servers.get(pod, 0)
    }
    unscraped = sum(lost.values())
    # What the generator gave up waiting for may have been served, and counted, all the same.
    given_up = books.timed_out - before.timed_out
    measured(
        f"{MINUTES:g} minutes, {restarts} rolling restarts: answered {answered}, counted {counted}; of the killed "
        f"pod's answers {lost.get(crashed, 0)} were never scraped, of the others' {unscraped - lost.get(crashed, 0)}, "
        f"given up {given_up}; "
        f"bad {books.bad - before.bad}, counted {bad}"
    )
    assert restarts > 0
    assert unscraped >= -given_up
    assert -0.001 * answered <= counted + unscraped - answered <= 0.001 * answered + given_up
    assert abs(bad - (books.bad - before.bad)) <= 0.001 * answered + abs(unscraped) + given_up


def test_a_full_outage_at_three_nines_pages_in_time(stage: Environment, kubectl: Kubectl, measured: Measured) -> None:
    """As if an hour of good traffic lay behind it, which dilutes the outage most: as many events in fewer minutes."""
    quiet, busy = 20, 240
    stage.load.rate(busy)
    stage.load.resume()
    promise = {"name": "availability", "target": "99.9", "window": "30d", "http": {}}
    kubectl.apply(slo(name="paged", objectives=[promise]))
    until("the rules being loaded", lambda: recorded(kubectl, "paged"), 180)
    until(
        "an hour's worth of good requests",
        lambda: value(kubectl, 'sum(sum_over_time(goslo:total:delta{goslo="paged"}[1h]))') >= quiet * 3600,
        900,
    )
    stage.load.rate(quiet)
    break_service(kubectl, errors=1.0, delay="0s")
    began = time.time()
    alert = 'ALERTS{alertname="GoSLOBudgetBurn",goslo="paged",severity="page",alertstate="firing"}'
    try:
        # Asked for in one query: the steps of its seconds lie up to a second behind a page that has just come.
        page = until("the page", lambda: query(kubectl, f"min_over_time(timestamp({alert})[10m:1s])"), 300)
        fired = float(page[0]["value"][1])
    finally:
        heal_service(kubectl)
        stage.load.rate(60)
    measured(f"a full outage pages after {fired - began:.1f} s")
    # The promise is in seconds of the service's own time: scrapes, lag, tiles and evaluations, not of this machine's.
    assert fired - began <= PAGE_WITHIN_SECONDS
    assert status(kubectl, "paged")["conditions"]
