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


def test_maintenance_of_the_time_ahead_is_left_out_where_that_is_asked(tmp_path: Path) -> None:
    service = tmp_path / "checkout.yaml"
    weekly = {"name": "a", "start": "2026-12-01T02:00:00Z", "rule": "FREQ=WEEKLY", "duration": "1h"}
    shared = [{"name": "b", "start": "2026-12-03T02:00:00Z", "duration": "1h"}]
    slo = yaml.safe_load(GOOD.read_text())
    slo["spec"] |= {"maintenance": [weekly], "maintenanceFrom": {"configMap": "calendar"}}
    service.write_text(yaml.safe_dump(slo))
    calendar = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "calendar"}}
    (tmp_path / "calendar.yaml").write_text(yaml.safe_dump({**calendar, "data": {"maintenance.yaml": str(shared)}}))
    month = ("rules", tmp_path, "--namespace", "shop", "--maintenance", "31d", "--today", "2026-12-01")
    first, second = goslo(*month), goslo(*month)
    assert first.exit_code == 0, first.stderr
    assert first.stdout == second.stdout
    assert "# Maintenance is left out until 2027-01-01T00:00:00Z" in first.stdout
    assert "counts: give" not in first.stdout
    rules = [rule for group in yaml.safe_load(first.stdout)["groups"] for rule in group["rules"]]
    active = {rule["expr"] for rule in rules if rule.get("record") == "goslo:maintenance:active"}
    assert [one.count("time() <") for one in active] == [6]
    plain = goslo("rules", tmp_path, "--namespace", "shop")
    assert "maintenance counts: give --maintenance" in plain.stderr
    alone = goslo("rules", service, "--namespace", "shop", "--maintenance", "31d")
    assert "what ConfigMap calendar calls maintenance counts: give its file too" in alone.stderr


@cases(
    "arguments, code, said",
    {
        "a resource without a namespace": ([GOOD], 1, "give --namespace"),
        "a bad resource beside a good one": ([GOOD, BAD, "--namespace", "shop"], 1, "write a percentage"),
        "a file that is not there": (["nowhere.yaml"], 2, "no such file or directory"),
        "maintenance of half a day": ([GOOD, "--maintenance", "12h"], 2, "write whole days from 1d to 366d"),
        "maintenance of years": ([GOOD, "--maintenance", "400d"], 2, "write whole days from 1d to 366d"),
        "maintenance of no length": ([GOOD, "--maintenance", "long"], 2, "write a number with a unit"),
        "a day that is none": ([GOOD, "--maintenance", "7d", "--today", "2026-02-30"], 2, "write a day, such as"),
        "a day at the end of time": ([GOOD, "--maintenance", "7d", "--today", "9999-12-30"], 2, "write a day, such as"),
        "a day of the year 1": (
            [GOOD, "--maintenance", "7d", "--today", "0001-01-01"],
            2,
            "write a day, such as",
        ),
        "a day for nothing": ([GOOD, "--today", "2026-12-01"], 2, "give --maintenance beside it"),
        "nothing to prune": ([GOOD, "--namespace", "shop", "--prune"], 2, "give the folder as --out"),
        "tiles longer than the shortest ranges": (
            [GOOD, "--namespace", "shop", "--interval", "2m"],
            2,
            "write whole seconds from 1s to 1m, such as 30s; got 2m",
        ),
        "tiles of parts of a second": ([GOOD, "--namespace", "shop", "--interval", "500ms"], 2, "write whole seconds"),
        "a label with a blank in its key": (
            [GOOD, "--namespace", "shop", "--label", "a b=c"],
            2,
            "'a b': write at most 63 letters",
        ),
        "a label with a key of two slashes": ([GOOD, "--namespace", "shop", "--label", "a/b/c=d"], 2, "'a/b/c': write"),
        "a label with a blank in its value": (
            [GOOD, "--namespace", "shop", "--label", "a=b c"],
            2,
            "'b c': write at most 63 letters",
        ),
        "a label that ends with a dash": ([GOOD, "--namespace", "shop", "--label", "a=b-"], 2, "'b-': write"),
        "a long label": ([GOOD, "--namespace", "shop", "--label", f"a={'b' * 64}"], 2, "write at most 63 letters"),
        "a namespace that there cannot be": ([GOOD, "--namespace", "../A"], 2, "'../A': write at most 63 lower-case"),
        "no namespace": ([GOOD, "--namespace", ""], 2, "'': write at most 63 lower-case"),
        "an assumption that is none": ([GOOD, "--assume", "http_requests_total"], 2, "write metric=NAME"),
    },
)
def test_rules_are_not_written_where_something_is_wrong(arguments: list[str | Path], code: int, said: str) -> None:
    done = goslo("rules", *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_labels_of_kubernetes_are_on_the_manifest() -> None:
    labels = ("--label", "release=kube-prom_1.x", "--label", "example.com/team=", "--format", "prometheusrule")
    manifest = yaml.safe_load(goslo("rules", GOOD, "--namespace", "shop", *labels).stdout)
    found = manifest["metadata"]["labels"]
    assert (found["release"], found["example.com/team"]) == ("kube-prom_1.x", "")


EXPRESSIONS = """\
apiVersion: goslo.dev/v1alpha1
kind: GoServiceSLO
metadata: {name: a}
spec:
  target: {name: a}
  objectives:
  - name: o
    target: 99
    boolean: {holds: 'queue_length{namespace="shop"} < bool 100'}
  - name: p
    target: 99
    http: {metric: paid_total, faster: 300ms}
"""


def test_a_refusal_is_told_once_and_at_its_field() -> None:
    done = goslo("rules", "-", "--namespace", "shop", given=EXPRESSIONS.replace("bool 100", "100"))
    (line,) = done.stderr.splitlines()
    assert line.startswith("goslo rules: stdin:9:22: spec.objectives[0].boolean.holds: write < bool: without it")


def test_a_namespace_that_is_given_confines_what_names_another() -> None:
    (line,) = goslo("rules", "-", "--namespace", "pay", given=EXPRESSIONS).stderr.splitlines()
    assert line.startswith("goslo rules: stdin:9:22: spec.objectives[0].boolean.holds: leave the matcher")


def test_what_cannot_be_counted_is_told_at_its_objective() -> None:
    done = goslo("rules", "-", "--namespace", "shop", given=EXPRESSIONS)
    assert done.exit_code == 1
    assert done.stderr.startswith("goslo rules: stdin:10:5: p: paid_total is a counter and cannot tell")


def test_the_rules_of_all_are_not_pruned_for_a_folder_with_nothing_in_it(tmp_path: Path) -> None:
    out, empty = tmp_path / "rules", tmp_path / "empty"
    empty.mkdir()
    goslo("rules", GOOD, "--namespace", "shop", "--out", out)
    assert goslo("rules", empty, "--out", out, "--prune").exit_code == 3
    assert [file.name for file in out.iterdir()] == ["shop.checkout.yaml"]
