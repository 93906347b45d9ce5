"""Whole numbers within bounds."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


def as_integer(value: Any) -> Any:
    """3.0 as 3, since that is what kubectl makes of it on the way from YAML to JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True, slots=True)
class Whole:
    """Annotation of an `int` within bounds, both included; the text "3" is not one."""

    lowest: int
    highest: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        bounded = core_schema.int_schema(strict=True, ge=self.lowest, le=self.highest)
        return core_schema.no_info_before_validator_function(as_integer, bounded)
