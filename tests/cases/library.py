"""The cases of the library, each with its resource, its rules and its scenarios."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from tests.cases.scenario import Scenario

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.authoring.assuming import Assumed, assume
from goserviceslo.authoring.checking import Resource
from goserviceslo.ports import Json
from goserviceslo.slo.indicator import Indicator, Workload
from quality.caselibrary import OPTIONS, REPLAYS, RULES, resource_of, rows


@dataclass(frozen=True)
class Case:
    """One folder of the library."""

    folder: Path

    @cached_property
    def resource(self) -> Resource:
        return resource_of(self.folder)

    @property
    def workload(self) -> Workload:
        return Workload(self.resource.namespace or "", self.resource.spec.target.name)

    @cached_property
    def scenarios(self) -> Mapping[str, Scenario]:
        """By objective."""
        written = yaml.safe_load((self.folder / REPLAYS).read_text(encoding="utf-8"))
        return {name: Scenario.model_validate(one) for name, one in written.items()}

    @property
    def pod(self) -> str:
        """The labels of a pod of the Deployment."""
        space, deployment = self.workload.namespace, self.workload.deployment
        return f'namespace="{space}",pod="{deployment}-5d9f8c7b6-x2z4k",instance="10.0.0.1:8080",job="pods"'

    def indicator(self, objective: Objective) -> Indicator:
        """What the golden rules count for an objective."""
        found = assume(objective, self.workload, OPTIONS.assumption)
        assert isinstance(found, Assumed), found
        return found.indicator

    def groups(self, objective: str) -> list[Json]:
        """The golden rules of one objective, with those of the resource as a whole."""
        groups: list[Json] = yaml.safe_load((self.folder / RULES).read_text(encoding="utf-8"))["groups"]
        # goslo/namespace/name/objective/part, and goslo/namespace/name/part for the whole.
        return [group for group in groups if (path := group["name"].split("/")) and path[3:-1] in ([], [objective])]


CASES = {row.case: Case(row.folder) for row in rows() if row.is_held}
PROMISES = {
    f"{name}: {objective.name}": (case, objective)
    for name, case in CASES.items()
    for objective in case.resource.spec.objectives
}
