"""Rules in the ruler of a Mimir or Cortex: a rule namespace for each resource, its groups sent one by one.

Nothing there belongs to an object of the cluster, so nobody collects it. What stands under our prefix is listed when
this replica begins to lead, and by interval: what belongs to no resource goes, what somebody deleted or changed is sent
again. What stands there already is never sent, so that a restart writes nothing.
"""

import asyncio
import logging
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

import orjson

from goserviceslo.engine.backoff import Backoff
from goserviceslo.engine.fence import NotLeading
from goserviceslo.engine.groupmarks import Marks, mark_of, marks_of_ours
from goserviceslo.ports import Json, Key, RulerError, RulerPort
from goserviceslo.reconcile.model import Refusal, RefusalKind

FORBEARANCE = timedelta(seconds=30)
"""How long a ruler may be silent at the start before every status says so."""
_GATHER_SECONDS = 0.5
_AT_ONCE = 4
_LONGEST_PAUSE = timedelta(minutes=1)
_NOT_LEADING_SECONDS = 1.0
_UNKNOWN = b""
"""In place of the mark of a group whose sending was begun and not answered: no wish equals it."""

logger = logging.getLogger(__name__)


def as_sent(group: Json) -> Json:
    """A group as a ruler should run it: at once.

    Tiles end a lag before their evaluation already; a tenant's offset on top would have a status read counts that are
    not there yet.
    """
    return {**group, "query_offset": "0s"}


class _Share:
    """The groups of one resource as they should stand there, packed; without any where they should be gone."""

    __slots__ = ("_packed", "marks")

    def __init__(self, groups: Sequence[Json], marks: Marks) -> None:
        self.marks = marks
        self._packed = zlib.compress(orjson.dumps(groups), 6)

    def groups(self) -> list[Json]:
        unpacked: list[Json] = orjson.loads(zlib.decompress(self._packed))
        return unpacked


