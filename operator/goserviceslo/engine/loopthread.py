"""A coroutine in a thread and an event loop of its own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any


class LoopThread:
    """Starts at once. `main` is given an event that is set when it should end; `ended` holds how it did."""

    def __init__(self, name: str, main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        self.ended: Future[None] = Future()
        self._main = main
        self._lock = threading.Lock()
        self._stopped = False
        self._inside: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        # A daemon: one that does not end must not keep the process from ending.
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def stop(self) -> None:
        """Have it end soon."""
        with self._lock:
            self._stopped = True
            if self._inside is not None:
                loop, event = self._inside
                loop.call_soon_threadsafe(event.set)

    def _run(self) -> None:
        try:
            asyncio.run(self._with_event())
        except BaseException as error:
            self.ended.set_exception(error)
        else:
            self.ended.set_result(None)

    async def _with_event(self) -> None:
        event = asyncio.Event()
        with self._lock:
            self._inside = (asyncio.get_running_loop(), event)
            if self._stopped:
                event.set()
        try:
            await self._main(event)
        finally:
            with self._lock:
                self._inside = None
