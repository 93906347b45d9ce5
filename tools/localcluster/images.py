"""An image with one static binary in it, as an OCI archive: enough for ``pause`` and metrics-server.

The layout is that of the OCI image specification; containerd and ``kind load image-archive`` take the name from the
annotation ``io.containerd.image.name``.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path
from typing import Any

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write_static_image(reference: str, binary: Path, out: Path) -> None:
    """Write an archive of image ``reference`` whose entry point is ``binary``, run as user 65532.

    The same binary gives the same bytes, so that the image's digest says what is in it.
    """
    layer = _tar({binary.name: (binary.read_bytes(), 0o755)})
    config = {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {"User": "65532:65532", "Entrypoint": [f"/{binary.name}"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    blobs: dict[str, tuple[bytes, int]] = {}

    def store(content: bytes, media_type: str) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = (content, 0o644)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": store(_json(config), "application/vnd.oci.image.config.v1+json"),
        "layers": [store(layer, "application/vnd.oci.image.layer.v1.tar")],
    }
    described = store(_json(manifest), "application/vnd.oci.image.manifest.v1+json")
    described["annotations"] = {"io.containerd.image.name": reference}
    index = {"schemaVersion": 2, "manifests": [described]}
    files = {"oci-layout": (_json({"imageLayoutVersion": "1.0.0"}), 0o644), "index.json": (_json(index), 0o644)}
    out.write_bytes(_tar({**files, **blobs}))


def _json(content: object) -> bytes:
    return json.dumps(content, sort_keys=True).encode()


def _tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
