"""The command line: run trials and replays and store their figures, or render the stored ones."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.rules import accuracy, series, trial
from bench.rules.contenders import CONTENDERS, Groups, recorded
from bench.rules.document import NOTHING, PAGE, newest, put_table
from bench.rules.fleet import MOST_SERIES, Fleet
from bench.rules.stage import INTERVAL_SECONDS, write_past
from bench.scale.modules import module_version
from bench.stored import RESULTS, add_options, begun, place, some_of, store
from goserviceslo.api.duration import parse_duration
from goserviceslo.ports import Json
from localcluster.report import Stopwatch, say


def main(arguments: Sequence[str]) -> int:
    """Entry point; the exit code."""
    asked = _parser().parse_args(arguments)
    if asked.table:
        PAGE.write_text(put_table(PAGE.read_text(), newest(RESULTS)))
        return 0
    now = datetime.now(UTC)
    out = place(asked, "rules", now)
    # Ends like an interrupt does, so that Prometheus is ended too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    result = _header(asked, arguments, now)
    watch = Stopwatch()
    if asked.rounds:
        _measure(asked, result, out, watch)
    if not asked.no_replays:
        result["accuracy"] = accuracy.compare(asked.tools)
        store(out, result)
    result["took"] = str(watch)
    store(out, result)
    say(f"done in {watch}: {out}")
    return 0


def _measure(asked: argparse.Namespace, result: dict[str, Any], out: Path, watch: Stopwatch) -> None:
    fleet = Fleet(asked.objectives, asked.series)
    pace = trial.Pace(asked.warm_up, asked.seconds)
    with tempfile.TemporaryDirectory(prefix="bench-rules-past-") as scratch:
        groups: dict[str, Groups] = {NOTHING: []}
        for name in asked.tools:
            own = Path(scratch) / name
            own.mkdir()
            groups[name] = CONTENDERS[name].groups(fleet.promises, own)
        result["rules"] = {name: _census(groups[name], fleet) for name in asked.tools}
        result["series"] = series.count(asked.tools, asked.series)
        say(f"writing {asked.days:g} days of the past of {fleet.services:,} services")
        past = Path(scratch) / "past"
        past.mkdir()
        if asked.days:
            kept = [rule for name in asked.tools for rule in recorded(CONTENDERS[name], groups[name])]
            write_past(past, fleet, kept, asked.days)
        planned = [NOTHING]
        for turn in range(asked.rounds):
            planned += [asked.tools[(turn + i) % len(asked.tools)] for i in range(len(asked.tools))]
        for number, name in enumerate(planned, 1):
            say(f"[{number}/{len(planned)}, {watch}]")
            result["trials"].append(trial.run(name, groups[name], fleet, past, pace))
            store(out, result)


def _census(groups: Groups, fleet: Fleet) -> dict[str, float]:
    rules = [rule for group in groups for rule in group["rules"]]
    return {
        "recording": sum("record" in rule for rule in rules) / fleet.services,
        "alerting": sum("alert" in rule for rule in rules) / fleet.services,
        "bytes": len(json.dumps(groups)) / fleet.services,
        "evaluations": sum(len(group["rules"]) * INTERVAL_SECONDS / _seconds(group) for group in groups)
        / fleet.services,
    }


def _seconds(group: Json) -> float:
    return parse_duration(group["interval"]).total_seconds() if group.get("interval") else INTERVAL_SECONDS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.rules", description=__doc__)
    parser.add_argument("--objectives", type=int, default=1_000, help="each of a service of its own (default: 1000)")
    parser.add_argument(
        "--series",
        type=int,
        default=8,
        choices=range(1, MOST_SERIES + 1),
        help="of the metric, of each pod",
        metavar="N",
    )
    parser.add_argument("--days", type=float, default=30, help="how far back Prometheus has stored all (default: 30)")
    parser.add_argument(
        "--tools", type=some_of(CONTENDERS), default=["goslo", "sloth", "pyrra"], help=f"of: {','.join(CONTENDERS)}"
    )
    parser.add_argument(
        "--rounds", type=int, default=2, help="each beginning with another tool; 0 for none (default: 2)"
    )
    parser.add_argument("--warm-up", type=float, default=35, help="seconds before each measurement (default: 35)")
    parser.add_argument("--seconds", type=float, default=60, help="seconds that are measured (default: 60)")
    parser.add_argument("--no-replays", action="store_true", help="leave out the comparison with the truth")
    add_options(parser, "rules")
    return parser


def _header(asked: argparse.Namespace, arguments: Sequence[str], now: datetime) -> dict[str, Any]:
    return begun(
        "bench.rules",
        arguments,
        now,
        versions={
            **{name: CONTENDERS[name].release for name in asked.tools},
            "prometheus": module_version("prometheus", "github.com/prometheus/prometheus"),
        },
        settings={
            "objectives": asked.objectives,
            "series_per_pod": asked.series,
            "days": asked.days,
            "rounds": asked.rounds,
            "warm_up_seconds": asked.warm_up,
            "measured_seconds": asked.seconds,
        },
        notes=asked.note,
    )
