"""The work queue: keyed, deduplicating, fair between namespaces.

As controller-runtime's (client-go `util/workqueue`): a key is never with two workers at once; one that is added while
it is worked on comes again afterwards. Beyond it: namespaces take turns, so that a noisy one delays no other.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable

from goserviceslo.ports import Key


class WorkQueue:
    """Keys that wait, and keys that are being worked on. For one event loop."""

    def __init__(self, monotonic: Callable[[], float], waited: Callable[[float], None] = lambda seconds: None) -> None:
        self._monotonic = monotonic
        self._waited = waited
        self._turns: OrderedDict[str, OrderedDict[str, float]] = OrderedDict()
        """Waiting names with the time since when, by namespace; the namespace whose turn it is comes first."""
        self._depth = 0
        self._working: set[Key] = set()
        self._again: set[Key] = set()
        self._getters: deque[asyncio.Future[None]] = deque()
        self.last_progress = monotonic()
        """When a key was last given out, finished, or none waited."""

    def __len__(self) -> int:
        """Keys that wait for a worker."""
        return self._depth

    @property
    def working(self) -> int:
        """Keys that are with a worker now."""
        return len(self._working)

    def add(self, key: Key) -> None:
        """Have `key` worked on soon; nothing where it waits already."""
        if key in self._working:
            self._again.add(key)
            return
        names = self._turns.get(key.namespace)
        if names is None:
            names = self._turns[key.namespace] = OrderedDict()
        elif key.name in names:
            return
        if self._depth == 0:
            self.last_progress = self._monotonic()
        names[key.name] = self._monotonic()
        self._depth += 1
        self._wake_one()

    async def get(self) -> Key:
        """The next key, which the caller owns until `done`."""
        while not self._depth:
            getter = asyncio.get_running_loop().create_future()
            self._getters.append(getter)
            try:
                await getter
            except asyncio.CancelledError:
                if getter.done() and not getter.cancelled():
                    self._wake_one()  # it was woken for a key that another must take now
                raise
        return self._take()

    def done(self, key: Key) -> None:
        """`key` is finished with, well or badly; it comes again where it was added meanwhile."""
        self._working.discard(key)
        self.last_progress = self._monotonic()
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def discard(self, key: Key) -> None:
        """`key` need not be worked on any more."""
        self._again.discard(key)
        names = self._turns.get(key.namespace)
        if names is not None and names.pop(key.name, None) is not None:
            self._depth -= 1
            if not names:
                del self._turns[key.namespace]

    def _take(self) -> Key:
        namespace, names = self._turns.popitem(last=False)
        name, since = names.popitem(last=False)
        if names:
            self._turns[namespace] = names
        key = Key(namespace, name)
        self._depth -= 1
        self._working.add(key)
        self.last_progress = self._monotonic()
        self._waited(self.last_progress - since)
        return key

    def _wake_one(self) -> None:
        while self._getters:
            getter = self._getters.popleft()
            if not getter.done():
                getter.set_result(None)
                return
