"""Counts what happened before rules recorded an objective: whose turn it is, and what becomes of the answers.

A fleet of new objectives has a month to be asked for each. So whoever knows least comes first: the newest chunk of
every objective before an older one of any.

A chunk that the source fails to answer is asked for again, ever later, and after eight tries once a day; the evidence
reaches no further back then, and the status says so.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from goserviceslo.api.status import MeasuredHistory
from goserviceslo.engine.backoff import Backoff
from goserviceslo.engine.bygone import Bygone, Unanswered
from goserviceslo.engine.evidence import Evidence, KnownPast
from goserviceslo.engine.subjects import Subject
from goserviceslo.engine.turns import Turns
from goserviceslo.ports import Clock, Json, Key, MetricsPort
from goserviceslo.reconcile.model import Past
from goserviceslo.slo.history import History, next_chunk, read_history
from goserviceslo.slo.raw_counts import signature
from goserviceslo.slo.rules import RuleSettings

_IDLE_SECONDS = 1.0
_UNRECORDED_SECONDS = 5.0
"""How often one of which nothing is recorded yet is looked at."""
_FIRST_RETRY, _LONGEST_RETRY, _MOST_TRIES = timedelta(seconds=15), timedelta(minutes=10), 8
_GIVEN_UP_SECONDS = 86_400.0
_TOLD_SECONDS = 60.0
"""A status follows its growing past no more often, and once that has doubled: of a whole fleet that is new, each chunk
would be a write."""
_CHECK_SECONDS = 900.0
"""How often it is made sure that the first tile is still the first: blocks may be added, and Prometheus forgets."""

logger = logging.getLogger(__name__)

_Place = tuple[Key, str]
"""A resource and the name of its objective."""


class Recalling:
    """Keeps `Evidence.pasts`."""

    def __init__(
        self,
        metrics: MetricsPort,
        clock: Clock,
        random: Callable[[], float],
        settings: RuleSettings,
        evidence: Evidence,
        wake: Callable[[Key], None],
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        """`busy` says whether resources wait for their rules: those come before anybody's past."""
        self._bygone = Bygone(metrics, clock, settings)
        self._clock = clock
        self._settings = settings
        self._evidence = evidence
        self._wake = wake
        self._busy = busy
        self._open: dict[Key, dict[str, Past]] = {}
        self._turns: Turns[_Place] = Turns()
        self._backoff: Backoff[_Place] = Backoff(random, first=_FIRST_RETRY, longest=_LONGEST_RETRY)
        self._checked: dict[_Place, float] = {}
        """When it was last made sure where the first tile starts."""
        self._told: dict[Key, tuple[float, int]] = {}
        """When a worker was woken last for what had been learnt, and of how many chunks that was."""
        self._untold: set[Key] = set()
        """Resources of which something has been learnt that no worker has been woken for."""

    def adopt(self, key: Key, subject: Subject, status: Json) -> None:
        """What a status remembers of the past, so that nobody asks for it again after a restart."""
        zones = {one.name: one.time_zone for one in subject.calendar}
        for one in status.get("objectives") or ():
            yardstick = subject.yardsticks.get(one.get("name"))
            if yardstick is None or "history" not in one:
                continue
            try:
                history = read_history(MeasuredHistory.model_validate(one["history"], extra="ignore"))
            except ValueError:
                continue  # of another shape: it is asked for anew
            known = KnownPast(history, yardstick.window, zones.get(one["name"]))
            self._evidence.pasts.setdefault(key, {})[one["name"]] = known

    def want(self, key: Key, pasts: Sequence[Past]) -> None:
        """A worker decided about `key`: the past of these objectives may matter, and of no other."""
        names = {past.name for past in pasts}
        for name in {*self._evidence.pasts.get(key, ()), *self._open.get(key, ())} - names:
            self._drop(key, name)
        for past in pasts:
            self._want((key, past.name), past)

    def _want(self, place: _Place, past: Past) -> None:
        key, name = place
        opened = self._open.setdefault(key, {})
        before, opened[name] = opened.get(name), past
        known = self._known(place)
        void = known is not None and known.history.meaning != signature(past.indicator)
        if before is not None and _is_same(before, past) and not void:
            return
        self._backoff.forget(place)
        if known is not None:
            since = known.history.recorded_since
            self._learn(place, past, History(signature(past.indicator), since) if void else known.history)
        self._put(place)

    def forget(self, key: Key) -> None:
        """A resource is gone."""
        self.want(key, ())
        self._told.pop(key, None)
        self._untold.discard(key)

    def _drop(self, key: Key, name: str) -> None:
        self._turns.drop((key, name))
        self._checked.pop((key, name), None)
        self._backoff.forget((key, name))
        for held in (self._open, self._evidence.pasts):
            by_name = held.get(key, {})
            by_name.pop(name, None)
            if not by_name:
                held.pop(key, None)

    async def run(self) -> None:
        """For ever."""
        while True:
            place = self._next()
            if place is None:
                await asyncio.sleep(_IDLE_SECONDS)
                continue
            try:
                await self._step(place, self._open[place[0]][place[1]])
            except Unanswered as why:
                self._failed(place, str(why))
            except Exception:
                logger.exception("counting the past failed", extra={"key": str(place[0])})
                self._failed(place, "see the trace")

    def _next(self) -> _Place | None:
        """Whose turn it is: of those that are due, and of which something has been recorded, who knows least."""
        if self._evidence.health.trouble is not None or self._busy():
            return None
        now = self._clock.monotonic()
        while (place := self._turns.first(now)) is not None and not self._is_recorded(place):
            self._put(place, _UNRECORDED_SECONDS)
        return place

    def _put(self, place: _Place, seconds: float = 0.0) -> None:
        """Due in so many seconds."""
        known = self._known(place)
        rank = -1 if known is None else len(known.history.chunks)
        self._turns.put(place, self._clock.monotonic() + seconds, rank)

    def _is_recorded(self, place: _Place) -> bool:
        measured = self._evidence.measurements.get(place[0], {}).get(place[1])
        return measured is not None and measured.counted_at is not None

    def _known(self, place: _Place) -> KnownPast | None:
        return self._evidence.pasts.get(place[0], {}).get(place[1])

    def _wanted(self, place: _Place) -> Past | None:
        return self._open.get(place[0], {}).get(place[1])

    def _stands(self, place: _Place, past: Past) -> bool:
        """Whether no other wish came while the source was asked."""
        wanted = self._wanted(place)
        return wanted is not None and _is_same(wanted, past)

    async def _step(self, place: _Place, past: Past) -> None:
        """One chunk, or a longer stretch that is empty, or what must be known before the first."""
        (key, name), now = place, self._clock.now()
        known, at = self._known(place), self._clock.monotonic()
        history = known.history if known is not None else None
        if history is None or at - self._checked.get(place, -_CHECK_SECONDS) >= _CHECK_SECONDS:
            history = await self._bygone.start((key.namespace, key.name, name), past, history, now)
            if not self._stands(place, past):
                return
            self._checked[place] = at
        asked = next_chunk(history, past.window, past.time_zone, now, self._settings.interval)
        if asked is not None:
            history = await self._bygone.extend(past, history, asked, now)
        if not self._stands(place, past):
            return
        self._backoff.forget(place)
        self._learn(place, past, history, finished=asked is None)
        self._put(place, _CHECK_SECONDS if asked is None else 0.0)

    def _learn(self, place: _Place, past: Past, history: History, *, finished: bool = False) -> None:
        key, name = place
        known = KnownPast(history, past.window, past.time_zone)
        before = self._known(place)
        self._evidence.pasts.setdefault(key, {})[name] = known
        self._evidence.recall(key)
        if before != known:
            self._untold.add(key)
        if key in self._untold and (finished or self._has_doubled(key)):
            self._tell(key)

    def _has_doubled(self, key: Key) -> bool:
        """Whether so much more is known than was told that it is worth a write: a restart loses half of it at most."""
        at, told = self._told.get(key, (-_TOLD_SECONDS, 0))
        late = self._clock.monotonic() - at >= _TOLD_SECONDS
        return late and not told <= self._chunks(key) < 2 * told

    def _tell(self, key: Key) -> None:
        self._untold.discard(key)
        self._told[key] = self._clock.monotonic(), self._chunks(key)
        self._wake(key)

    def _chunks(self, key: Key) -> int:
        return sum(len(known.history.chunks) for known in self._evidence.pasts.get(key, {}).values())

    def _failed(self, place: _Place, why: str) -> None:
        if self._wanted(place) is None:
            return
        pause = self._backoff.failed(place).total_seconds()
        if self._backoff.failures(place) >= _MOST_TRIES:
            logger.warning("giving up on the past of %s: %s", place[1], why, extra={"key": str(place[0])})
            pause = _GIVEN_UP_SECONDS
        self._put(place, pause)
        if place[0] in self._untold:
            self._tell(place[0])


def _is_same(one: Past, other: Past) -> bool:
    """Whether both reach equally far and count the same."""
    if (one.window, one.time_zone) != (other.window, other.time_zone):
        return False
    return signature(one.indicator) == signature(other.indicator)
