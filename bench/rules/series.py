"""How many series the rules of one objective record, counted when each of them has run.

A trial under load cannot tell: its slow groups, and those that Prometheus did not get to, have not run by its end.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.replay.promtool import Promtool, Replay
from tests.replay.world import Series

from bench.rules.contenders import CONTENDERS
from bench.rules.fleet import SCRAPE_SECONDS, Fleet
from localcluster import binaries

_SECONDS = 1800
"""Longer than the pace of any group."""
_SCRAPED = ("up", "process_start_time_seconds", "http_requests_total")
RECORDED = f'count({{__name__=~".+", __name__!~"{"|".join(_SCRAPED)}|ALERTS|ALERTS_FOR_STATE"}})'
"""All series but those that were scraped and those that Prometheus keeps of alerts while they fire."""


def count(tools: Sequence[str], series_per_pod: int) -> dict[str, int]:
    """Series that each tool records for one objective of a fleet; raises RuntimeError where there are none at all."""
    promtool_binary = binaries.ensure(["promtool"])["promtool"]
    found = {}
    for tool in tools:
        with tempfile.TemporaryDirectory(prefix="bench-rules-") as scratch:
            found[tool] = recorded(tool, Fleet(1, series_per_pod), Promtool(promtool_binary, Path(scratch)))
    return found


def recorded(tool: str, fleet: Fleet, promtool: Promtool) -> int:
    """Series that a tool's rules record of a fleet whose every pod is scraped; raises RuntimeError without any."""
    with tempfile.TemporaryDirectory(prefix="bench-rules-") as scratch:
        groups = CONTENDERS[tool].groups(fleet.promises, Path(scratch))
    (counted,) = promtool.ask(Replay(_scraped(fleet), groups, step=SCRAPE_SECONDS), [RECORDED], _SECONDS)
    if counted is None:
        raise RuntimeError(f"the rules of {tool} recorded nothing in {_SECONDS} s")
    return round(counted)


def _scraped(fleet: Fleet) -> Series:
    found: Series = {}
    for one in fleet.past([]):
        name, labels = one["labels"]["__name__"], one["labels"].items()
        selector = ",".join(f'{label}="{value}"' for label, value in labels if label != "__name__")
        found[f"{name}{{{selector}}}"] = {
            at: str(one["step"] * (1 if one["gauge"] else at // SCRAPE_SECONDS))
            for at in range(0, _SECONDS + 1, SCRAPE_SECONDS)
        }
    return found
