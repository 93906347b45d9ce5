"""One constraint, said once for both judges: the API server (CEL) and the model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

VALIDATIONS = "x-kubernetes-validations"


def cel(rule: str, message: str) -> dict[str, Any]:
    """One entry of `x-kubernetes-validations`."""
    return {"rule": rule, "message": message}


@dataclass(frozen=True, slots=True)
class Check:
    """A constraint on a value, as annotation of a type or in a model's `checks`.

    `rule` and `holds` must be of one mind; `message` is the sentence that a user reads from either, and says what to
    write instead.
    """

    rule: str
    message: str
    holds: Callable[[Any], bool]

    def entry(self) -> dict[str, Any]:
        return cel(self.rule, self.message)

    def require(self, value: Any) -> Any:
        """`value`, if it holds; raises ValueError with the message otherwise."""
        if not self.holds(value):
            raise ValueError(self.message)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.require, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        rendered = handler(schema)
        rendered[VALIDATIONS] = [*rendered.get(VALIDATIONS, ()), self.entry()]
        return rendered


@dataclass(frozen=True, slots=True)
class Unchanging:
    """A value that stays what it was at creation. Only the API server sees two versions, so only it can judge."""

    message: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        rendered = handler(schema)
        rendered[VALIDATIONS] = [*rendered.get(VALIDATIONS, ()), cel("self == oldSelf", self.message)]
        return rendered
