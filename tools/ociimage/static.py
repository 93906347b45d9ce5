"""Images of static programs: the program, the accounts file, certificates, and nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from .archive import Image, Process, build_time, write_archive
from .layer import Directory, Entry, File, write_layer

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
"""Where Go programs and Debian's OpenSSL look for the authorities that they trust."""

ACCOUNTS: Mapping[str, Entry] = {
    "/etc/passwd": File(b"root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n"),
    "/etc/group": File(b"root:x:0:\nnonroot:x:65532:\n"),
    "/etc/nsswitch.conf": File(b"hosts: files dns\n"),
    "/tmp": Directory(0o1777),
}
"""What even one static program may ask for: who it is, how names are looked up, and where scratch files go."""


def build_static(
    name: str,
    files: Mapping[str, Path],
    entrypoint: Sequence[str],
    user: str = "65532:65532",
    env: Mapping[str, str] | None = None,
    *,
    out: Path,
    directory: str = "/",
    certificates: Path = Path(CERTIFICATES),
) -> Image:
    """Write the image ``name`` of ``files`` (by their path in the image), which all become executable.

    This machine's certificates go along where it has some. ``directory`` is made if need be, and is where the
    program starts.
    """
    entries: dict[str, Entry] = dict(ACCOUNTS)
    if certificates.exists():
        entries[CERTIFICATES] = File(certificates)
    if directory != "/":
        entries[directory] = Directory()
    entries |= {path: File(source, 0o755) for path, source in files.items()}
    with tempfile.TemporaryDirectory(prefix="ociimage-") as scratch:
        layer = write_layer(entries, Path(scratch, "layer"), mtime=build_time())
        return write_archive(name, [layer], Process(entrypoint, user, env or {}, directory), out)
