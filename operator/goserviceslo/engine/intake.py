"""Where news comes in, from watches and from re-lists alike: into the store, and what it concerns into the queue."""

from collections.abc import Callable

from goserviceslo.engine.store import Store
from goserviceslo.ports import Json, Key, Resource


class Intake:
    """Takes objects as they are told of, in any order and any number of times."""

    def __init__(self, store: Store, wake: Callable[[Key], None]) -> None:
        self._store = store
        self._wake = wake

    def changed(self, resource: Resource, raw: Json) -> None:
        """An object is there."""
        for key in self._store.put(resource, raw):
            self._wake(key)

    def gone(self, resource: Resource, key: Key, uid: str) -> None:
        """An object is there no more."""
        for wake in self._store.remove(resource, key, uid):
            self._wake(wake)
