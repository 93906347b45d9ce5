"""What `goslo rules` writes, and when it writes nothing."""

from pathlib import Path

import yaml
from tests.table import cases
from tests.unit.cli.commands import BAD, GOOD, goslo


def test_rules_are_the_same_each_time_and_say_what_they_rest_on() -> None:
    first, second = (goslo("rules", GOOD, "--namespace", "shop") for _ in range(2))
    assert first.exit_code == 0
    assert first.stdout == second.stdout
    assert yaml.safe_load(first.stdout)["groups"]
    assert first.stderr.startswith("goslo rules: shop/checkout: availability counts http_requests_total{")


def test_rules_go_to_one_file_for_each_resource(tmp_path: Path) -> None:
    done = goslo("rules", GOOD, "--namespace", "shop", "--format", "prometheusrule", "--out", tmp_path / "new")
    assert (done.exit_code, done.stdout) == (0, "")
    (file,) = (tmp_path / "new").iterdir()
    assert (file.name, yaml.safe_load(file.read_text())["kind"]) == ("shop.checkout.yaml", "PrometheusRule")


def test_files_of_resources_that_are_gone_are_removed_where_that_is_asked_and_no_others(tmp_path: Path) -> None:
    old = tmp_path / "old.yaml"
    old.write_text(GOOD.read_text().replace("checkout", "old"))
    out = tmp_path / "rules"
    goslo("rules", old, "--namespace", "shop", "--out", out)
    theirs = out / "hand-written.yaml"
    theirs.write_text("# Written by hand.\ngroups: []\n")
    left = goslo("rules", GOOD, "--namespace", "shop", "--out", out)
    assert "of no resource among these (--prune removes): shop.old.yaml" in left.stderr
    assert {file.name for file in out.iterdir()} == {"shop.old.yaml", "shop.checkout.yaml", theirs.name}
    wrong = goslo("rules", GOOD, BAD, "--namespace", "shop", "--out", out, "--prune")
    assert (wrong.exit_code, (out / "shop.old.yaml").exists()) == (1, True)
    pruned = goslo("rules", GOOD, "--namespace", "shop", "--out", out, "--prune")
    assert "shop.old.yaml: removed" in pruned.stderr
    assert {file.name for file in out.iterdir()} == {"shop.checkout.yaml", theirs.name}


@cases(
    "arguments, code, said",
    {
        "a resource without a namespace": ([GOOD], 1, "give --namespace"),
        "a bad resource beside a good one": ([GOOD, BAD, "--namespace", "shop"], 1, "write a percentage"),
        "a file that is not there": (["nowhere.yaml"], 2, "no such file or directory"),
        "nothing to prune": ([GOOD, "--namespace", "shop", "--prune"], 2, "give the folder as --out"),
        "tiles longer than the shortest ranges": (
            [GOOD, "--namespace", "shop", "--interval", "2m"],
            2,
            "write whole seconds from 1s to 1m, such as 30s; got 2m",
        ),
        "tiles of parts of a second": ([GOOD, "--namespace", "shop", "--interval", "500ms"], 2, "write whole seconds"),
        "an assumption that is none": ([GOOD, "--assume", "http_requests_total"], 2, "write metric=NAME"),
    },
)
def test_rules_are_not_written_where_something_is_wrong(arguments: list[str | Path], code: int, said: str) -> None:
    done = goslo("rules", *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
