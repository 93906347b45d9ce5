"""Whether the processes do as they were told."""

import math

import pytest
from tests.table import cases

from goserviceslo.api.observed import RuntimeSample
from goserviceslo.api.v1alpha1 import Runtime
from goserviceslo.goruntime.obedience import (
    Obedience,
    generation_status,
    judge_obedience,
    settled_generation,
)

MIB = 2**20


def sample(
    gogc: float | None = 200, limit: float | None = 64 * MIB, procs: int | None = 2, mixed: tuple[str, ...] = ()
) -> RuntimeSample:
    return RuntimeSample("7d9f", 3, gogc, limit, procs, mixed)


@cases(
    "settings, found, verdict",
    {
        "all as set": ({"gogc": 200, "memoryLimit": "64Mi", "maxProcs": 2}, sample(), Obedience.OBEYED),
        "a program that sets GOGC itself": ({"gogc": 100}, sample(), Obedience.IGNORED),
        "a program that sets its limit itself": ({"memoryLimit": "32Mi"}, sample(), Obedience.IGNORED),
        "off reads as infinite": ({"gogc": "off", "memoryLimit": "64Mi"}, sample(gogc=math.inf), Obedience.OBEYED),
        "an old client library shows nothing": ({"gogc": 200}, sample(gogc=None), Obedience.NOT_EXPOSED),
        "what is not set is not judged": ({"maxProcs": 2}, sample(gogc=77), Obedience.OBEYED),
        "variables without a metric are not judged": (
            {"env": {"GOTRACEBACK": "crash"}},
            sample(),
            Obedience.NOT_EXPOSED,
        ),
        "no pods, no verdict": ({"gogc": 200}, None, Obedience.NOT_EXPOSED),
    },
)
def test_obedience(settings: dict[str, object], found: RuntimeSample | None, verdict: Obedience) -> None:
    assert judge_obedience(Runtime.model_validate(settings), found).obedience is verdict


def test_a_report_names_what_was_asked_and_what_was_found() -> None:
    report = judge_obedience(Runtime.model_validate({"gogc": 100}), sample())
    assert report.details == ("GOGC was set to 100, the process runs with 200",)


def test_two_generations_side_by_side_are_not_judged() -> None:
    assert settled_generation([sample(), sample()]) is None
    assert settled_generation([]) is None
    assert settled_generation([sample()]) == sample()


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (sample(), ("200", "64MiB")),
        (sample(gogc=math.inf, limit=math.inf), ("off", "none")),
        (sample(gogc=None, mixed=("gogc",)), ("mixed", "64MiB")),
        (sample(gogc=None, limit=None), (None, None)),
    ],
)
def test_the_status_shows_figures_as_people_write_them(
    found: RuntimeSample, shown: tuple[str | None, str | None]
) -> None:
    status = generation_status(found)
    assert (status.gogc, status.memory_limit) == shown
