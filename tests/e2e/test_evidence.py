"""When the meter itself is down, nobody is called compliant, and nothing is taken away."""

import time

import pytest
from tests.e2e.story import slo, until_condition

from demo.environment import SYSTEM, Environment
from demo.kubectl import Kubectl, until

# Bringing the stage up is not the first test's own time.
pytestmark = [pytest.mark.node, pytest.mark.timeout(1800, func_only=True)]


def test_without_prometheus_nothing_is_known_and_the_rules_stay(stage: Environment, kubectl: Kubectl) -> None:
    stage.load.rate(60)
    stage.load.resume()
    kubectl.apply(slo())
    until_condition(kubectl, "Compliant", "True", seconds=240)
    until("the rules being written", lambda: "goslo:total:delta" in _rules(kubectl), 120)
    rules = _rules(kubectl)

    kubectl("scale", "deployment/prometheus", "-n", SYSTEM, "--replicas=0")
    try:
        found = until_condition(kubectl, "Measured", "False", seconds=120)
        assert found["reason"].startswith("Source")
        until_condition(kubectl, "Compliant", "Unknown")
        assert _rules(kubectl) == rules
    finally:
        kubectl("scale", "deployment/prometheus", "-n", SYSTEM, "--replicas=1")
    kubectl.wait_rolled_out("deployment", "prometheus", SYSTEM)
    until_condition(kubectl, "Measured", "True", seconds=240)
    until_condition(kubectl, "Compliant", "True", seconds=120)


def test_a_target_that_comes_later_is_picked_up(kubectl: Kubectl) -> None:
    kubectl.apply(slo(name="early", target={"name": "late"}))
    until_condition(kubectl, "Ready", "False", reason="TargetNotFound", name="early")
    kubectl("create", "deployment", "late", "-n", "shop", "--image=goslo.local/demo-service:dev", "--replicas=0")
    try:
        until_condition(kubectl, "Ready", "True", name="early")
    finally:
        kubectl("delete", "deployment", "late", "-n", "shop")
    until_condition(kubectl, "Ready", "False", name="early")


def test_the_older_of_two_resources_keeps_the_target(kubectl: Kubectl) -> None:
    kubectl.apply(slo(name="first"))
    until_condition(kubectl, "Ready", "True", name="first")
    time.sleep(1.5)  # creation times are whole seconds; of one second, the uid decides
    kubectl.apply(slo(name="second"))
    found = until_condition(kubectl, "Ready", "False", reason="TargetTaken", name="second")
    assert "GoServiceSLO first" in found["message"]
    kubectl("delete", "goserviceslo", "first", "-n", "shop", "--timeout=60s")
    until_condition(kubectl, "Ready", "True", name="second")


def _rules(kubectl: Kubectl) -> str:
    """Every rule that the operator wrote to its ConfigMaps."""
    shards = kubectl.items("configmaps", SYSTEM, "app.kubernetes.io/managed-by=goslo")
    return "".join(text for shard in shards for _, text in sorted(shard.get("data", {}).items()))
