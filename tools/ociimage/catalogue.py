"""The images of this project by name, each built when it is asked for and kept until what it is made from changes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from localcluster.binaries import ensure
from localcluster.choice import docker_answers
from localcluster.report import say as to_standard_error

from .archive import Image, build_time
from .cache import kept_image, key_of
from .debian import available, base
from .dockerfile import COPIED, build_by_docker
from .failures import CannotBuild
from .golang import build_program
from .operatorimage import CHECKOUT, build_operator
from .static import build_static

_HERE = Path(__file__).parent


class UnknownImage(ValueError):
    """No image has this name."""


def build(name: str, *, say: Callable[[str], None] = to_standard_error) -> Path:
    """The archive of one of ``IMAGES``; ``say`` is told what it holds.

    Raises UnknownImage, and what the build of its parts raises.
    """
    if name not in IMAGES:
        raise UnknownImage(f"no image {name!r}; there are: {', '.join(IMAGES)}")
    image = IMAGES[name]()
    say(str(image))
    return image.path


def _key(*parts: str | Path) -> str:
    return key_of(str(build_time()), *sorted(_HERE.glob("*.py")), *parts)


def _operator() -> Image:
    if available():
        return kept_image("operator", _key(base().layer.digest, *_package("pyproject.toml", "uv.lock")), build_operator)
    if docker_answers():
        key = _key(*_package("Dockerfile", ".dockerignore", *COPIED))
        return kept_image("docker-operator", key, lambda out: build_by_docker(out, checkout=CHECKOUT))
    raise CannotBuild("the operator's image needs mmdebstrap or Docker: apt-get install mmdebstrap, or start Docker")


def _package(*beside: str) -> list[str | Path]:
    """The package's files, after those of the checkout that are named, and before them how all are called."""
    package = [path for path in sorted(CHECKOUT.glob("operator/goserviceslo/**/*")) if path.is_file()]
    sources = [path for path in [*map(CHECKOUT.joinpath, beside), *package] if "__pycache__" not in path.parts]
    return ["\n".join(str(path.relative_to(CHECKOUT)) for path in sources), *sources]


def _demo(program: str) -> Image:
    with tempfile.TemporaryDirectory(prefix="ociimage-") as scratch:
        binary = Path(scratch, program)
        build_program(CHECKOUT / "examples/demo", f"./cmd/{program}", binary)
        return _of_binary(f"demo-{program}", binary)


def _of_binary(name: str, binary: Path, directory: str = "/") -> Image:
    path = f"/bin/{binary.name}"
    reference = f"goslo.local/{name}:dev"
    return kept_image(
        name,
        _key(binary),
        lambda out: build_static(reference, {path: binary}, [path], out=out, directory=directory),
    )


def _prometheus() -> Image:
    return _of_binary("prometheus", ensure(["prometheus"])["prometheus"], directory="/prometheus")


def _pause() -> Image:
    return _of_binary("pause", ensure(["pause"])["pause"])


IMAGES: dict[str, Callable[[], Image]] = {
    "operator": _operator,
    "service": lambda: _demo("service"),
    "loadgen": lambda: _demo("loadgen"),
    "prometheus": _prometheus,
    "pause": _pause,
}
"""What ``build`` can build."""
