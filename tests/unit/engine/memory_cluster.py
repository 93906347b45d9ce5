"""An API server of dictionaries: names, uids, versions, compare-and-swap, and faults on demand.

It knows nothing of schemas, defaults or field ownership; what rests on those is tested on a real API server.
"""

import copy
from collections.abc import AsyncIterator, Callable
from typing import Any

from goserviceslo.ports import AlreadyExists, Conflict, Json, Key, NotFound, Page, Resource

Fault = Callable[[str, Resource, Key], None]
"""Called before each call takes effect; raises what the call should raise."""


class MemoryCluster:
    """`ports.ClusterPort`."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, Key], Json] = {}
        self.calls: list[tuple[str, str, str]] = []
        """Verb, plural and name of each."""
        self.before: Fault = lambda verb, resource, key: None
        self.after: Fault = lambda verb, resource, key: None
        self.served: set[str] = set()
        self.version = 100

    def writes(self) -> list[tuple[str, str, str]]:
        return [call for call in self.calls if call[0] not in ("get", "list", "discover")]

    def put(self, resource: Resource, raw: Json) -> Json:
        """As if somebody else had written it."""
        metadata = raw["metadata"]
        self.version += 1
        metadata.setdefault("uid", f"uid-{self.version}")
        metadata.setdefault("generation", 1)
        metadata.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        metadata["resourceVersion"] = str(self.version)
        self.objects[resource.plural, Key(metadata["namespace"], metadata["name"])] = raw
        return raw

    async def get(self, resource: Resource, key: Key) -> Json:
        self._call("get", resource, key)
        found = copy.deepcopy(self._find(resource, key))
        self.after("get", resource, key)
        return found

    async def create(self, resource: Resource, key: Key, body: Json) -> Json:
        self._call("create", resource, key)
        if (resource.plural, key) in self.objects:
            raise AlreadyExists(409, "AlreadyExists", f"{resource.plural} {key} already exists")
        return self._done("create", resource, key, self.put(resource, copy.deepcopy(body)))

    async def apply(
        self, resource: Resource, key: Key, body: Json, *, force: bool = False, subresource: str = ""
    ) -> Json:
        self._call("apply", resource, key)
        live = self._find(resource, key)
        if body["metadata"].get("uid", live["metadata"]["uid"]) != live["metadata"]["uid"]:
            raise Conflict("uid mismatch")
        if subresource == "status":
            new = {**live, "status": copy.deepcopy(body["status"])}
        else:
            new = _merged(live, {field: value for field, value in body.items() if field != "metadata"})
        return self._done("apply", resource, key, self._changed(resource, key, live, new))

    async def merge_patch(self, resource: Resource, key: Key, body: Json, *, subresource: str = "") -> Json:
        self._call("patch", resource, key)
        live = self._find(resource, key)
        wanted = body.get("metadata", {})
        for field in ("uid", "resourceVersion"):
            if wanted.get(field, live["metadata"][field]) != live["metadata"][field]:
                raise Conflict(f"{field} mismatch")
        new = _merged(live, body)
        if new["metadata"].get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            del self.objects[resource.plural, key]
            return self._done("patch", resource, key, new)
        return self._done("patch", resource, key, self._changed(resource, key, live, new))

    async def replace(self, resource: Resource, key: Key, body: Json) -> Json:
        self._call("update", resource, key)
        live = self._find(resource, key)
        if body["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
            raise Conflict("resourceVersion mismatch")
        new = {**copy.deepcopy(body), "metadata": {**live["metadata"], **body["metadata"]}}
        return self._done("update", resource, key, self._changed(resource, key, live, new))

    async def delete(self, resource: Resource, key: Key, *, uid: str = "") -> None:
        self._call("delete", resource, key)
        live = self._find(resource, key)
        if uid and uid != live["metadata"]["uid"]:
            raise Conflict("uid mismatch")
        del self.objects[resource.plural, key]
        self.after("delete", resource, key)

    async def pages(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        label_selector: str = "",
        metadata_only: bool = False,
        limit: int = 500,
    ) -> AsyncIterator[Page]:
        self._call("list", resource, Key(namespace, ""))
        wanted = [part.split("=") for part in label_selector.split(",") if part]
        found = [
            copy.deepcopy(raw)
            for (plural, key), raw in self.objects.items()
            if plural == resource.plural
            and namespace in ("", key.namespace)
            and all((raw["metadata"].get("labels") or {}).get(label) == value for label, value in wanted)
        ]
        for start in range(0, max(len(found), 1), limit):
            page = found[start : start + limit]
            yield Page(page, str(self.version), "more" if start + limit < len(found) else "")

    async def serves(self, resource: Resource) -> bool:
        self._call("discover", resource, Key("", ""))
        return resource.plural in self.served

    def _call(self, verb: str, resource: Resource, key: Key) -> None:
        self.calls.append((verb, resource.plural, key.name))
        self.before(verb, resource, key)

    def _done(self, verb: str, resource: Resource, key: Key, raw: Json) -> Json:
        self.after(verb, resource, key)
        return {"metadata": copy.deepcopy(raw["metadata"])}

    def _find(self, resource: Resource, key: Key) -> Json:
        found = self.objects.get((resource.plural, key))
        if found is None:
            raise NotFound(404, "NotFound", f"{resource.plural} {key} not found")
        return found

    def _changed(self, resource: Resource, key: Key, live: Json, new: Json) -> Json:
        if new == live:
            return live
        self.version += 1
        metadata = {**new["metadata"], "resourceVersion": str(self.version)}
        if new.get("spec") != live.get("spec"):
            metadata["generation"] = live["metadata"]["generation"] + 1
        self.objects[resource.plural, key] = {**new, "metadata": metadata}
        return self.objects[resource.plural, key]


def _merged(live: Any, change: Any) -> Any:
    """RFC 7386."""
    if not isinstance(change, dict):
        return copy.deepcopy(change)
    merged = dict(live) if isinstance(live, dict) else {}
    for field, value in change.items():
        if value is None:
            merged.pop(field, None)
        else:
            merged[field] = _merged(merged.get(field), value)
    return merged
