"""`goslo crd` and `goslo reference`: what is rendered from the models."""

import sys

import typer


def crd() -> None:
    """Print the CustomResourceDefinition, rendered from the models."""
    from goserviceslo.api.crd import crd_yaml

    _print(crd_yaml())


def reference() -> None:
    """Print the API reference as Markdown, rendered from the models."""
    from goserviceslo.api.reference import reference as render

    _print(render())


def _print(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(crd)
    app.command()(reference)
