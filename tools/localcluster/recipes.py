"""What is built from Go modules: for each binary its tools module, its main package and how it is linked.

The versions are those of ``tools/gomod/<module>/go.mod``; a recipe reads them from there, so that a version has
one place. Some programs report a made-up version unless it is stamped into them, and clients that parse it fail.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .paths import GOMOD


class UnknownBinary(ValueError):
    """No recipe has this name."""


@dataclass(frozen=True)
class Recipe:
    """How one binary is built. ``stamps`` are linker ``-X`` variables, filled from ``versioned``'s version."""

    name: str
    module: str
    package: str = "."
    versioned: str | None = None
    tags: tuple[str, ...] = ()
    stamps: tuple[tuple[str, str], ...] = field(default=())
    placeholder: str | None = None
    """A file that a ``go:embed`` of module ``versioned`` wants and its release does not hold; an empty one will do."""

    @property
    def directory(self) -> Path:
        return GOMOD / self.module

    def flags(self, stamped: Mapping[str, str]) -> tuple[str, ...]:
        """The arguments of ``go build`` that decide what comes out, but for the output's path."""
        link = " ".join(["-s", "-w", *(f"-X {variable}={value}" for variable, value in stamped.items())])
        tags = ("-tags", ",".join(self.tags)) if self.tags else ()
        return ("-trimpath", "-buildvcs=false", *tags, "-ldflags", link, self.package)

    def build_flags(self) -> tuple[str, ...]:
        """``flags`` with the version that this recipe's ``go.mod`` asks for."""
        if self.versioned is None:
            return self.flags({})
        version = required_version(self.directory.joinpath("go.mod").read_text(), self.versioned)
        return self.flags({name: value.format(**version_words(version)) for name, value in self.stamps})

    def key(self, go_version: str) -> str:
        """A name for this exact build: its inputs, flags, Go version. Equal keys mean an equal binary."""
        digest = hashlib.sha256()
        own = self.directory.joinpath(self.package).glob("*.go") if self.package.startswith("./") else ()
        for source in sorted([*self.directory.glob("go.*"), *self.directory.glob("*.go"), *own]):
            digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
        digest.update("\0".join([*self.build_flags(), self.placeholder or "", go_version]).encode())
        return digest.hexdigest()[:16]


def required_version(go_mod: str, module: str) -> str:
    """The version that a ``go.mod`` requires of ``module``; raises ``ValueError`` when it requires none."""
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", go_mod, re.MULTILINE)
    if found is None:
        raise ValueError(f"go.mod requires no {module}")
    return found[1]


def version_words(version: str) -> dict[str, str]:
    """What a stamp may say of a module version ``vX.Y.Z``.

    ``folded`` undoes how Prometheus numbers its module: v0.314.0 is Prometheus 3.14.0.
    """
    major, minor, patch = version.removeprefix("v").split(".", 2)
    words = {"version": version, "major": major, "minor": minor}
    if major == "0" and int(minor) >= 100:
        words["folded"] = f"{int(minor) // 100}.{int(minor) % 100}.{patch}"
    return words


def language_version(go_mod: str) -> tuple[int, ...]:
    """The lowest Go release that a ``go.mod`` allows, as numbers: ``go 1.26.4`` is ``(1, 26, 4)``."""
    found = re.search(r"^go (\d+(?:\.\d+)*)", go_mod, re.MULTILINE)
    if found is None:
        raise ValueError("go.mod has no go line")
    return tuple(int(part) for part in found[1].split("."))


_KUBERNETES_STAMPS = tuple(
    (f"{package}.{variable}", value)
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    for variable, value in (
        ("gitVersion", "{version}"),
        ("gitMajor", "{major}"),
        ("gitMinor", "{minor}"),
        ("gitTreeState", "clean"),
    )
)


def _kubernetes(name: str) -> Recipe:
    return Recipe(
        name, "k8s", f"k8s.io/kubernetes/cmd/{name}", versioned="k8s.io/kubernetes", stamps=_KUBERNETES_STAMPS
    )


def _prometheus(name: str) -> Recipe:
    return Recipe(
        name,
        "prometheus",
        f"github.com/prometheus/prometheus/cmd/{name}",
        versioned="github.com/prometheus/prometheus",
        # Without the tags every cloud's service discovery is linked in.
        tags=("remove_all_sd", "enable_kubernetes_sd"),
        stamps=(("github.com/prometheus/common/version.Version", "{folded}"),),
    )


_ALL = (
    Recipe("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    _kubernetes("kube-apiserver"),
    _kubernetes("kubectl"),
    Recipe(
        "helm",
        "helm",
        "helm.sh/helm/v4/cmd/helm",
        versioned="helm.sh/helm/v4",
        stamps=(("helm.sh/helm/v4/internal/version.version", "{version}"),),
    ),
    _prometheus("prometheus"),
    _prometheus("promtool"),
    _kubernetes("kubelet"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kube-proxy"),
    Recipe("coredns", "coredns"),
    Recipe("pause", "pause"),
    Recipe("metrics-server", "metrics-server", "sigs.k8s.io/metrics-server/cmd/metrics-server"),
    Recipe("kind", "kind", "sigs.k8s.io/kind"),
    # The three below are what the rules and the questions to a source are tried on, beside Prometheus.
    Recipe("victoria-metrics", "victoria-metrics", "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics"),
    # Without slicelabels, Prometheus' labels have another layout than the one that these two take them to have.
    Recipe("thanos", "thanos", "github.com/thanos-io/thanos/cmd/thanos", tags=("slicelabels",)),
    Recipe("cortex", "cortex", "github.com/cortexproject/cortex/cmd/cortex", tags=("netgo", "slicelabels")),
    # The three below serve the benchmarks alone and are never installed: what writes the past into a Prometheus, and
    # the two that are measured against.
    Recipe("blocks", "prometheus", "./blocks", tags=("remove_all_sd", "enable_kubernetes_sd")),
    Recipe(
        "sloth",
        "sloth",
        "github.com/slok/sloth/cmd/sloth",
        versioned="github.com/slok/sloth",
        stamps=(("github.com/slok/sloth/internal/info.Version", "{version}"),),
    ),
    Recipe(
        "pyrra",
        "pyrra",
        "github.com/pyrra-dev/pyrra",
        versioned="github.com/pyrra-dev/pyrra",
        stamps=(("main.version", "{version}"),),
        placeholder="ui/build/index.html",
    ),
)

RECIPES: Mapping[str, Recipe] = {recipe.name: recipe for recipe in _ALL}


def recipe(name: str) -> Recipe:
    """The recipe of one binary; raises ``UnknownBinary`` with the names there are."""
    try:
        return RECIPES[name]
    except KeyError:
        raise UnknownBinary(f"no recipe builds {name!r}; there are: {', '.join(RECIPES)}") from None
