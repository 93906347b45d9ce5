"""Every published figure that is an objective, in a real Prometheus engine: kept, just missed, idle, and absent."""

from datetime import timedelta
from fractions import Fraction

import pytest
from tests.cases.library import CASES, PROMISES, Case
from tests.cases.scenario import EVERY, World
from tests.cases.verdicts import Outcome, outcomes
from tests.replay.promtool import Promtool, Replay
from tests.table import cases

from goserviceslo.api.duration import parse_duration
from goserviceslo.api.objective import EVENT_KINDS, Objective
from goserviceslo.api.status import ObjectiveState

pytestmark = pytest.mark.prometheus

_STANDING = frozenset({"saturation", "leak", "freshness", "boolean"})
"""Kinds that judge how things are."""
_NARROW = Fraction(3, 2)
"""How many times its budget may be spent by what just misses, counted in events."""
_FEW_SLICES = 4
"""How many slices more than its budget allows may be bad then, where slices are counted."""


@cases("case, objective", PROMISES)
def test_a_promise_is_judged_right_in_all_its_worlds(promtool: Promtool, case: Case, objective: Objective) -> None:
    found = outcomes(promtool, case, objective)
    _is_kept(found[World.KEEPS], objective)
    _is_just_missed(found[World.MISSES], objective)
    _is_quiet(found[World.QUIET], objective)
    _is_absent(found[World.ABSENT])
    assert not any(outcome.not_numbers for outcome in found.values())


def _is_kept(outcome: Outcome, objective: Objective) -> None:
    assert outcome.status.state is ObjectiveState.MET, outcome.status
    assert outcome.good_ratio >= Fraction(objective.target) / 100
    # All that the budget allows at once, and a month that is two hours old, may make a ticket, which ends by itself.
    assert set(outcome.alerts) <= {"GoSLOBudgetBurn ticket"}


def _is_just_missed(outcome: Outcome, objective: Objective) -> None:
    assert outcome.status.state is ObjectiveState.BREACHED, outcome.status
    budget, bad_ratio = 1 - Fraction(objective.target) / 100, 1 - outcome.good_ratio
    assert budget < bad_ratio
    if objective.slice_length is None:
        assert bad_ratio < _NARROW * budget, "it misses by far"
    else:
        assert outcome.status.total is not None
        assert (bad_ratio - budget) * outcome.status.total < _FEW_SLICES, "it misses by far"


def _is_quiet(outcome: Outcome, objective: Objective) -> None:
    """Nothing happened: that is no proof of anything, and no reason to call somebody.

    How things are (CPU, memory, freshness) is seen without traffic too, for half an hour here: too few minutes.
    """
    assert outcome.alerts == ()
    assert outcome.status.state in (ObjectiveState.LOW_TRAFFIC, ObjectiveState.NO_DATA), outcome.status
    if outcome.status.total:
        assert objective.kinds[0] in _STANDING
        assert outcome.status.good == outcome.status.total
    elif objective.kinds[0] in EVENT_KINDS:
        assert outcome.status.reason == "Silent"


def _is_absent(outcome: Outcome) -> None:
    assert outcome.alerts == ()
    assert outcome.status.state is ObjectiveState.NO_DATA, outcome.status
    assert (outcome.status.sli, outcome.status.total) == (None, None)


@cases(
    "case, objective, seconds",
    {
        f"{name}: {objective} within {scenario.pages_within}": (case, objective, scenario.pages_within)
        for name, case in CASES.items()
        for objective, scenario in case.scenarios.items()
        if scenario.pages_within is not None
    },
)
def test_somebody_is_called_as_soon_as_was_published(
    promtool: Promtool, case: Case, objective: str, seconds: str
) -> None:
    scenario, within = case.scenarios[objective], parse_duration(seconds) // timedelta(seconds=1)
    going_on = scenario.failing(timedelta(seconds=scenario.length), case.pod)
    replay = Replay(going_on, case.groups(objective), step=EVERY)
    pages = 'ALERTS{alertname="GoSLOBudgetBurn",alertstate="firing",severity="page"}'
    before, after = (promtool.ask(replay, [f"count({pages})"], scenario.onset + late) for late in (0, within))
    assert (before, after) == ([None], [1])
