"""Six hours of traffic that is hard to measure: the window holds what scrapes had shown, to the last event."""

from pathlib import Path

import pytest
from bench.rules.accuracy import replay
from bench.rules.scenarios import SCENARIOS, Scenario
from tests.replay.promtool import Promtool

pytestmark = pytest.mark.prometheus


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.title)
def test_the_share_of_bad_events_is_exact_in(promtool: Promtool, tmp_path: Path, scenario: Scenario) -> None:
    found = replay(scenario, ["goslo"], promtool, tmp_path)
    assert found["shown"]["goslo"] == pytest.approx(found["scraped_bad_ratio"], rel=1e-9)
