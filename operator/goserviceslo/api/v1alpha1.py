"""`goslo.dev/v1alpha1`: what a user may write below `spec`.

Every constraint stands twice, for the API server (schema keywords and CEL, so that `kubectl apply` refuses) and for
this model (so that the command line refuses the same text offline). A fuzz test keeps the two of one mind.
"""

from typing import Annotated

from pydantic import Field

from goserviceslo.api.alerting import Alerting
from goserviceslo.api.autoscaling import Autoscaling
from goserviceslo.api.base import ApiModel, keyed_by, notes
from goserviceslo.api.check import Check, Unchanging
from goserviceslo.api.maintenance import BY_NAME, MaintenanceFrom, MaintenanceWindows
from goserviceslo.api.objective import Objective
from goserviceslo.api.runtime import Runtime
from goserviceslo.api.sla import Sla
from goserviceslo.api.text import DnsLabel, LabelValue, ObjectName

__all__ = ["Autoscaling", "GoServiceSloSpec", "Objective", "Runtime", "Sla", "Target"]

MAX_OBJECTIVES = 16
_OTHER_TARGET = (
    "the target of a GoServiceSLO stays: write another GoServiceSLO for the other Deployment, and delete this one"
)


class Target(ApiModel):
    """The workload whose promise this is: a Deployment of the same namespace."""

    name: Annotated[ObjectName, Unchanging(_OTHER_TARGET)] = Field(
        description="Name of the Deployment, in the namespace of this resource. It cannot be changed later.",
        examples=["checkout"],
    )
    container: DnsLabel | None = Field(
        default=None,
        description="The container that runs the Go program.",
        examples=["app"],
        json_schema_extra=notes(default="the pod's only container"),
    )


def _names_differ(objectives: tuple[Objective, ...]) -> bool:
    return len({objective.name for objective in objectives}) == len(objectives)


class GoServiceSloSpec(ApiModel):
    """What a team asks of its Go service, and what it lets the operator do to keep it."""

    target: Target = Field(description="The Deployment that runs the service.", examples=["{name: checkout}"])
    tier: LabelValue | None = Field(
        default=None,
        description="Tier of the service, carried as a label on rules and alerts.",
        examples=["L1"],
    )
    objectives: Annotated[
        tuple[Objective, ...],
        Field(max_length=MAX_OBJECTIVES),
        Check(
            rule="self.size() > 0",
            message="write at least one objective, such as {name: availability, target: 99.9, http: {}}",
            holds=lambda objectives: len(objectives) > 0,
        ),
        Check(
            rule="self.all(one, self.exists_one(other, other.name == one.name))",
            message="two objectives have one name: give each a name of its own",
            holds=_names_differ,
        ),
    ] = Field(
        description=f"The promises, at least one and at most {MAX_OBJECTIVES}, each with a name of its own.",
        examples=["[{name: availability, target: 99.9, http: {}}]"],
        json_schema_extra=keyed_by("name"),
    )
    maintenance: MaintenanceWindows | None = Field(
        default=None,
        description="When the service may be down: what is counted then counts for no objective, and no alert fires.",
        examples=['[{name: move, start: "2026-12-01T02:00:00Z", duration: 2h}]'],
        json_schema_extra=BY_NAME,
    )
    maintenance_from: MaintenanceFrom | None = Field(
        default=None,
        description="More such windows, from a ConfigMap that services share.",
        examples=["{configMap: calendar}"],
    )
    alerting: Alerting | None = Field(
        default=None,
        description="What this resource's alerts carry, and which of them are wanted.",
        examples=["{labels: {team: pay}, runbook: https://example.com/runbooks/checkout}"],
        json_schema_extra=notes(default="all alerts, without additions"),
    )
    runtime: Runtime | None = Field(
        default=None,
        description="Settings of the Go runtime.",
        examples=["{gogc: 200, memoryLimit: 460Mi}"],
        json_schema_extra=notes(default="the runtime is not touched"),
    )
    autoscaling: Autoscaling | None = Field(
        default=None,
        description="Replicas by CPU use.",
        examples=["{minReplicas: 3, maxReplicas: 40}"],
        json_schema_extra=notes(default="scaling is not touched"),
    )
    sla: Sla | None = Field(
        default=None, description="The agreement with customers, for reports.", examples=["{country: NZ, rto: 2m}"]
    )
