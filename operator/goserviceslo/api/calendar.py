"""A list of maintenance windows that is kept in a ConfigMap, as YAML."""

from typing import Any

import yaml
from pydantic import Field, ValidationError

from goserviceslo.api.base import ApiModel
from goserviceslo.api.maintenance import CALENDAR_KEY, MaintenanceWindow, MaintenanceWindows
from goserviceslo.api.problems import problems

LONGEST_CALENDAR = 64 * 1024
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """Plain YAML: times stay text, as kubectl has them, and nothing is repeated by reference, however often."""

    yaml_implicit_resolvers = {
        first: [(tag, expression) for tag, expression in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="write the entry out instead of *referring to it", problem_mark=mark)
        return super().compose_node(parent, index)


class _Calendar(ApiModel):
    maintenance: MaintenanceWindows = Field(description="The windows.")


def parse_calendar(text: str) -> tuple[MaintenanceWindow, ...] | list[str]:
    """The windows, or every reason to refuse the text. An empty text is an empty list."""
    if len(text) > LONGEST_CALENDAR:
        return [f"{CALENDAR_KEY}: write at most {LONGEST_CALENDAR // 1024} KiB."]
    try:
        found: Any = yaml.load(text, _Loader)  # noqa: S506 - a loader of plain values
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark is not None else ""
        return [f"{CALENDAR_KEY}:{where} {error.problem or 'this is no YAML'}."]
    except (yaml.YAMLError, ValueError, RecursionError):
        return [f"{CALENDAR_KEY}: this is no YAML: write a list of windows as in spec.maintenance."]
    if found is None:
        return ()
    try:
        return _Calendar.model_validate({"maintenance": found}, by_alias=True, by_name=False).maintenance
    except ValidationError as error:
        return [f"{CALENDAR_KEY}{str(problem).removeprefix('spec.maintenance')}" for problem in problems(error)]
