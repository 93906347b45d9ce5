"""The three manifests make one promise, and ours is valid."""

import json

from bench.scale.objectives import CHANGED_TARGET, Promise, goserviceslo, namespaces, promise, pyrra, sloth
from hypothesis import given
from hypothesis import strategies as st

from goserviceslo.api.v1alpha1 import GoServiceSloSpec


@given(st.integers(0, 20_000))
def test_all_speak_of_the_same_service_requests_and_target(number: int) -> None:
    made = promise(number)
    for manifest in (goserviceslo(made), sloth(made), pyrra(made)):
        text = json.dumps(manifest)
        assert manifest["metadata"] == {"namespace": made.key.namespace, "name": made.key.name}
        assert "http_requests_total" in text
        assert "99.9" in text
        assert text.count(made.key.name) >= 2


def test_ours_is_what_the_model_takes() -> None:
    spec = GoServiceSloSpec.model_validate(goserviceslo(promise(7))["spec"])
    http = spec.objectives[0].http
    assert http is not None
    assert http.metric == "http_requests_total"


def test_another_target_makes_another_manifest() -> None:
    changed = Promise(promise(7).key, CHANGED_TARGET)
    for render in (goserviceslo, sloth, pyrra):
        assert render(changed) != render(promise(7))


@given(st.integers(1, 1_000))
def test_every_promise_lives_in_a_listed_namespace_under_a_name_of_its_own(count: int) -> None:
    keys = {promise(number).key for number in range(count)}
    assert len(keys) == count
    assert {key.namespace for key in keys} == set(namespaces(count))
