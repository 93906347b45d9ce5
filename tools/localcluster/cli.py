"""Real Kubernetes clusters on one machine, and the binaries that they are made of."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from . import binaries, choice
from .choice import AnyCluster
from .cluster import Unsupported
from .component import tail
from .layout import existing
from .recipes import RECIPES
from .spec import EXTRAS, BadOption, Spec

_STOPPED = 3
"""``status`` ends with this when something of the cluster does not run, as service scripts do."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; a failure is said in a sentence, not in a traceback."""
    chosen = _parser().parse_args(words)
    command: Callable[[Namespace], int] = chosen.run
    try:
        return command(chosen)
    except (RuntimeError, ValueError, OSError) as failure:
        print(f"localcluster: {failure}", file=sys.stderr)
        return 1


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="localcluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[Namespace], int], about: str, named: bool = True) -> ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(run=run)
        if named:
            made.add_argument("--name", default="goslo", help="the cluster's name (default: %(default)s)")
        return made

    up = add("up", _up, "bring a cluster up, or what of it is not up; prints its kubeconfig")
    up.add_argument("--flavour", choices=["api-only", "node"], default="node", help="default: %(default)s")
    up.add_argument(
        "--backend",
        choices=["auto", "native", "kind"],
        help=f"default: {choice.BACKEND_VARIABLE}, else kind where Docker answers, else native",
    )
    up.add_argument("--with", dest="extras", action="append", default=[], choices=EXTRAS, help="may be repeated")
    up.add_argument("--audit", action="store_true", help="log every request that the API server gets")
    up.add_argument(
        "--flag",
        dest="flags",
        action="append",
        default=[],
        metavar="COMPONENT=--FLAG=VALUE",
        help="add a flag to a component's command line; may be repeated",
    )
    down = add("down", _down, "take a cluster down and leave nothing behind")
    down.add_argument("--all", action="store_true", help="every cluster of this cache")
    add("status", _status, "say what runs")
    add("kubeconfig", _kubeconfig, "print the path of a cluster's kubeconfig")
    load = add("load-image", _load_image, "make an image archive's images available to pods")
    load.add_argument("tar", type=Path)
    logs = add("logs", _logs, "print the end of the components' logs")
    logs.add_argument("component", nargs="?", help="default: all")
    logs.add_argument("--lines", type=int, default=30, help="default: %(default)s")
    inside = add("exec-in-net", _exec_in_net, "run a command in a node's network")
    inside.add_argument("words", nargs="+", metavar="-- COMMAND")
    build = add("binaries", _binaries, "build binaries and print their paths", named=False)
    build.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(RECIPES)}")
    return parser


def _up(chosen: Namespace) -> int:
    flags: dict[str, tuple[str, ...]] = {}
    for word in chosen.flags:
        component, equals, flag = word.partition("=")
        if not equals or not flag.startswith("--"):
            raise BadOption(f"--flag {word}: write COMPONENT=--FLAG=VALUE, such as kube-apiserver=--watch-cache=false")
        flags[component] = (*flags.get(component, ()), flag)
    backend = choice.backend(chosen.backend) if chosen.flavour == "node" else "native"
    made = choice.cluster(chosen.name, Spec(chosen.flavour, backend, chosen.audit, tuple(chosen.extras), flags))
    made.up()
    print(made.kubeconfig)
    return 0


def _down(chosen: Namespace) -> int:
    names = existing() if chosen.all else [chosen.name]
    for name in names:
        choice.take_down(name)
    return 0


def _status(chosen: Namespace) -> int:
    found = choice.existing_cluster(chosen.name)
    if found is None:
        print(f"{chosen.name}: not up")
        return _STOPPED
    running = True
    print(f"{chosen.name}: {found.spec.flavour}, {found.spec.backend}, {found.kubeconfig}")
    for component in found.components:
        identity = component.identity
        alive = component.alive
        running &= alive
        pid = identity.pid if identity else "-"
        print(f"{component.name:25} {'running' if alive else 'stopped':8} pid {pid!s:8} {component.log}")
    return 0 if running else _STOPPED


def _kubeconfig(chosen: Namespace) -> int:
    print(_there(chosen.name).kubeconfig)
    return 0


def _load_image(chosen: Namespace) -> int:
    _there(chosen.name).load_image(chosen.tar)
    return 0


def _logs(chosen: Namespace) -> int:
    components = _there(chosen.name).components
    for component in components:
        if chosen.component in (None, component.name):
            print(f"==> {component.log} <==")
            print(tail(component.log, chosen.lines))
    return 0


def _exec_in_net(chosen: Namespace) -> int:
    return subprocess.run(_there(chosen.name).in_network(chosen.words)).returncode


def _binaries(chosen: Namespace) -> int:
    for name, path in binaries.ensure(chosen.names or list(RECIPES)).items():
        print(f"{name}\t{path}")
    return 0


def _there(name: str) -> AnyCluster:
    found = choice.existing_cluster(name)
    if found is None:
        raise Unsupported(f"{name} is not up")
    return found
