"""Which cluster a name and a wish mean: what is there already, else what this machine can run."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Mapping
from typing import cast

from . import teardown
from .apionly import ApiOnlyCluster
from .kindcluster import KindCluster
from .layout import layout
from .locks import exclusively
from .nodecluster import NodeCluster
from .spec import Backend, BadOption, Spec, load

AnyCluster = ApiOnlyCluster | NodeCluster | KindCluster
BACKEND_VARIABLE = "GOSLO_CLUSTER_BACKEND"


def backend(wish: str | None, environ: Mapping[str, str] = os.environ) -> Backend:
    """kind where Docker answers, else native; ``wish`` or ``GOSLO_CLUSTER_BACKEND`` decide instead."""
    asked = wish or environ.get(BACKEND_VARIABLE) or "auto"
    if asked == "auto":
        return "kind" if docker_answers() else "native"
    if asked not in ("native", "kind"):
        raise BadOption(f"no backend {asked!r}: it is auto, native or kind")
    return cast("Backend", asked)


@functools.cache
def docker_answers() -> bool:
    """Whether a Docker engine takes our commands."""
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def cluster(name: str, spec: Spec) -> AnyCluster:
    """The cluster that would be brought up."""
    where = layout(name)
    if spec.flavour == "api-only":
        return ApiOnlyCluster(where, spec)
    return KindCluster(where, spec) if spec.backend == "kind" else NodeCluster(where, spec)


def existing_cluster(name: str) -> AnyCluster | None:
    """The cluster of that name that was brought up before, ``None`` if its state says of none."""
    record = load(layout(name).spec)
    return None if record is None else cluster(name, record.spec)


def take_down(name: str) -> None:
    """Take down whatever there is of that name, also where its state was lost or never written."""
    where = layout(name)
    found = existing_cluster(name)
    if found is not None:
        found.down()
        return
    if docker_answers():
        KindCluster(where, Spec("node", "kind")).down()
    with exclusively(where.lock, name):
        teardown.remove(where)
