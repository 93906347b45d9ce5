"""The command line says in a sentence what is wrong."""

from pathlib import Path

import pytest
from tests.table import cases

from localcluster import cli
from localcluster.paths import cache_root


@pytest.fixture(autouse=True)
def _own_clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own, but for the binaries: they take minutes to build."""
    binaries = cache_root() / "bin"
    binaries.mkdir(parents=True, exist_ok=True)
    tmp_path.joinpath("bin").symlink_to(binaries)
    monkeypatch.setenv("GOSLO_CACHE", str(tmp_path))


@cases(
    "words, sentence",
    {
        "an unknown binary": (["binaries", "kubeclt"], "no recipe builds 'kubeclt'"),
        "a name that cannot be": (["up", "--name", "A"], "'A' cannot name a cluster"),
        "an extra of the other flavour": (
            ["up", "--flavour", "api-only", "--with", "metrics-server"],
            "'metrics-server' does not go with api-only",
        ),
        "a flag for nobody": (["up", "--flag", "kubelet=v=3"], "write COMPONENT=--FLAG=VALUE"),
        "an image for a cluster that is not there": (["load-image", "x.tar"], "goslo is not up"),
        "the kubeconfig of a cluster that is not there": (["kubeconfig", "--name", "gone"], "gone is not up"),
    },
)
def test_it_refuses(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 1
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.err.startswith("localcluster: ")
    assert said.out == ""


def test_the_status_of_nothing_is_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status"]) == 3
    assert capsys.readouterr().out == "goslo: not up\n"


def test_taking_down_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert cli.main(["down"]) == 0
    assert cli.main(["down", "--all"]) == 0
    assert list((tmp_path / "clusters").glob("*")) == []


@pytest.mark.apiserver
def test_a_cluster_is_managed_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    name = ["--name", "cli"]
    assert cli.main(["up", "--flavour", "api-only", *name]) == 0
    kubeconfig = capsys.readouterr().out
    assert cli.main(["kubeconfig", *name]) == 0
    assert capsys.readouterr().out == kubeconfig
    assert cli.main(["status", *name]) == 0
    assert capsys.readouterr().out.count("running") == 2
    assert cli.main(["logs", "etcd", *name]) == 0
    assert "logs/etcd.log" in capsys.readouterr().out
    assert cli.main(["down", "--all"]) == 0
    assert cli.main(["status", *name]) == 3
