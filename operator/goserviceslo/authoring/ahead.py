"""Maintenance in rules that nobody renders anew each day: of a stretch of days, from a given one on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from goserviceslo.authoring.calendars import named, windows_of
from goserviceslo.authoring.checking import Resource
from goserviceslo.authoring.documents import Document
from goserviceslo.ports import Key
from goserviceslo.slo.maintenance import Maintenance, ahead

MOST_SPANS = 512
"""How many separate spans one resource's rules are told: each is part of three expressions."""
NOT_ASKED = "maintenance counts: give --maintenance, 31d say, and write this anew before that is over"


@dataclass(frozen=True, slots=True)
class Ahead:
    """Which maintenance rules are told of."""

    first: date
    """From midnight of this day on, in UTC."""
    length: timedelta
    calendars: Mapping[Key, Document] = field(default_factory=dict)
    """The ConfigMaps that were given."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What the rules of one resource are told of maintenance."""

    maintenance: Maintenance = field(default_factory=Maintenance)
    until: date | None = None
    """The day (UTC) before whose midnight the rules must be written anew; None where they need not be."""
    assumption: str = ""
    """Of what they are not told; empty where that is nothing."""


def embedded_ahead(resource: Resource, namespace: str, wanted: Ahead | None) -> Embedded | list[str]:
    """What a resource's rules are told, or every reason why there can be none, with the place."""
    spec, where = resource.spec, f"{resource.document.place()}: {resource.name}"
    if spec.maintenance_from is None and not spec.maintenance:
        return Embedded()
    if wanted is None:
        return Embedded(assumption=NOT_ASKED)
    windows, assumption = tuple(spec.maintenance or ()), ""
    if spec.maintenance_from is not None:
        name = spec.maintenance_from.config_map
        calendar = named(wanted.calendars, namespace, name)
        shared = () if calendar is None else windows_of(calendar)
        if isinstance(shared, list):
            return shared
        windows += shared
        assumption = "" if calendar else f"what ConfigMap {name} calls maintenance counts: give its file too"
    try:
        maintenance = ahead(windows, wanted.first, wanted.length)
    except ValueError as error:
        return [f"{where}: maintenance: {error}"]
    if len(maintenance.spans) > MOST_SPANS:
        crowd = f"there are {len(maintenance.spans)} separate spans of maintenance, and rules are told of {MOST_SPANS}"
        return [f"{where}: {crowd} at most: give a shorter --maintenance, or write fewer and longer windows"]
    return Embedded(maintenance, wanted.first + wanted.length if windows else None, assumption)
