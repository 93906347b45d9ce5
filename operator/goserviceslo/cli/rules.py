"""`goslo rules`: the operator's rules as files, for GitOps; needs no cluster."""

import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from goserviceslo.authoring.rulefiles import RuleFormat
from goserviceslo.cli.durations import duration, rule_interval
from goserviceslo.cli.names import labels as read_labels
from goserviceslo.cli.names import namespace as read_namespace
from goserviceslo.cli.validate import FOUND, NOTHING, UNREADABLE, PathsArgument

if TYPE_CHECKING:
    from goserviceslo.authoring.assuming import Assumption
    from goserviceslo.authoring.checking import Checked
    from goserviceslo.authoring.rulefiles import RenderedRules, RuleOptions

_DAY = timedelta(days=1)
_LONGEST_STRETCH = timedelta(days=366)
_CENTURY = 20
"""The first two digits of the years in which maintenance is known; spans about the ends of the calendar are none."""


def rules(
    paths: PathsArgument,
    form: Annotated[
        RuleFormat, typer.Option("--format", help="A rule file of Prometheus, or a manifest of prometheus-operator.")
    ] = RuleFormat.PROMETHEUS,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write one file for each resource to. Default: all on standard output."),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove from the folder what was written for resources not among these.")
    ] = False,
    namespace: Annotated[str | None, typer.Option(help="Namespace of resources that name none.")] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            help="What the pods expose: metric=NAME (repeat it), statusLabel=NAME, histograms=native. Default: the "
            "first of the common conventions, http_requests_total and http_request_duration_seconds with code."
        ),
    ] = None,
    interval: Annotated[
        str, typer.Option(help="Evaluation interval, from 1s to 1m; must be that of the operator's rules.")
    ] = "30s",
    maintenance: Annotated[
        str | None,
        typer.Option(
            help="Leave out the maintenance of so long, 1d to 366d, from today's midnight (UTC) on; write the rules "
            "anew before that is over. Default: none is left out, and the files say so."
        ),
    ] = None,
    today: Annotated[
        str | None, typer.Option(help="The day with which --maintenance begins, such as 2026-12-01. Default: today.")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="key=value on every manifest, for its ruleSelector; repeat it.")
    ] = None,
) -> None:
    """Write the Prometheus rules of GoServiceSLOs: all of them, or none where anything is wrong.

    Exit code 0: written; 1: something is wrong with a resource; 2: a path cannot be read; 3: there is none.
    """
    from goserviceslo.authoring.ahead import Ahead
    from goserviceslo.authoring.calendars import calendars
    from goserviceslo.authoring.checking import check
    from goserviceslo.authoring.rulefiles import RuleOptions, joined, oversized, rule_text
    from goserviceslo.cli.reading import given, nothing_in
    from goserviceslo.slo.rules import RuleSettings

    if prune and out is None:
        raise typer.BadParameter("give the folder as --out", param_hint="--prune")
    assumed = _assumption(assume or ())
    settings = RuleSettings(rule_interval("--interval", interval))
    namespace = read_namespace("--namespace", namespace)
    labels = read_labels("--label", label or ())
    stretch = _stretch(maintenance, today)
    found = given(paths)
    ahead = None if stretch is None else Ahead(*stretch, calendars(found.objects))
    options = RuleOptions(assumed, settings, namespace, ahead)
    checked = check(found.objects, namespace)
    written, refused = _rendered(checked, options)
    too_large = (oversized(one, form, labels) for one in written)
    wrong = [*map(str, checked.findings), *refused, *filter(None, too_large)]
    for sentence in (*found.unreadable, *wrong):
        print(f"goslo rules: {sentence}", file=sys.stderr)
    if found.unreadable or wrong:
        raise typer.Exit(UNREADABLE if found.unreadable else FOUND)
    if not checked.seen:
        print(f"goslo rules: {nothing_in(paths)}", file=sys.stderr)
        raise typer.Exit(NOTHING)
    for one in written:
        for assumption in one.assumptions:
            print(f"goslo rules: {one.namespace}/{one.name}: {assumption}", file=sys.stderr)
    if out is None:
        sys.stdout.write(joined(written, form, labels))
    else:
        _write(out, {one.file: rule_text(one, form, labels) for one in written}, prune=prune)


def _rendered(checked: "Checked", options: "RuleOptions") -> "tuple[list[RenderedRules], list[str]]":
    """The rules of resources, and why there are none of others; nothing of files in which something is found wrong."""
    from goserviceslo.authoring.rulefiles import NoRules, rendered

    wrong = {finding.place.file for finding in checked.findings}
    written: list[RenderedRules] = []
    refused: list[str] = []
    for resource in checked.resources:
        if resource.document.file in wrong:
            continue
        match rendered(resource, options):
            case NoRules(sentences=sentences):
                refused += sentences
            case one:
                written.append(one)
    return written, refused


def _write(folder: Path, files: Mapping[str, str], *, prune: bool) -> None:
    """Write these files; what was written before and is not among them is removed, or told."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    gone = _written_before(folder, files)
    if prune:
        for file in gone:
            file.unlink()
            print(f"goslo rules: {file}: removed", file=sys.stderr)
    elif gone:
        names = ", ".join(file.name for file in gone)
        print(f"goslo rules: {folder}: of no resource among these (--prune removes): {names}", file=sys.stderr)


def _written_before(folder: Path, now: Collection[str]) -> list[Path]:
    """Files of ours in the folder that were not written now; whatever else lies there is nobody's but the user's."""
    from goserviceslo.authoring.rulefiles import is_ours

    others = sorted(file for file in folder.glob("*.yaml") if file.name not in now and file.is_file())
    return [file for file in others if is_ours(file.read_text(encoding="utf-8", errors="replace"))]


def _stretch(maintenance: str | None, today: str | None) -> tuple[date, timedelta] | None:
    """The day from which on maintenance is left out, and for how long; None: it is not."""
    if maintenance is None:
        if today is not None:
            raise typer.BadParameter("give --maintenance beside it", param_hint="--today")
        return None
    length = duration("--maintenance", maintenance)
    if length % _DAY or not _DAY <= length <= _LONGEST_STRETCH:
        raise typer.BadParameter(f"{maintenance!r}: write whole days from 1d to 366d", param_hint="--maintenance")
    try:
        first = datetime.now(UTC).date() if today is None else date.fromisoformat(today)
    except ValueError:
        first = date.min
    if first.year // 100 != _CENTURY:
        raise typer.BadParameter(f"{today!r}: write a day, such as 2026-12-01", param_hint="--today")
    return first, length


def _assumption(texts: Sequence[str]) -> "Assumption":
    from goserviceslo.authoring.assuming import Assumption

    metrics: list[str] = []
    status_label, native = None, False
    for text in texts:
        match text.partition("="):
            case ("metric", "=", name) if name:
                metrics.append(name)
            case ("statusLabel", "=", name) if name:
                status_label = name
            case ("histograms", "=", "native" | "classic" as kind):
                native = kind == "native"
            case _:
                raise typer.BadParameter(
                    f"{text!r}: write metric=NAME, statusLabel=NAME, histograms=native or histograms=classic",
                    param_hint="--assume",
                )
    return Assumption(tuple(metrics), status_label, native)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(rules)
