"""Every case is complete, valid, and rendered; no row is left without a state."""

from pathlib import Path

import pytest
import yaml
from tests.cases.library import CASES, Case
from tests.table import cases
from tests.unit.cli.commands import goslo

from quality.caselibrary import CASES as LIBRARY
from quality.caselibrary import NOTE, REPLAYS, RESOURCE, RULES, Row, checked, page, rows, rules_text


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.case)
def test_a_row_is_a_folder_or_says_why_not(row: Row) -> None:
    assert row.is_held == row.folder.is_dir()
    assert row.is_held == (not row.why)
    assert row.service
    assert row.figure


def test_every_folder_is_a_row() -> None:
    assert {folder.name for folder in LIBRARY.iterdir() if folder.is_dir()} == set(CASES)


@cases("case", CASES)
def test_a_case_has_its_four_files_and_no_other(case: Case) -> None:
    assert {file.name for file in case.folder.iterdir()} == {RESOURCE, RULES, NOTE, REPLAYS}


@cases("case", CASES)
def test_a_case_is_valid_and_brings_the_deployment_that_it_targets(case: Case) -> None:
    assert checked(case.folder).findings == ()
    documents = list(yaml.safe_load_all((case.folder / RESOURCE).read_text()))
    assert {one["metadata"]["namespace"] for one in documents} == {case.resource.namespace}
    (deployment,) = (one for one in documents if one["kind"] == "Deployment")
    assert deployment["metadata"]["name"] == case.resource.spec.target.name


@cases("case", CASES)
def test_every_objective_has_its_replays_and_says_what_it_means(case: Case) -> None:
    assert set(case.scenarios) == {objective.name for objective in case.resource.spec.objectives}
    assert all(objective.description for objective in case.resource.spec.objectives)


@cases("case", CASES)
def test_the_golden_rules_are_what_is_rendered_now(case: Case) -> None:
    assert (case.folder / RULES).read_text() == rules_text(case.folder)


@cases("case", CASES)
def test_a_note_names_the_case_and_every_objective(case: Case) -> None:
    note = (case.folder / NOTE).read_text()
    assert all(f"`{objective.name}`" in note for objective in case.resource.spec.objectives)


def test_the_command_line_writes_the_golden_rules() -> None:
    case = next(iter(CASES.values()))
    done = goslo("rules", case.folder / RESOURCE)
    assert (done.exit_code, done.stdout) == (0, (case.folder / RULES).read_text())


def test_the_page_lists_every_row_once() -> None:
    listed = [line.split("|")[1].strip() for line in page().splitlines() if line.startswith("| ")][2:]
    assert [one.partition("]")[0].removeprefix("[") for one in listed] == [row.case for row in rows()]


def test_the_page_is_what_is_rendered_now() -> None:
    assert (Path(__file__).resolve().parents[2] / "docs/cases.md").read_text() == page()
