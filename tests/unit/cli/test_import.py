"""What `goslo import` writes, and how it says what it could not carry over."""

from pathlib import Path

from tests.table import cases
from tests.unit.cli.commands import goslo

SLOTH = """\
version: prometheus/v1
service: shop
slos:
- name: ok
  objective: 99.9
  sli:
    events:
      error_query: sum(rate(asked_total{job="shop",code=~"5.."}[{{.window}}]))
      total_query: sum(rate(asked_total{job="shop"}[{{.window}}]))
"""


def test_import_writes_what_validate_takes() -> None:
    done = goslo("import", "-", given=SLOTH)
    assert done.exit_code == 0
    assert goslo("validate", "-", given=done.stdout).exit_code == 0


def test_import_ends_with_3_where_something_is_not_carried_over(tmp_path: Path) -> None:
    done = goslo("import", "-", "--out", tmp_path, given=SLOTH.replace("  sli:", "  colour: red\n  sli:"))
    assert done.exit_code == 3
    named = "stdin:6:3: not carried over: slos[0].colour: there is no such thing in a GoServiceSLO"
    assert named in done.stderr
    assert f"# {named}\n" in (tmp_path / "shop.yaml").read_text()


def test_import_takes_one_tool_alone_where_it_is_told_to() -> None:
    done = goslo("import", "-", "--from", "pyrra", given=SLOTH)
    assert (done.exit_code, done.stdout) == (3, "")


@cases(
    "option, name, said",
    {
        "a namespace in capitals": ("--namespace", "A_B", "digits and dashes, such as shop"),
        "a namespace with a dot": ("--namespace", "a.b", "digits and dashes, such as shop"),
        "a target with an underscore": ("--target", "c_d", "dashes and dots, such as checkout"),
        "a target that no label could hold": ("--target", "c" * 64, "dashes and dots, such as checkout"),
    },
)
def test_import_does_not_write_a_name_that_validate_refuses(option: str, name: str, said: str) -> None:
    done = goslo("import", "-", option, name, given=SLOTH)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_import_takes_the_names_that_it_is_given() -> None:
    done = goslo("import", "-", "--namespace", "pay-1", "--target", "check.out", given=SLOTH)
    assert (done.exit_code, goslo("validate", "-", given=done.stdout).exit_code) == (0, 0)
