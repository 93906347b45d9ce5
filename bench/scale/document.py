"""The Markdown that stands in the docs, rendered from a stored result so that the two cannot differ."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.scale.machine import ROOT
from bench.scale.spread import spread

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- bench.scale: begin -->", "<!-- bench.scale: end -->"
TITLES = {"goslo": "GoServiceSLO", "goslo-measuring": "GoServiceSLO, measuring", "sloth": "Sloth", "pyrra": "Pyrra"}
_SAMPLER = "the sampler"
_NONE = "-"
_NO_RESULT = "No result is stored yet: `make bench-scale`, then the last of the commands above, put one here."

Result = Mapping[str, Any]
Figure = Callable[[Result], float | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: figures of one trial, and how they are written (``{}`` stands for each)."""

    title: str
    figures: Sequence[Figure]
    written: str
    digits: str = ",.1f"
    given_up: Callable[[Result], bool] | None = None
    """Of which trials a wait was given up: the figure is then less than the truth."""


def newest(directory: Path) -> list[dict[str, Any]]:
    """Of the stored results what no later one has measured again, by size and tool; the latest comes first."""
    stored = [json.loads(path.read_text()) for path in directory.glob("scale-*.json")]
    kept, known, sampled = [], set[tuple[int, str]](), False
    for result in sorted(stored, key=lambda result: str(result["started"]), reverse=True):
        trials = [trial for trial in result["trials"] if (trial["size"], trial["tool"]) not in known]
        found = {**result, "trials": trials}
        if sampled:
            found.pop("sampler", None)
        if trials or "sampler" in found:
            kept.append(found)
        known |= {(trial["size"], trial["tool"]) for trial in trials}
        sampled = sampled or "sampler" in found
    return kept


