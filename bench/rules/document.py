"""The Markdown that stands in the docs, rendered from a stored result so that the two cannot differ."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.rules.accuracy import error
from bench.scale.machine import ROOT
from bench.scale.spread import spread

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- bench.rules: begin -->", "<!-- bench.rules: end -->"
TITLES = {"goslo": "GoServiceSLO", "sloth": "Sloth", "pyrra": "Pyrra", "pyrra-generic": "Pyrra, generic rules"}
NOTHING = "none"
"""The name of the trials without rules."""
_NO_RESULT = "No result is stored yet: `make bench-rules`, then `python -m bench.rules --table`, put one here."
_PARTS = 6
"""The dearest rules that are shown of each tool."""

Result = Mapping[str, Any]


def newest(directory: Path) -> dict[str, Any] | None:
    """The stored result that was started last; None where there is none."""
    results = [json.loads(path.read_text()) for path in directory.glob("rules-*.json")]
    return max(results, key=lambda result: str(result["started"]), default=None)


def put_table(page: str, result: Result | None) -> str:
    """The page with what stands between the marks replaced; raises ``ValueError`` where there are no marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no lines {BEGIN} and {END}")
    shown = _NO_RESULT if result is None else render(result)
    return f"{before}{BEGIN}\n\n{shown}\n\n{END}{after}"


def render(result: Result) -> str:
    """What it was measured on, what the rules cost, where that goes, and how far figures are from the truth."""
    parts = [_setting(result)]
    if result["trials"]:
        parts += [_cost(result), _dearest(result)]
    if "accuracy" in result:
        parts.append(_accuracy(result["accuracy"]))
    return "\n\n".join(parts)


def _setting(result: Result) -> str:
    machine, versions = result["machine"], result["versions"]
    changed = ", with changes not committed," if result["git"]["dirty"] else ""
    took = f" in {result['took']}" if "took" in result else ""
    lines = [
        f"Measured on {result['started'][:10]} at commit `{result['git']['commit'][:12]}`{changed} by",
        f"`{result['command']}`{took}:",
        f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_bytes'] / 2**30:.0f} GiB,",
        f"{machine['system']}, Linux {machine['kernel']}, Prometheus {versions['prometheus']},",
        f"Sloth {versions.get('sloth', '-')},",
        f"Pyrra {versions.get('pyrra', '-')}.",
    ]
    return "\n".join([*lines, *(f"\n{note}" for note in result["notes"])])


def _cost(result: Result) -> str:
    settings, census = result["settings"], result["rules"]
    objectives = int(settings["objectives"])
    alone = [trial for trial in result["trials"] if trial["tool"] == NOTHING]
    tools = [name for name in TITLES if name in census]

    def row(title: str, of: Callable[[Result], float], digits: str, unit: str = "") -> str:
        cells = [_cell([of(trial) for trial in result["trials"] if trial["tool"] == tool], digits) for tool in tools]
        return f"| {title} | {' | '.join(f'{cell}{unit}' for cell in cells)} |"

    def less(of: Callable[[Result], float]) -> Callable[[Result], float]:
        """What a trial has more than the one without rules."""
        base = sum(map(of, alone)) / len(alone)
        return lambda trial: of(trial) - base

    def taken(name: str) -> Callable[[Result], float]:
        return lambda trial: float(trial["per_interval"][name])

    def made(trial: Result) -> float:
        """The share of the evaluations due that Prometheus has kept up with."""
        due = float(census[trial["tool"]]["evaluations"]) * objectives
        return float(trial["per_interval"]["prometheus_rule_evaluations_total"]) / due

    evaluation, cpu = taken("prometheus_rule_group_duration_seconds_sum"), less(taken("process_cpu_seconds_total"))
    # Results from before they were counted apart have none.
    counted = result.get("series")
    series = [f"| series that are recorded | {' | '.join(str(counted[tool]) for tool in tools)} |"] if counted else []
    rules = [f"{census[tool]['recording']:.0f}, {census[tool]['alerting']:.0f}" for tool in tools]
    about = (
        f"Each of a service with three pods that have {settings['series_per_pod']} series of the metric, of which "
        f"{settings['days']:g} days are stored. Median of {settings['rounds']} rounds, lowest and highest in brackets."
    )
    lines = [
        f"### {objectives:,} objectives in one Prometheus",
        "",
        about,
        "",
        f"| per objective | {' | '.join(TITLES[tool] for tool in tools)} |",
        f"|---|{'---|' * len(tools)}",
        row("**CPU of Prometheus for 30 s**", lambda trial: cpu(trial) / made(trial) / objectives * 1e3, ",.2f", " ms"),
        row(
            "time in evaluation for 30 s",
            lambda trial: evaluation(trial) / made(trial) / objectives * 1e3,
            ",.2f",
            " ms",
        ),
        row("evaluations made, of those due", lambda trial: min(1.0, made(trial)), ".0%"),
        row("the same, as the mean of each rule", lambda trial: sum(trial["parts_ms"].values()), ",.2f", " ms"),
        f"| recording rules, alerts | {' | '.join(rules)} |",
        *series,
        row("rules' text", lambda trial: census[trial["tool"]]["bytes"] / 1024, ",.1f", " KiB"),
        row("memory of Prometheus", lambda trial: trial["rss_bytes"] / 2**20, ",.0f", " MiB"),
        row("evaluations that failed", taken("prometheus_rule_evaluation_failures_total"), ",.0f"),
    ]
    return "\n".join(lines)


