"""What the watches have told, kept small: ten thousand resources in tens of megabytes.

Every change answers with the keys of the GoServiceSLOs that it may concern; an echo of an own write with none.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from goserviceslo.api.observed import AutoscalerView, DeploymentView, Rival
from goserviceslo.engine.entries import AutoscalerEntry, DeploymentEntry, Entry, ResourceEntry, RuleEntry, json_digest
from goserviceslo.ports import (
    AUTOSCALERS,
    DEPLOYMENTS,
    GOSERVICESLOS,
    PROMETHEUS_RULES,
    SCALED_OBJECTS,
    Json,
    Key,
    Resource,
)

Wakes = tuple[Key, ...]
_GONE_REMEMBERED = 1024


class Store:
    """The caches of all kinds, and the indexes between them. Every method is quick and none awaits."""

    def __init__(self) -> None:
        self.resources: dict[Key, ResourceEntry] = {}
        self._deployments: dict[Key, DeploymentEntry] = {}
        self._autoscalers: dict[Key, AutoscalerEntry] = {}
        self._scaled_objects: dict[Key, AutoscalerEntry] = {}
        self._rules: dict[Key, RuleEntry] = {}
        self._shelves: dict[Resource, dict[Key, Any]] = {
            GOSERVICESLOS: self.resources,
            DEPLOYMENTS: self._deployments,
            AUTOSCALERS: self._autoscalers,
            SCALED_OBJECTS: self._scaled_objects,
            PROMETHEUS_RULES: self._rules,
        }
        self._by_target: dict[Key, set[str]] = {}
        """Names of GoServiceSLOs by the Deployment that they name."""
        self._expected_rules: dict[Key, str] = {}
        """Hash of the rules that are being written: their coming back is no news."""
        self._gone: dict[str, int] = {}
        """Last known versions of what went lately: the answer to a write may come after the news that its object has
        been deleted."""
        self._scalers: dict[Key, set[tuple[str, str]]] = {}
        """Kind and name of autoscalers by the Deployment that they scale."""

    # --- changes -----------------------------------------------------------------------------------------------------

    def put(self, resource: Resource, raw: Json) -> Wakes:
        """Take in an object as it is now; one that is older than what is known is ignored."""
        metadata = raw["metadata"]
        key = Key(metadata.get("namespace", ""), metadata["name"])
        old = self.entry(resource, key)
        known = self._gone.get(metadata["uid"], 0) if old is None else old.version
        if int(metadata["resourceVersion"]) <= known:
            return ()
        if resource is GOSERVICESLOS:
            return self._put_resource(key, ResourceEntry(raw))
        if resource is DEPLOYMENTS:
            return self._put_deployment(key, DeploymentEntry(raw))
        if resource is PROMETHEUS_RULES:
            return self._put_rule(key, RuleEntry(raw, self._rules.get(key)))
        return self._put_autoscaler(resource, key, AutoscalerEntry(resource, raw))

    def remove(self, resource: Resource, key: Key, uid: str) -> Wakes:
        """Forget an object that is gone; nothing where another of its name has come meanwhile."""
        old = self.entry(resource, key)
        if old is None or old.uid != uid:
            return ()
        del self._shelves[resource][key]
        self._gone[uid] = old.version
        if len(self._gone) > _GONE_REMEMBERED:
            del self._gone[next(iter(self._gone))]
        if isinstance(old, ResourceEntry):
            self._unindex(key, old.target)
            return (key, *self._aiming_at(Key(key.namespace, old.target)))
        if isinstance(old, DeploymentEntry):
            return self._aiming_at(key)
        if isinstance(old, RuleEntry):
            return self._owner_of_rule(key, old)
        return self._drop_scaler(key, old.view) if isinstance(old, AutoscalerEntry) else ()

    def expect_status(self, key: Key, status: Json) -> None:
        """`status` is about to be written: its coming back is no news."""
        entry = self.resources.get(key)
        if entry is not None:
            entry.expected = json_digest(status)

    def expect_rule(self, key: Key, applied_hash: str) -> None:
        """A PrometheusRule is about to be written with this hash."""
        self._expected_rules[key] = applied_hash

    # --- what is known -----------------------------------------------------------------------------------------------

    def entry(self, resource: Resource, key: Key) -> Entry | None:
        found: Entry | None = self._shelves[resource].get(key)
        return found

    def keys(self, resource: Resource) -> tuple[Key, ...]:
        return tuple(self._shelves[resource])

    def count(self, resource: Resource) -> int:
        return len(self._shelves[resource])

    def deployment(self, key: Key) -> DeploymentView | None:
        entry = self._deployments.get(key)
        return None if entry is None else entry.view

    def deployments(self) -> Iterator[tuple[Key, DeploymentView]]:
        return ((key, entry.view) for key, entry in self._deployments.items())

    def autoscalers(self, deployment: Key) -> tuple[AutoscalerView, ...]:
        """Whatever scales `deployment`, in a stable order."""
        views = []
        for kind, name in sorted(self._scalers.get(deployment, ())):
            shelf = self._autoscalers if kind == AUTOSCALERS.kind else self._scaled_objects
            entry = shelf.get(Key(deployment.namespace, name))
            if entry is not None and entry.view is not None:
                views.append(entry.view)
        return tuple(views)

    def rule(self, key: Key) -> RuleEntry | None:
        return self._rules.get(key)

    def aimed_at(self, deployment: Key) -> bool:
        """Whether any GoServiceSLO names `deployment`."""
        return deployment in self._by_target

    def rivals(self, key: Key) -> tuple[Rival, ...]:
        """Other GoServiceSLOs that name the target of `key`, without those that are going."""
        entry = self.resources[key]
        found = []
        for name in sorted(self._by_target.get(Key(key.namespace, entry.target), ())):
            other = self.resources[Key(key.namespace, name)]
            if name != key.name and not other.deleting:
                found.append(Rival(name, other.uid, datetime.fromisoformat(other.created_at)))
        return tuple(found)

    # --- each kind ---------------------------------------------------------------------------------------------------

    def _put_resource(self, key: Key, new: ResourceEntry) -> Wakes:
        old = self.resources.get(key)
        self.resources[key] = new
        if old is not None and old.uid == new.uid:
            new.expected = old.expected
        if old is not None and not new.differs(old):
            return ()
        if old is not None and (old.target, old.uid, old.deleting) == (new.target, new.uid, new.deleting):
            return (key,)
        wakes = {key}
        if old is not None:
            self._unindex(key, old.target)
            wakes.update(self._aiming_at(Key(key.namespace, old.target)))
        self._by_target.setdefault(Key(key.namespace, new.target), set()).add(key.name)
        wakes.update(self._aiming_at(Key(key.namespace, new.target)))
        return tuple(wakes)

    def _put_deployment(self, key: Key, new: DeploymentEntry) -> Wakes:
        old = self._deployments.get(key)
        self._deployments[key] = new
        return self._aiming_at(key) if old is None or new.differs(old) else ()

    def _put_rule(self, key: Key, new: RuleEntry) -> Wakes:
        old = self._rules.get(key)
        self._rules[key] = new
        if self._expected_rules.pop(key, None) == new.applied_hash:
            return ()
        return self._owner_of_rule(key, new) if old is None or new.differs(old) else ()

    def _put_autoscaler(self, resource: Resource, key: Key, new: AutoscalerEntry) -> Wakes:
        shelf = self._autoscalers if resource is AUTOSCALERS else self._scaled_objects
        old = shelf.get(key)
        shelf[key] = new
        if old is not None and not new.differs(old):
            return ()
        wakes = set(self._drop_scaler(key, old.view) if old is not None else ())
        if new.view is not None:
            deployment = Key(key.namespace, new.view.target)
            self._scalers.setdefault(deployment, set()).add((new.view.kind, new.view.name))
            wakes.update(self._aiming_at(deployment))
        return tuple(wakes)

    def _drop_scaler(self, key: Key, view: AutoscalerView | None) -> Wakes:
        if view is None:
            return ()
        deployment = Key(key.namespace, view.target)
        scalers = self._scalers.get(deployment, set())
        scalers.discard((view.kind, view.name))
        if not scalers:
            self._scalers.pop(deployment, None)
        return self._aiming_at(deployment)

    def _owner_of_rule(self, key: Key, rule: RuleEntry) -> Wakes:
        owner = Key(key.namespace, rule.owner)
        return (owner,) if owner in self.resources else ()

    def _aiming_at(self, deployment: Key) -> Wakes:
        return tuple(Key(deployment.namespace, name) for name in self._by_target.get(deployment, ()))

    def _unindex(self, key: Key, target: str) -> None:
        deployment = Key(key.namespace, target)
        names = self._by_target.get(deployment, set())
        names.discard(key.name)
        if not names:
            self._by_target.pop(deployment, None)