def put_table(page: str, results: Sequence[Result]) -> str:
    """The page with what stands between the marks replaced; raises ``ValueError`` where there are no marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no lines {BEGIN} and {END}")
    shown = "\n\n".join(map(render, results)) or _NO_RESULT
    return f"{before}{BEGIN}\n\n{shown}\n\n{END}{after}"


def render(result: Result) -> str:
    """Everything of one result: what it was measured on, a table a size, the sampler."""
    sizes = sorted({trial["size"] for trial in result["trials"]})
    parts = [_setting(result), *(_size(result, size) for size in sizes)]
    if "sampler" in result:
        parts.append(_sampler(result["sampler"]))
    return "\n\n".join(parts)


def _setting(result: Result) -> str:
    machine, versions = result["machine"], result["versions"]
    memory = machine["memory_bytes"] / 2**30
    lines = [
        f"Measured on {result['started'][:10]} at {_commits(result)} by",
        f"`{result['command']}`:",
        f"{machine['cores']} cores of {machine['cpu']}, {memory:.0f} GiB, {machine['system']},",
        f"Linux {machine['kernel']}, Python {machine['python']}, kube-apiserver {versions['kubernetes']},",
        f"etcd {versions['etcd']}, Sloth {versions['sloth']}, Pyrra {versions['pyrra']}.",
    ]
    return "\n".join([*lines, *(f"\n{note}" for note in result.get("notes", ()))])


def _commits(result: Result) -> str:
    """The commit; where a run was gone on with at another one, each with the tools that were measured at it."""
    tools = defaultdict[str, list[str]](list)
    sampled = [{"tool": _SAMPLER, **result["sampler"]}] if "sampler" in result else []
    for trial in [*result["trials"], *sampled] or [{}]:
        git = trial.get("git", result["git"])
        changed = ", with changes not committed," if git["dirty"] else ""
        tools[f"commit `{git['commit'][:12]}`{changed}"].append(TITLES.get(trial.get("tool"), _SAMPLER))
    if len(tools) == 1:
        return next(iter(tools))
    return " and ".join(f"{commit} ({', '.join(dict.fromkeys(of))})" for commit, of in tools.items())


def _at(*path: str) -> Figure:
    """The number at a path of a trial, None where that phase was not run."""

    def figure(trial: Result) -> float | None:
        found: Any = trial
        for step in path:
            if not isinstance(found, Mapping) or found.get(step) is None:
                return None
            found = found[step]
        return float(found)

    return figure


def _scaled(figure: Figure, factor: float) -> Figure:
    def scaled(trial: Result) -> float | None:
        value = figure(trial)
        return None if value is None else value * factor

    return scaled


def _mebibytes(*path: str) -> Figure:
    return _scaled(_at(*path), 1 / 2**20)


def _given_up(phase: str) -> Callable[[Result], bool]:
    """Older results do not say; what they say counts."""
    return lambda trial: trial.get(phase, {}).get("came_to_rest") is False


ROWS: Mapping[str, Sequence[Row]] = {
    "Burst: all created as fast as the API server takes them": (
        Row(
            "rules there, of resources created",
            [_at("burst", "with_rule"), _at("burst", "resources")],
            "{} of {}",
            ",.0f",
        ),
        Row("created per second", [_at("burst", "creates_per_second")], "{}", ",.0f"),
        Row("**rules per second**", [_at("burst", "rules_per_second")], "**{}**"),
        Row(
            "create to rule, p50 and p99",
            [_at("burst", "create_to_rule_seconds", name) for name in ("p50", "p99")],
            "{} s, {} s",
        ),
        Row("quiet after", [_at("burst", "quiet_after_seconds")], "{} s", given_up=_given_up("burst")),
        Row("**CPU per resource**", [_at("burst", "cpu_ms_per_resource")], "**{} ms**", ",.2f"),
        Row("calls per resource", [_at("burst", "calls_per_resource")], "{}", ",.2f"),
        Row("of these, writes", [_at("burst", "writes_per_resource")], "{}", ",.2f"),
        Row("memory, highest", [_mebibytes("burst", "rss_peak_bytes")], "{} MiB", ",.0f"),
        Row("cores busy in the API server", [_at("burst", "cores", "kube-apiserver")], "{}", ",.2f"),
        Row("cores busy on the whole machine", [_at("burst", "cores", "machine")], "{}", ",.2f"),
    ),
    "Idle": (
        Row("for", [_scaled(_at("idle", "seconds"), 1 / 60)], "{} min"),
        Row("calls (without leader election)", [_at("idle", "calls_total")], "{}", ",.0f"),
        Row("**writes (without leader election)**", [_at("idle", "writes_total")], "**{}**", ",.0f"),
        Row("CPU, share of a core", [_scaled(_at("idle", "cpu_share_of_a_core"), 100)], "{} %", ",.2f"),
        Row("memory", [_mebibytes("idle", "rss_bytes")], "{} MiB", ",.0f"),
    ),
    "One change at a time": (
        Row(
            "change to rule, p50 and p99",
            [_scaled(_at("changes", "change_to_rule_seconds", name), 1000) for name in ("p50", "p99")],
            "{} ms, {} ms",
            ",.0f",
        ),
        Row("changes: rule seen, given up", [_at("changes", "count"), _at("changes", "lost")], "{}, {}", ",.0f"),
    ),
    "Restart with all in place": (
        Row("ready", [_at("restart", "ready_seconds")], "{} s"),
        Row("quiet again", [_at("restart", "quiet_after_seconds")], "{} s", given_up=_given_up("restart")),
        Row("**writes**", [_at("restart", "writes_total")], "**{}**", ",.0f"),
        Row("CPU", [_at("restart", "cpu_seconds")], "{} s"),
        Row("memory, highest", [_mebibytes("restart", "rss_peak_bytes")], "{} MiB", ",.0f"),
    ),
    "What one objective becomes": (
        Row(
            "recording rules, alerts",
            [_at("rule", "recording_rules"), _at("rule", "alerts")],
            "{}, {}",
            ",.0f",
        ),
        Row("size of the PrometheusRule's groups", [_scaled(_at("rule", "bytes"), 1 / 1024)], "{} KiB"),
    ),
}


def _size(result: Result, size: int) -> str:
    tools = list(dict.fromkeys(trial["tool"] for trial in result["trials"] if trial["size"] == size))
    tools.sort(key=list(TITLES).index)
    runs = {tool: [t for t in result["trials"] if t["tool"] == tool and t["size"] == size] for tool in tools}
    most = max(len(trials) for trials in runs.values())
    about = f"the median of {most} runs, lowest and highest in brackets" if most > 1 else "one run each"
    lines = [
        f"### {size:,} resources",
        "",
        f"{about[0].upper()}{about[1:]}.",
        "",
        f"| | {' | '.join(TITLES[tool] for tool in tools)} |",
        f"|---|{'---|' * len(tools)}",
    ]
    for title, rows in ROWS.items():
        lines.append(f"| *{title}* |{' |' * len(tools)}")
        lines += [f"| {row.title} | {' | '.join(cell(row, runs[tool]) for tool in tools)} |" for row in rows]
    return "\n".join(lines)


def cell(row: Row, trials: Sequence[Result]) -> str:
    """One figure of one tool over its repetitions; the range stands beside it where there are several."""
    shown = []
    for figure in row.figures:
        found = spread([value for trial in trials if (value := figure(trial)) is not None])
        if found is None:
            return _NONE
        text = format(found.median, row.digits)
        low, high = format(found.least, row.digits), format(found.most, row.digits)
        shown.append(text if low == high else f"{text} [{low}-{high}]")
    text = row.written.format(*shown)
    return f"more than {text}" if row.given_up is not None and any(map(row.given_up, trials)) else text


def _sampler(figures: Result) -> str:
    refresh, mebibyte = figures["refresh_seconds"], 2**20
    rows = {
        "objectives": f"{figures['objectives']:,}",
        "**full refresh, p50 and p100**": f"**{refresh['p50']:.1f} s, {refresh['p100']:.1f} s**",
        "refreshes": f"{figures['refreshes']} in {figures['seconds']:.0f} s",
        "CPU of the sampler's process, share of a core": f"{figures['cpu_share_of_a_core']:.1%}",
        "its memory, before and highest": f"{figures['rss_before_bytes'] / mebibyte:.0f} MiB, "
        f"{figures['rss_peak_bytes'] / mebibyte:.0f} MiB",
        "memory of Prometheus, highest": f"{figures['prometheus']['rss_peak_bytes'] / mebibyte:.0f} MiB",
    }
    lines = ["### The sampler", "", "| | |", "|---|---|", *(f"| {title} | {text} |" for title, text in rows.items())]
    return "\n".join(lines)
