"""Paths on the command line: files, folders with everything below them, `-` for standard input."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from goserviceslo.api.base import KIND
from goserviceslo.authoring.documents import Document, Unparsable, read
from goserviceslo.slo.unresolved import listed

STANDARD_INPUT = "-"
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})


@dataclass(frozen=True, slots=True)
class Given:
    """What was read, and what could not be."""

    objects: tuple[Document | Unparsable, ...]
    unreadable: tuple[str, ...]
    """A sentence for each path that could not be read."""


def given(paths: Sequence[str]) -> Given:
    """The objects in all these paths, in the order given; a folder's files by name."""
    objects: list[Document | Unparsable] = []
    unreadable: list[str] = []
    for file, text in _texts(paths):
        if isinstance(text, Exception):
            unreadable.append(f"{file}: {_why(text)}")
        else:
            objects += read(file, text)
    return Given(tuple(objects), tuple(unreadable))


def nothing_in(paths: Sequence[str]) -> str:
    """What to say where there was nothing to do: the wrong folder must not pass for a good one."""
    places = ("standard input" if path == STANDARD_INPUT else path for path in paths)
    return f"no {KIND} was found in {listed(places)}"


def _texts(paths: Iterable[str]) -> Iterator[tuple[str, str | Exception]]:
    for path in paths:
        if path == STANDARD_INPUT:
            yield "stdin", _text(sys.stdin.buffer.read())
            continue
        for file in _files(Path(path)):
            try:
                yield str(file), _text(file.read_bytes())
            except OSError as error:
                yield str(file), error


def _text(content: bytes) -> str | UnicodeDecodeError:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return error


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.suffix in _SUFFIXES and file.is_file() and not _hidden(file.relative_to(path))
    )


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return "is not a text in UTF-8"
