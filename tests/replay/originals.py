"""The public examples of Sloth, Pyrra and OpenSLO, and the rules that these tools themselves make of them."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import yaml
from bench.scale.modules import module_directory

from goserviceslo.ports import Json
from goserviceslo.slo.promql import Matcher, selector
from localcluster import binaries

_SLOTH = module_directory("sloth", "github.com/slok/sloth") / "examples"
_PYRRA = module_directory("pyrra", "github.com/pyrra-dev/pyrra") / "examples"
SLOTH_EXAMPLES = sorted(
    file for file in _SLOTH.glob("*.y*ml") if re.search("prometheus/v1|sloth.slok", file.read_text())
)
_PYRRAS_OWN = {
    file.read_text(): file
    for file in sorted(_PYRRA.rglob("*.yaml"), reverse=True)
    if re.search("^kind: ServiceLevelObjective", file.read_text(), re.MULTILINE)
}
PYRRA_EXAMPLES = sorted(_PYRRAS_OWN.values())
"""Each text once."""
_OPENSLO = module_directory("sloth", "github.com/OpenSLO/oslo")
OPENSLO_EXAMPLES = sorted(
    [*(_OPENSLO / "examples").rglob("*.yaml"), *(_OPENSLO / "test").rglob("*.yaml"), *_SLOTH.glob("openslo-*.yml")]
)
"""Of OpenSLO's own tool, which Sloth is built with, and of Sloth, which reads the version before v1."""
BOUNDS = [spelling for bound in range(1, 61) for spelling in (f"{bound}.0", f"{bound}")]
"""Of buckets that end at a whole number, as Prometheus 3 and Prometheus 2 write them."""


@dataclass(frozen=True)
class Selected:
    """The series that a query reads: metric, and matchers as label, operator and value."""

    metric: str
    matchers: frozenset[tuple[str, str, str]]


def sloth_groups(file: Path, directory: Path) -> list[Json]:
    """The rule groups that Sloth generates; none where it refuses its own example without its plugins."""
    out = directory / "sloth.yaml"
    command: list[str | Path] = [binaries.ensure(["sloth"])["sloth"], "generate", "-i", file, "-o", out]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [group for document in yaml.safe_load_all(out.read_text()) for group in _groups(document)]


def pyrra_groups(file: Path, directory: Path) -> list[Json]:
    """The rule groups that Pyrra generates."""
    command: list[str | Path] = [binaries.ensure(["pyrra"])["pyrra"], "generate", f"--config-files={file}"]
    subprocess.run([*command, f"--prometheus-folder={directory}"], check=True, capture_output=True)
    (out,) = directory.glob("*.yaml")
    return _groups(yaml.safe_load(out.read_text()))


def _groups(document: Json) -> list[Json]:
    groups: list[Json] = document.get("spec", document)["groups"]
    return groups


def recorded(groups: list[Json], name: str) -> list[str]:
    """The expression of the first rule in each group that records under such a name (a regular expression)."""
    rules = ((rule for rule in group["rules"] if re.fullmatch(name, rule.get("record", ""))) for group in groups)
    return [rule["expr"] for found in rules if (rule := next(found, None)) is not None]


def shares(groups: list[Json], name: str) -> list[dict[str, str]]:
    """Of each group that records a share of bad events: its selector by window, as in `5m`.

    `name` is a regular expression for the name, which captures the window.
    """
    found = (
        {
            window[1]: selector(rule["record"], [Matcher(*one) for one in _equal(rule["labels"])])
            for rule in group["rules"]
            if (window := re.fullmatch(name, rule.get("record", "")))
        }
        for group in groups
    )
    return [one for one in found if one]


def _equal(labels: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(name, "=", value) for name, value in labels.items()]


def selected(expression: str) -> set[Selected]:
    """All scraped series that an expression reads, without their namespace; not what the tool recorded itself."""
    return {one for one in _selectors(promql_parser.parse(expression)) if ":" not in one.metric}


def _selectors(node: Any) -> Iterator[Selected]:
    if isinstance(node, promql_parser.VectorSelector):
        operators = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
        found = ((m.name, operators[str(m.op).rpartition(".")[2]], m.value) for m in node.matchers.matchers)
        yield Selected(node.name or "", frozenset(one for one in found if one[0] != "namespace"))
    for name in ("expr", "lhs", "rhs", "vector_selector"):
        if (child := getattr(node, name, None)) is not None:
            yield from _selectors(child)
    arguments: list[Any] = getattr(node, "args", [])
    for child in arguments:
        yield from _selectors(child)


@dataclass(frozen=True)
class Counts:
    """What an imported objective counts, by what it says itself."""

    total: Selected
    some: Selected | None
    """The bad or the good ones; None where a native histogram tells them."""
    of_bad: bool = False


def counts(objective: Json, *, native: bool = False) -> Counts:
    """The series of an imported objective that counts events; `native` says what its histogram is."""
    match objective:
        case {"ratio": {"total": total} as ratio}:
            return Counts(_only(total), _only(ratio.get("bad") or ratio["good"]), "bad" in ratio)
        case {"http": {"metric": metric, "labels": labels} as http}:
            equal = frozenset((name, "=", value) for name, value in labels.items())
            if "faster" not in http:
                errors = "|".join(one.replace("x", ".") for one in http.get("errors", ["5xx"]))
                return Counts(
                    Selected(metric, equal), Selected(metric, equal | {(http["statusLabel"], "=~", errors)}), True
                )
            if native:
                return Counts(Selected(metric, equal), None)
            bound = ("le", "=", str(float(http["faster"].removesuffix("ms")) / 1000))
            return Counts(Selected(f"{metric}_count", equal), Selected(f"{metric}_bucket", equal | {bound}))
        case _:
            raise AssertionError(f"no series in {objective}")


def gauge(objective: Json) -> Selected:
    """The series of an imported objective that judges minutes."""
    return _only(objective["boolean"]["holds"])


def _only(text: str) -> Selected:
    (found,) = selected(text)
    return found


def counted(objective: Json, *, native: bool = False) -> set[Selected]:
    """All series that an imported objective reads."""
    if "boolean" in objective:
        return {gauge(objective)}
    found = counts(objective, native=native)
    return {found.total} | ({found.some} if found.some else set())


def same(ours: set[Selected], theirs: set[Selected]) -> bool:
    """Whether two sets of series are one, however their regular expressions are written."""
    return {_plain(one) for one in ours} == {_plain(one) for one in theirs}


def _plain(one: Selected) -> tuple[str, frozenset[tuple[str, object]]]:
    chosen = (matcher for matcher in one.matchers if matcher[1:] != ("=~", ".*"))  # any value, or none
    return one.metric, frozenset((label, _meaning(label, operator, value)) for label, operator, value in chosen)


def _meaning(label: str, operator: str, value: str) -> object:
    """Of a bucket its bound, of expressions for status codes the codes; otherwise the text."""
    if label == "le":
        bounds = [bound for bound in BOUNDS if operator == "=~" and re.fullmatch(value, bound)]
        return frozenset(map(float, bounds or [value]))
    codes = frozenset(str(code) for code in range(100, 600) if re.fullmatch(value, str(code)))
    return codes if operator == "=~" and codes and len(codes) < 500 else (operator, value)
