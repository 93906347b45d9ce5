"""The figures of each tool's rules in a real Prometheus engine, against what really happened."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import yaml
from tests.replay.promtool import Promtool, Replay

from bench.rules.contenders import Groups, goslo, run_pyrra, run_sloth
from bench.rules.scenarios import SCENARIOS, WINDOW_SECONDS, Scenario
from bench.scale import objectives
from bench.scale.objectives import Promise
from localcluster import binaries
from localcluster.report import say

_WINDOW = f"{WINDOW_SECONDS // 3600}h"
_SLOTH_WINDOWS = {
    "apiVersion": "sloth.slok.dev/v1",
    "kind": "AlertWindows",
    "spec": {
        "sloPeriod": _WINDOW,
        "page": {
            "quick": {"errorBudgetPercent": 8, "shortWindow": "5m", "longWindow": "30m"},
            "slow": {"errorBudgetPercent": 12.5, "shortWindow": "10m", "longWindow": "1h"},
        },
        "ticket": {
            "quick": {"errorBudgetPercent": 20, "shortWindow": "15m", "longWindow": "2h"},
            "slow": {"errorBudgetPercent": 42, "shortWindow": "20m", "longWindow": "3h"},
        },
    },
}
"""Sloth wants alert windows of every period; those here have no part in the figure that is compared."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How a tool is asked for the share of bad events in the window of a promise."""

    groups: Callable[[Promise, Path], Groups]
    bad_ratio: str


def _goslo(made: Promise, scratch: Path) -> Groups:
    return goslo([made], scratch, window=_WINDOW)


def _sloth(made: Promise, scratch: Path) -> Groups:
    windows = scratch / "windows"
    windows.mkdir()
    (windows / "period.yaml").write_text(yaml.safe_dump(_SLOTH_WINDOWS))
    flags = [f"--slo-period-windows-path={windows}", f"--default-slo-period={_WINDOW}"]
    return run_sloth([objectives.sloth(made)], scratch, flags)


def _pyrra(made: Promise, scratch: Path) -> Groups:
    manifest = objectives.pyrra(made)
    manifest["spec"]["window"] = _WINDOW
    # Its burn rates over windows that it scales down to nothing do not load; its figure does not rest on them.
    return [group for group in run_pyrra([manifest], scratch) if group["name"].endswith("-increase")]


_PYRRA_COUNTS = f"http_requests:increase{_WINDOW}"
FIGURES: Mapping[str, Figure] = {
    "goslo": Figure(_goslo, f'goslo:bad:window{{window="{_WINDOW}"}} / ignoring () goslo:total:window'),
    "sloth": Figure(_sloth, f"slo:sli_error:ratio_rate{_WINDOW}"),
    # As its interface shows the budget: slo/promql.go, QueryErrorBudget.
    "pyrra": Figure(_pyrra, f'(sum({_PYRRA_COUNTS}{{code=~"5.."}}) or vector(0)) / sum({_PYRRA_COUNTS})'),
}


_OUTAGE = f"sum(sum_over_time(goslo:outage:delta[{_WINDOW}]))"
"""What GoServiceSLO alone records: time in which nobody could count, as nothing ran."""


def compare(tools: Sequence[str]) -> list[dict[str, Any]]:
    """Every scenario, with the share of bad events that really was and the one that each tool shows."""
    promtool_binary = binaries.ensure(["promtool"])["promtool"]
    found = []
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="bench-rules-") as scratch:
            found.append(replay(scenario, tools, Promtool(promtool_binary, Path(scratch)), Path(scratch)))
        say(f"{scenario.title}: {found[-1]['bad_ratio']}, {found[-1]['shown']}")
    return found


def replay(scenario: Scenario, tools: Sequence[str], promtool: Promtool, scratch: Path) -> dict[str, Any]:
    """One scenario through the rules of some tools at once; `None` where a tool shows no figure."""
    series, truth, scraped = scenario.play()
    groups: Groups = []
    asked = [name for name in FIGURES if name in tools]
    for name in asked:
        own = scratch / name
        own.mkdir()
        groups += FIGURES[name].groups(scenario.made, own)
    ratios = [FIGURES[name].bad_ratio for name in asked]
    *shown, outage = promtool.ask(Replay(series, groups), [*ratios, _OUTAGE], WINDOW_SECONDS)
    return {
        "title": scenario.title,
        "events": truth.total,
        "bad": truth.bad,
        "bad_ratio": truth.bad_ratio,
        "scraped_bad": scraped.bad,
        "scraped_bad_ratio": scraped.bad_ratio,
        "outage_seconds": outage or 0,
        "shown": {name: _written(value) for name, value in zip(asked, shown, strict=True)},
    }


def _written(value: float | None) -> float | str | None:
    """JSON has no word for what is not a number."""
    return value if value is None or isfinite(value) else str(value)


def error(bad_ratio: float, shown: float) -> float:
    """How far a figure is off, as a share of the truth; 0 is exact, -1 is blind."""
    return shown / bad_ratio - 1
