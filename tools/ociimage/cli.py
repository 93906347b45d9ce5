"""``python -m ociimage``: build images of this project, or of any static program."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from localcluster.binaries import BuildFailed
from localcluster.toolchain import NoToolchain

from .archive import replacing
from .catalogue import IMAGES, build
from .failures import CannotBuild
from .operatorimage import build_operator
from .static import build_static

_DEMO = ("service", "loadgen")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; archives are named on standard output, progress on standard error."""
    parsed = _parser().parse_args(arguments)
    try:
        for path in parsed.command(parsed):
            print(path)
    except (CannotBuild, BuildFailed, NoToolchain, OSError) as problem:
        print(f"ociimage: {problem}", file=sys.stderr)
        return 1
    return 0


def _named(parsed: argparse.Namespace) -> list[Path]:
    return [_copied(build(parsed.image), parsed.out)]


def _demo(parsed: argparse.Namespace) -> list[Path]:
    outs = [parsed.out / f"demo-{name}.tar" if parsed.out else None for name in _DEMO]
    return [_copied(build(name), out) for name, out in zip(_DEMO, outs, strict=True)]


def _operator(parsed: argparse.Namespace) -> list[Path]:
    if not parsed.name and not parsed.refresh:
        return [_copied(build("operator"), parsed.out)]
    if parsed.out is None:
        raise CannotBuild("--name and --refresh want --out FILE")
    return [build_operator(parsed.out, parsed.name, refresh=parsed.refresh).path]


def _static(parsed: argparse.Namespace) -> list[Path]:
    files = {path: Path(source) for path, source in parsed.file}
    entrypoint = parsed.entrypoint or [next(iter(files))]
    image = build_static(parsed.name, files, entrypoint, parsed.user, dict(parsed.env), out=parsed.out)
    print(image, file=sys.stderr)
    return [image.path]


def _copied(archive: Path, out: Path | None) -> Path:
    if out is None:
        return archive
    with replacing(out) as fresh:
        shutil.copyfile(archive, fresh)
    return out


def _pair(text: str) -> tuple[str, str]:
    key, found, value = text.partition("=")
    if not (key and found):
        raise argparse.ArgumentTypeError(f"{text!r}: want KEY=VALUE")
    return key, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ociimage", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="IMAGE")
    for name in sorted(set(IMAGES) - {"operator"}):
        one = commands.add_parser(name, help=f"the image of {name}")
        one.add_argument("--out", type=Path, metavar="FILE", help="where to write it; without, it is kept in the cache")
        one.set_defaults(command=_named, image=name)

    demo = commands.add_parser("demo", help="the images of the demo service and of its load generator")
    demo.add_argument("--out", type=Path, metavar="DIRECTORY", help="where to write them")
    demo.set_defaults(command=_demo)

    operator = commands.add_parser("operator", help="the operator's image")
    operator.add_argument("--out", type=Path, metavar="FILE", help="where to write it")
    operator.add_argument("--name", help="its name and tag, if not the project's version")
    operator.add_argument("--refresh", action="store_true", help="fetch today's Debian packages again")
    operator.set_defaults(command=_operator)

    static = commands.add_parser("static", help="an image of static programs")
    static.add_argument("name", help="its name and tag, such as example.com/app:1")
    static.add_argument("--file", type=_pair, action="append", required=True, metavar="PATH=SOURCE")
    static.add_argument("--entrypoint", nargs="+", help="the command, if not the first file")
    static.add_argument("--user", default="65532:65532")
    static.add_argument("--env", type=_pair, action="append", default=[], metavar="KEY=VALUE")
    static.add_argument("--out", type=Path, required=True, metavar="FILE")
    static.set_defaults(command=_static)
    return parser
