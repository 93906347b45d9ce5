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


@cases(
    "words, says",
    {
        "an address without http": (["--prometheus-url=foo"], "--prometheus-url: write http:// or https://"),
        "a ruler without http": (
            ["--rules-sink=ruler", "--ruler-url=mimir:9009"],
            "--ruler-url: write http:// or https://",
        ),
        "a label that no object can have": (["--rules-label=a b=c"], "'a b': write at most 63 letters"),
    },
)
def test_what_nobody_would_take_is_refused_at_the_start(words: list[str], says: str) -> None:
    done = CliRunner().invoke(app, ["run", *words], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert says in " ".join(done.output.replace("│", " ").split())


@cases(
    "words, says",
    {
        "rules less often than every minute": (
            ["--rules-interval=61s"],
            "rules interval: write whole seconds from 1s to 1m, such as 30s; got 1m1s",
        ),
        "rules every second and a half": (
            ["--rules-interval=1500ms"],
            "rules interval: write whole seconds from 1s to 1m",
        ),
        "rules without pause": (["--rules-interval=0s"], "rules interval: write whole seconds from 1s to 1m"),
        "figures that would be old before the next ones": (
            ["--measure-interval=10m"],
            "measure interval: write more than 0s and at most 2m, such as 15s; got 10m",
        ),
        "figures without pause": (["--measure-interval=0s"], "measure interval: write more than 0s and at most 2m"),
    },
)
def test_an_interval_at_which_nothing_could_be_measured_is_refused(words: list[str], says: str) -> None:
    done = CliRunner().invoke(app, ["run", *words], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert says in " ".join(done.output.replace("│", " ").split())
