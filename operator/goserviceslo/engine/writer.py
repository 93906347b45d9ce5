"""Carries out a plan. Every call may be the last before a crash: each leaves a state from which the next run goes on.

Objects of ours are made by POST, which never touches one that is there, and changed by a merge patch that names the
resourceVersion at which they were seen to be ours. Not by server-side apply: a field that came by POST stays owned by
that update, so an apply that no longer names it (a rule group that is gone) would not take it away. What we own of
other people's objects, and the status, is applied.
"""

import json
from contextlib import suppress

from goserviceslo.engine.refusals import refusal_of, taken
from goserviceslo.engine.store import Store
from goserviceslo.engine.views import controller_uid
from goserviceslo.ports import (
    GOSERVICESLOS,
    LARGEST_RULE_BYTES,
    PROMETHEUS_RULES,
    AlreadyExists,
    ApiError,
    ClusterPort,
    Conflict,
    Json,
    Key,
    NotFound,
)
from goserviceslo.reconcile.model import Delete, Plan, Purpose, Refusal, RefusalKind, Write
from goserviceslo.reconcile.ownership import FINALIZER, MANAGED_BY, MANAGER, NAME_LABEL

_MOST_BESIDE_EXPRESSION = 8192
_TRIES = 3


class Writer:
    """The only place that writes what a plan asks for."""

    def __init__(self, cluster: ClusterPort, store: Store) -> None:
        self._cluster = cluster
        self._store = store

    async def carry_out(self, resource: Json, plan: Plan) -> dict[Purpose, Refusal]:
        """The finalizer if it is wanted, the writes and the deletions; what was refused, by purpose.

        Raises ApiError where the finalizer could not be put on: nothing that must be given back is written then.
        """
        if plan.finalizer is True:
            await self._set_finalizer(resource, present=True)
        refusals: dict[Purpose, Refusal] = {}
        for write in plan.writes:
            refusal = await (self._write_own(resource, write) if write.exclusive else self._apply(write))
            if refusal is not None:
                refusals[write.purpose] = refusal
        for delete in plan.deletes:
            refusal = await self._delete(resource, delete)
            if refusal is not None:
                refusals[delete.purpose] = refusal
        return refusals

    async def release(self, resource: Json) -> None:
        """Take the finalizer off; nothing where the resource is gone. Raises ApiError."""
        with suppress(NotFound):
            await self._set_finalizer(resource, present=False)

    async def write_status(self, resource: Json, status: Json) -> bool:
        """The status, if it is not there already; whether it was written.

        Raises ApiError; NotFound says that the resource is gone. (A subresource cannot be created by an apply, and its
        strategy knows no uid: what was made anew under the name gets this status until its own first look.)
        """
        if status == resource.get("status"):
            return False
        metadata = resource["metadata"]
        key = Key(metadata["namespace"], metadata["name"])
        self._store.expect_status(key, status)
        answer = await self._cluster.apply(
            GOSERVICESLOS,
            key,
            {
                "apiVersion": GOSERVICESLOS.api_version,
                "kind": GOSERVICESLOS.kind,
                "metadata": {"name": key.name, "namespace": key.namespace},
                "status": status,
            },
            force=True,
            subresource="status",
        )
        self._learn(resource, answer, status)
        return True

    async def _write_own(self, resource: Json, write: Write) -> Refusal | None:
        """An object that is ours as a whole: made if it is not there, changed if it is ours, else left alone."""
        if write.resource is PROMETHEUS_RULES and (size := _rule_bytes(write.body)) > LARGEST_RULE_BYTES:
            message = f"The rules take {size // 1024} KiB, and a PrometheusRule may hold 512: write fewer objectives."
            return Refusal(RefusalKind.TOO_LARGE, message)
        if write.resource is PROMETHEUS_RULES:
            self._store.expect_rule(write.key, write.applied_hash)
        try:
            if not write.known:
                try:
                    answer = await self._cluster.create(write.resource, write.key, write.body)
                    self._learn_own(write, answer)
                    return None
                except AlreadyExists:
                    pass
            return await self._change_own(resource, write)
        except ApiError as error:
            return refusal_of(error, write.resource, write.key)

    async def _change_own(self, resource: Json, write: Write) -> Refusal | None:
        for _ in range(_TRIES):
            try:
                live = await self._cluster.get(write.resource, write.key)
            except NotFound:
                answer = await self._cluster.create(write.resource, write.key, write.body)
                self._learn_own(write, answer)
                return None
            if not is_ours(live, resource):
                if is_left_behind(live, resource):
                    message = f"{write.resource.kind} {write.key.name} of a deleted resource is about to be collected."
                    return Refusal(RefusalKind.FAILED, message)
                return taken(write.resource, write.key)
            try:
                answer = await self._cluster.merge_patch(write.resource, write.key, _change(live, write.body))
            except Conflict:
                continue  # changed between look and write: look again
            self._learn_own(write, answer)
            return None
        return Refusal(RefusalKind.FAILED, f"{write.resource.kind} {write.key.name} is being changed by somebody else.")

    async def _apply(self, write: Write) -> Refusal | None:
        """Our fields of somebody else's object, which must be there: an apply would create it otherwise."""
        entry = self._store.entry(write.resource, write.key)
        if entry is None:
            return Refusal(RefusalKind.MISSING, f"{write.resource.kind} {write.key.name} is not there.")
        body = {**write.body, "metadata": {**write.body["metadata"], "uid": entry.uid}}
        try:
            await self._cluster.apply(write.resource, write.key, body, force=write.force)
        except ApiError as error:
            return refusal_of(error, write.resource, write.key)
        return None

    async def _delete(self, resource: Json, delete: Delete) -> Refusal | None:
        try:
            live = await self._cluster.get(delete.resource, delete.key)
            if is_ours(live, resource):
                await self._cluster.delete(delete.resource, delete.key, uid=live["metadata"]["uid"])
        except (NotFound, Conflict):
            return None  # gone, or another of that name has come
        except ApiError as error:
            return refusal_of(error, delete.resource, delete.key)
        return None

    async def _set_finalizer(self, resource: Json, *, present: bool) -> None:
        metadata = resource["metadata"]
        key = Key(metadata["namespace"], metadata["name"])
        for _ in range(_TRIES):
            held = list(metadata.get("finalizers") or ())
            if (FINALIZER in held) == present:
                return
            wanted = [*held, FINALIZER] if present else [name for name in held if name != FINALIZER]
            change = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": wanted}}
            try:
                answer = await self._cluster.merge_patch(GOSERVICESLOS, key, change)
            except Conflict:
                metadata = (await self._cluster.get(GOSERVICESLOS, key))["metadata"]
                if metadata["uid"] != resource["metadata"]["uid"]:
                    raise
                continue
            self._learn(resource, answer, resource.get("status"))
            return
        raise Conflict(f"{key}: the finalizers are being changed by somebody else")

    def _learn(self, resource: Json, answer: Json, status: Json | None) -> None:
        """Take in what we have just written, so that its echo finds it known.

        Not where the wish has changed meanwhile: that event is still to come, with a version below this one.
        """
        metadata = resource["metadata"]
        if answer["metadata"].get("generation") != metadata.get("generation"):
            return
        whole = {**resource, "metadata": answer["metadata"]}
        if status is not None:
            whole["status"] = status
        if "deletionTimestamp" in answer["metadata"] and "deletionTimestamp" not in metadata:
            return
        self._store.put(GOSERVICESLOS, whole)
        metadata.update(answer["metadata"])

    def _learn_own(self, write: Write, answer: Json) -> None:
        """PrometheusRules are watched by metadata, which is what an answer holds; autoscalers come by their watch."""
        if write.resource is PROMETHEUS_RULES:
            self._store.put(PROMETHEUS_RULES, answer)


