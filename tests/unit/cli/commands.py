"""The command line as a test calls it."""

from pathlib import Path

from typer.testing import CliRunner, Result

from goserviceslo.cli.app import app

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
GOOD = EXAMPLES / "quickstart.yaml"
BAD = EXAMPLES / "invalid" / "target-of-100.yaml"


def goslo(*arguments: str | Path, given: str | bytes = "") -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments], input=given)
