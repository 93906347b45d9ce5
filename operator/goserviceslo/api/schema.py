"""From a pydantic model to a structural schema of Kubernetes.

Two steps: pydantic's own generator, told to leave out what Kubernetes has no use for, and a pure rewriting of what it
made. Anything that the rewriting does not know is an error, so that a new keyword of pydantic's, or a type without
a bound, is noticed here and not by a user's API server.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from goserviceslo.api.base import DEFAULT, UNIT, Json
from goserviceslo.api.check import VALIDATIONS

_KEPT = (
    "type",
    "description",
    "format",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "allOf",
    "not",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    VALIDATIONS,
    "required",
    "properties",
    "additionalProperties",
    "items",
)
"""What a structural schema may say, in the order in which it is written."""
_DROPPED = frozenset({"$defs", "title", "default", "examples", UNIT, DEFAULT})
_INT32 = range(-(2**31), 2**31)


class UnrenderableSchema(ValueError):
    """A model says something that a structural schema cannot say, or leaves out what every node must have."""


class _Generator(GenerateJsonSchema):
    """Pydantic's generator without nulls: in a custom resource a null of an optional field is an absent field."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def raw_schema(model: type[BaseModel]) -> Json:
    """What pydantic says of the model as it is read, `$defs` and all, with our notes in place."""
    return _Generator(by_alias=True, ref_template="#/$defs/{model}").generate(
        model.__pydantic_core_schema__, mode="validation"
    )


def structural_schema(model: type[BaseModel]) -> Json:
    """The structural schema of a model. Raises UnrenderableSchema with the path of what cannot be rendered."""
    raw = raw_schema(model)
    return _node(raw, model.__name__, raw.get("$defs", {}), (), described=True)


def explanation(node: Mapping[str, Any]) -> str:
    """What `kubectl explain` shows of a field: what it is, its unit, its default, an example."""
    parts = [node["description"]]
    if UNIT in node:
        parts.append(f"Unit: {node[UNIT]}.")
    default = default_text(node)
    if default is not None:
        parts.append(f"Default: {default}.")
    examples = node.get("examples", ())
    if examples:
        # No full stop after an example: it would be copied along with it.
        parts.append(f"{'Example' if len(examples) == 1 else 'Examples'}: {', '.join(examples)}")
    return " ".join(parts)


def default_text(node: Mapping[str, Any]) -> str | None:
    """The default of a field in a user's words, None where there is none."""
    if DEFAULT in node:
        return str(node[DEFAULT])
    value = node.get("default")
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def inlined(node: Json, defs: Mapping[str, Json], path: str, seen: tuple[str, ...]) -> tuple[Json, tuple[str, ...]]:
    """A node with its reference replaced by what it refers to, its own keywords going first, and the references passed.

    Raises UnrenderableSchema where a definition contains itself.
    """
    while "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name in seen:
            raise UnrenderableSchema(f"{path}: {name} contains itself, which a structural schema cannot say")
        target, own = defs[name], {key: value for key, value in node.items() if key != "$ref"}
        rules = [*target.get(VALIDATIONS, ()), *own.get(VALIDATIONS, ())]
        node = {**target, **own, **({VALIDATIONS: rules} if rules else {})}
        seen = (*seen, name)
    return node, seen


def _node(raw: Json, path: str, defs: Mapping[str, Json], seen: tuple[str, ...], *, described: bool) -> Json:
    node, seen = inlined(raw, defs, path, seen)
    if described and not node.get("description"):
        raise UnrenderableSchema(f"{path}: has no description")
    result: Json = {}
    for key, value in node.items():
        if key == "description":
            result[key] = explanation(node)
        elif key == "const":
            result["enum"] = [value]
        elif key in ("properties", "items", "additionalProperties"):
            result |= _children(key, value, path, defs, seen)
        elif key in _KEPT:
            result[key] = value
        elif key not in _DROPPED:
            raise UnrenderableSchema(f"{path}: the keyword {key} has no counterpart in a structural schema")
    result |= _implied(result, path)
    return {key: result[key] for key in _KEPT if key in result}


def _children(key: str, value: Any, path: str, defs: Mapping[str, Json], seen: tuple[str, ...]) -> Json:
    if key == "properties":
        return {
            key: {name: _node(child, f"{path}.{name}", defs, seen, described=True) for name, child in value.items()}
        }
    if value is False:
        # additionalProperties: false is what a structural schema says by itself; unknown fields are refused or pruned.
        return {}
    return {key: _node(value, f"{path}[]", defs, seen, described=False)}


def _implied(node: Json, path: str) -> Json:
    """The format or list type that follows from a node. Raises UnrenderableSchema for a node without type or bound."""
    match node.get("type"):
        case "string" if not node.keys() & {"maxLength", "enum"}:
            raise UnrenderableSchema(f"{path}: a string without maxLength makes the cost of its rules unknown")
        case "array" if "maxItems" not in node or "items" not in node:
            raise UnrenderableSchema(f"{path}: an array needs maxItems and one schema for its items")
        case "object" if "additionalProperties" in node and "maxProperties" not in node:
            raise UnrenderableSchema(f"{path}: a map without maxProperties makes the cost of its rules unknown")
        case "object" if not node.keys() & {"properties", "additionalProperties"}:
            raise UnrenderableSchema(f"{path}: an object needs fields, or one schema for the values of a map")
        case "array":
            return {"x-kubernetes-list-type": node.get("x-kubernetes-list-type", "atomic")}
        case "integer":
            small = node.get("minimum", 2**63) in _INT32 and node.get("maximum", 2**63) in _INT32
            return {"format": "int32" if small else "int64"}
        case None if not node.keys() & {"x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"}:
            raise UnrenderableSchema(f"{path}: has no type")
        case "number" if VALIDATIONS not in node:
            raise UnrenderableSchema(f"{path}: a number needs a rule with its bounds: else write decimals as strings")
        case "null":
            raise UnrenderableSchema(f"{path}: null has no place in this API")
    return {}
