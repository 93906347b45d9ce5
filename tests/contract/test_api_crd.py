"""The rendered CRD does on a real API server what the models promise."""

import json
from typing import Any

import pytest
import yaml
from tests.contract.conftest import ApiServer

from goserviceslo.api.base import API_VERSION, KIND
from goserviceslo.api.crd import CRD_NAME
from goserviceslo.api.status import (
    BurnRate,
    Condition,
    GoServiceSloStatus,
    MeasuredWindow,
    ObjectiveState,
    ObjectiveStatus,
    RuntimeGeneration,
    RuntimeStatus,
    ScalingStatus,
)

pytestmark = pytest.mark.apiserver

SPEC = {
    "target": {"name": "checkout"},
    "tier": "L1",
    "objectives": [{"name": "availability", "target": 99.9, "http": {}}],
}
THEN = "2026-10-14T09:26:53Z"
STATUS = GoServiceSloStatus(
    observed_generation=1,
    sli="99.981",
    target="99.95",
    budget_remaining="62%",
    burn_rate="0.4",
    worst_objective="availability",
    objectives=(
        ObjectiveStatus(
            name="availability",
            state=ObjectiveState.MET,
            reason="Kept",
            message="Kept.",
            target="99.95",
            sli="99.981",
            good=2**53,
            total=2**53 + 1,
            budget_remaining="62%",
            burn_rates=(BurnRate(window="5m", rate="0.1"), BurnRate(window="1h", rate="0.4")),
            window=MeasuredWindow(start="2026-09-14T09:26:53Z", end=THEN),
            measured_at=THEN,
            metric="http_requests_total",
        ),
    ),
    runtime=RuntimeStatus(
        summary="GOGC=200 460MiB",
        container="app",
        generations=(
            RuntimeGeneration(pod_template_hash="7d4b9c6f5", pods=3, gogc="200", memory_limit="460MiB", max_procs=2),
        ),
    ),
    scaling=ScalingStatus(wanted=3, ready=3, autoscaler="HorizontalPodAutoscaler checkout"),
    rules="PrometheusRule shop/checkout-goslo",
    conditions=(
        Condition(
            type="Compliant",
            status="True",
            reason="Kept",
            message="Every promise is kept.",
            observed_generation=1,
            last_transition_time=THEN,
        ),
    ),
)


def create(apiserver: ApiServer, namespace: str) -> None:
    resource = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "checkout"}, "spec": SPEC}
    created = apiserver.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(resource))
    assert created.returncode == 0, created.stderr


def apply_status(apiserver: ApiServer, namespace: str, status: dict[str, Any]) -> dict[str, Any]:
    """Server-side apply of the status, as the operator does it; the resource as it stands then."""
    url = f"{apiserver.url}/apis/{API_VERSION}/namespaces/{namespace}/goserviceslos/checkout/status"
    answer = apiserver.session().patch(
        url,
        params={"fieldManager": "goslo", "force": "true", "fieldValidation": "Strict"},
        data=json.dumps({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "checkout"}, "status": status}),
        headers={"Content-Type": "application/apply-patch+yaml"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    resource: dict[str, Any] = answer.json()
    return resource


def dump(status: GoServiceSloStatus) -> dict[str, Any]:
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_the_schema_is_structural_and_the_kind_is_established(apiserver: ApiServer) -> None:
    crd = yaml.safe_load(apiserver.kubectl("get", "crd", CRD_NAME, "-o", "yaml").stdout)
    conditions = {condition["type"]: condition["status"] for condition in crd["status"]["conditions"]}
    assert conditions["Established"] == "True"
    assert conditions["NamesAccepted"] == "True"
    assert "NonStructuralSchema" not in conditions


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("goserviceslo", "What a Go service promises"),
        ("goserviceslo.spec.objectives", "each with a name of its own"),
        ("goserviceslo.spec.objectives", "Share of good events that is promised"),
        ("goserviceslo.spec.objectives.window", "Default: 30d. Examples: 30d, Month"),
        ("gslo.spec.runtime.memoryLimit", "GOMEMLIMIT"),
        ("goserviceslo.status.objectives.state", "Breached: the budget is overspent"),
    ],
)
def test_kubectl_explain_is_the_manual(path: str, sentence: str, apiserver: ApiServer) -> None:
    shown = apiserver.kubectl("explain", path)
    assert sentence in " ".join(shown.stdout.split()), shown.stdout + shown.stderr


