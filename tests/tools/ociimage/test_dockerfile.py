"""The operator's image by Docker, whose part a script plays: when it is asked, for what, and what comes of it."""

import io
import json
import os
import re
import shlex
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.table import cases

from localcluster import choice
from ociimage import catalogue, cli, operatorimage
from ociimage.archive import Process, write_archive
from ociimage.catalogue import build
from ociimage.dockerfile import COPIED, build_by_docker
from ociimage.failures import CannotBuild
from ociimage.layer import File, digest_of, write_layer
from ociimage.operatorimage import CHECKOUT

NAME = "goslo.local/goserviceslo:1.2.3"
CONFIG = b'{"os":"linux"}'


def packed(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    """A tar of files and of links."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
        for name, target in (links or {}).items():
            header = tarfile.TarInfo(name)
            header.type, header.linkname = tarfile.SYMTYPE, target
            archive.addfile(header)
    return whole.getvalue()


LAYER = packed({"etc/a": bytes(1000)})


def saved(**changes: object) -> bytes:
    """What `docker save` wrote before Docker 25: uncompressed layers, and a link where two are equal."""
    image = {"Config": "c.json", "RepoTags": [NAME], "Layers": ["one/layer.tar", "two/layer.tar"]} | changes
    files = {"manifest.json": json.dumps([image]).encode(), "c.json": CONFIG, "one/layer.tar": LAYER}
    return packed(files, {"two/layer.tar": "../one/layer.tar"})


class Machine:
    """A machine with the programs that a test puts there, none at first, of a user who is not root."""

    def __init__(self, root: Path) -> None:
        self.programs = root / "bin"
        self.archive = root / "saved.tar"
        self.said = root / "said"
        self.programs.mkdir()
        self.archive.write_bytes(saved())

    def put(self, program: str, script: str = "") -> None:
        path = self.programs / program
        path.write_text(
            f'#!/bin/sh\nPATH=/usr/bin:/bin\necho {program} "$@" >> {shlex.quote(str(self.said))}\n{script}'
        )
        path.chmod(0o755)

    def put_docker(self, build: str = "true") -> None:
        archive = shlex.quote(str(self.archive))
        self.put("docker", f'case "$1" in build) {build} ;; save) cp {archive} "$3" ;; esac\n')

    @property
    def asked(self) -> list[str]:
        """What the programs were called with, but for the question whether Docker answers."""
        lines = self.said.read_text().splitlines() if self.said.exists() else []
        return [line for line in lines if line != "docker info"]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(made.programs))
    monkeypatch.setenv("GOSLO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    choice.docker_answers.cache_clear()
    yield made
    choice.docker_answers.cache_clear()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "checkout"
    for name in ("Dockerfile", ".dockerignore", *COPIED, "operator/goserviceslo/__init__.py"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (root / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    monkeypatch.setattr(catalogue, "CHECKOUT", root)
    return root


def test_docker_builds_the_checkout_and_saves_what_it_built(machine: Machine, checkout: Path) -> None:
    machine.put_docker()
    said: list[str] = []
    path = build("operator", say=said.append)
    built, kept = machine.asked
    assert built == f"docker build --tag {NAME} {checkout}"
    assert re.fullmatch(rf"docker save --output \S+ {NAME}", kept)
    assert path.read_bytes() == machine.archive.read_bytes()
    assert said == [f"{NAME} {digest_of(CONFIG)[:19]} 0.0 MiB packed, 0.0 MiB unpacked"]


def test_docker_is_asked_for_no_attestations_which_kind_refuses(machine: Machine, checkout: Path) -> None:
    machine.put_docker(build='[ "$BUILDX_NO_DEFAULT_ATTESTATIONS" = 1 ]')
    build("operator")


def test_a_second_build_finds_the_image_in_the_cache(machine: Machine, checkout: Path) -> None:
    machine.put_docker()
    assert build("operator") == build("operator")
    assert len(machine.asked) == 2


@cases(
    "changed",
    {
        name: name
        for name in (
            "Dockerfile",
            ".dockerignore",
            *COPIED,
            "operator/goserviceslo/__init__.py",
            "operator/goserviceslo/n",
        )
    },
)
def test_another_image_is_built_when_it_would_hold_another(machine: Machine, checkout: Path, changed: str) -> None:
    machine.put_docker()
    before = build("operator")
    with (checkout / changed).open("a") as file:
        file.write("\n")
    assert build("operator") != before


@cases("changed", {"tests": "tests/test_x.py", "compiled": "operator/goserviceslo/__pycache__/x.pyc"})
def test_what_is_not_in_the_image_makes_no_other(machine: Machine, checkout: Path, changed: str) -> None:
    machine.put_docker()
    before = build("operator")
    (checkout / changed).parent.mkdir()
    (checkout / changed).touch()
    assert build("operator") == before


@cases(
    "program, uid",
    {"mmdebstrap, where it is there": ("mmdebstrap", 1000), "root's apt-get, which can install it": ("apt-get", 0)},
)
def test_docker_is_not_asked_before(
    machine: Machine, checkout: Path, monkeypatch: pytest.MonkeyPatch, program: str, uid: int
) -> None:
    machine.put_docker()
    machine.put(program, "echo the mirror is gone >&2; exit 100")
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    with pytest.raises(CannotBuild, match=rf"(?s){program} .*failed:\nthe mirror is gone"):
        build("operator")
    assert [line.split()[0] for line in machine.asked] == [program]


def test_docker_builds_for_others_than_root_where_there_is_apt(machine: Machine, checkout: Path) -> None:
    machine.put_docker()
    machine.put("apt-get", "exit 100")
    build("operator")
    assert [line.split()[0] for line in machine.asked] == ["docker", "docker"]


@cases("docker", {"no Docker": None, "a Docker that does not answer": "exit 1"})
def test_a_machine_with_neither_is_told_what_to_do(machine: Machine, checkout: Path, docker: str | None) -> None:
    if docker:
        machine.put("docker", docker)
    with pytest.raises(CannotBuild, match="apt-get install mmdebstrap, or start Docker"):
        build("operator")


def test_a_failed_build_ends_with_dockers_last_words(
    machine: Machine, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.put_docker(build="echo step 3 of 7; echo no space left >&2; exit 1")
    assert cli.main(["operator"]) == 1
    assert (
        f"ociimage: docker build --tag {NAME} {checkout} failed:\nstep 3 of 7\nno space left\n"
        in capsys.readouterr().err
    )
    assert len(machine.asked) == 1
    machine.put_docker()
    assert build("operator").exists(), "nothing of the failure is kept"


def test_an_image_of_older_dockers_is_described_by_its_configuration_and_layers(
    machine: Machine, checkout: Path, tmp_path: Path
) -> None:
    machine.put_docker()
    image = build_by_docker(tmp_path / "out.tar", checkout=checkout)
    assert (image.name, image.path, image.digest) == (NAME, tmp_path / "out.tar", digest_of(CONFIG))
    assert (image.size_bytes, image.unpacked_bytes) == (2 * len(LAYER), 2000)


def test_an_image_with_compressed_layers_is_described_by_them(machine: Machine, checkout: Path, tmp_path: Path) -> None:
    layer = write_layer({"/etc/a": File(bytes(1000))}, tmp_path / "layer")
    write_archive(NAME, [layer], Process(["/bin/a"]), machine.archive)
    machine.put_docker()
    image = build_by_docker(tmp_path / "out.tar", checkout=checkout)
    assert (image.size_bytes, image.unpacked_bytes) == (layer.size_bytes, 1000)


@cases(
    "content, complaint",
    {
        "is no archive": (b"hello" * 200, "docker save wrote what is no archive of one image"),
        "lacks a layer": (saved(Layers=["three/layer.tar"]), "'three/layer.tar' not found"),
        "lacks its description": (packed({"other": b""}), "'manifest.json' not found"),
        "holds two images": (packed({"manifest.json": b"[1, 2]"}), "no archive of one image"),
        "has a layer that is none": (saved(Layers=["c.json"]), "no archive of one image"),
    },
)
def test_no_image_is_made_of_a_file_that(
    machine: Machine, checkout: Path, tmp_path: Path, content: bytes, complaint: str
) -> None:
    machine.put_docker()
    machine.archive.write_bytes(content)
    with pytest.raises(CannotBuild, match=complaint):
        build_by_docker(tmp_path / "out.tar", checkout=checkout)
    assert not (tmp_path / "out.tar").exists()


def test_the_command_line_copies_it_to_where_it_is_wanted(machine: Machine, checkout: Path, tmp_path: Path) -> None:
    machine.put_docker()
    assert cli.main(["operator", "--out", str(tmp_path / "wanted/operator.tar")]) == 0
    assert (tmp_path / "wanted/operator.tar").read_bytes() == machine.archive.read_bytes()


def instructions(name: str) -> list[str]:
    """What follows one kind of instruction in the Dockerfile."""
    whole = (CHECKOUT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.removeprefix(name).strip() for line in whole.splitlines() if line.startswith(f"{name} ")]


def test_the_dockerfile_copies_what_the_key_is_made_of_and_docker_is_given() -> None:
    copies = [words.split()[:-1] for words in instructions("COPY") if not words.startswith("--from=")]
    copied = {source for sources in copies for source in sources}
    assert copied == {*COPIED, "operator"}
    given = (CHECKOUT / ".dockerignore").read_text().splitlines()
    assert {line.removeprefix("!") for line in given if line.startswith("!")} == copied
    assert all((CHECKOUT / source).exists() for source in copied)


def test_both_images_run_the_same_module_as_the_same_user_with_a_name() -> None:
    process = operatorimage._PROCESS
    (entrypoint,), (user,) = instructions("ENTRYPOINT"), instructions("USER")
    assert json.loads(entrypoint)[1:] == process.entrypoint[1:]
    assert user == process.user
    # `goslo` and the `python3` of the chart's own test lie beside it.
    assert f"PATH={Path(json.loads(entrypoint)[0]).parent}:$PATH" in instructions("ENV")[-1]
    # kopf asks for it, and ends where there is none.
    assert f"nonroot:x:{user}:nonroot:/tmp:" in instructions("RUN")[-1]
