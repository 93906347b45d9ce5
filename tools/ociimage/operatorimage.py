"""The operator's image: Debian's Python, the locked dependencies, our package; only the last changes with our code."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from pathlib import Path

from localcluster.report import Stopwatch, say

from .archive import Image, Process, build_time, write_archive
from .debian import base
from .dependencies import INSTALLED_AT as DEPENDENCIES
from .dependencies import dependencies, locked
from .failures import CannotBuild
from .layer import Entry, File, tree, write_layer

REPOSITORY = "goslo.local/goserviceslo"
CHECKOUT = Path(__file__).resolve().parents[2]

_INSTALLED_AT = "/opt/goserviceslo/operator"
_PACKAGE = "goserviceslo"

_PROCESS = Process(
    entrypoint=["/usr/bin/python3", "-m", _PACKAGE],
    env={
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{_INSTALLED_AT}:{DEPENDENCIES}",
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
    },
)

# For people in the container, as in `kubectl exec … -- goslo plan`.
_COMMAND = File(b"#!/usr/bin/python3\nfrom goserviceslo.__main__ import main\n\nmain()\n", 0o755)

# Every module is imported once, so that a module which the image lacks is missed here and not in a cluster.
_IMPORT_ALL = f"""
import importlib, pkgutil, {_PACKAGE}
for module in pkgutil.walk_packages({_PACKAGE}.__path__, "{_PACKAGE}."):
    importlib.import_module(module.name)
import kubernetes.aio.client.configuration, kubernetes.aio.config.incluster_config, kubernetes.aio.config.kube_config
print({_PACKAGE}.__version__)
"""


def build_operator(out: Path, name: str | None = None, *, checkout: Path = CHECKOUT, refresh: bool = False) -> Image:
    """Write the operator's image, by default tagged with the project's version.

    The lower layers are taken from the cache; ``refresh`` makes the lowest one anew, of today's Debian packages.
    Raises CannotBuild, also where a module of the package cannot be imported.
    """
    watch = Stopwatch()
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    lowest = base(refresh=refresh)
    modules, middle = dependencies(locked(checkout), lowest)
    with tempfile.TemporaryDirectory(prefix="ociimage-") as scratch:
        top = Path(scratch, "operator")
        _install(checkout, top, project["version"])
        found = lowest.python.run("-c", _IMPORT_ALL, path=[top, modules]).strip()
        if found != project["version"]:
            raise CannotBuild(f"the package says that it is version {found}, pyproject.toml says {project['version']}")
        lowest.python.compile(top, _INSTALLED_AT)
        entries: dict[str, Entry] = {**tree(top, _INSTALLED_AT), "/usr/local/bin/goslo": _COMMAND}
        layers = [lowest.layer, middle, write_layer(entries, Path(scratch, "layer"), mtime=build_time())]
        labels = {
            "org.opencontainers.image.title": project["name"],
            "org.opencontainers.image.description": project["description"],
            "org.opencontainers.image.licenses": project["license"],
            "org.opencontainers.image.version": project["version"],
        }
        image = write_archive(name or f"{REPOSITORY}:{project['version']}", layers, _PROCESS, out, labels)
    say(f"{image}, in {watch}")
    return image


def _install(checkout: Path, into: Path, version: str) -> None:
    """Our package as `pip install` would lay it out, with what importlib.metadata reads."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(checkout / "operator" / _PACKAGE, into / _PACKAGE, ignore=ignored)
    about = into / f"{_PACKAGE}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {_PACKAGE}\nVersion: {version}\n")
