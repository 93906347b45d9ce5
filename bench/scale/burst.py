"""Everything is created at once: how soon are the rules there, and what did that take?"""

import asyncio
import time
from collections.abc import Iterator, Sequence

from bench.scale import audit
from bench.scale.client import CONNECTIONS, Client
from bench.scale.objectives import Promise
from bench.scale.spread import ladder
from bench.scale.subject import Figures, Subject, cores, per
from goserviceslo.ports import Key
from localcluster.report import say

_POLL_SECONDS = 0.1
_TOLD_EVERY_SECONDS = 15.0


async def burst(
    subject: Subject, promises: Sequence[Promise], limit_seconds: float, quiet_limit_seconds: float
) -> Figures:
    """Create everything and wait for the rules.

    After ``limit_seconds`` it is cut: what is there by then counts, and nobody waits for the controller to be quiet.
    """
    bodies = [(made.key, subject.client.body(made)) for made in promises]
    before = subject.running.snapshot()
    burst = _Burst(subject.client)
    creating = asyncio.create_task(burst.create(bodies))
    try:
        done = await _wait_for_rules(subject, [made.key for made in promises], creating, limit_seconds)
    finally:
        creating.cancel()
    at_rules = after = subject.running.snapshot()
    whole = len(done) == len(promises)
    if whole:
        rest = await subject.running.quiet(quiet_limit_seconds)
        after = subject.running.snapshot()

    seen, user = subject.sightings.now(), subject.running.stage.user
    last = max((seen[key].first for key in done), default=burst.started)
    calls = after.calls - before.calls
    return {
        "resources": len(promises),
        "created": burst.created,
        "with_rule": len(done),
        "limit_seconds": limit_seconds,
        "create_seconds": round(burst.seconds, 3),
        "creates_per_second": per(burst.created, 1, 1 / burst.seconds) if burst.created else 0.0,
        "rules_per_second": per(len(done), 1, 1e9 / (last - burst.started)) if done else 0.0,
        "create_to_rule_seconds": ladder([(seen[key].first - burst.sent[key]) / 1e9 for key in done]),
        "quiet_after_seconds": round(rest.since - burst.started / 1e9, 2) if whole else None,
        "came_to_rest": rest.reached if whole else None,
        "cpu_ms_per_resource": per(after.tool.cpu_seconds - before.tool.cpu_seconds, len(done), 1000),
        "calls_per_resource": per(audit.total(calls, user), len(done)),
        "writes_per_resource": per(audit.writes(calls, user), len(done)),
        "calls": audit.by_verb(calls, user),
        "rss_peak_bytes": after.tool.peak_rss_bytes,
        "rss_quiet_bytes": after.tool.rss_bytes,
        "cores": cores(before, at_rules),
    }


class _Burst:
    """Creates over all connections at once and remembers when; instants are nanoseconds of the monotonic clock."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.started = self._last_answer = time.monotonic_ns()
        self.sent: dict[Key, int] = {}
        self.created = 0

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        return (self._last_answer - self.started) / 1e9

    async def create(self, bodies: Sequence[tuple[Key, bytes]]) -> None:
        self.started = time.monotonic_ns()
        waiting = iter(bodies)
        await asyncio.gather(*(self._work(waiting) for _ in range(CONNECTIONS)))

    async def _work(self, waiting: Iterator[tuple[Key, bytes]]) -> None:
        for key, body in waiting:
            self.sent[key] = time.monotonic_ns()
            await self._client.create(key, body)
            self._last_answer = time.monotonic_ns()
            self.created += 1


async def _wait_for_rules(
    subject: Subject, keys: Sequence[Key], creating: asyncio.Task[None], limit_seconds: float
) -> list[Key]:
    """The keys that have a rule once all have, or the time is up; raises what creating them raised."""
    started = told = time.monotonic()
    while True:
        seen = subject.sightings.now()
        done = [key for key in keys if key in seen]
        now = time.monotonic()
        if len(done) == len(keys) or now - started > limit_seconds:
            return done
        if now - told > _TOLD_EVERY_SECONDS:
            say(f"    {len(done)} of {len(keys)} rules after {now - started:.0f} s")
            told = now
        if creating.done():
            creating.result()
        subject.must_live()
        await asyncio.sleep(_POLL_SECONDS)
