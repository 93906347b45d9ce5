"""A real Kubernetes on one machine: built from Go modules where there is no Docker, kind where there is.

For tests::

    with api_only("contract") as cluster:
        ...  # cluster.kubeconfig, cluster.component("etcd").kill()
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from .apionly import ApiOnlyCluster
from .choice import AnyCluster, backend, cluster
from .layout import layout
from .spec import CONTROLLERS, Spec

__all__ = ["api_only", "node"]

Flags = Mapping[str, Sequence[str]]


@contextmanager
def api_only(
    name: str, *, controllers: bool = False, audit: bool = False, flags: Flags | None = None, keep: bool = False
) -> Iterator[ApiOnlyCluster]:
    """etcd and an API server of your own; ``keep`` leaves them running for the next one to find.

    ``controllers`` adds kube-controller-manager (garbage collection, namespace deletion); ``flags`` adds
    command-line flags by component, such as ``{"kube-apiserver": ["--watch-cache=false"]}``.
    """
    extras = (CONTROLLERS,) if controllers else ()
    made = ApiOnlyCluster(layout(name), Spec("api-only", audit=audit, extras=extras, flags=_frozen(flags)))
    with _running(made, keep):
        yield made


@contextmanager
def node(
    name: str,
    *,
    extras: Sequence[str] = (),
    audit: bool = False,
    flags: Flags | None = None,
    wish: str | None = None,
    keep: bool = False,
) -> Iterator[AnyCluster]:
    """A whole cluster with one node; ``wish`` is the backend (auto, native, kind)."""
    spec = Spec("node", backend(wish), audit=audit, extras=tuple(extras), flags=_frozen(flags))
    made = cluster(name, spec)
    with _running(made, keep):
        yield made


@contextmanager
def _running(made: AnyCluster, keep: bool) -> Iterator[None]:
    try:
        made.up()
        yield
    finally:
        if not keep:
            made.down()


def _frozen(flags: Flags | None) -> dict[str, tuple[str, ...]]:
    return {component: tuple(added) for component, added in (flags or {}).items()}
