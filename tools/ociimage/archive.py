"""Image archives: an OCI image layout in one tar, which `ctr images import`, `kind load image-archive`, `docker load`
and `podman load` all take.

Formats: the OCI image specification's image-layout.md, manifest.md and config.md; ``manifest.json`` is what Docker
before 25 reads instead of ``index.json``.
"""

from __future__ import annotations

import json
import os
import platform
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from .layer import Digest, Layer, digest_of, total

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True)
class Process:
    """How a container of the image runs."""

    entrypoint: Sequence[str]
    user: str = "65532:65532"
    env: Mapping[str, str] = field(default_factory=dict)
    directory: str = "/"


@dataclass(frozen=True)
class Image:
    """A finished archive."""

    name: str
    path: Path
    digest: Digest
    """Of the image's manifest: what ``name@sha256:…`` refers to. Docker's archives have none: of the configuration."""
    size_bytes: int
    """Of its layers as they lie in the archive: compressed, but by Docker not always."""
    unpacked_bytes: int

    def __str__(self) -> str:
        mebi = 1 << 20
        return (
            f"{self.name} {self.digest[:19]} "
            f"{self.size_bytes / mebi:.1f} MiB packed, {self.unpacked_bytes / mebi:.1f} MiB unpacked"
        )


def build_time(environ: Mapping[str, str] = os.environ) -> int:
    """The time stamp of everything in an image, in Unix seconds: SOURCE_DATE_EPOCH, else 0."""
    return int(environ.get("SOURCE_DATE_EPOCH", "0"))


def architecture() -> str:
    """This machine's architecture by the name that images use."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def write_archive(
    name: str, layers: Sequence[Layer], process: Process, out: Path, labels: Mapping[str, str] | None = None
) -> Image:
    """Write the image ``name`` (with its tag) of these layers, lowest first."""
    config = _json(
        {
            "architecture": architecture(),
            "os": "linux",
            "created": datetime.fromtimestamp(build_time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "config": {
                "Entrypoint": list(process.entrypoint),
                "User": process.user,
                "Env": [f"{key}={value}" for key, value in sorted(process.env.items())],
                "WorkingDir": process.directory,
                "Labels": dict(labels or {}),
            },
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _descriptor(_CONFIG, digest_of(config), len(config)),
            "layers": [_descriptor(_LAYER, layer.digest, layer.size_bytes) for layer in layers],
        }
    )
    entry = _descriptor(_MANIFEST, digest_of(manifest), len(manifest)) | {
        "platform": {"architecture": architecture(), "os": "linux"},
        "annotations": {
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.rpartition(":")[2],
        },
    }
    docker = [
        {
            "Config": _blob(digest_of(config)),
            "RepoTags": [name],
            "Layers": [_blob(layer.digest) for layer in layers],
        }
    ]
    files: dict[str, bytes | Path] = {
        "index.json": _json(
            {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]}
        ),
        "manifest.json": _json(docker),
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        _blob(digest_of(config)): config,
        _blob(digest_of(manifest)): manifest,
        **{_blob(layer.digest): layer.path for layer in layers},
    }
    with replacing(out) as fresh:
        _write_tar(files, fresh)
    return Image(name, out, digest_of(manifest), *total(layers))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A scratch file beside ``path`` that takes its place at the end, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield fresh
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _write_tar(files: Mapping[str, bytes | Path], out: Path) -> None:
    with tarfile.open(out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            header = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                header.size = len(content)
                archive.addfile(header, BytesIO(content))
            else:
                header.size = content.stat().st_size
                with content.open("rb") as source:
                    archive.addfile(header, source)


def _blob(digest: Digest) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _descriptor(media_type: str, digest: Digest, size: int) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest, "size": size}


def _json(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
