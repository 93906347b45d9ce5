"""What fails in a demo is said in a sentence, and what can be known at once before anything is built."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from tests.table import cases

import ociimage
from demo import __main__ as demo
from demo import environment
from demo.kubectl import KubectlError, TookTooLong
from localcluster import choice
from localcluster.binaries import BuildFailed
from localcluster.choice import BACKEND_VARIABLE
from localcluster.cluster import Unsupported
from localcluster.toolchain import NoToolchain
from ociimage.failures import CannotBuild

NEEDS = "a native node needs root (namespaces, containers): run as root, or use kind with Docker"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without Docker, of a user who is not root."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("GOSLO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(BACKEND_VARIABLE, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    choice.docker_answers.cache_clear()
    yield
    choice.docker_answers.cache_clear()


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked for to be built, up to the first, which cannot be."""
    asked: list[str] = []

    def refuse(what: object, **_: object) -> None:
        asked.append(str(what))
        raise BuildFailed("nothing is built here")

    monkeypatch.setattr(environment, "ensure", refuse)
    monkeypatch.setattr(ociimage, "build", refuse)
    return asked


@cases(
    "failure",
    {
        "a cluster that cannot be": Unsupported("run as root"),
        "an image that cannot be": CannotBuild("docker build failed:\n#5 [build 2/6] RUN pip install [/opt/x]"),
        "a binary that does not compile": BuildFailed("helm: go build failed"),
        "a machine without Go": NoToolchain("no Go, and neither uv nor pip"),
        "a complaint of kubectl": KubectlError("kubectl get: not found"),
        "a wait in vain": TookTooLong("the first figures did not happen"),
        "a file that is not there": FileNotFoundError(2, "No such file or directory", "/nowhere"),
        "a backend that is none": ValueError("no backend 'x'"),
        "a program that failed": subprocess.CalledProcessError(1, ["sysctl", "-w"]),
        "a program that hangs": subprocess.TimeoutExpired(["kubectl"], 120),
    },
)
def test_a_sentence_is_what_is_made_of(
    failure: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(demo, "bring_up", fail)
    assert demo.main(["up"]) == 1
    assert capsys.readouterr().out == f"{failure}\n"


def test_a_mistake_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise TypeError("not a failure but a mistake")

    monkeypatch.setattr(demo, "bring_up", fail)
    with pytest.raises(TypeError):
        demo.main(["up"])


def test_without_root_and_docker_nothing_is_built(bare: None, built: list[str]) -> None:
    with pytest.raises(Unsupported, match="run as root, or use kind with Docker"):
        environment.bring_up("goslo-demo-test", Console(quiet=True))
    assert built == []


@cases("command", {"up": "up", "down": "down"})
def test_who_can_run_no_node_is_told_so(
    command: str, bare: None, built: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main([command]) == 1
    assert capsys.readouterr().out == f"{NEEDS}\n"


@cases("command", {name: name for name in ("break", "heal", "status")})
def test_who_has_no_demo_is_told_how_to_get_one(command: str, bare: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main([command]) == 1
    assert capsys.readouterr().out == "the demo is not up: run make demo first\n"


@cases("uid, wish", {"root": (0, "native"), "Docker": (1000, "kind")})
def test_a_node_is_not_refused_to_who_has(
    uid: int, wish: str, bare: None, built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setenv(BACKEND_VARIABLE, wish)
    with pytest.raises(BuildFailed):
        environment.bring_up("goslo-demo-test", Console(quiet=True))
    assert built
