"""Which addresses and lengths of time the commands take that ask Prometheus."""

import pytest
import typer
from tests.table import cases
from tests.unit.cli.commands import GOOD, goslo

from goserviceslo.cli.prometheus_options import check_url

REPORT = ("report", GOOD, "--window", "2026-01")
ANYWHERE = ("--prometheus-url", "http://localhost:9")


@cases(
    "url",
    {
        "a word": "foo",
        "a host without a scheme": "localhost:9090",
        "a scheme alone": "http://",
        "another scheme": "ftp://localhost",
        "a port that is none": "http://localhost:x",
        "a port that is too high": "http://localhost:99999",
        "half an address": "http://[::1",
        "a password and no scheme": "me:secret@localhost",
    },
)
def test_what_is_no_address_is_refused_and_not_repeated(url: str) -> None:
    done = goslo(*REPORT, "--prometheus-url", url)
    told = " ".join(done.stderr.replace("│", " ").split())
    assert done.exit_code == 2
    assert "--prometheus-url: write http:// or https://, a host" in told
    assert "secret" not in told


@pytest.mark.parametrize("url", ["http://a", "https://me:secret@a.b:9090/x/", "http://[::1]:9090", "HTTP://a"])
def test_addresses_are_taken(url: str) -> None:
    try:
        check_url("--prometheus-url", url)
    except typer.BadParameter as error:
        pytest.fail(str(error))


@cases(
    "arguments, says",
    {
        "no time to count": (["backtest", GOOD, *ANYWHERE, "--at-most", "0s"], "'0s': write more than 0s"),
        "nothing to fill": (
            ["backfill", GOOD, *ANYWHERE, "--out", "/nowhere", "--promtool", "true", "--since", "0s"],
            "'0s': write more than 0s",
        ),
        "tiles of no length": (
            ["backfill", GOOD, *ANYWHERE, "--out", "/nowhere", "--promtool", "true", "--rules-interval", "0s"],
            "write whole seconds from 1s to 1m",
        ),
    },
)
def test_no_time_at_all_is_refused(arguments: list[str], says: str) -> None:
    done = goslo(*arguments)
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())
