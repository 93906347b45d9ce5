"""Files of Go modules: custom resource definitions are taken from the very releases that are measured."""

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from localcluster.paths import GOMOD
from localcluster.recipes import language_version, required_version
from localcluster.toolchain import environment, find


class ModuleMissing(RuntimeError):
    """A module could not be had; the text has what ``go`` said."""


def module_directory(ecosystem: str, module: str) -> Path:
    """Where the release that ``tools/gomod/<ecosystem>`` pins lies in Go's module cache; fetched if need be."""
    directory = GOMOD / ecosystem
    toolchain = find(language_version((directory / "go.mod").read_text()))
    done = subprocess.run(
        [toolchain.go, "mod", "download", "-json", module],
        cwd=directory,
        env=environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise ModuleMissing(f"go mod download {module} failed:\n{done.stderr.strip()}\n{done.stdout.strip()}")
    return Path(json.loads(done.stdout)["Dir"])


def module_version(ecosystem: str, module: str) -> str:
    """The pinned release, such as ``v0.16.0``."""
    return required_version((GOMOD / ecosystem / "go.mod").read_text(), module)


def documents(path: Path) -> list[dict[str, Any]]:
    """The objects in a YAML file."""
    return [document for document in yaml.safe_load_all(path.read_text()) if document]
