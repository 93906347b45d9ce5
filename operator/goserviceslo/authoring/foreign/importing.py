"""From other tools' objects to GoServiceSLOs: which format it is, and which objectives belong into one resource.

A Deployment has one GoServiceSLO, so all promises of one service in one namespace come together.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from goserviceslo.api.base import API_VERSION, KIND
from goserviceslo.api.problems import examine, problems
from goserviceslo.api.v1alpha1 import MAX_OBJECTIVES, Objective
from goserviceslo.authoring.documents import Document, Unparsable
from goserviceslo.authoring.foreign import openslo, pyrra, sloth
from goserviceslo.authoring.foreign.names import dns_label
from goserviceslo.authoring.foreign.promise import Found, Promise, Remark
from goserviceslo.ports import Json


class Format(StrEnum):
    """Whose objectives these are."""

    SLOTH = "sloth"
    PYRRA = "pyrra"
    OPENSLO = "openslo"


_RECOGNISED: dict[Format, Callable[[Document], bool]] = {
    Format.SLOTH: sloth.is_sloth,
    Format.PYRRA: pyrra.is_pyrra,
    Format.OPENSLO: openslo.is_openslo,
}


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the originals do not say."""

    only: Format | None = None
    """Take objects of this tool alone; None for all that are recognised."""
    target: str | None = None
    """The Deployment. None: named like the service."""
    namespace: str | None = None
    """Of the resources. None: the one that the selectors name, else that of the original."""
    window: str = "30d"
    """Of objectives of Sloth, whose controller has one for all."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A resource, and what is to say about it."""

    resource: Json
    remarks: tuple[Remark, ...]
    """Of the originals that it was made of."""


@dataclass(frozen=True, slots=True)
class Import:
    """All that came of some files."""

    resources: tuple[Imported, ...]
    remarks: tuple[Remark, ...]
    """Every remark, also those on originals of which nothing came."""

    @property
    def lost(self) -> bool:
        """Whether something was not carried over."""
        return any(remark.lost for remark in self.remarks)


def import_all(read: Iterable[Document | Unparsable], options: ImportOptions) -> Import:
    """GoServiceSLOs for all objectives of other tools among these objects; what is none is named."""
    listed = list(read)
    documents = [one for one in listed if isinstance(one, Document)]
    remarks = [
        Remark(one.place, f"the rest of the file: {one.sentence}", lost=True, origin=one.place)
        for one in listed
        if isinstance(one, Unparsable)
    ]
    groups: dict[tuple[str | None, str], list[Promise]] = {}
    for document in documents:
        found = _found(document, documents, options)
        remarks += found.remarks
        for promise in found.promises:
            if refused := list(_refused(promise, options)):
                remarks += refused
                continue
            namespace = options.namespace or promise.namespace
            groups.setdefault((namespace, options.target or dns_label(promise.service)), []).append(promise)
    resources = []
    for (namespace, target), promises in groups.items():
        group = _Group(namespace, target, promises)
        resources.append(group.resource())
        remarks += group.remarks
    said = tuple(sorted(set(remarks)))
    once = {str(remark): remark for remark in said}
    origins = [{promise.origin for promise in promises} for promises in groups.values()]
    return Import(
        tuple(
            Imported(resource, tuple(remark for remark in said if remark.origin in its_origins))
            for resource, its_origins in zip(resources, origins, strict=True)
        ),
        tuple(once.values()),
    )


def _found(document: Document, documents: Sequence[Document], options: ImportOptions) -> Found:
    recognised = next((one for one, is_it in _RECOGNISED.items() if is_it(document)), None)
    if recognised is None or options.only not in (None, recognised):
        wanted = options.only or "Sloth, Pyrra or OpenSLO"
        what = document.kind or "an object without a kind"
        text = f"the whole object: {what} is nothing of {wanted}"
        return Found((), (Remark(document.place(), text, lost=True, origin=document.place()),))
    match recognised:
        case Format.SLOTH:
            return sloth.read(document, options.window)
        case Format.PYRRA:
            return pyrra.read(document)
        case Format.OPENSLO:
            return openslo.read(document, documents)


