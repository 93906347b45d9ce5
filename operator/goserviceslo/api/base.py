"""What every model of the API has in common."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

from goserviceslo.api.check import VALIDATIONS, Check

GROUP = "goslo.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "GoServiceSLO"
PLURAL = "goserviceslos"

Json = dict[str, Any]

UNIT = "x-goslo-unit"
DEFAULT = "x-goslo-default"


def notes(*, unit: str | None = None, default: str | None = None) -> Json:
    """The `json_schema_extra` of a field: its unit, and in words the default of a field that may be left out."""
    return {key: text for key, text in ((UNIT, unit), (DEFAULT, default)) if text is not None}


def keyed_by(field: str) -> Json:
    """The `json_schema_extra` of a list whose items the API server merges by this field and keeps apart by it."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [field]}


def _without_nulls(value: Any) -> Any:
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


NullsDropped = BeforeValidator(_without_nulls)
"""Annotation of a map: a null in it is an absent entry, as the API server has it."""


class ApiModel(BaseModel):
    """Immutable, camelCase outside, and strict about what it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        validate_default=True,
    )

    checks: ClassVar[tuple[Check, ...]] = ()
    """What must hold between fields."""

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        """Drop nulls of known fields, as the API server does before it validates."""
        if not isinstance(data, dict) or None not in data.values():
            return data
        known = {field.alias for field in cls.model_fields.values()}
        return {key: value for key, value in data.items() if value is not None or key not in known}

    @model_validator(mode="after")
    def _checks_hold(self) -> Self:
        for check in self.checks:
            check.require(self)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> Json:
        schema = handler(core_schema)
        if cls.checks:
            handler.resolve_ref_schema(schema)[VALIDATIONS] = [check.entry() for check in cls.checks]
        return schema
