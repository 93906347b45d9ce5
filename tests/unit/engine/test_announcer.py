"""Events: one for each decision, however often it is told."""

from tests.unit.engine.given import resource
from tests.unit.engine.memory_cluster import MemoryCluster
from tests.unit.engine.virtual_time import ManualClock, run

from goserviceslo.engine.announcer import Announcer
from goserviceslo.ports import EVENTS, GOSERVICESLOS, ApiError, EventNote, Json, Key, Resource

BREACHED = EventNote("Warning", "ObjectiveBreached", "Measure", "Too many bad events.")


def told(*tellings: tuple[Json, EventNote]) -> list[Json]:
    cluster, clock = MemoryCluster(), ManualClock()
    announcer = Announcer(cluster, clock, "i" * 200)
    for raw, note in tellings:
        clock.seconds += 60
        run(announcer.announce(raw, note))
    return [raw for (plural, _), raw in cluster.objects.items() if plural == EVENTS.plural]


def test_a_decision_that_is_told_again_after_a_crash_is_one_event() -> None:
    (event,) = told((resource(), BREACHED), (resource(), BREACHED))
    assert event["regarding"]["uid"] == "uid-of-checkout"
    assert event["regarding"]["kind"] == GOSERVICESLOS.kind
    assert (event["type"], event["reason"], event["note"]) == ("Warning", "ObjectiveBreached", "Too many bad events.")
    assert len(event["reportingInstance"]) <= 128


def test_the_same_decision_on_a_later_version_is_another_event() -> None:
    assert len(told((resource(), BREACHED), (resource(resourceVersion="11"), BREACHED))) == 2


def test_the_name_of_an_event_fits_also_for_the_longest_resource() -> None:
    (event,) = told((resource("x" * 253), BREACHED))
    assert len(event["metadata"]["name"]) <= 253


def test_an_event_that_cannot_be_written_stops_nothing() -> None:
    cluster = MemoryCluster()

    def refuse(verb: str, kind: Resource, key: Key) -> None:
        raise ApiError(403, "Forbidden", "no")

    cluster.before = refuse
    run(Announcer(cluster, ManualClock(), "one").announce(resource(), BREACHED))
    assert len(cluster.calls) == 1
