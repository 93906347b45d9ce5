"""Archives: every reference in them resolves to bytes of that digest, by the OCI layout and by Docker's older one."""

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.table import cases

from ociimage.archive import Process, build_time, replacing, write_archive
from ociimage.layer import File, Layer, write_layer

NAME = "goslo.local/example:1.2"
PROCESS = Process(["/bin/program", "run"], env={"B": "2", "A": "1"}, directory="/work")


@pytest.fixture
def layers(tmp_path: Path) -> list[Layer]:
    return [write_layer({f"/{name}": File(name.encode())}, tmp_path / name) for name in ("lower", "upper")]


def contents(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {entry.name: body.read() for entry in archive if (body := archive.extractfile(entry)) is not None}


def blob(files: dict[str, bytes], descriptor: dict[str, Any]) -> bytes:
    """The bytes that a descriptor refers to, held against its digest and size."""
    algorithm, _, wanted = descriptor["digest"].partition(":")
    body = files[f"blobs/{algorithm}/{wanted}"]
    assert hashlib.sha256(body).hexdigest() == wanted
    assert len(body) == descriptor["size"]
    return body


def test_every_reference_resolves_to_bytes_of_its_digest(tmp_path: Path, layers: list[Layer]) -> None:
    image = write_archive(NAME, layers, PROCESS, tmp_path / "image.tar", {"title": "Example"})
    files = contents(image.path)
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}

    (entry,) = json.loads(files["index.json"])["manifests"]
    assert entry["digest"] == image.digest
    assert entry["annotations"]["io.containerd.image.name"] == NAME
    assert entry["annotations"]["org.opencontainers.image.ref.name"] == "1.2"

    manifest = json.loads(blob(files, entry))
    assert [blob(files, layer) for layer in manifest["layers"]] == [layer.path.read_bytes() for layer in layers]
    config = json.loads(blob(files, manifest["config"]))
    assert config["rootfs"]["diff_ids"] == [layer.diff_id for layer in layers]
    assert config["config"] == {
        "Entrypoint": ["/bin/program", "run"],
        "Env": ["A=1", "B=2"],
        "Labels": {"title": "Example"},
        "User": "65532:65532",
        "WorkingDir": "/work",
    }
    assert entry["platform"] == {"architecture": config["architecture"], "os": config["os"]}

    (docker,) = json.loads(files["manifest.json"])
    assert docker["RepoTags"] == [NAME]
    assert files[docker["Config"]] == blob(files, manifest["config"])
    assert [files[name] for name in docker["Layers"]] == [layer.path.read_bytes() for layer in layers]


def test_an_archive_is_the_same_twice(tmp_path: Path, layers: list[Layer]) -> None:
    one, two = (write_archive(NAME, layers, PROCESS, tmp_path / name) for name in ("one.tar", "elsewhere.tar"))
    assert one.digest == two.digest
    assert one.path.read_bytes() == two.path.read_bytes()


@cases(
    "process",
    {
        "another user": Process(["/bin/program", "run"], user="0", env={"B": "2", "A": "1"}, directory="/work"),
        "another command": Process(["/bin/program"], env={"B": "2", "A": "1"}, directory="/work"),
        "another environment": Process(["/bin/program", "run"], env={"A": "1"}, directory="/work"),
    },
)
def test_another_process_is_another_image(tmp_path: Path, layers: list[Layer], process: Process) -> None:
    before, after = (write_archive(NAME, layers, how, tmp_path / "image.tar").digest for how in (PROCESS, process))
    assert before != after


def test_a_name_is_no_part_of_the_digest(tmp_path: Path, layers: list[Layer]) -> None:
    one, two = (write_archive(name, layers, PROCESS, tmp_path / "image.tar") for name in (NAME, "elsewhere:dev"))
    assert one.digest == two.digest


def test_sizes_are_those_of_the_layers_and_said_in_mebibytes(tmp_path: Path) -> None:
    layer = write_layer({"/big": File(bytes(3 << 20))}, tmp_path / "layer")
    image = write_archive(NAME, [layer, layer], PROCESS, tmp_path / "image.tar")
    assert (image.size_bytes, image.unpacked_bytes) == (2 * layer.size_bytes, 6 << 20)
    assert str(image) == f"{NAME} {image.digest[:19]} 0.0 MiB packed, 6.0 MiB unpacked"


def test_the_time_in_an_image_is_the_epoch_or_what_the_environment_says(
    tmp_path: Path, layers: list[Layer], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build_time({}) == 0
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    image = write_archive(NAME, layers, PROCESS, tmp_path / "image.tar")
    files = contents(image.path)
    created = [json.loads(body)["created"] for body in files.values() if body.startswith(b'{"architecture"')]
    assert created == ["1970-01-02T00:00:00Z"]


def test_a_build_that_fails_leaves_the_archive_before_it(tmp_path: Path) -> None:
    kept = tmp_path / "image.tar"
    kept.write_text("before")
    with pytest.raises(OSError, match="disk full"), replacing(kept) as fresh:  # noqa: PT012 the failure is in the middle
        fresh.write_text("half")
        raise OSError("disk full")
    assert kept.read_text() == "before"
    assert list(tmp_path.iterdir()) == [kept]
