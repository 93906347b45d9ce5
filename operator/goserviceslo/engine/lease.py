"""Leader election by a Lease (coordination.k8s.io), compare-and-swap by resourceVersion.

As client-go's `tools/leaderelection`, with three differences: every request is bounded below the renew deadline, so
that none can hold a leader past it; a candidate wakes exactly when a lease runs out; a leader that stops gives it up.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from goserviceslo.engine.config import LeaseSettings
from goserviceslo.ports import LEASES, AlreadyExists, ApiError, Clock, ClusterPort, Conflict, Json, Key, NotFound

T = TypeVar("T")
_MICRO_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A lease of somebody else's, as seen at one instant."""

    resource_version: str
    expires_at: float
    """Monotonic."""


class LeaderElection:
    """Runs a coroutine while, and only while, this replica holds the Lease."""

    def __init__(
        self,
        cluster: ClusterPort,
        clock: Clock,
        settings: LeaseSettings,
        *,
        namespace: str,
        identity: str,
        on_change: Callable[[bool], None] = lambda leading: None,
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._settings = settings
        self._key = Key(namespace, settings.name)
        self._identity = identity
        self._on_change = on_change
        self._leading = False
        self._renewed_at = float("-inf")
        self._lease: Json = {}

    def holds(self) -> bool:
        """Whether a write may be sent now: true only within the renew deadline, also when this loop was stuck."""
        deadline = self._settings.renew_deadline.total_seconds()
        return self._leading and self._clock.monotonic() < self._renewed_at + deadline

    async def run(self, lead: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Campaign, lead, campaign again, for ever. Raises what `lead` raises; gives the Lease up when cancelled."""
        try:
            while True:
                await self._acquire()
                await self._lead(lead)
        finally:
            if self._leading:
                self._change(leading=False)
                await asyncio.shield(self._release())

    async def _lead(self, lead: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._change(leading=True)
        work = asyncio.create_task(lead(), name="leader")
        try:
            while await self._renew(work):
                pass
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    async def _renew(self, work: asyncio.Task[None]) -> bool:
        """One renewal after one period; False when the Lease is lost, or when the work has ended with an error."""
        period = self._settings.retry_period.total_seconds()
        deadline = self._settings.renew_deadline.total_seconds()
        left = self._renewed_at + deadline - self._clock.monotonic()
        await asyncio.wait({work}, timeout=max(0.0, min(period, left)))
        started = self._clock.monotonic()
        left = self._renewed_at + deadline - started
        if work.done():
            return False
        if left <= 0:
            return self._lost("could not be renewed in time")
        try:
            await self._bounded(self._write(started, self._lease), min(left, deadline / 2))
        except Conflict:
            return await self._still_ours()
        except NotFound:
            return self._lost("was deleted")
        except ApiError as error:
            logger.warning("leader election: renewing failed, trying again: %s", error)
        return True

    async def _still_ours(self) -> bool:
        """After a conflict: a renewal of ours that seemed to fail may have been written all the same."""
        with suppress(ApiError):
            self._lease = await self._bounded(self._cluster.get(LEASES, self._key), 1.0)
        if self._lease["spec"].get("holderIdentity") == self._identity:
            return True
        return self._lost("was taken by another replica")

    def _lost(self, how: str) -> bool:
        logger.error("leader election: the lease %s; stopping work", how)
        self._change(leading=False)
        return False

    async def _acquire(self) -> None:
        seen: _Sighting | None = None
        while True:
            pause = self._settings.retry_period.total_seconds()
            try:
                seen = await self._bounded(self._try(seen), self._settings.renew_deadline.total_seconds() / 2)
                if seen is None:
                    return
                pause = min(pause, max(0.0, seen.expires_at - self._clock.monotonic()))
            except (Conflict, AlreadyExists):
                seen = None  # somebody was quicker: look again
            except ApiError as error:
                logger.warning("leader election: cannot read or take the lease: %s", error)
            await asyncio.sleep(pause)

    async def _try(self, seen: _Sighting | None) -> _Sighting | None:
        """Take the Lease if it is free or has run out (None), else say when it will."""
        started = self._clock.monotonic()
        try:
            lease = await self._cluster.get(LEASES, self._key)
        except NotFound:
            await self._write(started, None)
            return None
        spec = lease.get("spec") or {}
        holder = spec.get("holderIdentity") or ""
        version = lease["metadata"]["resourceVersion"]
        if holder and holder != self._identity:
            if seen is None or seen.resource_version != version:
                return _Sighting(version, self._clock.monotonic() + self._left(spec))
            if self._clock.monotonic() < seen.expires_at:
                return seen
        await self._write(started, lease)
        return None

    def _left(self, spec: Json) -> float:
        """Seconds until a lease that was just seen renewed has run out.

        By its own time stamp if the two clocks agree. Whatever the clocks say, not before its holder must have given
        up, counted from now (duration less one period, which is above the renew deadline), and not after its whole
        duration, counted from now.
        """
        duration = float(spec.get("leaseDurationSeconds") or self._settings.duration.total_seconds())
        earliest = max(0.0, duration - self._settings.retry_period.total_seconds())
        renewed = _instant(spec.get("renewTime"))
        if renewed is None:
            return duration
        by_clock = (renewed - self._clock.now()).total_seconds() + duration
        return min(duration, max(earliest, by_clock))

    async def _write(self, started: float, lease: Json | None) -> None:
        """Create or take or renew; raises Conflict or AlreadyExists when another was quicker."""
        now = self._clock.now().strftime(_MICRO_TIME)
        old = (lease or {}).get("spec") or {}
        renewing = old.get("holderIdentity") == self._identity
        transitions = int(old.get("leaseTransitions") or 0)
        body: Json = {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": self._key.name, "namespace": self._key.namespace},
            "spec": {
                "holderIdentity": self._identity,
                "leaseDurationSeconds": round(self._settings.duration.total_seconds()),
                "acquireTime": old.get("acquireTime", now) if renewing else now,
                "renewTime": now,
                "leaseTransitions": transitions if renewing or lease is None else transitions + 1,
            },
        }
        if lease is None:
            answer = await self._cluster.create(LEASES, self._key, body)
        else:
            body["metadata"]["resourceVersion"] = lease["metadata"]["resourceVersion"]
            answer = await self._cluster.replace(LEASES, self._key, body)
        body["metadata"]["resourceVersion"] = answer["metadata"]["resourceVersion"]
        self._lease = body
        self._renewed_at = started

    async def _release(self) -> None:
        """Let the next one start at once; failing to is no harm, the lease runs out."""
        spec = {**self._lease["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}
        with suppress(ApiError):
            await self._bounded(self._cluster.replace(LEASES, self._key, {**self._lease, "spec": spec}), 2.0)

    async def _bounded(self, call: Awaitable[T], seconds: float) -> T:
        try:
            return await asyncio.wait_for(call, seconds)
        except TimeoutError as error:
            raise ApiError(0, "Timeout", f"no answer within {seconds:.1f} s", timedelta()) from error

    def _change(self, *, leading: bool) -> None:
        self._leading = leading
        logger.info("leader election: %s", "leading" if leading else "not leading any more")
        self._on_change(leading)


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
