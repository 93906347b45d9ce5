"""Who may scale a target."""

from goserviceslo.api.observed import AutoscalerView, ContainerView, DeploymentView
from goserviceslo.scaling.autoscaler import ScalingTrouble, foreign_autoscaler, scaling_problem


def view(kind: str = "HorizontalPodAutoscaler", name: str = "theirs", owner: str | None = None) -> AutoscalerView:
    return AutoscalerView(kind, name, "checkout", owner, None)


def deployment(*requests: float | None) -> DeploymentView:
    containers = tuple(ContainerView(f"c{i}", (), None, None, cores) for i, cores in enumerate(requests))
    return DeploymentView("checkout", "u1", 1, 1, containers, 1, 1, 1, 1, paused=False)


def test_an_autoscaler_of_ours_is_not_foreign() -> None:
    assert foreign_autoscaler([view(owner="me")], "me") is None


def test_a_scaled_object_is_named_before_the_hpa_that_it_made() -> None:
    found = foreign_autoscaler([view(name="keda-hpa-x"), view(kind="ScaledObject", name="x")], "me")
    assert found is not None
    assert found.kind == "ScaledObject"


def test_somebody_elses_autoscaler_is_a_problem_that_names_it() -> None:
    problem = scaling_problem([view(owner="me"), view()], deployment(0.1), "me")
    assert problem is not None
    assert problem.trouble is ScalingTrouble.FOREIGN_AUTOSCALER
    assert "HorizontalPodAutoscaler theirs scales Deployment checkout already" in problem.message


def test_a_container_without_a_cpu_request_cannot_be_measured() -> None:
    problem = scaling_problem([], deployment(0.1, None), "me")
    assert problem is not None
    assert problem.trouble is ScalingTrouble.NO_CPU_REQUEST
    assert "container c1" in problem.message


def test_nothing_in_the_way_is_no_problem() -> None:
    assert scaling_problem([view(owner="me")], deployment(0.1, 0.2), "me") is None
