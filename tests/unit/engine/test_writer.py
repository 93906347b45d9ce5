"""The writer touches only what is ours, and leaves a good state wherever it stops."""

from typing import Any

import pytest
from tests.table import cases
from tests.unit.engine.given import CHECKOUT, controller, deployment, resource
from tests.unit.engine.memory_cluster import MemoryCluster
from tests.unit.engine.virtual_time import run

from goserviceslo.engine.store import Store
from goserviceslo.engine.writer import Writer
from goserviceslo.ports import (
    DEPLOYMENTS,
    GOSERVICESLOS,
    LARGEST_RULE_BYTES,
    PROMETHEUS_RULES,
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    Json,
    Key,
    NotFound,
    Resource,
)
from goserviceslo.reconcile.model import Delete, Plan, Purpose, RefusalKind, Write
from goserviceslo.reconcile.ownership import FINALIZER, HASH_ANNOTATION, MANAGED_BY, MANAGER, NAME_LABEL

RULE = Key("shop", "checkout-goslo")


def rule_body(expression: str = "up", applied_hash: str = "h1") -> Json:
    return {
        "apiVersion": PROMETHEUS_RULES.api_version,
        "kind": PROMETHEUS_RULES.kind,
        "metadata": {
            "name": RULE.name,
            "namespace": RULE.namespace,
            "labels": {MANAGED_BY: MANAGER, NAME_LABEL: "checkout"},
            "annotations": {HASH_ANNOTATION: applied_hash},
            "ownerReferences": [controller()],
        },
        "spec": {"groups": [{"name": "g", "rules": [{"expr": expression}]}]},
    }


def rule_write(expression: str = "up", applied_hash: str = "h1", *, known: bool = False) -> Write:
    body = rule_body(expression, applied_hash)
    return Write(Purpose.RULES, PROMETHEUS_RULES, RULE, body, applied_hash, exclusive=True, known=known)


def env_write(*, force: bool = False) -> Write:
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "env": [{"name": "GOGC", "value": "150"}]}]}}},
    }
    return Write(Purpose.RUNTIME, DEPLOYMENTS, CHECKOUT, body, "e1", exclusive=False, known=True, force=force)


class Scene:
    """A cluster with one resource, which the store knows."""

    def __init__(self, **metadata: Any) -> None:
        self.cluster = MemoryCluster()
        self.store = Store()
        self.writer = Writer(self.cluster, self.store)
        self.resource = self.cluster.put(GOSERVICESLOS, resource(**metadata))
        self.store.put(GOSERVICESLOS, self.resource)

    def rule(self) -> Json:
        return self.cluster.objects[PROMETHEUS_RULES.plural, RULE]

    def carry_out(self, *writes: Write, deletes: tuple[Delete, ...] = (), finalizer: bool | None = None) -> Any:
        plan = Plan(status=None, writes=writes, deletes=deletes, finalizer=finalizer)
        return run(self.writer.carry_out(self.store.resources[CHECKOUT].whole(), plan))


def test_a_new_resource_costs_two_calls() -> None:
    scene = Scene()
    assert scene.carry_out(rule_write()) == {}
    run(scene.writer.write_status(scene.resource, {"sli": "99.9"}))
    assert scene.cluster.calls == [
        ("create", "prometheusrules", "checkout-goslo"),
        ("apply", "goserviceslos", "checkout"),
    ]


def test_a_users_object_of_our_name_is_never_touched() -> None:
    scene = Scene()
    users = {"metadata": {"name": RULE.name, "namespace": "shop", "labels": {"team": "x"}}, "spec": {"groups": []}}
    before = dict(scene.cluster.put(PROMETHEUS_RULES, users))
    for known in (False, True):
        refusals = scene.carry_out(rule_write(known=known))
        assert refusals[Purpose.RULES].kind is RefusalKind.TAKEN
        assert "PrometheusRule checkout-goslo" in refusals[Purpose.RULES].message
    assert scene.rule() == before


@cases(
    "labels, owner",
    {
        "with our label alone": ({MANAGED_BY: MANAGER}, None),
        "with our labels and no owner": ({MANAGED_BY: MANAGER, NAME_LABEL: "checkout"}, None),
        "with our owner alone": ({}, controller()),
        "with another resource's name": ({MANAGED_BY: MANAGER, NAME_LABEL: "other"}, controller("other")),
    },
)
def test_an_object_that_only_looks_like_ours_is_not(labels: dict[str, str], owner: Json | None) -> None:
    scene = Scene()
    metadata = {"name": RULE.name, "namespace": "shop", "labels": labels, "ownerReferences": [owner] if owner else []}
    before = dict(scene.cluster.put(PROMETHEUS_RULES, {"metadata": metadata, "spec": {"groups": []}}))
    assert scene.carry_out(rule_write())[Purpose.RULES].kind is RefusalKind.TAKEN
    assert scene.rule() == before


def test_what_a_deleted_resource_of_the_name_left_behind_is_waited_for() -> None:
    scene = Scene()
    left = rule_body()
    left["metadata"]["ownerReferences"] = [controller(uid="the-former")]
    scene.cluster.put(PROMETHEUS_RULES, left)
    assert scene.carry_out(rule_write())[Purpose.RULES].kind is RefusalKind.FAILED


