"""A burst counts what got its rule, and nothing that came too late."""

import time
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from bench.scale.audit import Call
from bench.scale.burst import burst
from bench.scale.client import Refused
from bench.scale.objectives import Promise, promise
from bench.scale.procfs import Usage
from bench.scale.running import Rest, Snapshot
from bench.scale.sightings import Sighting
from bench.scale.subject import Subject

from goserviceslo.ports import Key

PROMISES = [promise(number) for number in range(20)]
WRITE = Call("tool", "create", "prometheusrules", failed=False)


class Cluster:
    """A cluster and a controller in one, which writes the rules of all but some resources at once."""

    def __init__(self, *, without_rule: Sequence[Promise] = (), refuses: Sequence[Promise] = ()) -> None:
        self._without_rule = {made.key for made in without_rule}
        self._refused = {made.key for made in refuses}
        self._seen: dict[Key, Sighting] = {}
        self.was_quiet = False
        self.stage = SimpleNamespace(user="tool")
        self.process = self

    def body(self, made: Promise) -> bytes:
        return made.key.name.encode()

    async def create(self, key: Key, _: bytes) -> None:
        if key in self._refused:
            raise Refused(str(key))
        if key not in self._without_rule:
            self._seen[key] = Sighting(time.monotonic_ns(), 0, 1)

    def now(self) -> dict[Key, Sighting]:
        return self._seen

    def snapshot(self) -> Snapshot:
        done = len(self._seen)
        cpu = Usage(cpu_seconds=0.01 * done, rss_bytes=1, peak_rss_bytes=2)
        return Snapshot(time.monotonic(), cpu, 0, 0, 0, 0, Counter({WRITE: 2 * done}))

    async def quiet(self, _: float) -> Rest:
        self.was_quiet = True
        return Rest(time.monotonic(), reached=True)

    def must_live(self) -> None:
        """It does."""


def subject(cluster: Cluster) -> Subject:
    """The cluster in each of its parts."""
    part = cast("Any", cluster)
    return Subject(running=part, client=part, watcher=part, sightings=part)


async def test_a_whole_burst_is_counted_until_the_controller_is_quiet() -> None:
    cluster = Cluster()
    figures = await burst(subject(cluster), PROMISES, limit_seconds=30, quiet_limit_seconds=30)
    assert cluster.was_quiet
    assert (figures["created"], figures["with_rule"]) == (20, 20)
    assert figures["cpu_ms_per_resource"] == pytest.approx(10)
    assert (figures["calls_per_resource"], figures["writes_per_resource"]) == (2, 2)
    assert figures["calls"] == {"create prometheusrules": 40}
    assert figures["create_to_rule_seconds"]["p100"] >= 0


async def test_a_burst_that_is_cut_counts_what_is_there_and_waits_for_nothing() -> None:
    cluster = Cluster(without_rule=PROMISES[5:])
    figures = await burst(subject(cluster), PROMISES, limit_seconds=0.09, quiet_limit_seconds=30)
    assert not cluster.was_quiet
    assert (figures["resources"], figures["with_rule"]) == (20, 5)
    assert figures["quiet_after_seconds"] is None
    assert figures["cpu_ms_per_resource"] == pytest.approx(10)


async def test_a_resource_that_the_api_server_refuses_ends_the_burst() -> None:
    cluster = Cluster(refuses=PROMISES[:1])
    with pytest.raises(Refused):
        await burst(subject(cluster), PROMISES, limit_seconds=30, quiet_limit_seconds=30)
