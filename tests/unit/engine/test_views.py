"""Views hold what decisions rest on, and nothing that is nobody's business."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.table import cases
from tests.unit.engine.given import autoscaler, controller, deployment

from goserviceslo.api.observed import AutoscalerView, ContainerView, EnvEntry
from goserviceslo.engine.views import (
    autoscaler_view,
    controller_uid,
    deployment_view,
    drifted,
    env_owners,
    quantity,
    scaled_object_view,
)
from goserviceslo.ports import Json


def managed(manager: str, container: str, *variables: str, **entry: Any) -> Json:
    env: Json = {f'k:{{"name":"{name}"}}': {".": {}, "f:name": {}, "f:value": {}} for name in variables}
    containers = {f'k:{{"name":"{container}"}}': {".": {}, "f:env": {".": {}, **env}}}
    fields = {"f:spec": {"f:template": {"f:spec": {"f:containers": containers}}}}
    return {"manager": manager, "operation": "Update", "fieldsV1": fields, **entry}


def test_a_deployment_shows_the_variables_of_the_runtime_with_their_owners_and_no_other() -> None:
    raw = deployment(managedFields=[managed("kubectl", "app", "GOGC", "DSN"), managed("goslo", "app", "GOGC")])
    view = deployment_view(raw)
    assert view.containers == (
        ContainerView(
            name="app",
            env=(EnvEntry("GOGC", "200", ("kubectl", "goslo")),),
            memory_limit_bytes=512 * 2**20,
            cpu_limit_cores=0.5,
            cpu_request_cores=0.5,
        ),
    )
    assert (view.generation, view.observed_generation, view.wanted, view.ready) == (3, 3, 2, 1)
    assert "secret" not in repr(view)


@cases(
    "conditions, progressing",
    {
        "a rollout under way": ([{"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}], True),
        "complete, whatever pods do since": (
            [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}],
            False,
        ),
        "given up": ([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}], False),
        "paused": ([{"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused"}], False),
        "no word of it": ([], None),
    },
)
def test_a_deployment_says_whether_a_rollout_makes_progress(conditions: list[Json], progressing: bool | None) -> None:
    raw = deployment()
    raw["status"]["conditions"] = conditions
    assert deployment_view(raw).progressing is progressing


def test_a_deployment_says_since_when_it_is_or_is_not_available() -> None:
    raw = deployment()
    assert deployment_view(raw).availability_changed_at is None
    raw["status"]["conditions"] = [
        {"type": "Available", "status": "False", "lastTransitionTime": "2026-11-01T10:20:30Z"}
    ]
    assert deployment_view(raw).availability_changed_at == datetime(2026, 11, 1, 10, 20, 30, tzinfo=UTC)


def test_a_variable_from_elsewhere_has_no_value() -> None:
    raw = deployment()
    raw["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "GOGC", "valueFrom": {"fieldRef": {}}}]
    assert deployment_view(raw).containers[0].env == (EnvEntry("GOGC", None, ()),)


def test_an_empty_deployment_is_read_too() -> None:
    view = deployment_view({"metadata": {"name": "x", "uid": "u"}})
    assert (view.containers, view.wanted, view.ready, view.paused) == ((), None, 0, False)


def test_owners_are_per_container_and_the_status_subresource_owns_nothing() -> None:
    owners = env_owners([managed("a", "app", "GOGC"), managed("b", "sidecar", "GOGC", subresource="status")])
    assert owners == {("app", "GOGC"): ("a",)}


@cases(
    "text, value",
    {
        "binary": ("460Mi", Decimal(460 * 2**20)),
        "decimal": ("1G", Decimal(10**9)),
        "milli": ("250m", Decimal("0.25")),
        "plain": ("2", Decimal(2)),
        "number": (2, Decimal(2)),
        "exponent": ("1e3", Decimal(1000)),
        "exa, not an exponent": ("1E", Decimal(10**18)),
        "nonsense": ("many", None),
    },
)
def test_quantities(text: Any, value: Decimal | None) -> None:
    assert quantity(text) == value


def test_an_autoscaler_says_what_it_scales_for_whom_and_what_hinders_it() -> None:
    raw = autoscaler(owner="checkout")
    raw["status"]["conditions"] = [
        {"type": "AbleToScale", "status": "True"},
        {"type": "ScalingActive", "status": "False", "message": "no metrics"},
        {"type": "ScalingLimited", "status": "False", "message": "fine"},
    ]
    assert autoscaler_view(raw) == AutoscalerView(
        kind="HorizontalPodAutoscaler",
        name="checkout",
        target="checkout",
        owner_uid="uid-of-checkout",
        applied_hash=None,
        wanted=3,
        limited="no metrics",
    )


def test_an_autoscaler_of_something_else_has_no_view() -> None:
    raw = autoscaler()
    raw["spec"]["scaleTargetRef"]["kind"] = "StatefulSet"
    assert autoscaler_view(raw) is None
    assert scaled_object_view(raw) is None


def test_a_scaled_object_scales_a_deployment_unless_it_says_otherwise() -> None:
    raw = autoscaler("keda")
    del raw["spec"]["scaleTargetRef"]["kind"]
    view = scaled_object_view(raw)
    assert view is not None
    assert (view.kind, view.target) == ("ScaledObject", "checkout")


@cases(
    "reference, uid",
    {
        "ours": (controller("x", "u"), "u"),
        "an owner that does not control": ({**controller("x", "u"), "controller": False}, None),
        "another kind": ({**controller("x", "u"), "kind": "Deployment"}, None),
        "another group": ({**controller("x", "u"), "apiVersion": "example.com/v1"}, None),
        "another version of ours": ({**controller("x", "u"), "apiVersion": "goslo.dev/v1"}, "u"),
    },
)
def test_whose_an_object_is(reference: Json, uid: str | None) -> None:
    assert controller_uid({"ownerReferences": [reference]}) == uid


@cases(
    "entry, is_drift",
    {
        "an edit of the spec": ({"manager": "edit", "operation": "Update", "fieldsV1": {"f:spec": {}}}, True),
        "our own write": ({"manager": "goslo", "operation": "Update", "fieldsV1": {"f:spec": {}}}, False),
        "a label": ({"manager": "edit", "operation": "Update", "fieldsV1": {"f:metadata": {}}}, False),
        "a status": (
            {"manager": "c", "operation": "Update", "subresource": "status", "fieldsV1": {"f:spec": {}}},
            False,
        ),
    },
)
def test_what_counts_as_drift(entry: Json, is_drift: bool) -> None:
    assert drifted({"managedFields": [entry]}) is is_drift
