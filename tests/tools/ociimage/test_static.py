"""Images of static programs, and the command line that makes them."""

import json
import tarfile
from pathlib import Path

import pytest

from ociimage.archive import Image
from ociimage.cli import main
from ociimage.static import CERTIFICATES, build_static


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF machine code")
    return path


def build(tmp_path: Path, program: Path, certificates: Path, directory: str = "/") -> Image:
    return build_static(
        "goslo.local/app:dev",
        {"/bin/app": program},
        ["/bin/app"],
        out=tmp_path / "app.tar",
        directory=directory,
        certificates=certificates,
    )


def files(image: Image) -> dict[str, tarfile.TarInfo]:
    """What a container of an image with one layer sees."""
    with tarfile.open(image.path) as archive:
        manifest = json.load(archive.extractfile("manifest.json") or pytest.fail("no manifest"))
        (layer,) = manifest[0]["Layers"]
        with tarfile.open(fileobj=archive.extractfile(layer)) as unpacked:
            return {f"/{entry.name}": entry for entry in unpacked}


def test_the_program_is_executable_and_has_an_account_and_scratch_space(tmp_path: Path, program: Path) -> None:
    seen = files(build(tmp_path, program, tmp_path / "none", directory="/var/lib/app"))
    assert seen["/bin/app"].mode == 0o755
    assert seen["/tmp"].mode == 0o1777
    assert seen["/var/lib/app"].isdir()
    assert {"/etc/passwd", "/etc/group", "/etc/nsswitch.conf"} <= set(seen)


def test_certificates_go_along_where_this_machine_has_some(tmp_path: Path, program: Path) -> None:
    bundle = tmp_path / "bundle.crt"
    assert CERTIFICATES not in files(build(tmp_path, program, bundle))
    bundle.write_text("-----BEGIN CERTIFICATE-----")
    assert CERTIFICATES in files(build(tmp_path, program, bundle))


def test_the_same_program_makes_the_same_image_twice(tmp_path: Path, program: Path) -> None:
    first = build(tmp_path, program, tmp_path / "none")
    before = first.path.read_bytes()
    assert build(tmp_path, program, tmp_path / "none").digest == first.digest
    assert first.path.read_bytes() == before
    program.write_bytes(b"\x7fELF other code")
    assert build(tmp_path, program, tmp_path / "none").digest != first.digest


def test_the_command_line_builds_an_image_and_names_its_archive(
    tmp_path: Path, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "deep/app.tar"
    arguments = ["static", "goslo.local/app:1", "--file", f"/app={program}", "--env", "A=b=c", "--out", str(out)]
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert said.out == f"{out}\n"
    assert said.err.startswith("goslo.local/app:1 sha256:")
    with tarfile.open(out) as archive:
        configs = [
            json.loads(body)
            for entry in archive
            if (body := (archive.extractfile(entry) or pytest.fail(entry.name)).read()).startswith(b'{"architecture"')
        ]
    assert [(one["config"]["Entrypoint"], one["config"]["Env"]) for one in configs] == [(["/app"], ["A=b=c"])]


def test_what_is_missing_is_named_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = tmp_path / "gone"
    assert main(["static", "app:1", "--file", f"/app={gone}", "--out", str(tmp_path / "app.tar")]) == 1
    assert capsys.readouterr().err == f"ociimage: [Errno 2] No such file or directory: '{gone}'\n"
    with pytest.raises(SystemExit):
        main(["static", "app:1", "--file", "/app", "--out", "app.tar"])
    assert "'/app': want KEY=VALUE" in capsys.readouterr().err
