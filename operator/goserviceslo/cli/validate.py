"""`goslo validate`: what the API server and the operator would have against resources, before they are applied."""

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from goserviceslo import __version__

if TYPE_CHECKING:
    from goserviceslo.authoring.checking import Checked

PathsArgument = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Files, folders with all below them, or - for standard input.")
]
FOUND, UNREADABLE, NOTHING = 1, 2, 3
"""Exit codes: something is wrong with a resource; a path could not be read; there is no resource. 0 is for none of
these."""


class Output(StrEnum):
    """How problems are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def validate(
    paths: PathsArgument,
    output: Annotated[Output, typer.Option("--output", "-o", help="How problems are written.")] = Output.TEXT,
) -> None:
    """Check GoServiceSLOs in files.

    Exit code 0: all are good; 1: something is wrong; 2: a path cannot be read; 3: there is none.
    """
    from goserviceslo.authoring.checking import check
    from goserviceslo.authoring.sarif import sarif
    from goserviceslo.cli.reading import given, nothing_in

    found = given(paths)
    checked = check(found.objects)
    match output:
        case Output.TEXT:
            _tell(checked, all_read=not found.unreadable)
        case Output.JSON:
            print(json.dumps(_as_json(checked, found.unreadable), indent=2, ensure_ascii=False))
        case Output.SARIF:
            print(json.dumps(sarif(checked.findings, found.unreadable, __version__), indent=2, ensure_ascii=False))
    for sentence in found.unreadable:
        print(f"goslo validate: {sentence}", file=sys.stderr)
    if found.unreadable:
        raise typer.Exit(UNREADABLE)
    if checked.findings:
        raise typer.Exit(FOUND)
    if not checked.seen:
        print(f"goslo validate: {nothing_in(paths)}", file=sys.stderr)
        raise typer.Exit(NOTHING)


def _tell(checked: "Checked", *, all_read: bool) -> None:
    from goserviceslo.cli.terminal import styled

    for finding in checked.findings:
        styled(str(finding), "red")
    wrong = len(checked.findings)
    good = all_read and checked.seen and not wrong
    said = [f"{_counted(checked.seen, 'resource')} checked"]
    if wrong or good:
        said.append(_counted(wrong, "problem") if wrong else "no problem")
    if checked.passed_over:
        said.append(f"{_counted(checked.passed_over, 'other object')} passed over")
    styled(", ".join(said), "bold green" if good else "bold red")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _as_json(checked: "Checked", unreadable: tuple[str, ...]) -> dict[str, object]:
    return {
        "checked": checked.seen,
        "passedOver": checked.passed_over,
        "problems": [
            {
                "file": finding.place.file,
                "line": finding.place.line,
                "column": finding.place.column,
                "rule": finding.rule.value,
                "path": finding.path,
                "message": finding.message,
            }
            for finding in checked.findings
        ],
        "unreadable": list(unreadable),
    }


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(validate)
