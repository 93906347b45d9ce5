"""A Deployment's pods are told by their names, and no other Deployment's are."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.slo.naming import ALPHABET, pod_name, template_hash

from goserviceslo.slo.workload import GENERATION, WORKLOAD_LABEL, Workload, by_workload, generation_of, workload_of

names = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,56}[a-z0-9])?", fullmatch=True)
long_names = st.from_regex(r"[a-z]([-a-z0-9]{40,60})[a-z0-9]", fullmatch=True)
sums = st.integers(min_value=1, max_value=2**32 - 1)
suffixes = st.text(ALPHABET, min_size=5, max_size=5)


def matches(deployment: str, pod: str) -> bool:
    return re.fullmatch(Workload("shop", deployment).pod_expression(), pod) is not None


@given(names | long_names, sums, suffixes)
@example("a" * 46, 2**32 - 1, "bbbbb")
@example("a" * 47, 2**32 - 1, "bbbbb")
@example("a" * 55, 7, "bbbbb")
@example("a" * 56, 7, "bbbbb")
@example("a" * 56, 77, "bbbbb")
@example("a" * 57, 7, "bbbbb")
@example("a" * 58, 7, "bbbbb")
def test_every_pod_that_kubernetes_names_for_a_deployment_is_its_own(name: str, total: int, suffix: str) -> None:
    assert matches(name, pod_name(name, total, suffix))


@given(names, names, sums, suffixes)
@example("checkout", "checkout-bff", 7, "bbbbb")
@example("checkout", "checkout-5d9f8c7b6", 7, "bbbbb")
@example("a.b", "a-b", 7, "bbbbb")
@example("a", "b-a", 7, "bbbbb")
def test_no_pod_of_another_deployment_is_taken_for_ones_own(own: str, other: str, total: int, suffix: str) -> None:
    assert own == other or not matches(own, pod_name(other, total, suffix))


@given(sums, suffixes, st.integers(40, 56), st.text(ALPHABET, min_size=1, max_size=12))
def test_long_names_with_a_common_beginning_are_kept_apart(total: int, suffix: str, length: int, more: str) -> None:
    own = "x" * length
    assert not matches(own, pod_name(f"{own}-z{more}", total, suffix))


@cases(
    "pod",
    {
        "of a StatefulSet": "checkout-0",
        "of a DaemonSet with a name of its own": "checkout-agent-x2z4k",
        "of a Job": "checkout-28512345-x2z4k",
        "with a vowel in its suffix": "checkout-5d9f8c7b6-x2a4k",
        "of a longer name": "my-checkout-5d9f8c7b6-x2z4k",
        "with something after it": "checkout-5d9f8c7b6-x2z4k-0",
    },
)
def test_a_pod_that_is_no_deployments_is_not_matched(pod: str) -> None:
    assert not matches("checkout", pod)


def labelled(pod: str) -> dict[str, str]:
    """What Prometheus makes of the pod's name by `by_workload`, its label_replace done by hand, innermost first."""
    labels = {"namespace": "shop", "pod": pod}
    calls = re.findall(r'"(goslo_\w+)", "(\$?\d?)", "pod", "((?:[^"\\]|\\.)*)"\)', by_workload("x"))
    assert len(calls) == 4
    for label, replacement, expression in calls:
        if match := re.fullmatch(expression, pod):
            labels[label] = match[int(replacement[1:])] if replacement else ""
    return labels


@given(names | long_names, sums, suffixes)
@example("a" * 46, 2**32 - 1, "bbbbb")
def test_series_find_back_to_their_deployment(name: str, total: int, suffix: str) -> None:
    labels = labelled(pod_name(name, total, suffix))
    assert workload_of(labels, [Workload("shop", name)]) == ("shop", name)
    assert template_hash(total).startswith(generation_of(labels, ("shop", name)))


def test_a_series_without_a_pod_of_a_deployment_is_nobodys() -> None:
    assert workload_of({"namespace": "shop", "pod": "checkout-0"}, []) is None
    assert workload_of({WORKLOAD_LABEL: "checkout", GENERATION: "5d9f8c7b6"}, []) is None
    assert workload_of(labelled(pod_name("y" * 52, 4_000_000_000, "bbbbb")), []) is None


@pytest.mark.parametrize("length", [45, 46, 57])
def test_only_long_names_are_asked_about_when_series_are_read(length: int) -> None:
    assert Workload("shop", "x" * length).may_be_cut is (length >= 46)
