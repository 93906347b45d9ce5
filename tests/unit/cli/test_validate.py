"""What `goslo validate` prints, and the codes that it ends with."""

import json
from pathlib import Path

import pytest
from tests.table import cases
from tests.unit.cli.commands import BAD, EXAMPLES, GOOD, goslo


@cases(
    "arguments, code",
    {
        "a good resource": ([GOOD], 0),
        "a bad one": ([BAD], 1),
        "a good and a bad one": ([GOOD, BAD], 1),
        "a file that is not there": ([GOOD, "nowhere.yaml"], 2),
        "a file that is not there and a bad resource": ([BAD, "nowhere.yaml"], 2),
        "nothing in a file": (["/dev/null"], 3),
        "nothing in a file, and another that is not there": (["/dev/null", "nowhere.yaml"], 2),
        "nothing in a file beside a good resource": (["/dev/null", GOOD], 0),
    },
)
@pytest.mark.parametrize("output", ["text", "json", "sarif"])
def test_validate_ends_with_the_code_of_the_worst(arguments: list[str | Path], code: int, output: str) -> None:
    assert goslo("validate", "--output", output, *arguments).exit_code == code


@pytest.mark.parametrize("folder", ["objectives", "cases"])
def test_the_examples_of_a_folder_can_be_applied_together(folder: str) -> None:
    done = goslo("validate", EXAMPLES / folder)
    assert (done.exit_code, ", no problem" in done.stdout) == (0, True), done.stdout


def test_validate_prints_place_and_sentence_and_a_sum() -> None:
    lines = goslo("validate", BAD).stdout.splitlines()
    assert lines[0].startswith(f"{BAD}:10:36: spec.objectives[0].target: write a percentage above 0")
    assert lines[1:] == ["1 resource checked, 1 problem"]


def test_validate_reads_standard_input_and_counts_what_it_passes_over() -> None:
    done = goslo("validate", "-", given=f"{GOOD.read_text()}---\n{{apiVersion: v1, kind: Secret}}\n")
    assert done.stdout == "1 resource checked, no problem, 1 other object passed over\n"


def test_validate_walks_folders_but_not_hidden_ones(tmp_path: Path) -> None:
    for name in ("a.yaml", "deep/er/b.yml", "c.json", "d.txt", ".git/e.yaml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{kind: Thing}")
    assert goslo("validate", tmp_path).stdout == "0 resources checked, 3 other objects passed over\n"


def test_validate_says_why_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    done = goslo("validate", tmp_path)
    assert (done.exit_code, done.stderr) == (2, f"goslo validate: {tmp_path}/a.yaml: is not a text in UTF-8\n")


@pytest.mark.parametrize("command", ["validate", "explain", "rules"])
@pytest.mark.parametrize("text", ["", "# nothing\n", "[1, 2]", "{apiVersion: v1, kind: Secret}"])
def test_what_has_no_resource_does_not_pass_for_good(command: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)
    done = goslo(command, tmp_path, "-")
    told = f"goslo {command}: no GoServiceSLO was found in {tmp_path} and standard input\n"
    assert (done.exit_code, done.stderr) == (3, told)
    assert "no problem" not in done.stdout


def test_validate_does_not_call_good_what_it_could_not_read() -> None:
    assert goslo("validate", "nowhere.yaml").stdout == "0 resources checked\n"
    assert goslo("validate", GOOD, "nowhere.yaml").stdout == "1 resource checked\n"


NESTED = "a: " + "[" * 1000 + "]" * 1000


@pytest.mark.parametrize("command", ["validate", "explain", "rules", "import"])
def test_a_text_that_is_nested_too_deep_has_a_place(command: str) -> None:
    done = goslo(command, "-", given=NESTED)
    assert done.exit_code == (3 if command == "import" else 1)
    assert "stdin:1:103: " in done.output
    assert "nest lists and maps at most 100 deep" in done.output


def test_a_text_that_is_nested_too_deep_is_a_finding_of_yaml() -> None:
    (problem,) = json.loads(goslo("validate", "-o", "json", "-", given=NESTED).stdout)["problems"]
    assert (problem["line"], problem["column"], problem["rule"]) == (1, 103, "yaml")


def test_validate_as_json_has_all_that_the_text_has() -> None:
    found = json.loads(goslo("validate", "-o", "json", BAD, GOOD).stdout)
    (problem,) = found["problems"]
    assert (problem["line"], problem["column"], problem["rule"]) == (10, 36, "schema")
    assert (problem["file"], problem["path"]) == (str(BAD), "spec.objectives[0].target")
    assert (found["checked"], found["passedOver"], found["unreadable"]) == (2, 0, [])


def test_validate_as_sarif_is_json() -> None:
    assert json.loads(goslo("validate", "-o", "sarif", BAD).stdout)["runs"][0]["results"][0]["ruleId"] == "schema"
