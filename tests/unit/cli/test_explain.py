"""What `goslo explain` prints, the same each time."""

from pathlib import Path

from tests.table import cases
from tests.unit.cli.commands import BAD, EXAMPLES, GOOD, goslo


def test_explain_is_plain_and_the_same_where_it_goes_on() -> None:
    arguments = ("explain", EXAMPLES / "full.yaml", "--rate", "100/s", "--now", "2026-09-20T12:00:00Z")
    first, second = goslo(*arguments), goslo(*arguments)
    assert first.exit_code == 0
    assert first.stdout == second.stdout
    assert first.stdout.isascii()
    assert "page    14.4       1h    5m" in first.stdout
    assert "the clocks go forward by 1h on 2026-09-27" in first.stdout


def test_explain_draws_where_it_is_asked_to() -> None:
    assert "minutes to a page" in goslo("explain", GOOD, "--plot").stdout


def test_explain_says_what_scrapes_it_assumes_and_takes_others() -> None:
    assert "it takes up to 50s more (a scrape every 15s," in goslo("explain", GOOD).stdout
    assert "1m35s more (a scrape every 1m," in goslo("explain", GOOD, "--scrape-interval", "1m").stdout


@cases(
    "arguments, code, said",
    {
        "a bad resource": ([BAD], 1, "write a percentage"),
        "a rate without a unit": ([GOOD, "--rate", "100"], 2, "100/s"),
        "no events at all": ([GOOD, "--rate", "0/s"], 2, "100/s"),
        "scrapes without a unit": ([GOOD, "--scrape-interval", "15"], 2, "--scrape-interval"),
        "scrapes without pause": ([GOOD, "--scrape-interval", "0s"], 2, "'0s': write more than 0s"),
        "an instant that is none": ([GOOD, "--now", "today"], 2, "2026-03-29T12:00:00Z"),
    },
)
def test_explain_says_what_it_cannot(arguments: list[str | Path], code: int, said: str) -> None:
    done = goslo("explain", *arguments)
    assert done.exit_code == code
    assert said in done.stderr
