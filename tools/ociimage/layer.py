"""File system layers that come out the same, byte for byte, from the same content.

Entries are sorted, owned by root, of one time stamp, and compressed without a name or time in the header, so that a
layer's digest says what is in it and nothing about when, where and by whom it was built.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NewType

Digest = NewType("Digest", str)
"""``sha256:`` and 64 hexadecimal digits."""

_GZIP_LEVEL = 6


@dataclass(frozen=True)
class File:
    """A regular file: its content, or where to read it."""

    content: bytes | Path
    mode: int = 0o644


@dataclass(frozen=True)
class Directory:
    """A directory that is empty or has a mode of its own; others need not be named."""

    mode: int = 0o755


@dataclass(frozen=True)
class Symlink:
    """A symbolic link."""

    target: str


Entry = File | Directory | Symlink
Entries = Mapping[str, Entry]
"""What is where, by absolute path."""


@dataclass(frozen=True)
class Layer:
    """A compressed layer on disk."""

    path: Path
    digest: Digest
    diff_id: Digest
    """The digest of the layer before compression."""
    size_bytes: int
    unpacked_bytes: int
    """The sum of its files' sizes."""


def tree(root: Path, at: str = "/") -> dict[str, Entry]:
    """Everything below a directory, as entries below ``at``; bits that give another user's rights are dropped."""
    found: dict[str, Entry] = {}
    for directory, subdirectories, files in os.walk(root):
        for name in [*subdirectories, *files]:
            source = Path(directory, name)
            path = str(PurePosixPath(at) / source.relative_to(root))
            status = source.lstat()
            mode = stat.S_IMODE(status.st_mode) & 0o1777
            if stat.S_ISLNK(status.st_mode):
                found[path] = Symlink(str(source.readlink()))
            elif stat.S_ISDIR(status.st_mode):
                found[path] = Directory(mode)
            elif stat.S_ISREG(status.st_mode):
                found[path] = File(source, mode)
            else:
                raise ValueError(f"{source} is no file, directory or symbolic link")
    return found


def write_layer(entries: Entries, out: Path, *, mtime: int = 0) -> Layer:
    """Write a layer; ``mtime`` is the time stamp of all its entries, in Unix seconds."""
    unpacked_bytes = 0
    with out.open("wb") as raw:
        compressed = _Hashed(raw)
        with gzip.GzipFile("", "wb", _GZIP_LEVEL, compressed, mtime=0) as squeezed:
            plain = _Hashed(squeezed)
            with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
                for name, entry in _with_parents(entries):
                    unpacked_bytes += _add(archive, name, entry, mtime)
    return Layer(out, compressed.digest, plain.digest, compressed.written, unpacked_bytes)


def digest_of(content: bytes) -> Digest:
    """The digest of some bytes."""
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")


def _with_parents(entries: Entries) -> Iterator[tuple[str, Entry]]:
    named: dict[str, Entry] = {}
    for path, entry in entries.items():
        absolute = PurePosixPath(path)
        if not absolute.is_absolute() or ".." in absolute.parts:
            raise ValueError(f"{path!r}: want an absolute path without ..")
        for parent in absolute.parents[:-1]:
            named.setdefault(str(parent.relative_to("/")), Directory())
        named[str(absolute.relative_to("/"))] = entry
    yield from sorted(named.items())


def _add(archive: tarfile.TarFile, name: str, entry: Entry, mtime: int) -> int:
    """Add one entry; returns its size in bytes."""
    header = tarfile.TarInfo(name)
    header.mtime = mtime
    match entry:
        case Directory(mode):
            header.type, header.mode = tarfile.DIRTYPE, mode
            archive.addfile(header)
        case Symlink(target):
            header.type, header.mode, header.linkname = tarfile.SYMTYPE, 0o777, target
            archive.addfile(header)
        case File(content, mode):
            header.mode = mode
            if isinstance(content, bytes):
                header.size = len(content)
                archive.addfile(header, io.BytesIO(content))
            else:
                header.size = content.stat().st_size
                with content.open("rb") as source:
                    archive.addfile(header, source)
    return header.size


class _Hashed(io.RawIOBase):
    """A writer that hashes and counts what goes through it."""

    def __init__(self, sink: IO[bytes] | gzip.GzipFile) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self.written = 0

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        self._sink.write(content)
        self._hash.update(content)
        self.written += len(content)
        return len(content)

    def tell(self) -> int:
        return self.written

    @property
    def digest(self) -> Digest:
        return Digest(f"sha256:{self._hash.hexdigest()}")


def total(layers: Iterable[Layer]) -> tuple[int, int]:
    """Compressed and unpacked bytes of some layers."""
    sizes = [(layer.size_bytes, layer.unpacked_bytes) for layer in layers]
    return sum(size for size, _ in sizes), sum(size for _, size in sizes)
