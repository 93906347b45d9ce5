"""From pydantic's JSON schema to a structural schema: what is rewritten, and what is refused."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import Field, WithJsonSchema, create_model
from tests.table import cases

from goserviceslo.api.base import ApiModel, Json, keyed_by, notes
from goserviceslo.api.check import Check
from goserviceslo.api.schema import UnrenderableSchema, structural_schema
from goserviceslo.api.whole import Whole


class Colour(StrEnum):
    """A colour."""

    RED = "Red"
    BLUE = "Blue"


class Part(ApiModel):
    """A part."""

    checks = (Check("self.name != 'x'", "write another name than x", lambda part: part.name != "x"),)

    name: str = Field(max_length=5, description="Its name.")


class Branch(ApiModel):
    """A branch."""

    inner: Optional["Branch"] = Field(default=None, description="A branch of the branch.")


def rendered(annotation: Any, **more: Any) -> Json:
    """The schema of a field of that type."""
    field = Field(**{"description": "A field.", **more})
    model = create_model("Model", __base__=ApiModel, __doc__="A model.", field=(annotation, field))
    schema: Json = structural_schema(model)["properties"]["field"]
    return schema


SHORT = Annotated[str, Field(max_length=5)]


@cases(
    "annotation, expected",
    {
        "an optional field is its type": (SHORT | None, {"type": "string", "maxLength": 5}),
        "an integer within 32 bits says so": (
            Annotated[int, Whole(1, 9)],
            {"type": "integer", "format": "int32", "minimum": 1, "maximum": 9},
        ),
        "an integer without an upper bound has 64 bits": (
            Annotated[int, Field(ge=0)],
            {"type": "integer", "format": "int64", "minimum": 0},
        ),
        "a single choice is an enum": (Literal["a"], {"type": "string", "enum": ["a"]}),
        "an enum class is its values": (Colour, {"type": "string", "enum": ["Red", "Blue"]}),
        "a list is atomic unless it says otherwise": (
            Annotated[tuple[SHORT, ...], Field(max_length=2)],
            {
                "type": "array",
                "maxItems": 2,
                "items": {"type": "string", "maxLength": 5},
                "x-kubernetes-list-type": "atomic",
            },
        ),
        "a map is an object with one schema for its values": (
            Annotated[dict[str, SHORT], Field(max_length=2)],
            {"type": "object", "maxProperties": 2, "additionalProperties": {"type": "string", "maxLength": 5}},
        ),
        "an object stands where it is used, rules and all": (
            Part,
            {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string", "maxLength": 5, "description": "Its name."}},
                "x-kubernetes-validations": [{"rule": "self.name != 'x'", "message": "write another name than x"}],
            },
        ),
    },
)
def test_a_type_is_rendered_as_kubernetes_has_it(annotation: Any, expected: Json) -> None:
    assert rendered(annotation) == {**expected, "description": "A field."}


@cases(
    "annotation, complaint",
    {
        "a string without a bound": (str, "without maxLength"),
        "a list without a bound": (tuple[SHORT, ...], "needs maxItems"),
        "a pair": (Annotated[tuple[SHORT, SHORT], Field(max_length=2)], "prefixItems"),
        "a map without a bound": (dict[str, SHORT], "without maxProperties"),
        "an object of anything": (Annotated[Any, WithJsonSchema({"type": "object"})], "needs fields"),
        "a fraction": (float, "write decimals as strings"),
        "one of two types": (SHORT | int, "anyOf"),
        "anything at all": (Any, "has no type"),
        "a keyword that Kubernetes does not know": (
            Annotated[tuple[SHORT, ...], WithJsonSchema({"type": "array", "uniqueItems": True})],
            "uniqueItems",
        ),
        "a model within itself": (Branch, "contains itself"),
    },
)
def test_what_a_structural_schema_cannot_say_is_refused_with_its_place(annotation: Any, complaint: str) -> None:
    with pytest.raises(UnrenderableSchema, match=complaint) as refusal:
        rendered(annotation)
    assert str(refusal.value).startswith("Model.field")


def test_a_field_without_a_description_is_refused() -> None:
    with pytest.raises(UnrenderableSchema, match=r"Model\.field: has no description"):
        rendered(SHORT, description=None)


@cases(
    "field, expected",
    {
        "nothing more": ({}, "A field."),
        "a unit": ({"json_schema_extra": notes(unit="bytes")}, "A field. Unit: bytes."),
        "a default in words": ({"json_schema_extra": notes(default="untouched")}, "A field. Default: untouched."),
        "a default of the model": ({"default": "x"}, "A field. Default: x."),
        "one example": ({"examples": ["abc"]}, "A field. Example: abc"),
        "all of it": (
            {"json_schema_extra": notes(unit="bytes", default="none"), "examples": ["a", "b"]},
            "A field. Unit: bytes. Default: none. Examples: a, b",
        ),
    },
)
def test_the_description_teaches_unit_default_and_example(field: dict[str, Any], expected: str) -> None:
    assert rendered(SHORT, **field)["description"] == expected


def test_false_is_written_as_yaml_has_it() -> None:
    assert rendered(bool, default=False)["description"] == "A field. Default: false."


def test_rules_of_a_field_and_of_its_type_stand_side_by_side() -> None:
    second = Check("self.name != 'y'", "write another name than y", lambda part: part.name != "y")
    rules = rendered(Annotated[Part, second])["x-kubernetes-validations"]
    assert [rule["rule"] for rule in rules] == ["self.name != 'x'", "self.name != 'y'"]


def test_a_list_may_say_what_keeps_its_items_apart() -> None:
    schema = rendered(Annotated[tuple[Part, ...], Field(max_length=2)], json_schema_extra=keyed_by("name"))
    assert (schema["x-kubernetes-list-type"], schema["x-kubernetes-list-map-keys"]) == ("map", ["name"])
