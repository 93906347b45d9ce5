"""One stage for all end-to-end tests: a real node and Prometheus, the operator by its chart, a service under load."""

import os
from collections.abc import Iterator

import pytest
from rich.console import Console

from demo.environment import SHOP, Environment, bring_up, cluster_of
from demo.faults import heal_service
from demo.kubectl import Kubectl
from localcluster.choice import docker_answers

CLUSTER = "goslo-e2e"


def _cannot_run() -> str | None:
    """Why there can be no node on this machine, None where there can."""
    if os.geteuid() == 0:
        return None
    if docker_answers():
        return None
    return "a node needs root (native) or Docker (kind), and there is neither"


@pytest.fixture(scope="session")
def stage() -> Iterator[Environment]:
    """The stage, taken down afterwards; GOSLO_KEEP=1 leaves it up for the next run."""
    reason = _cannot_run()
    if reason is not None:
        pytest.skip(reason)
    keep = os.environ.get("GOSLO_KEEP") == "1"
    if not keep:
        # What a run that was cut off left behind has counts of its own.
        cluster_of(CLUSTER).down()
    try:
        yield bring_up(CLUSTER, Console(soft_wrap=True), extras=("metrics-server",))
    finally:
        if not keep:
            cluster_of(CLUSTER).down()


@pytest.fixture
def kubectl(stage: Environment) -> Kubectl:
    """kubectl for the stage."""
    return stage.kubectl


@pytest.fixture(autouse=True)
def nothing_of_ours_before(stage: Environment) -> Iterator[None]:
    """Each test begins without GoServiceSLOs, with a healthy service; the load rests when it ends."""
    stage.kubectl("delete", "goserviceslo", "--all", "-n", SHOP, "--wait=true", "--timeout=90s")
    stage.kubectl.wait_rolled_out("deployment", "checkout", SHOP)
    heal_service(stage.kubectl)
    yield
    stage.load.pause()