def test_a_change_spares_what_others_put_on_our_object() -> None:
    scene = Scene()
    scene.carry_out(rule_write())
    metadata = scene.rule()["metadata"]
    metadata["labels"]["argocd"] = "x"
    metadata["annotations"]["note"] = "y"
    metadata["ownerReferences"].append({"kind": "Other", "uid": "z", "apiVersion": "v1", "name": "o"})
    scene.carry_out(rule_write("down", "h2", known=True))
    after = scene.rule()
    assert after["spec"]["groups"][0]["rules"] == [{"expr": "down"}]
    assert after["metadata"]["annotations"] == {HASH_ANNOTATION: "h2", "note": "y"}
    assert after["metadata"]["labels"]["argocd"] == "x"
    assert {owner["uid"] for owner in after["metadata"]["ownerReferences"]} == {"uid-of-checkout", "z"}


def test_an_object_that_is_exchanged_between_look_and_write_is_looked_at_again() -> None:
    scene = Scene()
    scene.carry_out(rule_write())
    users = {"metadata": {"name": RULE.name, "namespace": "shop"}, "spec": {"groups": ["theirs"]}}

    def exchange(verb: str, resource: Resource, key: Key) -> None:
        if verb == "patch":
            scene.cluster.before = lambda verb, resource, key: None
            scene.cluster.put(PROMETHEUS_RULES, users)

    scene.cluster.before = exchange
    refusals = scene.carry_out(rule_write("down", "h2", known=True))
    assert refusals[Purpose.RULES].kind is RefusalKind.TAKEN
    assert scene.rule()["spec"] == {"groups": ["theirs"]}


def test_an_object_that_is_given_away_between_look_and_write_is_looked_at_again() -> None:
    scene = Scene()
    scene.carry_out(rule_write())

    def give_away(verb: str, resource: Resource, key: Key) -> None:
        if verb == "patch":
            scene.cluster.before = lambda verb, resource, key: None
            live = scene.rule()
            live["metadata"]["labels"] = {"owner": "somebody"}
            scene.cluster.put(PROMETHEUS_RULES, live)

    scene.cluster.before = give_away
    refusals = scene.carry_out(rule_write("down", "h2", known=True))
    assert refusals[Purpose.RULES].kind is RefusalKind.TAKEN
    assert scene.rule()["metadata"]["labels"] == {"owner": "somebody"}


def test_an_object_that_vanished_is_made_again() -> None:
    scene = Scene()
    assert scene.carry_out(rule_write(known=True)) == {}
    assert scene.rule()["spec"] == rule_body()["spec"]


def test_rules_that_no_prometheus_would_load_are_not_written() -> None:
    scene = Scene()
    refusals = scene.carry_out(rule_write("x" * LARGEST_RULE_BYTES))
    assert refusals[Purpose.RULES].kind is RefusalKind.TOO_LARGE
    assert scene.cluster.writes() == []


@cases(
    "error, kind",
    {
        "another manager's field": (Conflict("conflict", {".spec.x": "kubectl"}), RefusalKind.CONFLICT),
        "another uid": (Conflict("precondition"), RefusalKind.FAILED),
        "no right": (Forbidden(403, "Forbidden", "no"), RefusalKind.FORBIDDEN),
        "a broken object": (Invalid(422, "Invalid", "bad"), RefusalKind.INVALID),
        "gone": (NotFound(404, "NotFound", "gone"), RefusalKind.MISSING),
        "a server error": (ApiError(500, "InternalError", "oops"), RefusalKind.FAILED),
        "no answer": (ApiError(0, "Timeout", "slow"), RefusalKind.FAILED),
    },
)
def test_what_the_api_server_refuses_is_said_by_purpose(error: ApiError, kind: RefusalKind) -> None:
    scene = Scene()
    scene.store.put(DEPLOYMENTS, scene.cluster.put(DEPLOYMENTS, deployment()))

    def refuse(verb: str, resource: Resource, key: Key) -> None:
        if resource is DEPLOYMENTS:
            raise error

    scene.cluster.before = refuse
    refusals = scene.carry_out(env_write(), rule_write())
    assert {purpose: refusal.kind for purpose, refusal in refusals.items()} == {Purpose.RUNTIME: kind}
    assert scene.rule(), "one refusal keeps no other write back"


def test_the_manager_that_holds_a_field_is_named() -> None:
    scene = Scene()
    scene.store.put(DEPLOYMENTS, scene.cluster.put(DEPLOYMENTS, deployment()))

    def refuse(verb: str, resource: Resource, key: Key) -> None:
        raise Conflict("conflict", {'.env[name="GOGC"].value': "helm"})

    scene.cluster.before = refuse
    refusal = scene.carry_out(env_write())[Purpose.RUNTIME]
    assert refusal.owners == {'.env[name="GOGC"].value': "helm"}
    assert "helm" in refusal.message
    assert "takeOver" in refusal.message


