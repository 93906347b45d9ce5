"""Before the operator goes for good: nothing may be left that cannot be deleted without it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from goserviceslo.ports import (
    DEPLOYMENTS,
    GOSERVICESLOS,
    PODS,
    ApiError,
    ClusterPort,
    Conflict,
    Json,
    Key,
    NotFound,
)
from goserviceslo.reconcile.ownership import FINALIZER
from goserviceslo.reconcile.runtime import release_write

_LOOK_SECONDS = 1.0
_TRIES = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Released:
    """What a release has done."""

    released: int
    failed: tuple[str, ...]
    """Resources that still hold our finalizer, with the reason."""


async def release(
    cluster: ClusterPort,
    *,
    namespaces: Sequence[str] = (),
    operator: Key | None = None,
    give_back: bool = False,
    patience_seconds: float = 120.0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Released:
    """Bring the operator's Deployment to rest, then take our finalizer off every resource.

    `give_back` also takes our variables off the targets first, which restarts their pods. Raises ApiError where the
    operator cannot be stopped or the resources cannot be listed, TimeoutError where the operator's pods stay.
    """
    if operator is not None:
        await _bring_to_rest(cluster, operator, patience_seconds, sleep)
    released, failed = 0, []
    for namespace in namespaces or ("",):
        try:
            async for page in cluster.pages(GOSERVICESLOS, namespace=namespace):
                for resource in page.items:
                    if FINALIZER not in (resource["metadata"].get("finalizers") or ()):
                        continue
                    try:
                        await _release_one(cluster, resource, give_back=give_back)
                        released += 1
                    except ApiError as error:
                        metadata = resource["metadata"]
                        failed.append(f"{metadata['namespace']}/{metadata['name']}: {error}")
        except NotFound:
            break  # the kind itself is gone
    return Released(released, tuple(failed))


async def _bring_to_rest(
    cluster: ClusterPort, operator: Key, patience_seconds: float, sleep: Callable[[float], Awaitable[None]]
) -> None:
    try:
        await cluster.merge_patch(DEPLOYMENTS, operator, {"spec": {"replicas": 0}}, subresource="scale")
        waited = 0.0
        while await _works(cluster, operator):
            if waited >= patience_seconds:
                raise TimeoutError(f"pods of Deployment {operator} are still there after {patience_seconds:.0f} s")
            await sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS
    except NotFound:
        logger.info("there is no Deployment %s; nothing to stop", operator)


async def _works(cluster: ClusterPort, operator: Key) -> bool:
    """Whether a process of the operator may still write.

    The Deployment's own count is not enough: a pod that is being terminated is in no replica count, and its process
    goes on until its grace period ends.
    """
    live = await cluster.get(DEPLOYMENTS, operator)
    status = live.get("status") or {}
    if status.get("replicas", 0) or status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return True
    labels = live["spec"]["selector"]["matchLabels"]
    selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
    async for page in cluster.pages(PODS, namespace=operator.namespace, label_selector=selector, metadata_only=True):
        if page.items:
            return True
    return False


async def _release_one(cluster: ClusterPort, resource: Json, *, give_back: bool) -> None:
    metadata = resource["metadata"]
    key = Key(metadata["namespace"], metadata["name"])
    if give_back:
        await _give_back(cluster, Key(key.namespace, resource["spec"]["target"]["name"]))
    for _ in range(_TRIES):
        others = [name for name in metadata.get("finalizers") or () if name != FINALIZER]
        change = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": others}}
        try:
            await cluster.merge_patch(GOSERVICESLOS, key, change)
        except NotFound:
            return
        except Conflict:
            metadata = (await cluster.get(GOSERVICESLOS, key))["metadata"]
            continue
        logger.info("released", extra={"key": str(key)})
        return
    raise Conflict(f"{key} is being changed by somebody else")


async def _give_back(cluster: ClusterPort, target: Key) -> None:
    """Our fields of a Deployment; the uid keeps the apply from creating one that is not there."""
    try:
        live = await cluster.get(DEPLOYMENTS, target)
    except NotFound:
        return
    write = release_write(target)
    body = {**write.body, "metadata": {**write.body["metadata"], "uid": live["metadata"]["uid"]}}
    await cluster.apply(DEPLOYMENTS, target, body)
