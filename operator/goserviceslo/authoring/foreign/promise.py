"""What an importer finds: promises in our terms, and what has no place in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from goserviceslo.authoring.documents import Place
from goserviceslo.ports import Json


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """Something about the original that whoever imports it must know."""

    place: Place
    text: str
    lost: bool
    """Whether something of the original is not in the result; otherwise it is there in another form."""
    origin: Place
    """Where the object begins that this is about."""

    def __str__(self) -> str:
        return f"{self.place}: {'not carried over: ' if self.lost else ''}{self.text}"


@dataclass(frozen=True, slots=True)
class Promise:
    """One objective, and what it says about the resource that it belongs into."""

    place: Place
    """Of the original."""
    origin: Place
    """Where the object begins that it stands in."""
    service: str
    """The name of the service, in the original's own spelling."""
    namespace: str | None
    """Of the resource: the one that its series are asked for in, else that of the original."""
    asked: str | None
    """The namespace that its selectors ask for; None where they ask for none, and so count series of all."""
    objective: Json
    """As it stands below `spec.objectives`."""
    alerting: Json = field(default_factory=dict)
    """Wanted below `spec.alerting`."""
    tier: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """Wanted as the resource's own labels."""


@dataclass(frozen=True, slots=True)
class Found:
    """All that one file's object gave."""

    promises: tuple[Promise, ...] = ()
    remarks: tuple[Remark, ...] = ()
