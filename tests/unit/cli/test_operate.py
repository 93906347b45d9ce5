"""What `goslo run` refuses before it talks to anybody."""

from tests.table import cases
from typer.testing import CliRunner

from goserviceslo.cli.app import app

URL = "http://mimir/prometheus/config/v1/rules"


@cases(
    "words",
    {
        "a ruler without its address": ["--rules-sink=ruler"],
        "a ruler's address and rules that go elsewhere": [f"--ruler-url={URL}"],
    },
)
def test_a_ruler_and_its_address_go_together(words: list[str]) -> None:
    done = CliRunner().invoke(app, ["run", *words], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert "--ruler-url go together" in " ".join(done.output.replace("│", " ").split())
