"""The command line: run trials and store their figures, or render the stored ones."""

import argparse
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.scale import machine, plan, sampler, trial
from bench.scale.document import PAGE, newest, put_table
from bench.scale.plan import Trial
from bench.scale.tools import TOOLS, versions
from bench.stored import RESULTS, add_options, begun, place, resumed, some_of, store
from localcluster.report import Stopwatch, say

_CLUSTER = "bench-scale"
_SAMPLED_SECONDS = (60.0, 300.0)
"""At least and at most; in between as long as the idle time."""


def main(arguments: Sequence[str]) -> int:
    """Entry point; the exit code."""
    asked = _parser().parse_args(arguments)
    if asked.table:
        PAGE.write_text(put_table(PAGE.read_text(), newest(RESULTS)))
        return 0
    now = datetime.now(UTC)
    out = place(asked, "scale", now)
    # Ends like an interrupt does, so that the cluster is taken down.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    result = _header(asked, arguments, now)
    if asked.resume and out.exists():
        try:
            result = resumed(out, result)
        except ValueError as problem:
            say(str(problem))
            return 2
    limits = trial.Limits(asked.idle, asked.short_idle, asked.limit, asked.quiet_limit)
    planned, result["trials"] = plan.left(
        plan.trials(asked.tools, asked.sizes, asked.repeat), result["trials"], machine.commit()
    )
    watch = Stopwatch()
    for number, one in enumerate(planned, 1):
        say(f"[{number}/{len(planned)}, {watch}]")
        _run(one, limits, asked.cluster, out, result)
    if asked.sampler and "sampler" not in result:
        seconds = min(max(asked.idle, _SAMPLED_SECONDS[0]), _SAMPLED_SECONDS[1])
        result["sampler"] = {"git": machine.commit(), **sampler.measure(asked.sampler, seconds)}
        store(out, result)
    say(f"done in {watch}: {out}")
    return 0


def _run(one: Trial, limits: trial.Limits, cluster: str, out: Path, result: dict[str, Any]) -> None:
    """Run a trial and store it, also what there is of one that fails or is interrupted."""
    figures: dict[str, Any] = {"git": machine.commit()}
    try:
        trial.run(one, limits, cluster, figures)
    except BaseException:
        figures["cut_short"] = True
        raise
    finally:
        if "burst" in figures:
            result["trials"].append(figures)
            store(out, result)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--sizes", type=_numbers, default=[1_000, 10_000], help="resources, such as 1000,10000")
    parser.add_argument("--tools", type=some_of(TOOLS), default=list(TOOLS), help=f"of: {','.join(TOOLS)}")
    parser.add_argument("--repeat", type=int, default=3, help="rounds at the smallest size (default: 3)")
    parser.add_argument("--idle", type=float, default=600, help="seconds idle at the largest size (default: 600)")
    parser.add_argument("--short-idle", type=float, default=120, help="seconds idle at the other sizes (default: 120)")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a burst is cut (default: 900)")
    parser.add_argument(
        "--quiet-limit", type=float, default=900, help="seconds that quiet is waited for at most (default: 900)"
    )
    parser.add_argument(
        "--sampler",
        type=int,
        default=10_000,
        help="objectives that the sampler reads at the end (default: 10000)",
    )
    add_options(parser, "scale")
    parser.add_argument("--resume", action="store_true", help="run only what the JSON file of this machine lacks")
    parser.add_argument("--cluster", default=_CLUSTER, help="name of the cluster that is made and removed")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(word.replace("_", "")) for word in text.split(",")]


def _header(asked: argparse.Namespace, arguments: Sequence[str], now: datetime) -> dict[str, Any]:
    return begun(
        "bench.scale",
        arguments,
        now,
        versions=versions(),
        settings={
            "sizes": asked.sizes,
            "tools": asked.tools,
            "repeat": asked.repeat,
            "idle_seconds": asked.idle,
            "short_idle_seconds": asked.short_idle,
            "limit_seconds": asked.limit,
            "quiet_limit_seconds": asked.quiet_limit,
        },
        notes=asked.note,
    )
