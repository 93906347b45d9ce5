"""Single changes are timed one by one; what a promise has become is counted."""

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from bench.scale import phases
from bench.scale.objectives import CHANGED_TARGET, Promise, promise
from bench.scale.sightings import Sighting
from bench.scale.subject import Subject

from goserviceslo.ports import Key

PROMISES = [promise(number) for number in range(5)]


class Cluster:
    """A controller that follows every change but those of the resources that it is to overlook."""

    def __init__(self, overlooks: tuple[Promise, ...] = ()) -> None:
        self._overlooked = {made.key for made in overlooks}
        self._seen = {made.key: Sighting(1, 1, generation=1) for made in PROMISES}
        self.targets: list[float] = []
        self.process = SimpleNamespace(must_live=lambda: None)

    def must_live(self) -> None:
        """It does."""

    def now(self) -> dict[Key, Sighting]:
        return self._seen

    async def change(self, made: Promise) -> None:
        self.targets.append(made.target)
        if made.key not in self._overlooked:
            self._seen[made.key] = Sighting(1, time.monotonic_ns(), generation=2)

    async def rule(self, key: Key) -> dict[str, Any]:
        rules = [{"record": "a", "expr": "b"}, {"alert": "c", "expr": "d"}, {"record": "e", "expr": "f"}]
        return {"metadata": {"name": key.name}, "spec": {"groups": [{"rules": rules[:2]}, {"rules": rules[2:]}]}}


def subject(cluster: Cluster) -> Subject:
    """The cluster in each of its parts."""
    part = cast("Any", cluster)
    return Subject(running=part, client=part, watcher=part, sightings=part)


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phases, "_CHANGE_LIMIT_SECONDS", 0.05)
    monkeypatch.setattr(phases, "_BETWEEN_CHANGES_SECONDS", 0)


async def test_every_resource_gets_another_target_and_its_own_time() -> None:
    cluster = Cluster()
    figures = await phases.changes(subject(cluster), PROMISES)
    assert cluster.targets == [CHANGED_TARGET] * len(PROMISES)
    assert (figures["count"], figures["lost"], len(figures["raw_seconds"])) == (5, 0, 5)


async def test_a_change_that_no_rule_follows_is_lost_and_has_no_time() -> None:
    figures = await phases.changes(subject(Cluster(overlooks=(PROMISES[2],))), PROMISES)
    assert (figures["count"], figures["lost"], len(figures["raw_seconds"])) == (4, 1, 4)


async def test_of_a_controller_that_follows_none_no_more_than_three_changes_are_waited_for() -> None:
    cluster = Cluster(overlooks=tuple(PROMISES))
    figures = await phases.changes(subject(cluster), PROMISES)
    assert (len(cluster.targets), figures["count"], figures["lost"]) == (3, 0, 3)


async def test_rules_and_alerts_are_counted_over_all_groups() -> None:
    figures = await phases.rule_of(subject(Cluster()), PROMISES[0].key)
    assert (figures["groups"], figures["recording_rules"], figures["alerts"]) == (2, 2, 1)
    assert figures["bytes"] > 0