def test_nothing_is_applied_to_a_deployment_that_is_not_there() -> None:
    scene = Scene()
    assert scene.carry_out(env_write())[Purpose.RUNTIME].kind is RefusalKind.MISSING
    assert scene.cluster.writes() == []


def test_our_fields_go_to_that_deployment_and_to_no_later_one_of_its_name() -> None:
    scene = Scene()
    scene.store.put(DEPLOYMENTS, deployment(uid="former"))
    scene.cluster.put(DEPLOYMENTS, deployment())
    assert scene.carry_out(env_write())[Purpose.RUNTIME].kind is RefusalKind.FAILED


def test_only_our_own_object_is_deleted() -> None:
    scene = Scene()
    delete = Delete(Purpose.RULES, PROMETHEUS_RULES, RULE)
    users = {"metadata": {"name": RULE.name, "namespace": "shop"}, "spec": {}}
    scene.cluster.put(PROMETHEUS_RULES, users)
    assert scene.carry_out(deletes=(delete,)) == {}
    assert scene.rule()["metadata"]["uid"] == users["metadata"]["uid"]
    scene.cluster.put(PROMETHEUS_RULES, rule_body())
    assert scene.carry_out(deletes=(delete,)) == {}
    assert (PROMETHEUS_RULES.plural, RULE) not in scene.cluster.objects
    assert scene.carry_out(deletes=(delete,)) == {}, "what is gone need not be deleted"


def test_the_finalizer_is_on_before_anything_that_must_be_given_back_is_written() -> None:
    scene = Scene(finalizers=["example.com/theirs"])
    scene.store.put(DEPLOYMENTS, scene.cluster.put(DEPLOYMENTS, deployment()))
    scene.carry_out(env_write(), finalizer=True)
    assert [call[:2] for call in scene.cluster.writes()] == [("patch", "goserviceslos"), ("apply", "deployments")]
    live = scene.cluster.objects[GOSERVICESLOS.plural, CHECKOUT]
    assert live["metadata"]["finalizers"] == ["example.com/theirs", FINALIZER]
    run(scene.writer.release(live))
    assert scene.cluster.objects[GOSERVICESLOS.plural, CHECKOUT]["metadata"]["finalizers"] == ["example.com/theirs"]


def test_a_finalizer_that_cannot_be_put_on_stops_everything_else() -> None:
    scene = Scene()

    def refuse(verb: str, resource: Resource, key: Key) -> None:
        raise ApiError(500, "InternalError", "oops")

    scene.cluster.before = refuse
    with pytest.raises(ApiError):
        scene.carry_out(rule_write(), finalizer=True)
    assert len(scene.cluster.writes()) == 1


def test_finalizers_that_change_meanwhile_are_kept() -> None:
    scene = Scene()
    stale = scene.store.resources[CHECKOUT].whole()
    fresh = resource(finalizers=["example.com/new"])
    scene.cluster.put(GOSERVICESLOS, fresh)
    run(scene.writer.carry_out(stale, Plan(status=None, finalizer=True)))
    live = scene.cluster.objects[GOSERVICESLOS.plural, CHECKOUT]
    assert live["metadata"]["finalizers"] == ["example.com/new", FINALIZER]


def test_a_status_that_is_there_already_is_not_written() -> None:
    scene = Scene()
    scene.resource["status"] = {"sli": "99.9"}
    assert run(scene.writer.write_status(scene.resource, {"sli": "99.9"})) is False
    assert scene.cluster.calls == []


def test_a_written_status_is_known_at_once_and_its_echo_is_no_news() -> None:
    scene = Scene()
    run(scene.writer.write_status(scene.store.resources[CHECKOUT].whole(), {"sli": "99.9"}))
    assert scene.store.resources[CHECKOUT].whole()["status"] == {"sli": "99.9"}
    assert scene.store.put(GOSERVICESLOS, scene.cluster.objects[GOSERVICESLOS.plural, CHECKOUT]) == ()


def test_an_echo_that_comes_before_the_answer_is_no_news_either() -> None:
    scene = Scene()
    woken: list[tuple[Key, ...]] = []

    def tell(verb: str, resource: Resource, key: Key) -> None:
        if resource is GOSERVICESLOS:
            woken.append(scene.store.put(resource, scene.cluster.objects[resource.plural, key]))
        elif resource is PROMETHEUS_RULES:
            woken.append(scene.store.put(resource, scene.rule()))

    scene.cluster.after = tell
    scene.carry_out(rule_write())
    run(scene.writer.write_status(scene.store.resources[CHECKOUT].whole(), {"sli": "99.9"}))
    assert woken == [(), ()]


def test_a_wish_that_changed_while_the_status_was_written_is_still_news() -> None:
    scene = Scene()
    stale = scene.store.resources[CHECKOUT].whole()
    changed = resource(generation=2)
    changed["spec"]["tier"] = "L1"
    scene.cluster.put(GOSERVICESLOS, changed)
    told = {**changed, "metadata": dict(changed["metadata"])}
    run(scene.writer.write_status(stale, {"sli": "99.9"}))
    assert scene.store.put(GOSERVICESLOS, told) == (CHECKOUT,)
