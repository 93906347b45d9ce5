"""Leader election: never two, never none for long, and no wait where the Lease was given up."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from tests.table import cases
from tests.unit.engine.memory_cluster import MemoryCluster
from tests.unit.engine.virtual_time import JumpingLoop, VirtualClock, run

from goserviceslo.engine.config import LeaseSettings
from goserviceslo.engine.lease import LeaderElection
from goserviceslo.ports import LEASES, ApiError, Key, Resource

SETTINGS = LeaseSettings()
LEASE = Key("goslo", "goslo-operator")


class Replica:
    """An election with a record of when it led."""

    def __init__(self, cluster: MemoryCluster, identity: str, skew: timedelta = timedelta()) -> None:
        self.clock = VirtualClock(skew)
        self.led: list[tuple[float, float | None]] = []
        self.election = LeaderElection(cluster, self.clock, SETTINGS, namespace="goslo", identity=identity)
        self.task = asyncio.create_task(self.election.run(self._lead))

    async def _lead(self) -> None:
        self.led.append((self.clock.monotonic(), None))
        try:
            await asyncio.Event().wait()
        finally:
            self.led[-1] = (self.led[-1][0], self.clock.monotonic())

    @property
    def leads(self) -> bool:
        return bool(self.led) and self.led[-1][1] is None

    async def stop(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


def freeze(replica: Replica) -> None:
    """As SIGKILL: it makes no call any more and gives nothing up."""

    async def never(*args: object, **kwargs: object) -> None:
        await asyncio.Event().wait()

    replica.election._cluster = type("Dead", (), dict.fromkeys(("get", "create", "replace"), staticmethod(never)))()


def test_the_first_one_leads_and_the_second_waits() -> None:
    async def story() -> None:
        cluster = MemoryCluster()
        one, two = Replica(cluster, "one"), Replica(cluster, "two")
        await asyncio.sleep(120)
        assert one.leads
        assert one.election.holds()
        assert not two.led
        assert not two.election.holds()
        await one.stop()
        await two.stop()

    run(story())


def test_a_lease_that_was_given_up_is_taken_within_one_period() -> None:
    async def story() -> None:
        cluster = MemoryCluster()
        one = Replica(cluster, "one")
        await asyncio.sleep(10)
        two = Replica(cluster, "two")
        await asyncio.sleep(10)
        stopped = one.clock.monotonic()
        await one.stop()
        await asyncio.sleep(30)
        assert two.leads
        assert two.led[0][0] - stopped <= SETTINGS.retry_period.total_seconds()
        await two.stop()

    run(story())


@pytest.mark.parametrize("phase", [0.0, 0.3, 0.9, 1.3, 1.9])
def test_a_killed_leader_is_replaced_within_fifteen_seconds(phase: float) -> None:
    async def story() -> float:
        cluster = MemoryCluster()
        one = Replica(cluster, "one")
        await asyncio.sleep(5.1)
        two = Replica(cluster, "two")
        await asyncio.sleep(20 + phase)
        killed = one.clock.monotonic()
        freeze(one)
        await asyncio.sleep(30)
        assert two.leads
        await two.stop()
        return two.led[0][0] - killed

    assert run(story()) <= 13.0 + 1e-6


@cases(
    "skew",
    {
        "a candidate whose clock is an hour ahead": timedelta(hours=1),
        "a candidate whose clock is an hour behind": timedelta(hours=-1),
        "a candidate whose clock is three seconds ahead": timedelta(seconds=3),
    },
)
def test_clocks_that_differ_take_the_lease_neither_from_a_living_leader_nor_late(skew: timedelta) -> None:
    async def story() -> float:
        cluster = MemoryCluster()
        one = Replica(cluster, "one")
        await asyncio.sleep(1.7)
        two = Replica(cluster, "two", skew)
        await asyncio.sleep(100)
        assert one.leads
        assert not two.led
        killed = one.clock.monotonic()
        freeze(one)
        await asyncio.sleep(30)
        assert two.leads
        await two.stop()
        return two.led[0][0] - killed

    # Never before the old one must have stopped by itself; at the latest a period later than with equal clocks.
    assert SETTINGS.renew_deadline.total_seconds() - 2 <= run(story()) <= 15.0 + 1e-6


def test_a_leader_that_cannot_renew_stops_before_another_may_begin() -> None:
    async def story() -> None:
        cluster = MemoryCluster()
        one = Replica(cluster, "one")
        await asyncio.sleep(5)
        cut = one.clock.monotonic()
        down = True

        def before(verb: str, resource: Resource, key: Key) -> None:
            if down:
                raise ApiError(0, "Unreachable", "no route")

        cluster.before = before
        await asyncio.sleep(30)
        (led,) = one.led
        assert led[1] is not None
        assert led[1] - cut <= SETTINGS.renew_deadline.total_seconds()
        down = False
        await asyncio.sleep(30)
        assert one.leads, "it leads again when the API server is back"
        await one.stop()

    run(story())


def test_a_request_that_hangs_does_not_hold_a_leader_past_its_deadline() -> None:
    async def story() -> None:
        cluster = MemoryCluster()
        one = Replica(cluster, "one")
        await asyncio.sleep(5)
        cut = one.clock.monotonic()
        freeze(one)
        await asyncio.sleep(30)
        assert one.led[0][1] is not None
        assert one.led[0][1] - cut <= SETTINGS.renew_deadline.total_seconds()

    run(story())


def test_a_leader_whose_loop_was_stuck_may_not_write() -> None:
    async def story() -> None:
        one = Replica(MemoryCluster(), "one")
        await asyncio.sleep(5)
        assert one.election.holds()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        loop.advance(10)
        assert one.leads, "nobody has told it yet"
        assert not one.election.holds()
        await one.stop()

    run(story())


def test_a_leader_whose_lease_another_has_taken_stops_at_once() -> None:
    async def story() -> None:
        cluster = MemoryCluster()
        one = Replica(cluster, "one")
        await asyncio.sleep(5)
        lease = await cluster.get(LEASES, LEASE)
        lease["spec"]["holderIdentity"] = "usurper"
        cluster.put(LEASES, lease)
        await asyncio.sleep(2.1)
        assert not one.leads
        await one.stop()

    run(story())


def test_a_renewal_that_seemed_to_fail_but_was_written_is_adopted() -> None:
    async def story() -> None:
        cluster = MemoryCluster()
        one = Replica(cluster, "one")
        await asyncio.sleep(5)
        failing = True

        def after(verb: str, resource: Resource, key: Key) -> None:
            nonlocal failing
            if verb == "update" and failing:
                failing = False
                raise ApiError(0, "Timeout", "the answer was lost")

        cluster.after = after
        await asyncio.sleep(30)
        assert len(one.led) == 1
        assert one.leads
        await one.stop()

    run(story())


def test_a_replica_that_starts_again_under_its_name_leads_at_once() -> None:
    async def story() -> float:
        cluster = MemoryCluster()
        one = Replica(cluster, "one")
        await asyncio.sleep(5)
        freeze(one)
        again = Replica(cluster, "one")
        started = again.clock.monotonic()
        await asyncio.sleep(1)
        assert again.leads
        await again.stop()
        return again.led[0][0] - started

    assert run(story()) == 0


def test_what_the_leader_does_wrong_is_raised_and_the_lease_given_up() -> None:
    async def story() -> str:
        cluster = MemoryCluster()
        election = LeaderElection(cluster, VirtualClock(), SETTINGS, namespace="goslo", identity="one")

        async def fail() -> None:
            raise RuntimeError("broken")

        with pytest.raises(RuntimeError, match="broken"):
            await election.run(fail)
        lease = await cluster.get(LEASES, LEASE)
        holder: str = lease["spec"]["holderIdentity"]
        return holder

    assert run(story()) == ""


@cases(
    "build",
    {
        "the retry period above the deadline": lambda: LeaseSettings(retry_period=timedelta(seconds=10)),
        "the deadline above the duration": lambda: LeaseSettings(renew_deadline=timedelta(seconds=20)),
        "no retry period": lambda: LeaseSettings(retry_period=timedelta()),
    },
)
def test_settings_that_would_let_two_lead_are_refused(build: Callable[[], LeaseSettings]) -> None:
    with pytest.raises(ValueError, match="leader election: write"):
        build()
