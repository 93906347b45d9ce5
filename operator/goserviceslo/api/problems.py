"""Why a resource is refused, in sentences for the person who wrote it."""

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from goserviceslo.api.base import API_VERSION, KIND, Json
from goserviceslo.api.resource import NAME_CHECK
from goserviceslo.api.schema import inlined, raw_schema
from goserviceslo.api.text import ObjectName
from goserviceslo.api.v1alpha1 import GoServiceSloSpec

_LONGEST_QUOTE = 60
_TOP_LEVEL = ("apiVersion", "kind", "metadata", "spec", "status")
_NAME: TypeAdapter[str] = TypeAdapter(ObjectName)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a resource."""

    location: tuple[str | int, ...]
    """Keys and indices from the resource down to what is wrong, or to what is missing."""
    sentence: str
    """What to write instead and what is there, without a full stop."""

    def __str__(self) -> str:
        return f"{path(self.location)}: {self.sentence}".removesuffix(".") + "."


def parse_spec(resource: Json) -> GoServiceSloSpec | list[str]:
    """The spec of a GoServiceSLO, or every reason to refuse the resource; refuses what the API server refuses."""
    found = examine(resource)
    return found if isinstance(found, GoServiceSloSpec) else [str(problem) for problem in found]


def examine(resource: Json) -> GoServiceSloSpec | list[Problem]:
    """As `parse_spec`, with the place of each problem."""
    found = list(_problems_around_spec(resource))
    try:
        spec = GoServiceSloSpec.model_validate(resource.get("spec"), by_alias=True, by_name=False)
    except ValidationError as error:
        return [*found, *problems(error)]
    return found or spec


def path(location: Sequence[str | int]) -> str:
    """A location as people write it: `spec.objectives[0].http`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def problems(error: ValidationError) -> Iterator[Problem]:
    """One for each thing that is wrong with a spec: where it stands, what to write instead, what is there."""
    for detail in error.errors():
        yield Problem(("spec", *detail["loc"]), f"{_sentence(detail)}{_found(detail)}")


def _problems_around_spec(resource: Json) -> Iterator[Problem]:
    for field, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        if resource.get(field, wanted) != wanted:
            yield Problem((field,), f"write {wanted} (found {_quoted(resource[field])})")
    for field in resource:
        if field not in _TOP_LEVEL:
            yield Problem((field,), _unknown(field, _TOP_LEVEL))
    yield from _problems_of_name(resource)


def _problems_of_name(resource: Json) -> Iterator[Problem]:
    place, metadata = ("metadata", "name"), resource.get("metadata")
    if not isinstance(metadata, dict) or not (metadata.get("name") or metadata.get("generateName")):
        yield Problem(place, "is missing: write a name, such as checkout")
    elif metadata.get("name"):
        found = f"(found {_quoted(metadata['name'])})"
        try:
            _NAME.validate_python(metadata["name"])
            NAME_CHECK.require(resource)
        except ValidationError as error:
            yield Problem(place, f"{_sentence(error.errors()[0])} {found}")
        except ValueError as error:
            yield Problem(place, f"{error} {found}")


def _found(detail: ErrorDetails) -> str:
    """What stands there now, where it is short enough to be recognised and is not the whole surroundings."""
    value = detail["input"]
    if detail["type"] in ("missing", "extra_forbidden") or not isinstance(value, str | int | float):
        return ""
    return f" (found {_quoted(value)})"


def _quoted(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."


def _sentence(detail: ErrorDetails) -> str:  # noqa: C901 - a table of error types
    context = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            return str(context["error"])
        case "missing":
            return f"is missing: write it{_such_as(detail['loc'])}"
        case "extra_forbidden":
            return _unknown(str(detail["loc"][-1]), _fields(detail["loc"][:-1]))
        case "string_type":
            return _quotes_wanted(detail)
        case "string_too_long":
            return f"write at most {context['max_length']} characters"
        case "int_type" | "int_from_float":
            return f"write a whole number{_such_as(detail['loc'])}, without quotes"
        case "greater_than_equal":
            return f"write at least {context['ge']}"
        case "less_than_equal":
            return f"write at most {context['le']}"
        case "bool_type":
            return "write true or false, without quotes"
        case "too_long":
            return f"write at most {context['max_length']} of them"
        case "tuple_type":
            return f"write a list{_such_as(detail['loc'])}"
        case "model_type" | "dict_type":
            return f"write fields below it{_such_as(detail['loc'])}"
        case unforeseen:
            raise AssertionError(f"no sentence for {unforeseen}")


def _quotes_wanted(detail: ErrorDetails) -> str:
    match detail["input"]:
        case bool():
            return "put it in quotes: YAML reads a bare yes, no, on, off, true or false as a boolean"
        case int() | float():
            return "put it in quotes: it is a text that looks like a number"
        case _:
            return f"write a text{_such_as(detail['loc'])}"


def _unknown(field: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(field.replace("_", "").lower(), [name.lower() for name in known], 1)
    meant = next((name for name in known if close and name.lower() == close[0]), None)
    return f"there is no such field: {f'write {meant}' if meant else 'the fields here are ' + ', '.join(known)}"


def _such_as(location: Sequence[str | int]) -> str:
    examples = _schema_at(location).get("examples", ())
    return f", such as {examples[0]}" if examples else ""


def _fields(location: Sequence[str | int]) -> tuple[str, ...]:
    return tuple(_schema_at(location).get("properties", ()))


@cache
def _raw() -> Json:
    return raw_schema(GoServiceSloSpec)


def _schema_at(location: Sequence[str | int]) -> Json:
    """What the schema says of the place; empty where it knows no such place."""
    root = _raw()
    node = root
    for part in location:
        child = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
        if child is None:
            return {}
        node, _ = inlined(child, root["$defs"], str(part), ())
    return node
