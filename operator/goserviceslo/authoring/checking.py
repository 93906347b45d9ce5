"""What is wrong with resources in files, as far as it can be known without a cluster.

The model says what the API server would say of one resource. Beyond it: zones that do not exist, PromQL that does not
parse or would leave its namespace, and what is wrong between resources, which no schema sees.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from goserviceslo.api.base import GROUP, KIND
from goserviceslo.api.problems import Problem, examine, path
from goserviceslo.api.v1alpha1 import GoServiceSloSpec
from goserviceslo.authoring.documents import Document, Location, Place, Unparsable
from goserviceslo.slo.confine import Escapes, confine
from goserviceslo.slo.windows import zone_problem


class Rule(StrEnum):
    """What kind of mistake a finding is of; the ids are an interface, for those who suppress or count by them."""

    YAML = "yaml"
    SCHEMA = "schema"
    TIME_ZONE = "time-zone"
    PROMQL = "promql"
    DUPLICATE_NAME = "duplicate-name"
    SHARED_TARGET = "shared-target"

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    Rule.YAML: "The file is YAML and says each thing once.",
    Rule.SCHEMA: "The API server takes the resource.",
    Rule.TIME_ZONE: "A time zone is one of the IANA database.",
    Rule.PROMQL: "PromQL parses, stays in the resource's namespace and has a bounded cost.",
    Rule.DUPLICATE_NAME: "No two resources have one name in one namespace: the later would replace the earlier.",
    Rule.SHARED_TARGET: "No two resources have one target: only the older of them would be acted on.",
}
_EXPRESSIONS = frozenset(
    {
        ("ratio", "bad"),
        ("ratio", "good"),
        ("ratio", "total"),
        ("saturation", "gauge"),
        ("freshness", "timestamp"),
        ("throughput", "counter"),
        ("throughput", "whileAskedFor"),
        ("spread", "histogram"),
        ("boolean", "holds"),
    }
)
"""Indicators, and their fields that hold PromQL."""
_NAMED = re.compile(r'namespace\s*=\s*"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where."""

    place: Place
    rule: Rule
    path: str
    """From the resource down, such as `spec.objectives[0].target`; empty for the file as a whole."""
    message: str
    """What to write instead and what is there; a sentence."""

    def __str__(self) -> str:
        return f"{self.place}: {self.path}: {self.message}" if self.path else f"{self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Resource:
    """A GoServiceSLO that the model takes."""

    document: Document
    spec: GoServiceSloSpec

    @property
    def name(self) -> str:
        metadata = self.document.value["metadata"]
        return str(metadata.get("name") or metadata["generateName"])

    @property
    def namespace(self) -> str | None:
        """None where the file leaves it to whoever applies it."""
        return self.document.value["metadata"].get("namespace") or None


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in some files."""

    resources: tuple[Resource, ...] = ()
    """Those that the model takes, whatever else is found."""
    findings: tuple[Finding, ...] = ()
    """In the order of files and lines."""
    passed_over: int = 0
    """Objects of other kinds."""
    seen: int = field(default=0)
    """GoServiceSLOs, good and bad."""


def check(read: Iterable[Document | Unparsable]) -> Checked:
    """Everything that is wrong with the GoServiceSLOs among these objects."""
    resources: list[Resource] = []
    findings: list[Finding] = []
    seen = passed_over = 0
    for one in read:
        if isinstance(one, Unparsable):
            findings.append(Finding(one.place, Rule.YAML, "", f"{one.sentence}."))
        elif not _is_ours(one):
            passed_over += 1
        else:
            seen += 1
            found = examine(one.value)
            if isinstance(found, GoServiceSloSpec):
                resources.append(Resource(one, found))
            else:
                findings += [_refused(one, problem) for problem in found]
            findings += [*_unknown_zones(one), *_unfit_expressions(one)]
    findings += _between(resources)
    return Checked(tuple(resources), tuple(_in_order(findings)), passed_over, seen)


def _is_ours(document: Document) -> bool:
    """A resource of our group, or of our kind whatever its group is said to be."""
    return document.api_version.partition("/")[0] == GROUP or document.kind == KIND


def _refused(document: Document, problem: Problem) -> Finding:
    unknown = problem.sentence.startswith("there is no such field")
    place = document.key(problem.location) if unknown else document.place(problem.location)
    return Finding(place, Rule.SCHEMA, path(problem.location), f"{problem.sentence.removesuffix('.')}.")


def _unknown_zones(document: Document) -> Iterator[Finding]:
    for location, value in _fields(document.value.get("spec"), ("spec",)):
        if location[-1] == "timeZone" and isinstance(value, str) and (problem := zone_problem(value)):
            yield Finding(document.place(location), Rule.TIME_ZONE, path(location), f"{problem}.")


def _unfit_expressions(document: Document) -> Iterator[Finding]:
    metadata = document.value.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    for location, value in _fields(document.value.get("spec"), ("spec",)):
        if location[-2:] not in _EXPRESSIONS or not isinstance(value, str):
            continue
        try:
            confine(value, str(namespace or _named(value)))
        except Escapes as error:
            message = f"{str(error).removesuffix('.')}."
            yield Finding(document.place(location), Rule.PROMQL, path(location), message)


def _named(expression: str) -> str:
    """A namespace for an expression of a resource that names none: it may be applied to the one that is asked for."""
    match = _NAMED.search(expression)
    return match[1] if match else "default"


def _fields(value: Any, location: Location) -> Iterator[tuple[Location, Any]]:
    yield location, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, child in children:
        yield from _fields(child, (*location, part))


def _between(resources: Sequence[Resource]) -> Iterator[Finding]:
    names: dict[tuple[str | None, str], Resource] = {}
    targets: defaultdict[tuple[str | None, str], list[Resource]] = defaultdict(list)
    for one in resources:
        if "name" not in one.document.value["metadata"]:
            continue  # the API server will make a name of its own for it
        first = names.setdefault((one.namespace, one.name), one)
        if first is not one:
            there = first.document.place(("metadata", "name"))
            yield _finding(
                one,
                ("metadata", "name"),
                Rule.DUPLICATE_NAME,
                f"{one.name} is also the name of the resource at {there}: applied together, one of them replaces the "
                "other; give it another name, or validate the folder of each cluster by itself",
            )
        else:
            targets[one.namespace, one.spec.target.name].append(one)
    for (_, target), sharing in targets.items():
        for one in sharing[1:]:
            yield _finding(
                one,
                ("spec", "target", "name"),
                Rule.SHARED_TARGET,
                f"Deployment {target} is also the target of {sharing[0].name} at {sharing[0].document.place()}: write "
                "the objectives of both into one resource",
            )


def _finding(one: Resource, location: Location, rule: Rule, sentence: str) -> Finding:
    return Finding(one.document.place(location), rule, path(location), f"{sentence}.")


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By file as given, then by line."""
    files: dict[str, int] = {}
    listed = list(findings)
    for finding in listed:
        files.setdefault(finding.place.file, len(files))
    return sorted(listed, key=lambda one: (files[one.place.file], one.place.line, one.place.column))
