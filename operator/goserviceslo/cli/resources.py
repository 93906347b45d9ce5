"""Which GoServiceSLOs a command speaks of: those in files, or those of the cluster."""

import asyncio
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from goserviceslo.api.maintenance import MaintenanceWindow
from goserviceslo.api.problems import parse_spec
from goserviceslo.api.v1alpha1 import GoServiceSloSpec, Objective
from goserviceslo.authoring.calendars import calendars, named, windows_of
from goserviceslo.authoring.checking import check
from goserviceslo.authoring.documents import Document
from goserviceslo.cli.reading import given, nothing_in
from goserviceslo.ports import GOSERVICESLOS, ApiError, Json, Key
from goserviceslo.slo.counting import Tile
from goserviceslo.slo.leftout import declared
from goserviceslo.slo.maintenance import Span


@dataclass(frozen=True, slots=True)
class Named:
    """A resource and its name."""

    key: Key
    spec: GoServiceSloSpec
    calendar: tuple[MaintenanceWindow, ...] | None = None
    """The maintenance of the ConfigMap that it names; None where there is none, or it was not given."""

    def identity(self, objective: Objective) -> tuple[str, str, str]:
        """What names one objective in recorded series."""
        return self.key.namespace, self.key.name, objective.name

    def maintenance(self, since: datetime, until: datetime, tile: Tile) -> tuple[Span, ...]:
        """The maintenance that tiles counted from one instant to another may overlap.

        Raises Unreadable for a zone that does not exist.
        """
        try:
            return declared((*(self.spec.maintenance or ()), *(self.calendar or ())), since, until, tile)
        except ValueError as error:
            raise Unreadable(f"{self.key}: {error}") from None


class Unreadable(Exception):
    """A resource, a file or the cluster cannot be read; the text is for the user."""


def in_files(paths: Sequence[str], namespace: str) -> list[Named]:
    """The GoServiceSLOs in these files and folders (`-` is standard input), other kinds left out.

    `namespace` is that of resources that name none. Raises Unreadable, also where there is none at all.
    """
    found = given(paths)
    checked = check(found.objects, namespace)
    wrong = [*found.unreadable, *map(str, checked.findings)]
    if wrong:
        raise Unreadable("\n".join(wrong))
    if not checked.resources:
        raise Unreadable(nothing_in(paths))
    known = calendars(found.objects)
    return [_with_calendar(Key(one.namespace or namespace, one.name), one.spec, known) for one in checked.resources]


def _with_calendar(key: Key, spec: GoServiceSloSpec, known: Mapping[Key, Document]) -> Named:
    if spec.maintenance_from is None:
        return Named(key, spec)
    found = named(known, key.namespace, spec.maintenance_from.config_map)
    if found is None:
        return Named(key, spec)
    windows = windows_of(found)
    if isinstance(windows, list):
        raise Unreadable("\n".join(windows))
    return Named(key, spec, windows)


def with_calendars(resources: Iterable[Named], command: str) -> Iterator[Named]:
    """The resources; on standard error it is said of which the maintenance is not all known."""
    for one in resources:
        if one.spec.maintenance_from is not None and one.calendar is None:
            name = one.spec.maintenance_from.config_map
            advice = f"give the file of ConfigMap {name} too"
            print(f"goslo {command}: {one.key}: what it calls maintenance is counted: {advice}", file=sys.stderr)
        yield one


def in_cluster(namespace: str, kubeconfig: Path | None) -> list[Named]:
    """The GoServiceSLOs of the cluster, or of one of its namespaces. Raises Unreadable."""
    try:
        resources = asyncio.run(_listed(namespace, kubeconfig))
    except ApiError as error:
        raise Unreadable(f"the cluster cannot be asked: {error}") from None
    return [_named(resource) for resource in resources]


async def _listed(namespace: str, kubeconfig: Path | None) -> list[Json]:
    from goserviceslo.adapters.connection import Connection
    from goserviceslo.adapters.kubernetes import KubernetesCluster

    connection = await Connection.load(None if kubeconfig is None else str(kubeconfig))
    async with KubernetesCluster(connection) as cluster:
        return [item async for page in cluster.pages(GOSERVICESLOS, namespace=namespace) for item in page.items]


def _named(resource: Json) -> Named:
    metadata, spec = resource["metadata"], parse_spec(resource)
    if not isinstance(spec, GoServiceSloSpec):
        raise Unreadable(f"{metadata['namespace']}/{metadata['name']}: {' '.join(spec)}")
    return Named(Key(metadata["namespace"], metadata["name"]), spec)
