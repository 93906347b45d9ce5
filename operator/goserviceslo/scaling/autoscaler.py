"""The HorizontalPodAutoscaler of a target, as it should be, and why there may be none."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from goserviceslo.api.observed import AutoscalerView, DeploymentView
from goserviceslo.api.v1alpha1 import Autoscaling


class ScalingTrouble(StrEnum):
    """Why the target is not scaled as asked; the reason of `Scaled=False`."""

    FOREIGN_AUTOSCALER = "ForeignAutoscaler"
    NO_CPU_REQUEST = "NoCpuRequest"


@dataclass(frozen=True, slots=True)
class ScalingProblem:
    """A reason and a sentence that says what to do."""

    trouble: ScalingTrouble
    message: str


def autoscaler_spec(autoscaling: Autoscaling, deployment: str) -> dict[str, Any]:
    """The `spec` of the autoscaling/v2 object; the Deployment's `replicas` stays the autoscaler's alone."""
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment},
        "minReplicas": autoscaling.min_replicas,
        "maxReplicas": autoscaling.max_replicas,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": autoscaling.cpu},
                },
            }
        ],
    }


def foreign_autoscaler(autoscalers: Sequence[AutoscalerView], owner_uid: str) -> AutoscalerView | None:
    """An autoscaler of the target that is not ours; two of them would fight over `replicas`.

    KEDA makes an HPA of its own for each ScaledObject, so the ScaledObject is named first.
    """
    foreign = [view for view in autoscalers if view.owner_uid != owner_uid]
    return min(foreign, key=lambda view: (view.kind != "ScaledObject", view.name), default=None)


def scaling_problem(
    autoscalers: Sequence[AutoscalerView], deployment: DeploymentView, owner_uid: str
) -> ScalingProblem | None:
    """Why no autoscaler of ours may act on the target, None where one may."""
    foreign = foreign_autoscaler(autoscalers, owner_uid)
    if foreign is not None:
        return ScalingProblem(
            ScalingTrouble.FOREIGN_AUTOSCALER,
            f"{foreign.kind} {foreign.name} scales Deployment {deployment.name} already and is left alone: delete it, "
            "or remove spec.autoscaling.",
        )
    silent = [container.name for container in deployment.containers if not container.cpu_request_cores]
    if silent:
        return ScalingProblem(
            ScalingTrouble.NO_CPU_REQUEST,
            f"CPU use is measured against the CPU request, and {_containers(silent)} of Deployment {deployment.name} "
            "has none: write resources.requests.cpu.",
        )
    return None


def _containers(names: Sequence[str]) -> str:
    return f"container {names[0]}" if len(names) == 1 else f"each of containers {', '.join(names)}"