class RulerRules:
    """A `RuleHolder`. `offer` is immediate; `run` lists and sends, for as long as this replica leads."""

    def __init__(
        self,
        ruler: RulerPort,
        *,
        prefix: str,
        namespaces: Sequence[str],
        interval: timedelta,
        random: Callable[[], float],
        living: Callable[[], Collection[Key]],
        wake: Callable[[Key], None],
    ) -> None:
        self._ruler = ruler
        self._prefix = prefix
        self._namespaces = frozenset(namespaces)
        """Of the cluster; those that are served. Empty: all."""
        self._interval = interval.total_seconds()
        self._living = living
        self._wake = wake
        """Told of a resource whose refusal has come or gone."""
        self._backoff: Backoff[Key | None] = Backoff(random, longest=_LONGEST_PAUSE)
        """By resource; None for the ruler as a whole."""
        self._stirred = asyncio.Event()
        self.begin()

    def begin(self) -> None:
        """Forget everything: while this replica did not lead, another may have written."""
        self._wanted: dict[Key, _Share] = {}
        self._standing: dict[Key, Marks] | None = None
        self._unsent: set[Key] = set()
        self._refused: dict[Key, Refusal] = {}
        self._not_before: dict[Key, float] = {}
        self._trouble: Refusal | None = None
        self._failing_since: float | None = None
        self._resting_until = self._list_at = 0.0

    def location(self, key: Key) -> str:
        """For people: the rule namespace of a resource."""
        return f"ruler namespace {self._namespace_of(key)}"

    def refusal(self, key: Key) -> Refusal | None:
        """Why the groups of a resource are not there as they should be."""
        if self._standing is None or key in self._unsent:
            return self._refused.get(key) or self._trouble
        return None

    def offer(self, key: Key, groups: Sequence[Json]) -> Refusal | None:
        """Have these groups stand there soon, and no other of the resource."""
        sent = [as_sent(group) for group in groups]
        marks = {group["name"]: mark_of(group) for group in sent}
        before = self._wanted.get(key)
        nothing = not marks and self._standing is not None and key not in self._standing
        if (before is None and nothing) or (before is not None and before.marks == marks):
            return self.refusal(key)
        self._wanted[key] = _Share(sent, marks)
        self._not_before.pop(key, None)
        if self._standing is not None and self._differs(key, self._standing):
            self._unsent.add(key)
            self._stirred.set()
        return self.refusal(key)

    def unsent(self) -> int:
        """How many resources have rules on their way."""
        return len(self._unsent if self._standing is not None else self._wanted)

    async def run(self) -> None:
        """For ever."""
        while True:
            pause = await self._round()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), pause)
            await asyncio.sleep(_GATHER_SECONDS)
            self._stirred.clear()

    async def _round(self) -> float:
        """List if it is time, send what is not sent; seconds until there is more to do."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._resting_until:
            return self._resting_until - loop.time()
        try:
            if self._standing is None or loop.time() >= self._list_at:
                self._standing = await self._list()
                self._list_at = loop.time() + self._interval
            await self._send(self._standing, loop.time())
        except NotLeading:
            return _NOT_LEADING_SECONDS
        except RulerError as error:
            return self._failed(error, loop.time())
        self._answered()
        again = [self._not_before.get(key, 0.0) for key in self._unsent]
        return max(0.0, min([self._list_at, *again]) - loop.time())

    async def _list(self) -> dict[Key, Marks]:
        """What stands there of ours; takes note of what is not as it should be."""
        standing: dict[Key, Marks] = {}
        for namespace, groups in (await self._ruler.groups()).items():
            key = self._key_of(namespace)
            marks = {} if key is None else marks_of_ours(key, groups)
            if key is not None and marks:
                standing[key] = marks
        living = self._living()
        # The rules of a living resource stay until they are offered anew.
        known = self._wanted.keys() | {key for key in standing if key not in living}
        self._unsent = {key for key in known if self._differs(key, standing)}
        for key in self._refused.keys() - self._unsent:
            self._settled(key)
        return standing

    async def _send(self, standing: dict[Key, Marks], now: float) -> None:
        due = [key for key in self._unsent if self._not_before.get(key, 0.0) <= now]
        for start in range(0, len(due), _AT_ONCE):
            sent = [self._send_one(key, standing) for key in due[start : start + _AT_ONCE]]
            for result in await asyncio.gather(*sent, return_exceptions=True):
                if isinstance(result, BaseException):
                    raise result

    async def _send_one(self, key: Key, standing: dict[Key, Marks]) -> None:
        """Raises RulerError where the ruler as a whole fails."""
        share = self._wanted.get(key)
        try:
            await self._bring_about(key, share, standing.setdefault(key, {}))
        except RulerError as error:
            if not error.of_group:
                raise
            self._refuse(key, error)
            return
        if not standing[key]:
            del standing[key]
        self._settled(key)
        if self._wanted.get(key) is share:  # else it was offered anew meanwhile
            self._unsent.discard(key)
            if share is not None and not share.marks:
                del self._wanted[key]

    async def _bring_about(self, key: Key, share: _Share | None, standing: Marks) -> None:
        """Raises the first RulerError of a single group when all others have been sent."""
        namespace, wanted = self._namespace_of(key), share.marks if share else {}
        refused: RulerError | None = None
        # First what goes: two groups that record the same series would be in each other's way.
        for name in [name for name in standing if name not in wanted]:
            await self._ruler.delete(namespace, name)
            standing.pop(name, None)
        for group in share.groups() if share else ():
            name = group["name"]
            if standing.get(name) == wanted[name]:
                continue
            before, standing[name] = standing.get(name), _UNKNOWN
            try:
                await self._ruler.put(namespace, group)
            except RulerError as error:
                if not error.of_group:
                    raise
                refused = refused or error
                if before is None:
                    del standing[name]
                else:
                    standing[name] = before
                continue
            standing[name] = wanted[name]
        if refused is not None:
            raise refused

    def _settled(self, key: Key) -> None:
        """The ruler holds what is wanted."""
        self._backoff.forget(key)
        self._not_before.pop(key, None)
        if self._refused.pop(key, None) is not None:
            self._wake(key)

    def _refuse(self, key: Key, error: RulerError) -> None:
        pause = self._backoff.failed(key, _LONGEST_PAUSE)
        self._not_before[key] = asyncio.get_running_loop().time() + pause.total_seconds()
        refusal = Refusal(RefusalKind.INVALID, error.message)
        logger.warning("rules of %s: %s", key, error.message)
        if self._refused.get(key) != refusal:
            self._refused[key] = refusal
            self._wake(key)

    def _failed(self, error: RulerError, now: float) -> float:
        if self._failing_since is None:
            self._failing_since = now
            logger.warning("rules cannot be sent, trying again: %s", error.message)
        pause = self._backoff.failed(None, error.retry_after).total_seconds()
        self._resting_until = now + pause
        spared = self._standing is None and now - self._failing_since < FORBEARANCE.total_seconds()
        if self._trouble is None and not spared:
            self._trouble = Refusal(RefusalKind.FAILED, f"{error.message} It is tried again.")
            self._wake_all(self._wanted if self._standing is None else self._unsent)
        return pause

    def _answered(self) -> None:
        self._backoff.forget(None)
        self._failing_since = None
        if self._trouble is not None:
            logger.info("the ruler answers again")
            self._trouble = None
            self._wake_all(self._wanted)

    def _wake_all(self, keys: Iterable[Key]) -> None:
        for key in tuple(keys):
            self._wake(key)

    def _differs(self, key: Key, standing: Mapping[Key, Marks]) -> bool:
        share = self._wanted.get(key)
        return (share.marks if share else {}) != standing.get(key, {})

    def _namespace_of(self, key: Key) -> str:
        return f"{self._prefix}/{key}"

    def _key_of(self, namespace: str) -> Key | None:
        """The resource of a rule namespace; None where it is none of ours."""
        prefix, *names = namespace.split("/")
        if prefix != self._prefix or len(names) != 2 or (self._namespaces and names[0] not in self._namespaces):
            return None
        return Key(*names)
