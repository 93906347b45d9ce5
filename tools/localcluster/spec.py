"""What one cluster is: decided at its first ``up``, stored, and the same at every later one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from .files import settle

Flavour = Literal["api-only", "node"]
Backend = Literal["native", "kind"]

CONTROLLERS, METRICS_SERVER = "controllers", "metrics-server"
EXTRAS = (CONTROLLERS, METRICS_SERVER)


class OtherCluster(RuntimeError):
    """A cluster of this name is there and is not what was asked for."""


class BadOption(ValueError):
    """Options that do not go together."""


@dataclass(frozen=True)
class Spec:
    """What a user asks for."""

    flavour: Flavour = "node"
    backend: Backend = "native"
    audit: bool = False
    extras: tuple[str, ...] = ()
    """``controllers`` (kube-controller-manager beside an api-only cluster), ``metrics-server`` (node)."""
    flags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Command-line flags added to a component's own, by component."""

    def __post_init__(self) -> None:
        allowed = {"api-only": {CONTROLLERS}, "node": {METRICS_SERVER}}[self.flavour]
        if unfit := sorted(set(self.extras) - allowed):
            raise BadOption(f"{unfit[0]!r} does not go with {self.flavour}; it takes: {', '.join(sorted(allowed))}")
        if self.flavour == "api-only" and self.backend == "kind":
            raise BadOption("kind has no api-only flavour: leave the backend out, or say native")


@dataclass(frozen=True)
class Record:
    """What was decided for a cluster: its spec and where it is reached."""

    spec: Spec
    ports: dict[str, int] = field(default_factory=dict)
    block: str = ""
    """The node flavour's /16; empty for api-only."""


def agreed(found: Record | None, asked: Spec) -> Spec:
    """The spec to bring up: what is there with what was asked for added; raises ``OtherCluster``.

    Extras may be added to a running cluster; what its processes were started with may not change.
    """
    if found is None:
        return asked
    extras = tuple(dict.fromkeys([*found.spec.extras, *asked.extras]))
    wanted = replace(asked, extras=extras)
    if replace(found.spec, extras=extras) != wanted:
        raise OtherCluster(f"it is up as {found.spec}, asked for was {asked}: take it down first, or use another name")
    return wanted


def save(path: Path, record: Record) -> None:
    """Store a record."""
    settle(path, json.dumps(asdict(record), indent=2) + "\n")


def load(path: Path) -> Record | None:
    """The stored record; ``None`` where there is none (a first ``up`` that was cut short leaves none)."""
    try:
        stored = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    spec = stored["spec"]
    spec["extras"] = tuple(spec["extras"])
    spec["flags"] = {component: tuple(flags) for component, flags in spec["flags"].items()}
    return Record(Spec(**spec), stored["ports"], stored["block"])
