"""What `goslo explain` says of the time to a page is what the rules do."""

from datetime import timedelta
from fractions import Fraction
from math import ceil

import pytest
from tests.replay.counting import COUNTER, assert_replays, promise, rules
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.replay.world import Pod, Process, World, steady

from goserviceslo.authoring.paging import Rate, first_to_fire
from goserviceslo.slo.burn import burn_policy
from goserviceslo.slo.conventions import PAGE

pytestmark = pytest.mark.prometheus

WINDOW = "1d"
WELL = 900
"""Seconds of good traffic: the longest window that pages for an objective over a day."""
PER_SECOND = 2
MEASURED = 50
"""Seconds until an event is measured at the latest: a scrape, the lag, a tile."""
FIRING = 'count(ALERTS{alertname="GoSLOBudgetBurn",alertstate="firing",severity="page"})'


@pytest.mark.parametrize(("target", "fail_every"), [("99", 1), ("99", 2), ("99", 10), ("98", 8)])
def test_a_page_comes_when_it_was_said_to(promtool: Promtool, target: str, fail_every: int) -> None:
    objective = promise(target=target, window=WINDOW)
    policy = burn_policy(objective)
    pages = [pair for pair in policy.pairs if pair.severity == PAGE]
    said = first_to_fire(pages, policy, Fraction(1, fail_every), Rate(Fraction(PER_SECOND)))
    assert said is not None
    until = WELL + ceil(said / timedelta(seconds=1)) + MEASURED + 30
    traffic = [*steady(0, WELL, PER_SECOND), *steady(WELL, until, PER_SECOND, fail_every=fail_every)]
    happened = World([Pod([Process(0, until + 1, traffic)])], until)
    early, late = WELL + int(said / timedelta(seconds=1)) - 1, until
    expected = [Expectation(FIRING, early, {}), Expectation(FIRING, late, {"{}": 1})]
    assert_replays(promtool, Replay(happened.series(), rules(objective, COUNTER), expected))
