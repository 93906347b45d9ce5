"""An autoscaler of ours adds a real pod under real load."""

import pytest
from tests.e2e.story import slo, status, until_condition

from demo.environment import SHOP, Environment
from demo.kubectl import Kubectl, until

# Bringing the stage up is not the first test's own time.
pytestmark = [pytest.mark.node, pytest.mark.timeout(1800, func_only=True)]


def test_load_adds_a_pod(stage: Environment, kubectl: Kubectl) -> None:
    replicas = kubectl.get("deployment", "checkout", SHOP)["spec"]["replicas"]
    stage.load.rate(20)
    stage.load.resume()
    kubectl.apply(slo(autoscaling={"minReplicas": replicas, "maxReplicas": replicas + 1, "cpu": 20}))
    until_condition(kubectl, "Scaled", "True", reason="AutoscalerApplied")
    autoscaler = kubectl.get("hpa", "checkout", SHOP)
    assert autoscaler["metadata"]["ownerReferences"][0]["kind"] == "GoServiceSLO"

    stage.load.rate(400)
    until(
        "one more ready pod",
        lambda: kubectl.get("deployment", "checkout", SHOP)["status"].get("readyReplicas", 0) > replicas,
        240,
    )
    until("the status saying so", lambda: status(kubectl)["scaling"]["ready"] == replicas + 1, 60)
    stage.load.rate(40)
    kubectl("delete", "goserviceslo", "checkout", "-n", SHOP, "--timeout=60s")
    until("the autoscaler being collected", lambda: "checkout" not in kubectl("get", "hpa", "-n", SHOP), 60)
    kubectl("scale", "deployment/checkout", "-n", SHOP, f"--replicas={replicas}")


def test_somebody_elses_autoscaler_is_left_alone_and_named(kubectl: Kubectl) -> None:
    kubectl("autoscale", "deployment/checkout", "-n", SHOP, "--name=theirs", "--min=3", "--max=4", "--cpu=80%")
    try:
        kubectl.apply(slo(autoscaling={"minReplicas": 3, "maxReplicas": 5}))
        found = until_condition(kubectl, "Scaled", "False", reason="ForeignAutoscaler")
        assert "HorizontalPodAutoscaler theirs" in found["message"]
        assert kubectl.get("hpa", "theirs", SHOP)["spec"]["maxReplicas"] == 4
    finally:
        kubectl("delete", "hpa", "theirs", "-n", SHOP)
    until_condition(kubectl, "Scaled", "True", reason="AutoscalerApplied")
