"""How many replicas a service may have."""

from typing import Annotated

from pydantic import Field

from goserviceslo.api.base import ApiModel, notes
from goserviceslo.api.check import Check
from goserviceslo.api.whole import Whole

_Replicas = Annotated[int, Whole(1, 10_000)]


class Autoscaling(ApiModel):
    """A HorizontalPodAutoscaler that the operator owns."""

    checks = (
        Check(
            rule="!has(self.minReplicas) || self.minReplicas <= self.maxReplicas",
            message="minReplicas is above maxReplicas: write a smaller minReplicas or a larger maxReplicas",
            holds=lambda scaling: scaling.min_replicas <= scaling.max_replicas,
        ),
    )

    min_replicas: _Replicas = Field(
        default=1, description="Fewest replicas.", examples=["3"], json_schema_extra=notes(unit="replicas")
    )
    max_replicas: _Replicas = Field(
        description="Most replicas.", examples=["40"], json_schema_extra=notes(unit="replicas")
    )
    cpu: Annotated[int, Whole(1, 1000)] = Field(
        default=70,
        description="CPU use that the autoscaler holds.",
        examples=["60"],
        json_schema_extra=notes(unit="percent of the pods' CPU request"),
    )
