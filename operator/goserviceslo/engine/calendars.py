"""Reads the ConfigMaps that hold maintenance windows: only those that are named, one at a time, every few minutes.

They are not watched: that would take the right to list every ConfigMap, and the memory to hold them.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from goserviceslo.api.calendar import parse_calendar
from goserviceslo.api.maintenance import CALENDAR_KEY
from goserviceslo.engine.backoff import Backoff
from goserviceslo.engine.due import DueTimes
from goserviceslo.ports import CONFIG_MAPS, ApiError, Clock, ClusterPort, Forbidden, Json, Key, NotFound
from goserviceslo.reconcile.model import CalendarTrouble, CalendarView

READ_AGAIN = timedelta(minutes=5)
_PAUSE_SECONDS = 0.1
"""Between two reads: however many ConfigMaps are named, the API server is asked ten times a second at most."""
_LONGEST_RETRY = timedelta(minutes=2)

logger = logging.getLogger(__name__)


class Calendars:
    """The windows of each ConfigMap that some resource names, as last read."""

    def __init__(
        self, cluster: ClusterPort, clock: Clock, random: Callable[[], float], wake: Callable[[Key], None]
    ) -> None:
        self._cluster = cluster
        self._wake = wake
        """Told a resource whose windows are known now, or others than before."""
        self._views: dict[Key, CalendarView] = {}
        """By ConfigMap."""
        self._readers: dict[Key, set[Key]] = {}
        """Resources by the ConfigMap that they name."""
        self._named: dict[Key, Key] = {}
        """ConfigMaps by the resource that names them."""
        self._due = DueTimes(clock.monotonic, random)
        self._backoff: Backoff[Key] = Backoff(random, longest=_LONGEST_RETRY)
        self._waiting: asyncio.Queue[Key] = asyncio.Queue()

    def view(self, resource: Json) -> CalendarView | None:
        """What is known of the ConfigMap that a GoServiceSLO names; None where it names none or it was not read yet."""
        named = _named_by(resource)
        return None if named is None else self._views.get(named)

    def want(self, key: Key, resource: Json) -> None:
        """A GoServiceSLO as it is now: what it names is read soon, and from then on now and then."""
        named = _named_by(resource)
        if self._named.get(key) == named:
            return
        self.forget(key)
        if named is None:
            return
        self._named[key] = named
        readers = self._readers.setdefault(named, set())
        readers.add(key)
        if len(readers) == 1:
            self._due.at_latest(named, timedelta())

    def forget(self, key: Key) -> None:
        """The GoServiceSLO is gone, or names another ConfigMap."""
        named = self._named.pop(key, None)
        if named is None:
            return
        self._readers[named].discard(key)
        if not self._readers[named]:
            del self._readers[named]
            self._views.pop(named, None)
            self._due.forget(named)
            self._backoff.forget(named)

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._due.feed(self._waiting.put_nowait), name="due calendars")
            group.create_task(self._read_all(), name="reading calendars")

    async def _read_all(self) -> None:
        while True:
            named = await self._waiting.get()
            if named in self._readers:
                await self._read(named)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _read(self, named: Key) -> None:
        # Before it is read: a leader that is stopped in between may lead again.
        self._due.at_latest(named, READ_AGAIN)
        try:
            view = await self._look(named)
        except ApiError as error:
            logger.warning("ConfigMap %s cannot be read, trying again: %s", named, error)
            self._due.at_latest(named, self._backoff.failed(named))
            return
        if named not in self._readers:
            return
        self._backoff.forget(named)
        if view != self._views.get(named):
            self._views[named] = view
            for key in sorted(self._readers[named]):
                self._wake(key)

    async def _look(self, named: Key) -> CalendarView:
        """The windows as they are now, or the last known ones with what is wrong; raises ApiError where that passes."""
        known = self._views.get(named, CalendarView()).windows
        try:
            found = await self._cluster.get(CONFIG_MAPS, named)
        except NotFound:
            return CalendarView(known, CalendarTrouble.NOT_FOUND)
        except Forbidden:
            return CalendarView(known, CalendarTrouble.FORBIDDEN)
        text = (found.get("data") or {}).get(CALENDAR_KEY)
        if text is None:
            return CalendarView(known, CalendarTrouble.KEY_NOT_FOUND)
        windows = parse_calendar(text)
        if isinstance(windows, list):
            return CalendarView(known, CalendarTrouble.INVALID, " ".join(windows))
        return CalendarView(windows)


def _named_by(resource: Json) -> Key | None:
    """Of the spec as it is written, which may be one that cannot be read as a whole."""
    reference = (resource.get("spec") or {}).get("maintenanceFrom")
    name = reference.get("configMap") if isinstance(reference, dict) else None
    return Key(resource["metadata"]["namespace"], name) if isinstance(name, str) and name else None