def _cell(values: Sequence[float], digits: str) -> str:
    found = spread(values)
    if found is None:
        return "-"
    text, low, high = (format(value, digits) for value in (found.median, found.least, found.most))
    return text if low == high else f"{text} [{low}-{high}]"


def _dearest(result: Result) -> str:
    """Where the time goes: the dearest rules of each tool, in the median round."""
    lines = ["#### Where the time goes", "", "| | rule | ms in 30 s |", "|---|---|---|"]
    for tool, title in TITLES.items():
        trials = [trial["parts_ms"] for trial in result["trials"] if trial["tool"] == tool]
        if not trials:
            continue
        found = {part: spread([parts.get(part, 0.0) for parts in trials]) for part in trials[0]}
        medians = {part: one.median for part, one in found.items() if one is not None}
        dearest = sorted(medians, key=lambda one: -medians[one])[:_PARTS]
        lines += [f"| {title} | `{part}` | {medians[part]:.2f} |" for part in dearest]
    return "\n".join(lines)


def _accuracy(scenarios: Sequence[Result]) -> str:
    tools = [name for name in TITLES if name in scenarios[0]["shown"]]
    about = (
        "The share of bad events in the window: how far each figure is from what really happened, in percent of it. "
        "What a process counted after its last scrape before it ended, nobody can know."
    )
    lines = [
        "### Against the truth",
        "",
        about,
        "",
        f"| scenario | events | bad | bad, but never scraped | {' | '.join(TITLES[tool] for tool in tools)} |",
        f"|---|---|---|---|{'---|' * len(tools)}",
    ]
    for one in scenarios:
        cells = [_off(one["bad_ratio"], one["shown"][tool]) for tool in tools]
        truth = f"{one['events']:,} | {one['bad_ratio']:.4%} | {one['bad'] - one['scraped_bad']:,} of {one['bad']:,}"
        lines.append(f"| {one['title']} | {truth} | {' | '.join(cells)} |")
    lines += [
        f"\nIn *{one['title']}* nobody can count; every figure is of what was counted before and after. "
        f"GoServiceSLO records {one['outage_seconds']:.0f} s of outage beside it, held against the budget as time."
        for one in scenarios
        if one.get("outage_seconds")
    ]
    return "\n".join(lines)


def _off(bad_ratio: float, shown: float | str | None) -> str:
    if shown is None:
        return "no figure"
    if isinstance(shown, str):
        return shown
    off = error(bad_ratio, shown)
    return f"{0.0 if math.isclose(off, 0, abs_tol=5e-5) else off:+.2%}"
