"""What a cluster is stays what it was."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases

from localcluster import choice, spec
from localcluster.layout import BadName, layout
from localcluster.spec import BadOption, OtherCluster, Record, Spec, agreed

SPECS = st.one_of(
    st.builds(Spec, flavour=st.just("node"), backend=st.sampled_from(["native", "kind"]), audit=st.booleans()),
    st.builds(
        Spec,
        flavour=st.just("api-only"),
        extras=st.sampled_from([(), ("controllers",)]),
        flags=st.dictionaries(st.sampled_from(["etcd", "kube-apiserver"]), st.just(("--v=1", "--x=y"))),
    ),
)


@given(SPECS, st.dictionaries(st.sampled_from(["etcd", "apiserver"]), st.integers(1, 65535)))
def test_a_stored_record_read_back_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, one: Spec, ports: dict[str, int]
) -> None:
    path = tmp_path_factory.mktemp("state") / "cluster.json"
    record = Record(one, ports, "10.200.0.0/16")
    spec.save(path, record)
    assert spec.load(path) == record


def test_no_record_is_no_cluster(tmp_path: Path) -> None:
    assert spec.load(tmp_path / "cluster.json") is None


@given(SPECS)
def test_asking_again_for_what_is_there_changes_nothing(one: Spec) -> None:
    assert agreed(Record(one), one) == one


def test_an_extra_may_be_added_and_is_kept() -> None:
    plain, more = Spec("node"), Spec("node", extras=("metrics-server",))
    assert agreed(Record(plain), more) == more
    assert agreed(Record(more), plain) == more


@cases(
    "asked",
    {
        "another flavour": Spec("api-only"),
        "another backend": Spec("node", "kind"),
        "other flags": Spec("node", flags={"kubelet": ("--v=4",)}),
        "an audit log": Spec("node", audit=True),
    },
)
def test_what_a_running_cluster_was_started_with_does_not_change(asked: Spec) -> None:
    with pytest.raises(OtherCluster, match="take it down first"):
        agreed(Record(Spec("node")), asked)


def test_options_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(BadOption, match="it takes: controllers"):
        Spec("api-only", extras=("metrics-server",))
    with pytest.raises(BadOption, match="kind has no api-only flavour"):
        Spec("api-only", "kind")


@cases(
    "name",
    {"empty": "", "with capitals": "Goslo", "with a path": "../goslo", "with a final dash": "a-", "too long": "a" * 33},
)
def test_a_name_that_no_node_could_have_is_refused(name: str) -> None:
    with pytest.raises(BadName, match="use up to 32"):
        layout(name)


def test_two_caches_with_clusters_of_one_name_share_no_kernel_object(tmp_path: Path) -> None:
    one, other = layout("goslo", tmp_path / "a"), layout("goslo", tmp_path / "b")
    assert one.cgroup != other.cgroup
    assert one.host_interface != other.host_interface
    assert len(one.host_interface) <= 15


@cases(
    "docker, wish, variable, chosen",
    {
        "kind where Docker answers": (True, None, None, "kind"),
        "native where it does not": (False, None, None, "native"),
        "the variable goes before Docker": (True, None, "native", "native"),
        "the flag goes before the variable": (False, "native", "kind", "native"),
        "auto asks Docker": (True, "auto", "native", "kind"),
    },
)
def test_the_backend_is(
    docker: bool, wish: str | None, variable: str | None, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "docker_answers", lambda: docker)
    environ = {} if variable is None else {choice.BACKEND_VARIABLE: variable}
    assert choice.backend(wish, environ) == chosen


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(BadOption, match="auto, native or kind"):
        choice.backend(None, {choice.BACKEND_VARIABLE: "minikube"})
