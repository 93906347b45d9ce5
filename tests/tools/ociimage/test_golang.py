"""The demo's Go programs: they pass their own tests, build the same twice, and are what the manifests run."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from localcluster.recipes import language_version
from localcluster.toolchain import environment, find
from ociimage.failures import CannotBuild
from ociimage.golang import build_program
from ociimage.operatorimage import CHECKOUT

DEMO = CHECKOUT / "examples/demo"


@pytest.mark.parametrize("command", ["vet", "test"])
def test_the_programs_pass_gos_own_checks(command: str) -> None:
    go = find(language_version((DEMO / "go.mod").read_text())).go
    arguments = [str(go), command, "./..."]
    done = subprocess.run(arguments, cwd=DEMO, env=environment(), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_program_is_the_same_from_another_checkout(tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path / "elsewhere")
    build_program(DEMO, "./cmd/loadgen", tmp_path / "here")
    build_program(tmp_path / "elsewhere", "./cmd/loadgen", tmp_path / "there")
    assert (tmp_path / "here").read_bytes() == (tmp_path / "there").read_bytes()


def test_a_program_that_does_not_compile_says_where(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example\n\ngo 1.26.0\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc main() { undeclared() }\n")
    with pytest.raises(CannotBuild, match=r"main.go:3:15: undefined: undeclared"):
        build_program(tmp_path, ".", tmp_path / "program")


def test_the_manifests_run_the_images_that_are_built() -> None:
    documents = [
        document
        for path in sorted(DEMO.glob("manifests/*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
        if document["kind"] == "Deployment"
    ]
    images = [one["image"] for document in documents for one in document["spec"]["template"]["spec"]["containers"]]
    assert images == ["goslo.local/demo-service:dev", "goslo.local/demo-loadgen:dev"]
