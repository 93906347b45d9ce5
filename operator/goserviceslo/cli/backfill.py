"""`goslo backfill`: blocks with the recorded series of an objective from before its rules.

`promtool tsdb create-blocks-from rules` is not used for it: it asks for each rule by itself, so that rules that read
what others of their group record find nothing; and it knows no piece smaller than a block, which a busy source does
not answer in time. Our own questions count the raw series, and promtool only packs the answers.
"""

import shutil
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from goserviceslo.cli.durations import rule_interval, some_time
from goserviceslo.cli.prometheus_options import Asking, NowOption, asks_prometheus, fail, moment


@asks_prometheus
def backfill(
    paths: Annotated[list[str], typer.Argument(help="Files or folders of GoServiceSLOs.")],
    *,
    since: Annotated[str, typer.Option(help="How far back, such as 30d.")] = "30d",
    out: Annotated[Path, typer.Option(help="A folder for the blocks; it is made.", file_okay=False)],
    namespace: Annotated[str, typer.Option(help="Namespace of resources that name none.")] = "default",
    promtool: Annotated[str, typer.Option(help="The promtool of your Prometheus.")] = "promtool",
    rules_interval: Annotated[str, typer.Option(envvar="GOSLO_RULES_INTERVAL")] = "30s",
    at_most: Annotated[str, typer.Option(help="How long the source may count for one objective.")] = "30m",
    now: NowOption = "",
    prometheus: Asking,
) -> None:
    """Make blocks of the time before an objective was recorded, from raw series that are still there."""
    from goserviceslo.cli.backfilling import past_of
    from goserviceslo.cli.recounting import NothingToCount
    from goserviceslo.cli.resources import in_files, with_calendars
    from goserviceslo.slo.openmetrics import END
    from goserviceslo.slo.rules import RuleSettings

    program = shutil.which(promtool)
    if program is None:
        fail("backfill", f"{promtool} is not on PATH: write where it is as --promtool")
    history = prometheus.history()
    at, reach = moment(now), some_time("--since", since)
    settings = RuleSettings(interval=rule_interval("--rules-interval", rules_interval))
    patience = some_time("--at-most", at_most)
    out.mkdir(parents=True, exist_ok=True)
    past, made = out / "past.om", 0
    try:
        with past.open("w", encoding="utf-8") as file:
            for named in with_calendars(in_files(paths, namespace), "backfill"):
                for objective in named.spec.objectives:
                    try:
                        counted = past_of(history, named, objective, at, reach, settings, patience)
                    except NothingToCount as reason:
                        print(f"{named.key} {objective.name}: {reason}")
                        continue
                    file.writelines(counted.lines)
                    print(f"{named.key} {objective.name}: {counted.tiles} tiles counted")
                    made += counted.tiles
            file.write(END)
        if made:
            complaint = _pack(program, past, out)
            if complaint:
                fail("backfill", complaint)
    finally:
        past.unlink(missing_ok=True)
    if made:
        _say_what_is_next(out, reach)


def _pack(program: str, past: Path, out: Path) -> str:
    """Empty when promtool made blocks, else what it says."""
    # promtool reads the whole file once for each block, so that a month in blocks of two hours takes it an hour.
    flags = ("--quiet", "--max-block-duration=24h")
    command: Sequence[str | Path] = [program, "tsdb", "create-blocks-from", "openmetrics", *flags, past, out]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    return f"promtool could not make blocks: {(done.stderr or done.stdout).strip()[-600:]}"


def _say_what_is_next(out: Path, reach: timedelta) -> None:
    blocks = [one for one in out.iterdir() if one.is_dir()]
    print(f"""{len(blocks)} blocks are in {out}. What to do next:
1. Set Prometheus' retention above {reach.days} days, or it deletes them again.
2. Move the blocks into its data directory (--storage.tsdb.path), owned by its user: mv {out}/* <data directory>/
3. It loads them within a minute or so; no restart is needed. Look for them in /api/v1/query?query=
   min_over_time(timestamp(goslo:total:delta)[{reach.days}d:1h])""")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(backfill)