def test_kubectl_get_shows_the_columns_that_a_user_reads(apiserver: ApiServer, fresh_namespace: str) -> None:
    create(apiserver, fresh_namespace)
    apply_status(apiserver, fresh_namespace, dump(STATUS))
    heads, values = apiserver.kubectl("get", "gslo", "-n", fresh_namespace).stdout.splitlines()
    assert heads.split() == ["NAME", "TIER", "TARGET", "SLI", "BUDGET", "BURN", "COMPLIANT", "RUNTIME", "AGE"]
    assert values.split()[:9] == ["checkout", "L1", "99.95", "99.981", "62%", "0.4", "True", "GOGC=200", "460MiB"]
    assert "checkout" in apiserver.kubectl("get", "slo", "-n", fresh_namespace).stdout


def test_the_wide_columns_say_why(apiserver: ApiServer, fresh_namespace: str) -> None:
    create(apiserver, fresh_namespace)
    apply_status(apiserver, fresh_namespace, dump(STATUS))
    heads, values = apiserver.kubectl("get", "gslo", "-n", fresh_namespace, "-o", "wide").stdout.splitlines()
    assert heads.split()[8:12] == ["WORKLOAD", "OBJECTIVE", "READY", "REASON"]
    assert "Kept" in values


def test_a_full_status_is_stored_as_it_was_applied(apiserver: ApiServer, fresh_namespace: str) -> None:
    create(apiserver, fresh_namespace)
    stored = apply_status(apiserver, fresh_namespace, dump(STATUS))["status"]
    assert stored == dump(STATUS)
    assert GoServiceSloStatus.model_validate(stored) == STATUS


def test_applying_the_same_status_again_changes_nothing(apiserver: ApiServer, fresh_namespace: str) -> None:
    create(apiserver, fresh_namespace)
    first = apply_status(apiserver, fresh_namespace, dump(STATUS))["metadata"]["resourceVersion"]
    assert apply_status(apiserver, fresh_namespace, dump(STATUS))["metadata"]["resourceVersion"] == first


def test_what_a_later_status_leaves_out_goes_away(apiserver: ApiServer, fresh_namespace: str) -> None:
    create(apiserver, fresh_namespace)
    apply_status(apiserver, fresh_namespace, dump(STATUS))
    later = {"observedGeneration": 2, "conditions": dump(STATUS)["conditions"]}
    assert apply_status(apiserver, fresh_namespace, later)["status"] == later


def test_another_managers_condition_stays_beside_ours(apiserver: ApiServer, fresh_namespace: str) -> None:
    create(apiserver, fresh_namespace)
    theirs = {**dump(STATUS)["conditions"][0], "type": "Audited"}
    patch = json.dumps(
        {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "checkout"}, "status": {"conditions": [theirs]}}
    )
    arguments = ("apply", "--server-side", "--field-manager=auditor", "--subresource=status", "-n", fresh_namespace)
    applied = apiserver.kubectl(*arguments, "-f", "-", input=patch)
    assert applied.returncode == 0, applied.stderr
    stored = apply_status(apiserver, fresh_namespace, dump(STATUS))["status"]["conditions"]
    assert [condition["type"] for condition in stored] == ["Audited", "Compliant"]


def test_the_status_cannot_be_written_with_the_spec(apiserver: ApiServer, fresh_namespace: str) -> None:
    create(apiserver, fresh_namespace)
    patch = json.dumps({"status": {"sli": "100"}})
    apiserver.kubectl("patch", "gslo", "checkout", "-n", fresh_namespace, "--type=merge", f"--patch={patch}")
    stored = apiserver.kubectl("get", "gslo", "checkout", "-n", fresh_namespace, "-o", "jsonpath={.status}")
    assert stored.stdout == ""
