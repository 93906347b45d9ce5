"""Before an uninstall: nothing stays that could not be deleted."""

import pytest
from tests.unit.engine.given import CHECKOUT, deployment, resource
from tests.unit.engine.memory_cluster import MemoryCluster
from tests.unit.engine.virtual_time import run

from goserviceslo.engine.release import release
from goserviceslo.ports import DEPLOYMENTS, GOSERVICESLOS, PODS, ApiError, Conflict, Key, NotFound, Resource
from goserviceslo.reconcile.ownership import FINALIZER

OPERATOR = Key("goslo", "operator")


def scene() -> MemoryCluster:
    cluster = MemoryCluster()
    cluster.put(GOSERVICESLOS, resource(finalizers=["example.com/theirs", FINALIZER]))
    cluster.put(GOSERVICESLOS, resource("free"))
    cluster.put(DEPLOYMENTS, deployment())
    return cluster


def finalizers(cluster: MemoryCluster, key: Key = CHECKOUT) -> list[str]:
    found: list[str] = cluster.objects[GOSERVICESLOS.plural, key]["metadata"].get("finalizers", [])
    return found


def test_only_our_finalizer_goes_and_only_where_it_is() -> None:
    cluster = scene()
    done = run(release(cluster))
    assert (done.released, done.failed) == (1, ())
    assert finalizers(cluster) == ["example.com/theirs"]
    assert [call[2] for call in cluster.writes()] == ["checkout"]


def test_our_variables_are_given_back_first_where_that_is_wanted() -> None:
    cluster = scene()
    run(release(cluster, give_back=True))
    assert [call[:2] for call in cluster.writes()] == [("apply", "deployments"), ("patch", "goserviceslos")]


def test_a_target_that_is_gone_keeps_nothing_back() -> None:
    cluster = scene()
    del cluster.objects[DEPLOYMENTS.plural, CHECKOUT]
    assert run(release(cluster, give_back=True)).released == 1


def running_operator(cluster: MemoryCluster) -> None:
    """Its Deployment and a pod, beside the pod of the step itself."""
    selector = {"app": "goslo", "component": "operator"}
    cluster.put(
        DEPLOYMENTS,
        {
            "metadata": {"name": "operator", "namespace": "goslo"},
            "spec": {"selector": {"matchLabels": selector}},
            "status": {"replicas": 1, "observedGeneration": 1},
        },
    )
    cluster.put(PODS, {"metadata": {"name": "operator-1", "namespace": "goslo", "labels": selector}})
    step = {"app": "goslo", "component": "uninstall"}
    cluster.put(PODS, {"metadata": {"name": "uninstall-1", "namespace": "goslo", "labels": step}})


def seen(cluster: MemoryCluster) -> None:
    """The Deployment's controller has acted on the change."""
    live = cluster.objects[DEPLOYMENTS.plural, OPERATOR]
    live["status"] = {"replicas": 0, "observedGeneration": live["metadata"]["generation"]}


def test_the_operator_is_brought_to_rest_first_and_its_terminating_pods_are_waited_for() -> None:
    cluster = scene()
    running_operator(cluster)
    held: list[bool] = []

    async def sleep(seconds: float) -> None:
        held.append(FINALIZER in finalizers(cluster))
        if len(held) == 1:  # no replica any more, and its process goes on until its grace period ends
            seen(cluster)
        if len(held) == 3:
            del cluster.objects[PODS.plural, Key("goslo", "operator-1")]

    run(release(cluster, operator=OPERATOR, sleep=sleep))
    assert cluster.writes()[0] == ("patch", "deployments", "operator")
    assert held == [True, True, True]
    assert finalizers(cluster) == ["example.com/theirs"]


def test_a_deployment_whose_controller_has_not_seen_the_change_may_still_start_pods() -> None:
    cluster = scene()
    running_operator(cluster)
    cluster.objects[DEPLOYMENTS.plural, OPERATOR]["status"]["replicas"] = 0
    del cluster.objects[PODS.plural, Key("goslo", "operator-1")]
    looks = 0

    async def sleep(seconds: float) -> None:
        nonlocal looks
        looks += 1
        seen(cluster)

    run(release(cluster, operator=OPERATOR, sleep=sleep))
    assert looks == 1


def test_an_operator_that_does_not_stop_is_not_worked_against() -> None:
    cluster = scene()
    running_operator(cluster)

    async def sleep(seconds: float) -> None:
        """Its pods stay."""

    with pytest.raises(TimeoutError, match="still there"):
        run(release(cluster, operator=OPERATOR, patience_seconds=5, sleep=sleep))
    assert FINALIZER in finalizers(cluster)


def test_an_operator_that_is_gone_already_is_no_hindrance() -> None:
    assert run(release(scene(), operator=OPERATOR)).released == 1


def test_one_that_cannot_be_released_is_named_and_the_others_are() -> None:
    cluster = scene()
    cluster.put(GOSERVICESLOS, resource("stubborn", finalizers=[FINALIZER]))

    def refuse(verb: str, kind: Resource, key: Key) -> None:
        if verb == "patch" and key.name == "stubborn":
            raise ApiError(500, "InternalError", "oops")

    cluster.before = refuse
    done = run(release(cluster))
    assert done.released == 1
    assert done.failed[0].startswith("shop/stubborn: ")


def test_a_change_in_between_is_looked_at_again() -> None:
    cluster = scene()
    conflicts = 2

    def meddle(verb: str, kind: Resource, key: Key) -> None:
        nonlocal conflicts
        if verb == "patch" and conflicts:
            conflicts -= 1
            raise Conflict("changed")

    cluster.before = meddle
    assert run(release(cluster)).released == 1


def test_without_our_kind_there_is_nothing_to_release() -> None:
    cluster = scene()

    def gone(verb: str, kind: Resource, key: Key) -> None:
        raise NotFound(404, "NotFound", "no such kind")

    cluster.before = gone
    assert run(release(cluster)).released == 0