def _refused(promise: Promise, options: ImportOptions) -> Iterator[Remark]:
    """Why the model does not take the objective, or the resource cannot count what it counts."""
    if options.namespace is not None and promise.asked not in (None, options.namespace):
        yield Remark(
            promise.place,
            f"the whole objective {promise.objective['name']}: its selectors ask for namespace {promise.asked}, and a "
            f"resource in {options.namespace} counts series of {options.namespace} alone: import it with --namespace "
            f"{promise.asked}",
            lost=True,
            origin=promise.origin,
        )
    try:
        Objective.model_validate(promise.objective, by_alias=True, by_name=False)
    except ValidationError as error:
        for problem in problems(error):
            sentence = str(problem).removeprefix("spec.")
            text = f"the whole objective {promise.objective['name']}: {sentence}"
            yield Remark(promise.place, text, lost=True, origin=promise.origin)


class _Group:
    """The promises of one Deployment."""

    def __init__(self, namespace: str | None, target: str, promises: Sequence[Promise]) -> None:
        self._namespace = namespace
        self._target = target
        self._promises = promises
        self.remarks: list[Remark] = []

    def resource(self) -> Json:
        """The GoServiceSLO."""
        metadata: Json = {"name": self._target}
        if self._namespace is not None:
            metadata["namespace"] = self._namespace
        self._confined()
        if labels := self._agreed("labels", [dict(promise.labels) for promise in self._promises]):
            metadata["labels"] = labels
        spec: Json = {"target": {"name": self._target}}
        tiers = [promise.tier for promise in self._promises]
        if tiers[0] is not None and len(set(tiers)) == 1:
            spec["tier"] = tiers[0]
        spec["objectives"] = list(self._objectives())
        if alerting := self._alerting():
            spec["alerting"] = alerting
        made = {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
        found = examine(made)
        for problem in found if isinstance(found, list) else ():
            self._remark(self._promises[0], f"this must be changed by hand: {problem}", lost=True)
        return made

    def _confined(self) -> None:
        """Name the objectives that counted series of every namespace."""
        everywhere = [promise for promise in self._promises if promise.asked is None]
        if everywhere:
            names = ", ".join(dict.fromkeys(promise.objective["name"] for promise in everywhere))
            where = self._namespace or "the namespace that the resource is applied to"
            self._remark(
                everywhere[0],
                f"{names}: no selector names a namespace; the original counts series of all, this resource those of "
                f"{where} alone",
            )

    def _objectives(self) -> Iterator[Json]:
        names: set[str] = set()
        tiers = {promise.tier for promise in self._promises}
        for promise in self._promises:
            if len(names) == MAX_OBJECTIVES:
                self._remark(
                    promise,
                    f"the objective {promise.objective['name']}: a resource has at most {MAX_OBJECTIVES}",
                    lost=True,
                )
                continue
            name = self._free(promise.objective["name"], names)
            if name != promise.objective["name"]:
                self._remark(promise, f"the objective is called {name}: its own name is taken")
            names.add(name)
            own = {"tier": promise.tier} if len(tiers) > 1 and promise.tier is not None else {}
            yield promise.objective | {"name": name} | own

    @staticmethod
    def _free(name: str, taken: set[str]) -> str:
        candidates = (name, *(f"{name[:60]}-{number}" for number in range(2, MAX_OBJECTIVES + 2)))
        return next(one for one in candidates if one not in taken)

    def _alerting(self) -> Json:
        """What all promises want alike; the rest is named."""
        wanted = [promise.alerting for promise in self._promises]
        found: Json = {}
        for field in ("labels", "annotations"):
            if agreed := self._agreed(f"alerting.{field}", [dict(one.get(field, {})) for one in wanted]):
                found[field] = agreed
        links = [{name: one[name] for name in ("runbook", "dashboard") if name in one} for one in wanted]
        return found | self._agreed("alerting", links)

    def _agreed(self, field: str, wanted: Sequence[dict[str, str]]) -> dict[str, str]:
        """The entries that all have; a resource has one set of them."""
        agreed = {name: value for name, value in wanted[0].items() if all(one.get(name) == value for one in wanted)}
        for promise, one in zip(self._promises, wanted, strict=True):
            if others := sorted(one.keys() - agreed.keys()):
                listed = ", ".join(f"{name}: {one[name]}" for name in others)
                self._remark(
                    promise,
                    f"{field} {listed} of {promise.objective['name']}: a resource has those that all its objectives "
                    "have",
                    lost=True,
                )
        return agreed

    def _remark(self, promise: Promise, text: str, *, lost: bool = False) -> None:
        self.remarks.append(Remark(promise.place, text, lost, promise.origin))
