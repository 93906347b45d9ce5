"""The command line. Each command imports what it needs when it runs, so that `--help` is quick."""

import typer

from goserviceslo import __version__
from goserviceslo.cli import backfill, backtest, explain, importing, operate, render, report, rules, validate

app = typer.Typer(
    name="goslo",
    help="Keep the promises of Go services: render, check and run GoServiceSLO.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
operate.register(app)
render.register(app)
validate.register(app)
rules.register(app)
explain.register(app)
importing.register(app)
report.register(app)
backtest.register(app)
backfill.register(app)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
