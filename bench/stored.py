"""Where results are stored, what each begins with, and the options of every benchmark."""

import argparse
import json
import shlex
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.scale import machine
from bench.scale.machine import ROOT

RESULTS = ROOT / "bench" / "results"


def add_options(parser: argparse.ArgumentParser, name: str) -> None:
    """Where the result goes, what is noted in it, and that it is only to be shown."""
    parser.add_argument("--out", type=Path, help=f"the JSON file (default: bench/results/{name}-<date>.json)")
    parser.add_argument(
        "--note", action="append", default=[], help="what a reader should know, such as other work here"
    )
    parser.add_argument("--table", action="store_true", help="only render the newest results into the docs")


def some_of(known: Collection[str]) -> Callable[[str], list[str]]:
    """Reads names that are separated by commas, each of them known."""

    def names(text: str) -> list[str]:
        found = text.split(",")
        if unknown := sorted(set(found) - set(known)):
            raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(known)}")
        return found

    return names


def place(asked: argparse.Namespace, name: str, now: datetime) -> Path:
    """The file of a result that is begun now; its folder is there."""
    out: Path = asked.out or RESULTS / f"{name}-{now:%Y-%m-%d}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    return out


def begun(
    program: str,
    arguments: Sequence[str],
    now: datetime,
    *,
    versions: dict[str, Any],
    settings: dict[str, Any],
    notes: Sequence[str],
) -> dict[str, Any]:
    """A result without trials."""
    return {
        "schema": 1,
        "started": now.isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", program, *arguments]),
        "git": machine.commit(),
        "machine": machine.describe(),
        "versions": versions,
        "settings": settings,
        "notes": notes,
        "trials": [],
    }


def resumed(out: Path, result: dict[str, Any]) -> dict[str, Any]:
    """What a run that was cut short has stored, to be gone on with; raises ``ValueError`` where it is of another world.

    Trials are only compared within one result, so they must be of the same machine and versions. What is gone on with
    may be of a later commit, as most tools of a result are others' and take an hour each: every trial says its own.
    """
    before: dict[str, Any] = json.loads(out.read_text())
    if other := [part for part in ("schema", "machine", "versions") if before[part] != result[part]]:
        raise ValueError(f"{out} is of another {' and '.join(other)}: begin a new one")
    commands = before["command"]
    if not commands.endswith(result["command"]):
        commands += f"`, then `{result['command']}"
    notes = [*before["notes"], *(note for note in result["notes"] if note not in before["notes"])]
    whole = [{"git": before["git"], **one} for one in before["trials"] if not one.get("cut_short")]
    return {**before, "trials": whole, "command": commands, "settings": result["settings"], "notes": notes}


def store(out: Path, result: dict[str, Any]) -> None:
    """After every trial, so that a run which is cut short leaves what it had."""
    fresh = out.with_suffix(".new")
    fresh.write_text(json.dumps(result, indent=1) + "\n")
    fresh.rename(out)
