"""What may be set on a container, and what is said when it may not."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases

from goserviceslo.api.observed import ContainerView, DeploymentView, EnvEntry
from goserviceslo.api.v1alpha1 import Runtime, Target
from goserviceslo.goruntime.environment import (
    EnvironmentPlan,
    RuntimeProblem,
    RuntimeTrouble,
    choose_container,
    plan_environment,
    summary,
    wanted_variables,
)

MIB = 2**20


def container(name: str = "app", env: Iterable[EnvEntry] = (), memory: int | None = 512 * MIB) -> ContainerView:
    return ContainerView(name, tuple(env), memory, None, 0.1)


def deployment(*containers: ContainerView) -> DeploymentView:
    return DeploymentView("checkout", "u1", 1, 1, containers, 1, 1, 1, 1, paused=False)


def runtime(**settings: object) -> Runtime:
    return Runtime.model_validate(settings)


@cases(
    "settings, variables",
    {
        "a GOGC is a plain number": ({"gogc": 200}, {"GOGC": "200"}),
        "a GOGC in quotes is the same": ({"gogc": "200"}, {"GOGC": "200"}),
        "Kubernetes' 1Gi becomes MiB, which Go reads": ({"memoryLimit": "1Gi"}, {"GOMEMLIMIT": "1024MiB"}),
        "half a GiB is whole MiB": ({"memoryLimit": "0.5Gi"}, {"GOMEMLIMIT": "512MiB"}),
        "decimal units become bytes": ({"memoryLimit": "100M"}, {"GOMEMLIMIT": "100000000"}),
        "plain bytes stay bytes unless they are whole MiB": ({"memoryLimit": 8388609}, {"GOMEMLIMIT": "8388609"}),
        "off goes with a limit": ({"gogc": "off", "memoryLimit": "64Mi"}, {"GOGC": "off", "GOMEMLIMIT": "64MiB"}),
        "processors and other variables go along": (
            {"maxProcs": 2, "env": {"GOTRACEBACK": "crash"}},
            {"GOMAXPROCS": "2", "GOTRACEBACK": "crash"},
        ),
        "nothing asked is nothing set": ({}, {}),
    },
)
def test_what_is_asked_is_written_as_go_reads_it(settings: dict[str, object], variables: dict[str, str]) -> None:
    assert dict(wanted_variables(runtime(**settings))) == variables


@given(st.integers(min_value=8 * MIB, max_value=2**53 - 1))
def test_every_limit_is_written_as_digits_with_at_most_mib(amount: int) -> None:
    text = dict(wanted_variables(runtime(memoryLimit=amount)))["GOMEMLIMIT"]
    digits, factor = (text.removesuffix("MiB"), MIB) if text.endswith("MiB") else (text, 1)
    assert digits.isdecimal()
    assert int(digits) * factor == amount


def test_the_only_container_needs_no_name() -> None:
    chosen = choose_container(Target(name="checkout"), deployment(container("app")))
    assert isinstance(chosen, ContainerView)
    assert chosen.name == "app"


@pytest.mark.parametrize(
    ("named", "trouble", "advice"),
    [
        (None, RuntimeTrouble.CONTAINER_AMBIGUOUS, "write target.container"),
        ("typo", RuntimeTrouble.CONTAINER_NOT_FOUND, "write one of app, proxy"),
    ],
)
def test_a_container_that_cannot_be_told_is_asked_for(named: str | None, trouble: RuntimeTrouble, advice: str) -> None:
    chosen = choose_container(
        Target(name="checkout", container=named), deployment(container("app"), container("proxy"))
    )
    assert isinstance(chosen, RuntimeProblem)
    assert chosen.trouble is trouble
    assert advice in chosen.message


@pytest.mark.parametrize(("limit", "refused"), [(511, False), (512, True), (513, True)])
def test_a_limit_must_stay_below_the_containers_own(limit: int, refused: bool) -> None:
    app = container(memory=512 * MIB)
    plan = plan_environment(runtime(memoryLimit=f"{limit}Mi"), app, deployment(app))
    assert isinstance(plan, RuntimeProblem) is refused
    if isinstance(plan, RuntimeProblem):
        assert plan.trouble is RuntimeTrouble.LIMIT_TOO_HIGH
        assert "Write at most 460MiB" in plan.message


def test_a_container_without_a_limit_takes_any() -> None:
    app = container(memory=None)
    assert isinstance(plan_environment(runtime(memoryLimit="64Gi"), app, deployment(app)), EnvironmentPlan)


@cases(
    "entry, take_over, refused",
    {
        "someone's other value is a conflict": (EnvEntry("GOGC", "100", ("helm",)), False, True),
        "someone's equal value is shared": (EnvEntry("GOGC", "200", ("helm",)), False, False),
        "takeOver takes someone's value": (EnvEntry("GOGC", "100", ("helm",)), True, False),
        "our own older value is changed": (EnvEntry("GOGC", "100", ("goslo",)), False, False),
        "a value from elsewhere cannot be taken": (EnvEntry("GOGC", None, ("helm",)), True, True),
        "another variable is no concern of ours": (EnvEntry("PORT", "80", ("helm",)), False, False),
    },
)
def test_conflicts(entry: EnvEntry, take_over: bool, refused: bool) -> None:
    app = container(env=[entry])
    plan = plan_environment(runtime(gogc=200, takeOver=take_over), app, deployment(app))
    assert isinstance(plan, RuntimeProblem) is refused
    if isinstance(plan, RuntimeProblem):
        assert plan.trouble is RuntimeTrouble.CONFLICT


def test_one_conflict_keeps_every_variable_away() -> None:
    app = container(env=[EnvEntry("GOGC", "100", ("kubectl",))])
    plan = plan_environment(runtime(gogc=200, memoryLimit="64Mi"), app, deployment(app))
    assert isinstance(plan, RuntimeProblem)
    assert "GOGC=100 is set by kubectl" in plan.message


@cases(
    "env, up_to_date",
    {
        "exactly ours": ([EnvEntry("GOGC", "200", ("goslo",))], True),
        "not there yet": ([], False),
        "there, but not under our name": ([EnvEntry("GOGC", "200", ("helm",))], False),
        "one too many of ours": (
            [EnvEntry("GOGC", "200", ("goslo",)), EnvEntry("GOMAXPROCS", "2", ("goslo",))],
            False,
        ),
    },
)
def test_a_write_is_planned_only_when_something_differs(env: list[EnvEntry], up_to_date: bool) -> None:
    app = container(env=env)
    plan = plan_environment(runtime(gogc=200), app, deployment(app))
    assert isinstance(plan, EnvironmentPlan)
    assert plan.up_to_date is up_to_date


def test_variables_left_on_another_container_are_not_up_to_date() -> None:
    left, right = container("old", [EnvEntry("GOGC", "200", ("goslo",))]), container("app")
    plan = plan_environment(runtime(gogc=200), right, deployment(left, right))
    assert isinstance(plan, EnvironmentPlan)
    assert not plan.up_to_date


def test_the_summary_fits_its_column() -> None:
    assert summary(runtime(gogc=200, memoryLimit="460Mi", maxProcs=2)) == "GOGC=200 460MiB P=2"
    assert len(summary(runtime(env={"GODEBUG": "x" * 500}))) == 128
