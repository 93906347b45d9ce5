"""kopf as the shell around the operator: it logs in, watches, and keeps watches alive; the work happens elsewhere.

kopf runs in a thread and an event loop of its own: at its end it cancels every task of its loop, and where one of its
watches has failed it leaves others running; both are harmless there. It leaves with an error when a watch is answered
404, 410 or by an ERROR event, and is started again here. What it is told crosses over to the operator's loop.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from goserviceslo.engine.backoff import Backoff
from goserviceslo.engine.intake import Intake
from goserviceslo.engine.loopthread import LoopThread
from goserviceslo.engine.watching import Told, WatchSession, watch
from goserviceslo.ports import Clock, Resource

_STOP_SECONDS = 10.0
_TAKEN_IN_AT_ONCE = 50
_MOST_WAITING = 200
_STEADY_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Shell:
    """Runs kopf for a set of kinds, and again when it leaves or when the set changes."""

    def __init__(
        self,
        *,
        session: WatchSession,
        intake: Intake,
        clock: Clock,
        random: Callable[[], float],
        namespaces: Sequence[str],
        on_listing: Callable[[Resource], None],
        on_restart: Callable[[], None],
    ) -> None:
        self._session = session
        self._intake = intake
        self._clock = clock
        self._random = random
        self._namespaces = tuple(namespaces)
        self._on_listing = on_listing
        self._on_restart = on_restart
        self._restart = asyncio.Event()
        self._last_request: float | None = None
        """None while kopf does not run."""
        self._inbox: deque[Told] = deque()

    def silent_seconds(self) -> float:
        """Since the last request of any watch; a living one asks anew every few minutes. 0 while there is none."""
        return 0.0 if self._last_request is None else self._clock.monotonic() - self._last_request

    def restart(self) -> None:
        """Run with the kinds as they are now."""
        self._restart.set()

    async def run(self, kinds: Callable[[], Awaitable[Sequence[Resource]]]) -> None:
        """For ever. `kinds` is asked before each start and waits until there is something to watch."""
        backoff: Backoff[str] = Backoff(self._random)
        while True:
            watched = await kinds()
            self._restart.clear()
            started = self._clock.monotonic()
            await self._run_once(watched)
            if self._restart.is_set():
                continue
            self._on_restart()
            if self._clock.monotonic() - started > _STEADY_SECONDS:
                backoff.forget("kopf")
            pause = backoff.failed("kopf").total_seconds()
            logger.warning("the watches ended; starting them again in %.1f s", pause)
            await asyncio.sleep(pause)

    async def _run_once(self, watched: Sequence[Resource]) -> None:
        """Until kopf leaves, a restart is asked for, or this is cancelled; kopf is gone then."""
        loop = asyncio.get_running_loop()

        async def kopf(stop: asyncio.Event) -> None:
            await watch(
                watched,
                session=self._session,
                namespaces=self._namespaces,
                random=self._random,
                told=lambda told: self._told(loop, told),
                requested=lambda listed: self._requested(loop, listed),
                room=self._room,
                stop=stop,
            )

        self._last_request = self._clock.monotonic()
        thread = LoopThread("kopf", kopf)
        asked: asyncio.Future[Any] = asyncio.create_task(self._restart.wait(), name="restart")
        ended: asyncio.Future[Any] = asyncio.wrap_future(thread.ended)
        try:
            await asyncio.wait([asked, ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            thread.stop()
            await asyncio.wait([ended], timeout=_STOP_SECONDS)
            self._last_request = None
            if not ended.done():
                logger.warning("kopf does not stop; it is left behind")
            elif (error := ended.exception()) is not None:
                logger.warning("kopf left: %s", error or type(error).__name__)

    # --- called from kopf's thread -----------------------------------------------------------------------------------

    def _told(self, loop: asyncio.AbstractEventLoop, told: Told) -> None:
        """One piece of news; the operator's loop is woken for the first of many."""
        self._inbox.append(told)
        if len(self._inbox) == 1:
            loop.call_soon_threadsafe(self._take_in, loop)

    def _requested(self, loop: asyncio.AbstractEventLoop, listed: Resource | None) -> None:
        self._last_request = self._clock.monotonic()
        if listed is not None:
            loop.call_soon_threadsafe(self._on_listing, listed)

    async def _room(self) -> None:
        while len(self._inbox) > _MOST_WAITING:  # noqa: ASYNC110 - an event of one loop cannot be awaited in another
            await asyncio.sleep(0.005)

    # --- called in the operator's loop -------------------------------------------------------------------------------

    def _take_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Some of what is waiting, then let others have a turn.

        Each piece is taken off only when it is done with, so that one that comes meanwhile is either seen here or wakes
        this loop itself.
        """
        for _ in range(_TAKEN_IN_AT_ONCE):
            if not self._inbox:
                return
            told = self._inbox[0]
            try:
                if told.deleted:
                    self._intake.gone(told.resource, told.key, told.uid)
                else:
                    self._intake.changed(told.resource, told.raw)
            except Exception:
                # One object that cannot be read must not end the watch of all.
                logger.exception("%s cannot be taken in", told.resource.kind, extra={"key": str(told.key)})
            self._inbox.popleft()
        loop.call_soon(self._take_in, loop)
