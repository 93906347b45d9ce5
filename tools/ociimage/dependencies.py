"""The middle layer of the operator's image: what ``uv.lock`` says it runs on, compiled, without what never runs."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

from localcluster.report import Stopwatch, say

from .archive import architecture, build_time
from .cache import kept, key_of, recall, remember
from .debian import PYTHON, Base
from .failures import CannotBuild
from .layer import Layer, tree, write_layer

INSTALLED_AT = "/opt/goserviceslo/dependencies"

# The checkout's own, which is of one release everywhere.
_UV = Path(__file__).parents[1] / "uv"

# The C library of the base, which decides on the wheels that fit.
_PLATFORM = f"{platform.machine()}-manylinux_2_36"

_NOT_NEEDED = (
    "bin .lock **/__pycache__",
    "*.dist-info/RECORD *.dist-info/INSTALLER *.dist-info/REQUESTED *.dist-info/uv_cache.json",
    "**/tests **/test",
    "**/*.pyi **/*.pyx **/*.pxd **/*.c **/*.h",
    # The generated classes for each kind of Kubernetes object, 70 MB of them: the operator speaks in plain
    # dictionaries, and only the package's way to find and read credentials is used.
    "kubernetes/client/api/*_api.py kubernetes/aio/client/api/*_api.py kubernetes/docs kubernetes/e2e_test",
    "kubernetes/client/models/[!_]*.py kubernetes/aio/client/models/[!_]*.py",
    # The grammars of five hundred languages, which rich would colour; what our commands print is not source code.
    "pygments/lexers/[!_]*.py",
)


def locked(root: Path) -> str:
    """The requirements of ``root``'s lock file for running, with their hashes."""
    return _uv(
        "export", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate", "--project", str(root)
    )


def dependencies(requirements: str, base: Base) -> tuple[Path, Layer]:
    """The directory and the layer of these requirements, made once for each base and set of them."""

    def make(place: Path) -> None:
        watch = Stopwatch()
        say(f"dependencies: installing {requirements.count('==')} locked packages")
        listed, modules = place / "requirements.txt", place / "modules"
        listed.write_text(requirements)
        _uv(
            *("pip", "install", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:"),
            *("--python-version", PYTHON.removeprefix("python"), "--python-platform", _PLATFORM),
            *("--target", str(modules), "--requirements", str(listed)),
        )
        _trim(modules)
        base.python.compile(modules, INSTALLED_AT)
        remember(write_layer(tree(modules, INSTALLED_AT), place / "layer", mtime=build_time()))
        say(f"dependencies: ready in {watch}")

    key = key_of(architecture(), str(build_time()), requirements, base.layer.digest, Path(__file__))
    place = kept("dependencies", key, make)
    return place / "modules", recall(place / "layer")


def _trim(modules: Path) -> None:
    for line in _NOT_NEEDED:
        for pattern in line.split():
            for path in list(modules.glob(pattern)):
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)


def _uv(*arguments: str) -> str:
    done = subprocess.run([str(_UV), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotBuild(f"uv {' '.join(arguments)} failed:\n{done.stderr.strip()[-3000:]}")
    return done.stdout
