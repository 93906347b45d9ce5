"""The API reference, in Markdown, from the models."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from goserviceslo.api.base import API_VERSION, KIND, UNIT, Json
from goserviceslo.api.check import VALIDATIONS
from goserviceslo.api.resource import NAME_CHECK
from goserviceslo.api.schema import default_text, inlined, raw_schema
from goserviceslo.api.status import GoServiceSloStatus
from goserviceslo.api.v1alpha1 import GoServiceSloSpec

_PREFACE = f"""\
<!-- Generated from operator/goserviceslo/api by `goslo reference`. Change the models, then `make generate`. -->

# {KIND}

`{API_VERSION}`, kind `{KIND}`, short name `gslo`, category `slo`, namespaced. The same text, field by field:
`kubectl explain goserviceslo.spec.objectives`.

An unknown field is an error, and so is everything that a rule below names: `kubectl apply` refuses the resource with
the sentence, and `goslo validate` says the same without a cluster. A null counts as a field that is left out.

- `metadata.name`: {NAME_CHECK.message}.
"""


def reference() -> str:
    """The whole page."""
    sections = [_PREFACE]
    for path, model in (("spec", GoServiceSloSpec), ("status", GoServiceSloStatus)):
        sections += _sections(path, model)
    return "\n".join(sections)


def _sections(path: str, model: type[BaseModel]) -> Iterator[str]:
    raw = raw_schema(model)
    waiting = [(path, raw)]
    while waiting:
        path, node = waiting.pop(0)
        yield _section(path, node, raw["$defs"])
        objects = [
            (f"{path}.{name}{suffix}", target)
            for name, child in node["properties"].items()
            for suffix, target in [_object_below(child, raw["$defs"])]
            if "properties" in target
        ]
        waiting = [*objects, *waiting]


def _object_below(node: Json, defs: Mapping[str, Json]) -> tuple[str, Json]:
    """What is inside a field: the item of a list, else the field itself; and how that is written in a path."""
    node, _ = inlined(node, defs, "", ())
    if "items" in node:
        return "[]", inlined(node["items"], defs, "", ())[0]
    return "", node


def _section(path: str, node: Json, defs: Mapping[str, Json]) -> str:
    required = node.get("required", ())
    fields = {name: inlined(child, defs, name, ())[0] for name, child in node["properties"].items()}
    rules = [rule["message"] for rule in node.get(VALIDATIONS, ())]
    rules += [
        f"`{name}`: {rule['message']}"
        for name, field in fields.items()
        if field.get("type") in ("array", "object") and "properties" not in field
        for rule in field.get(VALIDATIONS, ())
    ]
    return "\n".join(
        [
            f"## {path}",
            "",
            node["description"],
            "",
            *[f"- {rule}." for rule in rules],
            *([""] if rules else []),
            "| Field | Type | Default | Unit | Example | Description |",
            "|---|---|---|---|---|---|",
            *[_row(name, field, name in required, defs) for name, field in fields.items()],
            "",
        ]
    )


def _row(name: str, field: Json, required: bool, defs: Mapping[str, Json]) -> str:
    default = default_text(field)
    cells = [
        f"`{name}`",
        _type(field, defs),
        "**required**" if required else default or "",
        field.get(UNIT, ""),
        ", ".join(f"`{example}`" for example in field.get("examples", ())),
        field["description"],
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _type(field: Json, defs: Mapping[str, Json]) -> str:
    field, _ = inlined(field, defs, "", ())
    if "x-kubernetes-preserve-unknown-fields" in field:
        return "number or string"
    if "x-kubernetes-int-or-string" in field:
        return "integer or string"
    if "enum" in field:
        return " | ".join(f"`{value}`" for value in field["enum"])
    match field["type"]:
        case "array":
            return f"list of {_type(field['items'], defs)}{_bounds(field, 'minItems', 'maxItems')}"
        case "object" if "properties" not in field:
            return f"map of string to {_type(field['additionalProperties'], defs)}{_bounds(field, '', 'maxProperties')}"
        case "string":
            return f"string{_bounds(field, '', 'maxLength')}"
        case kind:
            return f"{kind}{_bounds(field, 'minimum', 'maximum')}"


def _bounds(field: Mapping[str, Any], least: str, most: str) -> str:
    match field.get(least), field.get(most):
        case None, None:
            return ""
        case low, None:
            return f", at least {low:,}"
        case None, high:
            return f", at most {high:,}"
        case low, high:
            return f", {low:,} to {high:,}"
    return ""
