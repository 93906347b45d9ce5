"""One key at a time: observe, decide, carry out, say how it went."""

import asyncio
import dataclasses
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from sys import intern

from goserviceslo.engine.announcer import Announcer
from goserviceslo.engine.backoff import Backoff
from goserviceslo.engine.due import DueTimes
from goserviceslo.engine.fence import NotLeading
from goserviceslo.engine.holders import RuleHolders
from goserviceslo.engine.observing import Observer
from goserviceslo.engine.queue import WorkQueue
from goserviceslo.engine.refusals import LASTING
from goserviceslo.engine.writer import Writer
from goserviceslo.ports import ApiError, Clock, EventNote, Json, Key, NotFound
from goserviceslo.reconcile.failure import admission
from goserviceslo.reconcile.model import Observed, Plan, Purpose, Refusal, RefusalKind

Reconcile = Callable[[Observed, datetime], Plan]

_ADMITS_AFTER = 3
"""Failures of our own in a row after which the status says so: one alone may be mended by the next look."""
LOOK_AGAIN = timedelta(minutes=1)
"""After a refusal that somebody else must mend, and that no watch tells the end of."""

logger = logging.getLogger(__name__)


class Result(StrEnum):
    """How a reconciliation went."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Worker:
    """Reconciles keys from the queue. One object serves any number of concurrent `run`s."""

    def __init__(
        self,
        *,
        queue: WorkQueue,
        due: DueTimes,
        backoff: Backoff[Key],
        observer: Observer,
        writer: Writer,
        holders: RuleHolders,
        announcer: Announcer,
        reconcile: Reconcile,
        clock: Clock,
        finished: Callable[[Key, Observed | None, Plan | None], None],
        measured: Callable[[Result, float], None],
    ) -> None:
        self._queue = queue
        self._due = due
        self._backoff = backoff
        self._observer = observer
        self._writer = writer
        self._holders = holders
        self._announcer = announcer
        self._reconcile = reconcile
        self._clock = clock
        self._finished = finished
        """Told what a decision rested on and what it was; None: the resource is gone."""
        self._measured = measured
        self._compliant: dict[Key, str] = {}
        self._faults: Counter[Key] = Counter()
        """Faults of our own since the last time that all went well."""

    def compliance(self) -> Counter[str]:
        """Resources by the status of their Compliant condition."""
        return Counter(self._compliant.values())

    async def run(self) -> None:
        """Work for ever; an error of one key is that key's alone."""
        while True:
            key = await self._queue.get()
            try:
                await self._work(key)
            except NotLeading:
                self._queue.add(key)
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                self._queue.add(key)
                raise
            finally:
                self._queue.done(key)
            # A fleet that needs no write would be gone through without a pause, and the Lease not be renewed meanwhile.
            await asyncio.sleep(0)

    async def _work(self, key: Key) -> None:
        started = time.monotonic()
        try:
            result = await self._one(key)
            self._faults.pop(key, None)
        except ApiError as error:
            result = self._retry(key, f"the API server: {error}", error.retry_after)
        except NotLeading:
            raise
        except Exception as error:
            self._faults[key] += 1
            # The trace once; a key that keeps failing is a line each time.
            if self._faults[key] == 1:
                logger.exception("reconciling failed", extra={"key": str(key)})
            result = self._retry(key, f"{type(error).__name__}: {error}", None)
            if self._faults[key] >= _ADMITS_AFTER:
                await self._admit(key, error)
        self._measured(result, time.monotonic() - started)

    async def _admit(self, key: Key, error: Exception) -> None:
        """Say so in the status: a promise must not look kept because nobody looks at it any more."""
        try:
            observed = self._observer.observe(key)
            if observed is not None:
                plan = admission(observed, error, self._clock.now())
                await self._tell(observed.resource, plan)
                self._count(key, plan.status)
        except NotLeading:
            raise
        except Exception as further:
            logger.warning("the status cannot say so: %s", further, extra={"key": str(key)})

    def _retry(self, key: Key, cause: str, at_least: timedelta | None) -> Result:
        pause = self._backoff.failed(key, at_least)
        logger.warning("trying again in %.1f s: %s", pause.total_seconds(), cause, extra={"key": str(key)})
        self._due.at_latest(key, pause)
        return Result.FAILED

    async def _one(self, key: Key) -> Result:
        observed = self._observer.observe(key)
        if observed is None:
            self._forget(key)
            return Result.DONE
        plan = self._reconcile(observed, self._clock.now())
        refusals = await self._writer.carry_out(observed.resource, plan)
        refusals |= self._share(key, plan)
        if refusals:
            told = dataclasses.replace(observed, refusals={**observed.refusals, **refusals})
            plan = dataclasses.replace(
                self._reconcile(told, self._clock.now()), finalizer=plan.finalizer, wants_shapes=plan.wants_shapes
            )
        # Before it is told: whatever fails here must not take turns with what it says.
        self._finished(key, observed, plan)
        gone = not await self._tell(observed.resource, plan)
        if plan.finalizer is False and not _keeps(refusals):
            await self._let_go(observed.resource, refusals.get(Purpose.RUNTIME))
        self._count(key, plan.status)
        if gone:
            return Result.DONE
        return self._schedule(key, plan, refusals)

    def _share(self, key: Key, plan: Plan) -> dict[Purpose, Refusal]:
        """The rules' way to where they stand among others'; nothing of ours stays where they do not go now."""
        for sink, holder in self._holders.items():
            if sink is not self._observer.sink:
                holder.offer(key, ())
        present = self._holders.get(self._observer.sink)
        if present is None or plan.rule_share is None:
            return {}
        refusal = present.offer(key, plan.rule_share.groups)
        return {} if refusal is None else {Purpose.RULES: refusal}

    async def _tell(self, resource: Json, plan: Plan) -> bool:
        """Events, then status; False where the resource is gone. An Event told twice is one Event."""
        if plan.status is None:
            return True
        try:
            if plan.status != resource.get("status"):
                for note in plan.events:
                    await self._announcer.announce(resource, note)
            await self._writer.write_status(resource, plan.status)
        except NotFound:
            return False
        return True

    async def _let_go(self, resource: Json, kept: Refusal | None) -> None:
        """Take the finalizer off. What can never be given back is told while the resource is there."""
        if kept is not None and kept.kind in LASTING:
            note = f"The runtime's variables stay in Deployment {resource['spec']['target']['name']}: {kept.message}"
            await self._announcer.announce(resource, EventNote("Warning", "NotGivenBack", "Release", note[:1024]))
        await self._writer.release(resource)

    def _schedule(self, key: Key, plan: Plan, refusals: dict[Purpose, Refusal]) -> Result:
        if plan.due is not None:
            self._due.at_latest(key, plan.due)
        passing = next((refusal for refusal in refusals.values() if refusal.kind is RefusalKind.FAILED), None)
        if passing is not None:
            return self._retry(key, passing.message, None)
        self._backoff.forget(key)
        if refusals:
            self._due.at_latest(key, LOOK_AGAIN)
            return Result.REFUSED
        return Result.DONE

    def _forget(self, key: Key) -> None:
        for holder in self._holders.values():
            holder.offer(key, ())
        self._due.forget(key)
        self._backoff.forget(key)
        self._faults.pop(key, None)
        self._finished(key, None, None)
        self._compliant.pop(key, None)

    def _count(self, key: Key, status: Json | None) -> None:
        for condition in (status or {}).get("conditions") or ():
            if condition["type"] == "Compliant":
                self._compliant[key] = intern(condition["status"])


def _keeps(refusals: dict[Purpose, Refusal]) -> bool:
    """Whether something could not be given back that may be given back later.

    What can never be (no right, an object that takes no write) must not hold a resource for ever.
    """
    refusal = refusals.get(Purpose.RUNTIME)
    return refusal is not None and refusal.kind not in (*LASTING, RefusalKind.MISSING)
