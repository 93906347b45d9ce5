"""What processes say of their runtime, as read from the source's answers."""

from math import inf, nan

import promql_parser
from tests.table import cases

from goserviceslo.api.observed import RuntimeSample
from goserviceslo.ports import Answer, NoData, Partial, Sample, Vector
from goserviceslo.slo.runtime import assemble_runtime, runtime_queries
from goserviceslo.slo.workload import Workload

OFF = 1.8446744073709552e19
NO_LIMIT = 9.223372036854776e18


def said(setting: str, value: float, kind: str = "max", **labels: str) -> Sample:
    fixed = {"namespace": "shop", "goslo_workload": "checkout", "goslo_generation": "5d9f8c7b6", "container": "app"}
    return Sample({**fixed, "goslo_setting": setting, "goslo_kind": kind, **labels}, value, 0.0)


def read(*samples: Sample) -> tuple[RuntimeSample, ...]:
    return assemble_runtime([Vector(samples)]).get(("shop", "checkout"), ())


def test_every_question_is_promql() -> None:
    assert len(runtime_queries()) == 4
    for promql in runtime_queries():
        promql_parser.parse(promql)


@cases(
    "samples, expected",
    {
        "all set": (
            [said("gogc", 200), said("memoryLimit", 2**29), said("maxProcs", 2), said("gogc", 3, "pods")],
            RuntimeSample("5d9f8c7b6", 3, 200.0, float(2**29), 2),
        ),
        "off and without a limit": (
            [said("gogc", OFF), said("memoryLimit", NO_LIMIT)],
            RuntimeSample("5d9f8c7b6", 0, inf, inf, None),
        ),
        "pods that differ": (
            [said("gogc", 200), said("gogc", 100, "min"), said("maxProcs", 4)],
            RuntimeSample("5d9f8c7b6", 0, None, None, 4, ("gogc",)),
        ),
        "a value that is none": (
            [said("gogc", nan), said("maxProcs", 4)],
            RuntimeSample("5d9f8c7b6", 0, None, None, 4),
        ),
    },
)
def test_a_generation_says_what_it_runs_with(samples: list[Sample], expected: RuntimeSample) -> None:
    assert read(*samples) == (expected,)


def test_generations_are_kept_apart() -> None:
    found = read(said("gogc", 100), said("gogc", 200, goslo_generation="6f7b8c9d4"))
    assert [(one.pod_template_hash, one.gogc_percent) for one in found] == [("5d9f8c7b6", 100), ("6f7b8c9d4", 200)]


@cases(
    "started, order",
    {
        "the newest comes first": ({"5d9f8c7b6": 1000, "6f7b8c9d4": 2000}, ["6f7b8c9d4", "5d9f8c7b6"]),
        "whatever their names": ({"5d9f8c7b6": 2000, "6f7b8c9d4": 1000}, ["5d9f8c7b6", "6f7b8c9d4"]),
        "one that has not told its age has only just come": ({"5d9f8c7b6": 1000}, ["6f7b8c9d4", "5d9f8c7b6"]),
        "without ages they go by their names": ({}, ["5d9f8c7b6", "6f7b8c9d4"]),
    },
)
def test_generations_go_by_their_age(started: dict[str, float], order: list[str]) -> None:
    ages = [said("started", at, "", goslo_generation=name) for name, at in started.items()]
    found = read(said("gogc", 100), said("gogc", 200, goslo_generation="6f7b8c9d4"), *ages)
    assert [one.pod_template_hash for one in found] == order


def test_a_generation_that_tells_its_age_alone_tells_nothing() -> None:
    assert read(said("started", 1000, "")) == ()


def test_only_the_container_that_matters_is_heard() -> None:
    answer = Vector([said("gogc", 100), said("gogc", 400, container="proxy")])
    (sample,) = assemble_runtime([answer], containers={("shop", "checkout"): "app"})["shop", "checkout"]
    assert sample.gogc_percent == 100


@cases("answer", {"nothing": NoData(), "a part": Partial((said("gogc", 100),), ("part",))})
def test_an_answer_that_is_not_whole_tells_nothing(answer: Answer) -> None:
    assert assemble_runtime([answer]) == {}


def test_a_workload_with_a_long_name_shows_as_much_of_its_generation_as_there_is() -> None:
    name = "x" * 52
    sample = said("gogc", 100, goslo_workload=f"{name}-5d9f8", goslo_generation="")
    ((key, (found,)),) = assemble_runtime([Vector([sample])], [Workload("shop", name)]).items()
    assert (key, found.pod_template_hash) == (("shop", name), "5d9f8")
