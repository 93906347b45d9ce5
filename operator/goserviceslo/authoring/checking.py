"""What is wrong with resources in files, as far as it can be known without a cluster.

The model says what the API server would say of one resource. Beyond it: zones that do not exist, PromQL from which the
operator makes no rules, and what is wrong between resources, which no schema sees.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter, ValidationError

from goserviceslo.api.base import GROUP, KIND
from goserviceslo.api.problems import Problem, examine, path
from goserviceslo.api.text import DnsLabel
from goserviceslo.api.v1alpha1 import GoServiceSloSpec
from goserviceslo.authoring.documents import Document, Location, Place, Unparsable
from goserviceslo.slo.indicator import Unresolved, Workload, resolve
from goserviceslo.slo.unresolved import Reason, Refused
from goserviceslo.slo.users import read_expression, read_selector, read_truth
from goserviceslo.slo.windows import zone_problem


class Rule(StrEnum):
    """What kind of mistake a finding is of; the ids are an interface, for those who suppress or count by them."""

    YAML = "yaml"
    SCHEMA = "schema"
    TIME_ZONE = "time-zone"
    PROMQL = "promql"
    UNIT = "unit"
    DUPLICATE_NAME = "duplicate-name"
    SHARED_TARGET = "shared-target"

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    Rule.YAML: "The file is YAML of bounded size and says each thing once.",
    Rule.SCHEMA: "The API server takes the resource.",
    Rule.TIME_ZONE: "A time zone is one of the IANA database.",
    Rule.PROMQL: "PromQL parses, is what its field wants, stays in the resource's namespace and has a bounded cost.",
    Rule.UNIT: "A bound is of the kind that its metric measures.",
    Rule.DUPLICATE_NAME: "No two resources have one name in one namespace: the later would replace the earlier.",
    Rule.SHARED_TARGET: "No two resources have one target: only the older of them would be acted on.",
}
_READERS: dict[tuple[str | int, ...], Callable[[str, str, str], object]] = {
    ("ratio", "bad"): read_selector,
    ("ratio", "good"): read_selector,
    ("ratio", "total"): read_selector,
    ("saturation", "gauge"): read_expression,
    ("freshness", "timestamp"): read_selector,
    ("throughput", "counter"): read_selector,
    ("throughput", "whileAskedFor"): read_expression,
    ("spread", "histogram"): read_selector,
    ("boolean", "holds"): read_truth,
}
"""Indicators, their fields that hold PromQL, and what the indicator reads them by."""
_OF_EXPRESSIONS = {Reason.EXPRESSION_REFUSED: Rule.PROMQL, Reason.UNIT_MISMATCH: Rule.UNIT}
_NAMESPACE: TypeAdapter[str] = TypeAdapter(DnsLabel)
_NAMED = re.compile(r'(?<!\w)namespace\s*=\s*"([^"]+)"')


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


def check(read: Iterable[Document | Unparsable], namespace: str | None = None) -> Checked:
    """Everything that is wrong with the GoServiceSLOs among these objects.

    `namespace` is that of resources that name none; None where it is not known yet.
    """
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
            nowhere = list(_unfit_namespace(one))
            about = [*nowhere, *_unknown_zones(one)]
            if not isinstance(found, GoServiceSloSpec):
                about += [_refused(one, problem) for problem in found]
            about += _elsewhere(about, _unfit_expressions(one, namespace))
            if isinstance(found, GoServiceSloSpec) and not nowhere:
                resources.append(Resource(one, found))
                about += _elsewhere(about, _uncountable(resources[-1], namespace))
            findings += about
    findings += _between(resources)
    return Checked(tuple(resources), tuple(_in_order(findings)), passed_over, seen)


def _elsewhere(found: Iterable[Finding], further: Iterable[Finding]) -> list[Finding]:
    """What is said of fields of which nothing is said yet."""
    known = {finding.path for finding in found}
    return [finding for finding in further if finding.path not in known]


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


def _unfit_namespace(document: Document) -> Iterator[Finding]:
    namespace = _own_namespace(document)
    try:
        _NAMESPACE.validate_python(namespace or "default")
    except ValidationError:
        location = ("metadata", "namespace")
        sentence = "write at most 63 lower-case letters, digits and dashes, such as shop"
        found = f"(found {json.dumps(namespace, default=str)})"
        yield Finding(document.place(location), Rule.SCHEMA, path(location), f"{sentence} {found}.")


def _unfit_expressions(document: Document, otherwise: str | None) -> Iterator[Finding]:
    """What the indicators cannot read, one by one, also in a resource that the model does not take."""
    namespace = _namespace(document, otherwise)
    for location, value in _expressions(document):
        field = ".".join(map(str, location[-2:]))
        try:
            _READERS[location[-2:]](field, value, namespace)
        except Refused as refusal:
            yield _unfit(document, location, Rule.PROMQL, refusal.field, str(refusal))


def _uncountable(resource: Resource, otherwise: str | None) -> Iterator[Finding]:
    """For which objectives there would be no rules, whatever the pods expose; the first reason of each."""
    workload = Workload(_namespace(resource.document, otherwise), resource.spec.target.name)
    for number, objective in enumerate(resource.spec.objectives):
        match resolve(objective, workload, None, None):
            case Unresolved(reason, message, field=field) if reason in _OF_EXPRESSIONS:
                location: Location = ("spec", "objectives", number, *field.split("."))
                yield _unfit(resource.document, location, _OF_EXPRESSIONS[reason], field, message)


def _unfit(document: Document, location: Location, rule: Rule, field: str, message: str) -> Finding:
    """The field is the path's end, so the message need not begin with it."""
    sentence = message.removeprefix(field).removeprefix(":").strip().removesuffix(".")
    return Finding(document.place(location), rule, path(location), f"{sentence}.")


def _expressions(document: Document) -> Iterator[tuple[Location, str]]:
    for location, value in _fields(document.value.get("spec"), ("spec",)):
        if location[-2:] in _READERS and isinstance(value, str):
            yield location, value


def _own_namespace(document: Document) -> Any:
    metadata = document.value.get("metadata")
    return metadata.get("namespace") if isinstance(metadata, dict) else None


def _namespace(document: Document, otherwise: str | None) -> str:
    """Of a resource that names none, and for which none is given: it may be applied to the one that it asks for."""
    named = (match[1] for _, value in _expressions(document) if (match := _NAMED.search(value)))
    return str(_own_namespace(document) or otherwise or next(named, "default"))


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