def _rule_bytes(body: Json) -> int:
    """The size of a PrometheusRule: exact where it may matter, else what it can be at most."""
    rules = [rule for group in body["spec"]["groups"] for rule in group.get("rules") or ()]
    # JSON at most doubles an expression; all the rest of a rule is bounded by the models.
    bound = sum([2 * len(rule.get("expr", "")) + _MOST_BESIDE_EXPRESSION for rule in rules])
    return bound if bound <= LARGEST_RULE_BYTES else len(json.dumps(body))


def is_ours(live: Json, resource: Json) -> bool:
    """Whether `resource` made this object: it says so, and the garbage collector would agree."""
    metadata = live["metadata"]
    return _says_ours(metadata, resource) and controller_uid(metadata) == resource["metadata"]["uid"]


def is_left_behind(live: Json, resource: Json) -> bool:
    """Whether a former resource of the same name made this object; it goes with the garbage collector's next round."""
    metadata = live["metadata"]
    return _says_ours(metadata, resource) and controller_uid(metadata) is not None


def _says_ours(metadata: Json, resource: Json) -> bool:
    labels = metadata.get("labels") or {}
    return bool(labels.get(MANAGED_BY) == MANAGER and labels.get(NAME_LABEL) == resource["metadata"]["name"])


def _change(live: Json, body: Json) -> Json:
    """A merge patch from `live` to `body` that spares other people's labels, annotations and owner references."""
    ours = body["metadata"]
    uids = {reference["uid"] for reference in ours["ownerReferences"]}
    others = [owner for owner in live["metadata"].get("ownerReferences") or () if owner["uid"] not in uids]
    return {
        "metadata": {
            "uid": live["metadata"]["uid"],
            "resourceVersion": live["metadata"]["resourceVersion"],
            "labels": ours["labels"],
            "annotations": ours["annotations"],
            "ownerReferences": [*ours["ownerReferences"], *others],
        },
        # Fields of the spec that others added go: it is ours as a whole.
        "spec": {**dict.fromkeys(live.get("spec") or {}), **body["spec"]},
    }
