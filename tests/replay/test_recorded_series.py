"""The count of recorded series that the benchmark of rules prints is of every rule, and of nothing else."""

from pathlib import Path

import pytest
from bench.rules.contenders import goslo
from bench.rules.fleet import Fleet
from bench.rules.series import recorded
from tests.replay.promtool import Promtool

pytestmark = pytest.mark.prometheus


def test_every_recording_rule_has_run_when_they_are_counted(promtool: Promtool) -> None:
    rules = [rule for group in goslo(Fleet(1, 8).promises, Path()) for rule in group["rules"] if "record" in rule]
    assert recorded("goslo", Fleet(1, 8), promtool) >= len(rules)


def test_what_pods_are_scraped_for_is_not_counted(promtool: Promtool) -> None:
    assert recorded("goslo", Fleet(1, 4), promtool) == recorded("goslo", Fleet(1, 8), promtool)


@pytest.mark.parametrize(
    ("tool", "further"),
    [
        ("goslo", 0),
        pytest.param("sloth", 0, marks=pytest.mark.originals),
        pytest.param("pyrra", 2, marks=pytest.mark.originals),
    ],
)
def test_only_pyrra_records_a_further_series_for_each_status_code(promtool: Promtool, tool: str, further: int) -> None:
    two, four = (Fleet(1, 8, codes) for codes in (("200", "500"), ("200", "201", "404", "500")))
    assert recorded(tool, four, promtool) - recorded(tool, two, promtool) == further


@pytest.mark.originals
@pytest.mark.parametrize("codes", [("200", "500"), ("200", "201", "404", "500")], ids=["two codes", "four codes"])
def test_fewer_series_are_recorded_than_by_the_others(promtool: Promtool, codes: tuple[str, ...]) -> None:
    fleet = Fleet(1, 8, codes)
    ours, *others = (recorded(tool, fleet, promtool) for tool in ("goslo", "sloth", "pyrra"))
    assert ours < min(others)
    assert ours == 8


def test_two_objectives_record_twice_as_many_series_as_one(promtool: Promtool) -> None:
    assert recorded("goslo", Fleet(2, 8), promtool) == 2 * recorded("goslo", Fleet(1, 8), promtool)
