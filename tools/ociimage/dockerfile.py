"""The operator's image by the checkout's Dockerfile: for machines that have Docker and cannot have mmdebstrap."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import tomllib
from pathlib import Path
from typing import IO

from localcluster.report import Stopwatch, say

from .archive import Image, replacing
from .failures import CannotBuild
from .layer import Digest, digest_of
from .operatorimage import CHECKOUT, REPOSITORY

COPIED = ("LICENSE", "README.md", "pyproject.toml", "uv.lock")
"""What the Dockerfile takes of a checkout, beside the package."""

# Where Docker keeps its images in containerd, an image with attestations is an index of which `docker save` writes only
# a part, and kind refuses that: https://github.com/kubernetes-sigs/kind/issues/3795
_ENVIRONMENT = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}


def build_by_docker(out: Path, *, checkout: Path = CHECKOUT) -> Image:
    """Build the operator's image, tagged with the project's version, and write it as a docker archive.

    The image stays in Docker too. Raises CannotBuild with docker's last words.
    """
    watch = Stopwatch()
    version = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]["version"]
    name = f"{REPOSITORY}:{version}"
    say(f"{name}: building it with the Dockerfile")
    _docker("build", "--tag", name, str(checkout))
    with replacing(out) as fresh:
        _docker("save", "--output", str(fresh), name)
        image = Image(name, out, *_described(fresh))
    say(f"{image}, in {watch}")
    return image


def _docker(*arguments: str) -> None:
    done = subprocess.run(
        ["docker", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | _ENVIRONMENT,
    )
    if done.returncode != 0:
        raise CannotBuild(f"docker {' '.join(arguments)} failed:\n{done.stdout.strip()[-3000:]}")


def _described(archive: Path) -> tuple[Digest, int, int]:
    """The digest of an image's configuration, and the bytes of its layers as they are and unpacked."""
    try:
        with tarfile.open(archive) as saved:
            (image,) = json.load(_file(saved, "manifest.json"))
            digest = digest_of(_file(saved, image["Config"]).read())
            sizes = [_sizes(_file(saved, layer)) for layer in image["Layers"]]
    except (tarfile.TarError, KeyError, ValueError) as problem:
        raise CannotBuild(f"docker save wrote what is no archive of one image: {problem}") from problem
    return digest, sum(size for size, _ in sizes), sum(unpacked for _, unpacked in sizes)


def _file(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """A file of an archive, also where it is a link, as equal layers are in archives of older Dockers."""
    found = archive.extractfile(name)
    if found is None:
        raise ValueError(f"{name} is no file")
    return found


def _sizes(layer: IO[bytes]) -> tuple[int, int]:
    size = layer.seek(0, os.SEEK_END)
    layer.seek(0)
    with tarfile.open(fileobj=layer) as files:
        return size, sum(member.size for member in files)
