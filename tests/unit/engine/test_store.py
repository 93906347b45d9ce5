"""The store tells news from echoes, and whom the news concerns."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.table import cases
from tests.unit.engine.given import CHECKOUT, autoscaler, deployment, resource, rule

from goserviceslo.engine.entries import UNKNOWN_HASH
from goserviceslo.engine.store import Store
from goserviceslo.ports import (
    AUTOSCALERS,
    DEPLOYMENTS,
    GOSERVICESLOS,
    PROMETHEUS_RULES,
    SCALED_OBJECTS,
    Json,
    Key,
)

RULE = Key("shop", "checkout-goslo")


def with_status(raw: Json, status: Json, version: str) -> Json:
    return {**raw, "status": status, "metadata": {**raw["metadata"], "resourceVersion": version}}


@pytest.fixture
def store() -> Store:
    store = Store()
    assert store.put(GOSERVICESLOS, resource()) == (CHECKOUT,)
    return store


def test_a_resource_comes_out_as_it_went_in_without_what_nobody_reads(store: Store) -> None:
    raw = resource("other", managedFields=[{"manager": "kubectl"}], annotations={"a": "b"}, labels={"l": "m"})
    store.put(GOSERVICESLOS, raw)
    whole = store.resources[Key("shop", "other")].whole()
    assert whole["spec"] == raw["spec"]
    assert "managedFields" not in whole["metadata"]
    assert whole["metadata"]["labels"] == {"l": "m"}


@cases(
    "change, wakes",
    {
        "a new generation is news": ({"generation": 2}, True),
        "being deleted is news": ({"deletionTimestamp": "2026-01-02T00:00:00Z"}, True),
        "another object of the name is news": ({"uid": "another"}, True),
        "our finalizer is news": ({"finalizers": ["goslo.dev/release"]}, True),
        "somebody else's finalizer is not": ({"finalizers": ["example.com/x"]}, False),
        "a label is not": ({"labels": {"a": "b"}}, False),
    },
)
def test_what_is_news_of_a_resource(store: Store, change: dict[str, Any], wakes: bool) -> None:
    woken = store.put(GOSERVICESLOS, resource(resourceVersion="11", **change))
    assert woken == ((CHECKOUT,) if wakes else ())


def test_the_echo_of_a_status_that_was_written_is_no_news(store: Store) -> None:
    store.expect_status(CHECKOUT, {"sli": "99.9"})
    assert store.put(GOSERVICESLOS, with_status(resource(), {"sli": "99.9"}, "11")) == ()
    assert store.resources[CHECKOUT].whole()["status"] == {"sli": "99.9"}


def test_a_status_that_somebody_else_wrote_is_news(store: Store) -> None:
    store.expect_status(CHECKOUT, {"sli": "99.9"})
    assert store.put(GOSERVICESLOS, with_status(resource(), {"sli": "0"}, "11")) == (CHECKOUT,)


def test_an_older_version_than_what_is_known_is_ignored(store: Store) -> None:
    store.put(GOSERVICESLOS, resource(resourceVersion="20", generation=2))
    assert store.put(GOSERVICESLOS, resource(resourceVersion="15", generation=1)) == ()
    assert store.resources[CHECKOUT].generation == 2


def test_the_end_of_an_object_that_was_made_anew_meanwhile_is_ignored(store: Store) -> None:
    store.put(GOSERVICESLOS, resource(resourceVersion="20", uid="second"))
    assert store.remove(GOSERVICESLOS, CHECKOUT, "uid-of-checkout") == ()
    assert CHECKOUT in store.resources
    assert set(store.remove(GOSERVICESLOS, CHECKOUT, "second")) == {CHECKOUT}
    assert CHECKOUT not in store.resources


def test_resources_of_one_target_are_rivals_and_wake_each_other(store: Store) -> None:
    twin = Key("shop", "twin")
    later = resource("twin", target="checkout", creationTimestamp="2026-02-01T00:00:00Z")
    assert set(store.put(GOSERVICESLOS, later)) == {CHECKOUT, twin}
    (rival,) = store.rivals(CHECKOUT)
    assert (rival.name, rival.uid, rival.created_at) == ("twin", "uid-of-twin", datetime(2026, 2, 1, tzinfo=UTC))
    moved = resource("twin", target="elsewhere", generation=2, resourceVersion="12")
    assert set(store.put(GOSERVICESLOS, moved)) == {CHECKOUT, twin}
    assert store.rivals(CHECKOUT) == ()


def test_one_that_is_going_is_no_rival(store: Store) -> None:
    store.put(GOSERVICESLOS, resource("twin", target="checkout", deletionTimestamp="2026-02-01T00:00:00Z"))
    assert store.rivals(CHECKOUT) == ()


def test_a_rival_that_is_gone_wakes_the_other(store: Store) -> None:
    store.put(GOSERVICESLOS, resource("twin", target="checkout"))
    assert CHECKOUT in store.remove(GOSERVICESLOS, Key("shop", "twin"), "uid-of-twin")
    assert store.rivals(CHECKOUT) == ()


def test_a_deployment_wakes_those_that_name_it_and_only_when_something_of_use_changes(store: Store) -> None:
    assert store.put(DEPLOYMENTS, deployment()) == (CHECKOUT,)
    assert store.put(DEPLOYMENTS, deployment(version="31", annotations={"x": "y"})) == ()
    assert store.put(DEPLOYMENTS, deployment(version="32", ready=2)) == (CHECKOUT,)
    assert store.put(DEPLOYMENTS, deployment("unrelated")) == ()
    assert store.remove(DEPLOYMENTS, CHECKOUT, "uid-of-deployment-checkout") == (CHECKOUT,)
    assert store.deployment(CHECKOUT) is None


def test_autoscalers_are_found_by_what_they_scale(store: Store) -> None:
    assert store.put(AUTOSCALERS, autoscaler("hpa")) == (CHECKOUT,)
    keda = autoscaler("keda")
    assert store.put(SCALED_OBJECTS, keda) == (CHECKOUT,)
    assert [(view.kind, view.name) for view in store.autoscalers(CHECKOUT)] == [
        ("HorizontalPodAutoscaler", "hpa"),
        ("ScaledObject", "keda"),
    ]
    assert store.put(AUTOSCALERS, autoscaler("hpa", target="other", version="41")) == (CHECKOUT,)
    assert store.remove(SCALED_OBJECTS, Key("shop", "keda"), "uid-of-hpa-keda") == (CHECKOUT,)
    assert store.autoscalers(CHECKOUT) == ()


def test_the_echo_of_a_rule_that_was_written_is_no_news(store: Store) -> None:
    store.expect_rule(RULE, "h1")
    assert store.put(PROMETHEUS_RULES, rule()) == ()
    entry = store.rule(RULE)
    assert entry is not None
    assert entry.applied_hash == "h1"


def test_a_rule_that_somebody_deleted_wakes_its_owner(store: Store) -> None:
    store.put(PROMETHEUS_RULES, rule())
    assert store.remove(PROMETHEUS_RULES, RULE, "uid-of-rule-of-checkout") == (CHECKOUT,)


def test_the_answer_to_a_write_does_not_bring_back_what_somebody_has_deleted_meanwhile(store: Store) -> None:
    store.put(PROMETHEUS_RULES, rule())
    store.remove(PROMETHEUS_RULES, RULE, rule()["metadata"]["uid"])
    assert store.put(PROMETHEUS_RULES, rule()) == ()
    assert store.rule(RULE) is None


def test_what_went_out_of_sight_may_come_back(store: Store) -> None:
    """As a rule of which somebody took our label off, and put it on again."""
    store.put(PROMETHEUS_RULES, rule())
    store.remove(PROMETHEUS_RULES, RULE, rule()["metadata"]["uid"])
    store.put(PROMETHEUS_RULES, rule(resourceVersion="21"))
    assert store.rule(RULE) is not None


def test_a_rule_whose_spec_somebody_changed_is_like_no_wish_until_it_is_written_again(store: Store) -> None:
    store.put(PROMETHEUS_RULES, rule())
    assert store.put(PROMETHEUS_RULES, rule(resourceVersion="21", generation=2)) == (CHECKOUT,)
    entry = store.rule(RULE)
    assert entry is not None
    assert entry.applied_hash == UNKNOWN_HASH
    store.expect_rule(RULE, "h1")
    assert store.put(PROMETHEUS_RULES, rule(resourceVersion="22", generation=3)) == ()
    entry = store.rule(RULE)
    assert entry is not None
    assert entry.applied_hash == "h1"


def test_a_change_that_was_made_while_nobody_watched_is_told_from_the_field_managers(store: Store) -> None:
    foreign = [{"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:groups": {}}}}]
    store.put(PROMETHEUS_RULES, rule(managedFields=foreign))
    entry = store.rule(RULE)
    assert entry is not None
    assert entry.applied_hash == UNKNOWN_HASH


def test_a_rule_without_a_resource_wakes_nobody() -> None:
    assert Store().put(PROMETHEUS_RULES, rule()) == ()


def test_ten_thousand_resources_fit_into_tens_of_megabytes() -> None:
    import tracemalloc

    store = Store()
    status = {"objectives": [{"name": f"o{number}", "message": f"{number} of it " * 20} for number in range(4)]}
    tracemalloc.start()
    for number in range(1000):
        name = f"service-{number}"
        store.put(GOSERVICESLOS, with_status(resource(name), status, "10"))
        store.put(DEPLOYMENTS, deployment(name))
        store.put(PROMETHEUS_RULES, rule(name))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size * 10 < 60 * 2**20, f"{size * 10 / 2**20:.0f} MiB"
