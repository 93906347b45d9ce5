"""The real programs that a user of the chart runs, as the tests call them."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from localcluster.binaries import ensure

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "goserviceslo"
RELEASE = "goslo"
NAMESPACE = "goslo-system"
FULLNAME = "goslo-goserviceslo"
CRD = "goserviceslos.goslo.dev"

Json = dict[str, Any]


class Refused(AssertionError):
    """A program ended with an error; the text is what it said."""


@dataclass(frozen=True)
class Helm:
    """Helm with directories of its own, so that nothing of the person who runs the tests is read or written."""

    binary: Path
    home: Path
    kubeconfig: Path | None = None

    def __call__(self, *words: str | Path, values: Mapping[str, Any] | None = None) -> str:
        """Run it, with `values` as a values file; raises Refused."""
        command: list[str | Path] = [self.binary, *words]
        if values is not None:
            file = self.home / "values.yaml"
            file.write_text(yaml.safe_dump(dict(values)), encoding="utf-8")
            command += ["--values", file]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            **({"KUBECONFIG": str(self.kubeconfig)} if self.kubeconfig else {}),
        }
        return _said(subprocess.run(command, capture_output=True, text=True, env=environment, check=False))

    def template(
        self, values: Mapping[str, Any] | None = None, *, chart: Path = CHART, words: Iterable[str] = ()
    ) -> list[Json]:
        """Every object of the chart as rendered for a release `goslo` in `goslo-system`."""
        text = self("template", RELEASE, chart, "--namespace", NAMESPACE, *words, values=values or {})
        return [item for item in yaml.safe_load_all(text) if item]


@dataclass(frozen=True)
class Kubectl:
    """kubectl as the administrator of a cluster."""

    binary: Path
    kubeconfig: Path

    def __call__(self, *words: str, stdin: object = None) -> str:
        """Run it, with the object given as JSON on standard input; raises Refused."""
        command = [str(self.binary), "--kubeconfig", str(self.kubeconfig), *words]
        text = None if stdin is None else json.dumps(stdin)
        return _said(subprocess.run(command, capture_output=True, text=True, input=text, check=False))

    def get(self, *words: str) -> Json:
        """The object, or list of objects, as JSON."""
        found: Json = json.loads(self("get", *words, "--output", "json"))
        return found

    def exists(self, *words: str) -> bool:
        """Whether there is such an object."""
        return bool(self("get", *words, "--ignore-not-found", "--output", "name").strip())


def _said(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode != 0:
        raise Refused(f"{done.args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def binary(name: str) -> Path:
    """The path of a built binary, built now if it is not in the cache."""
    return ensure([name])[name]


def only(objects: Iterable[Json], kind: str, name: str | None = None) -> Json:
    """The one object of this kind (and name)."""
    found = [item for item in objects if item["kind"] == kind and name in (None, item["metadata"]["name"])]
    assert len(found) == 1, f"expected one {kind} {name or ''}, found {[item['metadata']['name'] for item in found]}"
    return found[0]


def until(true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait for what another process does in its own time; fails with `what` after so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.3)


def served(kubectl: Kubectl) -> None:
    """Wait until the API server really serves the definition.

    One that is deleted before that is deleted only after minutes: the API server fails to look for its objects
    ("storage is (re)initializing") and tries again ever more slowly.
    """
    kubectl("wait", "--for=condition=Established", f"crd/{CRD}", "--timeout=60s")
    kubectl("get", "goserviceslos", "--all-namespaces")


def remove_definition(kubectl: Kubectl) -> None:
    """Delete the definition and all its objects, whatever still holds them; for the end of a test that failed."""
    if not kubectl.exists("crd", CRD):
        return
    served(kubectl)
    for item in kubectl.get("goserviceslos", "--all-namespaces")["items"]:
        where = (item["metadata"]["name"], "--namespace", item["metadata"]["namespace"])
        kubectl("patch", "goserviceslo", *where, "--type=merge", "--patch", '{"metadata": {"finalizers": null}}')
    kubectl("delete", "crd", CRD, "--timeout=60s")
