"""The controllers that are compared: how each is started, and what it is given."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.scale import objectives
from bench.scale.machine import ROOT
from bench.scale.modules import documents, module_directory, module_version
from bench.scale.objectives import Promise
from goserviceslo.ports import GOSERVICESLOS, Resource
from localcluster import binaries

OPERATOR_NAMESPACE = "bench-system"
_SLOTH, _PYRRA = "github.com/slok/sloth", "github.com/pyrra-dev/pyrra"
_PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a controller finds."""

    kubeconfig: Path
    port: int
    """To serve ``ready_path`` on."""
    second_port: int
    prometheus_url: str | None
    """None where the tool asks none."""


@dataclass(frozen=True, slots=True)
class Start:
    """How to start a controller."""

    argv: Sequence[str | Path]
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tool:
    """One controller."""

    name: str
    title: str
    release: str
    resource: Resource
    manifest: Callable[[Promise], dict[str, Any]]
    definitions: Callable[[], list[dict[str, Any]]]
    """Its custom resource definitions."""
    start: Callable[[Surroundings], Start]
    ready_path: str
    """Answers 200 once the controller calls itself ready or, where it has no such page, once it serves at all."""
    measures: bool = False
    """Whether it is given a Prometheus that holds the recorded series of every resource."""


def prometheus_rule_definition() -> list[dict[str, Any]]:
    """The PrometheusRule kind that all write."""
    module = module_directory("prometheus-operator", _PROMETHEUS_OPERATOR)
    return documents(module / "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml")


def versions() -> dict[str, str]:
    """The release of everything that is measured or takes part."""
    return {
        **{tool.name: tool.release for tool in TOOLS.values()},
        "kubernetes": module_version("k8s", "k8s.io/kubernetes"),
        "etcd": module_version("etcd", "go.etcd.io/etcd/server/v3"),
        "prometheus-operator": module_version("prometheus-operator", _PROMETHEUS_OPERATOR),
        "prometheus": module_version("prometheus", "github.com/prometheus/prometheus"),
        "kopf": version("kopf"),
    }


def _start_goslo(found: Surroundings) -> Start:
    flags = ["--rules-sink", "prometheusrule", "--operator-namespace", OPERATOR_NAMESPACE]
    flags += ["--listen", f"127.0.0.1:{found.port}"]
    if found.prometheus_url is not None:
        flags += ["--prometheus-url", found.prometheus_url]
    return Start([sys.executable, "-m", "goserviceslo", "run", *flags], {"KUBECONFIG": str(found.kubeconfig)})


def _start_sloth(found: Surroundings) -> Start:
    program = binaries.ensure(["sloth"])["sloth"]
    listen = [f"--metrics-listen-addr=127.0.0.1:{found.port}", f"--hot-reload-addr=127.0.0.1:{found.second_port}"]
    return Start([program, "kubernetes-controller", "--kube-local", f"--kube-config={found.kubeconfig}", *listen])


def _start_pyrra(found: Surroundings) -> Start:
    program = binaries.ensure(["pyrra"])["pyrra"]
    listen = f"--metrics-addr=127.0.0.1:{found.port}"
    return Start([program, "kubernetes", listen], {"KUBECONFIG": str(found.kubeconfig)})


_GOSLO = Tool(
    name="goslo",
    title="GoServiceSLO",
    release=version("goserviceslo"),
    resource=GOSERVICESLOS,
    manifest=objectives.goserviceslo,
    definitions=lambda: documents(ROOT / "crds/goslo.dev_goserviceslos.yaml"),
    start=_start_goslo,
    ready_path="/readyz",
)

_ALL = (
    _GOSLO,
    replace(_GOSLO, name="goslo-measuring", title="GoServiceSLO, measuring", measures=True),
    Tool(
        name="sloth",
        title="Sloth",
        release=module_version("sloth", _SLOTH),
        resource=Resource("sloth.slok.dev", "v1", "prometheusservicelevels", "PrometheusServiceLevel"),
        manifest=objectives.sloth,
        definitions=lambda: documents(
            module_directory("sloth", _SLOTH) / "pkg/kubernetes/gen/crd/sloth.slok.dev_prometheusservicelevels.yaml"
        ),
        start=_start_sloth,
        ready_path="/metrics",
    ),
    Tool(
        name="pyrra",
        title="Pyrra",
        release=module_version("pyrra", _PYRRA),
        resource=Resource("pyrra.dev", "v1alpha1", "servicelevelobjectives", "ServiceLevelObjective"),
        manifest=objectives.pyrra,
        definitions=lambda: documents(
            module_directory("pyrra", _PYRRA)
            / "examples/kubernetes/manifests/setup/pyrra-slo-CustomResourceDefinition.yaml"
        ),
        start=_start_pyrra,
        ready_path="/metrics",
    ),
)

TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in _ALL}
