"""What is kept of other people's objects: from raw API objects to the views that decisions rest on.

Of a container's environment only the variables of the Go runtime are kept; nothing else is ever decided on.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from goserviceslo.api.observed import AutoscalerView, ContainerView, DeploymentView, EnvEntry
from goserviceslo.api.runtime import RUNTIME_VARIABLES
from goserviceslo.ports import AUTOSCALERS, GOSERVICESLOS, SCALED_OBJECTS, Json
from goserviceslo.reconcile.ownership import HASH_ANNOTATION, MANAGER

WATCHED_VARIABLES = frozenset({"GOGC", "GOMEMLIMIT", "GOMAXPROCS", *RUNTIME_VARIABLES})

_SCALES = {
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
    "m": Decimal("0.001"),
    "u": Decimal("0.000001"),
    "n": Decimal("0.000000001"),
}

EnvOwners = dict[tuple[str, str], tuple[str, ...]]
"""Field managers by container and variable."""


def deployment_view(raw: Json) -> DeploymentView:
    """Of a Deployment."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    pod = (spec.get("template") or {}).get("spec") or {}
    owners = env_owners(metadata.get("managedFields") or ())
    return DeploymentView(
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata.get("generation", 0),
        observed_generation=status.get("observedGeneration", 0),
        containers=tuple(_container(container, owners) for container in pod.get("containers") or ()),
        wanted=spec.get("replicas"),
        ready=status.get("readyReplicas", 0),
        updated=status.get("updatedReplicas", 0),
        available=status.get("availableReplicas", 0),
        paused=bool(spec.get("paused")),
        deleting="deletionTimestamp" in metadata,
        replicas=status.get("replicas", 0),
        progressing=_progressing(_condition(status, "Progressing")),
        availability_changed_at=_changed_at(_condition(status, "Available")),
    )


def _condition(status: Json, kind: str) -> Json:
    """A condition of a Deployment; empty where it has none of that type."""
    return next((one for one in status.get("conditions") or () if one.get("type") == kind), {})


def _progressing(condition: Json) -> bool | None:
    """Kubernetes leaves Progressing at True with this reason once a rollout is complete, also while pods fail later."""
    if not condition:
        return None
    return condition.get("status") == "True" and condition.get("reason") != "NewReplicaSetAvailable"


def _changed_at(condition: Json) -> datetime | None:
    at = condition.get("lastTransitionTime")
    return None if at is None else datetime.fromisoformat(at)


def env_owners(managed_fields: Any) -> EnvOwners:
    """Who owns the environment entries: each manager in `metadata.managedFields` that holds the entry or its value."""
    owners: dict[tuple[str, str], list[str]] = {}
    for entry in managed_fields:
        if entry.get("subresource"):
            continue
        node: Any = entry.get("fieldsV1") or {}
        for step in ("f:spec", "f:template", "f:spec", "f:containers"):
            node = node.get(step) or {}
        for container, fields in node.items():
            for variable in fields.get("f:env") or () if isinstance(fields, Mapping) else ():
                name = _key_name(variable)
                if name in WATCHED_VARIABLES:
                    owners.setdefault((_key_name(container), name), []).append(entry.get("manager", ""))
    return {place: tuple(dict.fromkeys(managers)) for place, managers in owners.items()}


def autoscaler_view(raw: Json) -> AutoscalerView | None:
    """Of a HorizontalPodAutoscaler; None where it scales no Deployment."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    target = spec.get("scaleTargetRef") or {}
    if target.get("kind") != "Deployment":
        return None
    conditions = status.get("conditions") or ()
    limited = next(
        (
            condition.get("message") or condition.get("reason") or condition["type"]
            for condition in conditions
            if condition.get("type") in ("ScalingActive", "AbleToScale") and condition.get("status") == "False"
        ),
        None,
    )
    return AutoscalerView(
        kind=AUTOSCALERS.kind,
        name=metadata["name"],
        target=target.get("name", ""),
        owner_uid=controller_uid(metadata),
        applied_hash=None if drifted(metadata) else (metadata.get("annotations") or {}).get(HASH_ANNOTATION),
        wanted=status.get("desiredReplicas"),
        limited=limited,
    )


def scaled_object_view(raw: Json) -> AutoscalerView | None:
    """Of KEDA's ScaledObject; None where it scales no Deployment (its default kind)."""
    metadata, target = raw["metadata"], (raw.get("spec") or {}).get("scaleTargetRef") or {}
    if target.get("kind", "Deployment") != "Deployment":
        return None
    return AutoscalerView(
        kind=SCALED_OBJECTS.kind,
        name=metadata["name"],
        target=target.get("name", ""),
        owner_uid=controller_uid(metadata),
        applied_hash=None,
    )


def controller_uid(metadata: Json) -> str | None:
    """UID of the GoServiceSLO that controls an object, None where none does."""
    for reference in metadata.get("ownerReferences") or ():
        if (
            reference.get("controller")
            and reference.get("kind") == GOSERVICESLOS.kind
            and reference.get("apiVersion", "").partition("/")[0] == GOSERVICESLOS.group
        ):
            return str(reference["uid"])
    return None


def drifted(metadata: Json) -> bool:
    """Whether somebody has overwritten a part of the `spec` of an object of ours.

    An update takes the fields that it changes away from their owner, so another's name stands at them.
    """
    return any(
        entry.get("operation") == "Update"
        and not entry.get("subresource")
        and entry.get("manager") != MANAGER
        and "f:spec" in (entry.get("fieldsV1") or {})
        for entry in metadata.get("managedFields") or ()
    )


def quantity(value: Any) -> Decimal | None:
    """A Kubernetes quantity as a number, None where it is none."""
    text = str(value).strip()
    suffix = next((suffix for suffix in (text[-2:], text[-1:]) if suffix in _SCALES), "")
    try:
        return Decimal(text[: len(text) - len(suffix)]) * _SCALES.get(suffix, Decimal(1))
    except InvalidOperation:
        return None


def _container(raw: Json, owners: EnvOwners) -> ContainerView:
    name = raw["name"]
    resources = raw.get("resources") or {}
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    memory = quantity(limits["memory"]) if "memory" in limits else None
    return ContainerView(
        name=name,
        env=tuple(
            EnvEntry(entry["name"], _literal(entry), owners.get((name, entry["name"]), ()))
            for entry in raw.get("env") or ()
            if entry.get("name") in WATCHED_VARIABLES
        ),
        memory_limit_bytes=None if memory is None else int(memory),
        cpu_limit_cores=_cores(limits),
        cpu_request_cores=_cores(requests) or _cores(limits),
        env_from=bool(raw.get("envFrom")),
    )


def _literal(entry: Json) -> str | None:
    return None if entry.get("valueFrom") else entry.get("value", "")


def _cores(resources: Json) -> float | None:
    cores = quantity(resources["cpu"]) if "cpu" in resources else None
    return None if cores is None else float(cores)


def _key_name(key: str) -> str:
    """The name in a managedFields key such as `k:{"name":"app"}`; "" in any other."""
    prefix, suffix = 'k:{"name":"', '"}'
    return key[len(prefix) : -len(suffix)] if key.startswith(prefix) and key.endswith(suffix) else ""
