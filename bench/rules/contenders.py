"""The rules that are compared: each tool's own, of the same promise, made by the tool itself."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import yaml

from bench.scale import objectives
from bench.scale.modules import module_version
from bench.scale.objectives import Promise
from goserviceslo.api.v1alpha1 import GoServiceSloSpec
from goserviceslo.ports import Json
from goserviceslo.slo.discovery import MetricKind
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups
from goserviceslo.slo.series import RequestIndicator, Source
from goserviceslo.slo.workload import Workload
from localcluster import binaries

Groups = list[Json]


@dataclass(frozen=True, slots=True)
class Contender:
    """A tool that makes rules."""

    name: str
    title: str
    release: str
    groups: Callable[[Sequence[Promise], Path], Groups]
    """The rule groups of promises; the directory is empty and may be written to."""
    kept: frozenset[str]
    """Recorded series that its rules look back at for longer than a few hours."""


def goslo(promises: Sequence[Promise], scratch: Path, window: str = "30d") -> Groups:
    """As the operator renders them for a resource that says no more than `http: {}`: its pods are told by name."""
    found: Groups = []
    for made in promises:
        manifest = objectives.goserviceslo(made)["spec"]
        manifest["objectives"][0]["window"] = window
        spec = GoServiceSloSpec.model_validate(manifest)
        source = Source("http_requests_total", MetricKind.COUNTER, "code")
        indicator = RequestIndicator(Workload(made.key.namespace, spec.target.name), source, ("5xx",))
        ref = SloRef(made.key.namespace, made.key.name)
        found += render_groups(ref, [(each, indicator) for each in spec.objectives], RuleSettings())
    return found


def sloth(promises: Sequence[Promise], scratch: Path) -> Groups:
    """As Sloth makes them of PrometheusServiceLevels."""
    return run_sloth([objectives.sloth(made) for made in promises], scratch)


def run_sloth(manifests: Sequence[Json], scratch: Path, flags: Sequence[str] = ()) -> Groups:
    """What `sloth generate` writes."""
    program = binaries.ensure(["sloth"])["sloth"]
    specs, out = scratch / "specs.yaml", scratch / "rules.yaml"
    specs.write_text(_documents(manifests))
    _run([program, "generate", "--input", specs, "--out", out, *flags])
    return _groups([out])


def pyrra(promises: Sequence[Promise], scratch: Path) -> Groups:
    """As Pyrra makes them."""
    return run_pyrra([objectives.pyrra(made) for made in promises], scratch)


def pyrra_generic(promises: Sequence[Promise], scratch: Path) -> Groups:
    """With the rules besides that make Pyrra's figures into series, as dashboards need them."""
    return run_pyrra([objectives.pyrra(made) for made in promises], scratch, ["--generic-rules"])


def run_pyrra(manifests: Sequence[Json], scratch: Path, flags: Sequence[str] = ()) -> Groups:
    """What `pyrra generate` writes."""
    program = binaries.ensure(["pyrra"])["pyrra"]
    specs, out = scratch / "specs", scratch / "rules"
    specs.mkdir()
    out.mkdir()
    for manifest in manifests:
        (specs / f"{manifest['metadata']['name']}.yaml").write_text(_documents([manifest]))
    _run([program, "generate", f"--config-files={specs}/*.yaml", f"--prometheus-folder={out}", *flags])
    return _groups(sorted(out.iterdir()))


def _documents(manifests: Sequence[Json]) -> str:
    found: str = yaml.dump_all(manifests, Dumper=yaml.CSafeDumper, sort_keys=False)
    return found


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{(done.stdout + done.stderr)[-4000:]}")


def _groups(files: Sequence[Path]) -> Groups:
    """Rule groups of files that hold them plainly or in PrometheusRules."""
    found: Groups = []
    for file in files:
        for document in yaml.load_all(file.read_text(), Loader=yaml.CSafeLoader):
            found += document.get("spec", document)["groups"]
    return found


_PYRRA = module_version("pyrra", "github.com/pyrra-dev/pyrra")
CONTENDERS: Mapping[str, Contender] = {
    each.name: each
    for each in (
        Contender(
            "goslo",
            "GoServiceSLO",
            version("goserviceslo"),
            goslo,
            frozenset({"goslo:total:delta", "goslo:bad:delta"}),
        ),
        Contender(
            "sloth",
            "Sloth",
            module_version("sloth", "github.com/slok/sloth"),
            sloth,
            frozenset({"slo:sli_error:ratio_rate5m"}),
        ),
        Contender("pyrra", "Pyrra", _PYRRA, pyrra, frozenset()),
        Contender("pyrra-generic", "Pyrra, generic rules", _PYRRA, pyrra_generic, frozenset()),
    )
}


def recorded(contender: Contender, groups: Groups) -> list[Json]:
    """The recording rules whose series must have a past, for the others to cost what they cost in use."""
    return [rule for group in groups for rule in group["rules"] if rule.get("record") in contender.kept]
