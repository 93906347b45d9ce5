"""Settings of the Go runtime, seen in the processes' own metrics."""

import pytest
from tests.e2e.story import condition, metric_of_pods, slo, status, until_condition

from demo.environment import SHOP
from demo.kubectl import Json, Kubectl, KubectlError, until

# Bringing the stage up is not the first test's own time.
pytestmark = [pytest.mark.node, pytest.mark.timeout(1800, func_only=True)]


def _environment(kubectl: Kubectl, name: str = "checkout") -> dict[str, str]:
    containers = kubectl.get("deployment", name, SHOP)["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry.get("value", "") for entry in containers[0].get("env", [])}


def test_what_is_set_reaches_the_process_and_is_given_back_on_deletion(kubectl: Kubectl) -> None:
    before = _environment(kubectl)
    kubectl.apply(slo(runtime={"gogc": 250, "memoryLimit": "0.125Gi"}))
    until_condition(kubectl, "RuntimeApplied", "True", reason="Obeyed", seconds=240)

    assert set(metric_of_pods(kubectl, "go_gc_gogc_percent")) == {250.0}
    assert set(metric_of_pods(kubectl, "go_gc_gomemlimit_bytes")) == {128.0 * 2**20}
    runtime = status(kubectl)["runtime"]
    assert runtime["summary"] == "GOGC=250 128MiB"
    assert [(one["gogc"], one["memoryLimit"]) for one in runtime["generations"]] == [("250", "128MiB")]

    kubectl("delete", "goserviceslo", "checkout", "-n", SHOP, "--timeout=60s")
    assert _environment(kubectl) == before
    kubectl.wait_rolled_out("deployment", "checkout", SHOP)
    assert 250.0 not in metric_of_pods(kubectl, "go_gc_gogc_percent")


def test_a_program_that_sets_its_own_gogc_is_told_as_env_ignored(kubectl: Kubectl) -> None:
    deployment = kubectl.get("deployment", "checkout", SHOP)
    stubborn = _copy(deployment, "stubborn", args=["--override-gogc=55"])
    kubectl.apply(stubborn)
    kubectl.wait_rolled_out("deployment", "stubborn", SHOP)
    kubectl.apply(slo(name="stubborn", target={"name": "stubborn"}, runtime={"gogc": 250}))

    found = until_condition(kubectl, "RuntimeApplied", "False", reason="EnvIgnored", seconds=300, name="stubborn")
    assert "GOGC was set to 250, the process runs with 55" in found["message"]
    kubectl("delete", "goserviceslo", "stubborn", "-n", SHOP, "--timeout=60s")
    kubectl("delete", "deployment", "stubborn", "-n", SHOP)


def test_an_invalid_setting_never_reaches_a_pod(kubectl: Kubectl) -> None:
    generation = kubectl.get("deployment", "checkout", SHOP)["metadata"]["generation"]
    with pytest.raises(KubectlError, match="at least 8Mi"):
        kubectl.apply(slo(runtime={"memoryLimit": "1.5 GB"}))
    kubectl.apply(slo(runtime={"memoryLimit": "4Gi"}))
    found = until_condition(kubectl, "RuntimeApplied", "False", reason="MemoryLimitTooHigh")
    assert "Write at most" in found["message"]
    assert condition(kubectl, "Ready")["reason"] == "MemoryLimitTooHigh"
    assert kubectl.get("deployment", "checkout", SHOP)["metadata"]["generation"] == generation


def test_somebody_elses_value_is_a_conflict_until_it_is_taken_over(kubectl: Kubectl) -> None:
    kubectl("set", "env", "deployment/checkout", "-n", SHOP, "GOGC=111")
    try:
        kubectl.apply(slo(runtime={"gogc": 250}))
        until_condition(kubectl, "RuntimeApplied", "False", reason="RuntimeConflict")
        until("it being named", lambda: "GOGC=111 is set by" in condition(kubectl, "RuntimeApplied")["message"], 60)
        assert _environment(kubectl)["GOGC"] == "111"

        kubectl.apply(slo(runtime={"gogc": 250, "takeOver": True}))
        until("our value", lambda: _environment(kubectl).get("GOGC") == "250", 60)
    finally:
        kubectl("delete", "goserviceslo", "checkout", "-n", SHOP, "--timeout=60s")
        kubectl("set", "env", "deployment/checkout", "-n", SHOP, "GOGC-")


def _copy(deployment: Json, name: str, args: list[str]) -> Json:
    """A Deployment like another, under its own name and labels."""
    labels = {"app": name}
    template = deployment["spec"]["template"]
    container = {**template["spec"]["containers"][0], "args": args}
    container["env"] = [one for one in container.get("env", []) if not one["name"].startswith("GO")]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": SHOP},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": template["metadata"].get("annotations", {})},
                "spec": {**template["spec"], "containers": [container]},
            },
        },
    }
