"""`goslo import`: objectives of Sloth, Pyrra and OpenSLO as GoServiceSLOs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from goserviceslo.authoring.foreign.importing import Format
from goserviceslo.cli.names import namespace as read_namespace
from goserviceslo.cli.names import object_name
from goserviceslo.cli.validate import UNREADABLE, PathsArgument

NOT_CARRIED = 3
"""Exit code: something of the originals is not in the result; standard error and the comments name it."""


def import_(
    paths: PathsArgument,
    origin: Annotated[
        Format | None, typer.Option("--from", help="Take objects of this tool alone. Default: all that are recognised.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write one file for each resource to. Default: all on standard output."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="The Deployment that the resource is for. Default: named like the service.")
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option(help="Namespace of the resources. Default: the one that the selectors name, else the original's."),
    ] = None,
    window: Annotated[
        str, typer.Option(help="Window of objectives of Sloth, whose controller has one for all.")
    ] = "30d",
) -> None:
    """Turn other tools' objectives into GoServiceSLOs.

    Exit code 0: all is carried over; 3: something is not, which standard error names; 2: a path cannot be read.
    """
    from goserviceslo.authoring.foreign.importing import ImportOptions, import_all
    from goserviceslo.authoring.foreign.writing import file_of, resource_text
    from goserviceslo.cli.reading import given

    options = ImportOptions(origin, object_name("--target", target), read_namespace("--namespace", namespace), window)
    found = given(paths)
    done = import_all(found.objects, options)
    for sentence in (*found.unreadable, *map(str, done.remarks)):
        print(f"goslo import: {sentence}", file=sys.stderr)
    if out is None:
        sys.stdout.write("---\n".join(resource_text(one) for one in done.resources))
    else:
        out.mkdir(parents=True, exist_ok=True)
        for one in done.resources:
            (out / file_of(one)).write_text(resource_text(one), encoding="utf-8")
    if found.unreadable:
        raise typer.Exit(UNREADABLE)
    raise typer.Exit(NOT_CARRIED if done.lost else 0)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("import")(import_)
