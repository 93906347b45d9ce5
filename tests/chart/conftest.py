"""What the tests of the chart run on: real Helm, a real API server, and for some a real node."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chart.programs import Helm, Kubectl, binary

from localcluster.apionly import ApiOnlyCluster
from localcluster.layout import layout
from localcluster.spec import CONTROLLERS, Spec


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm without a cluster: it can lint and render."""
    return Helm(binary("helm"), tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of an API server of this run's own, with the controllers that aggregate roles and clear up."""
    root = tmp_path_factory.mktemp("clusters")
    cluster = ApiOnlyCluster(layout("chart-test", root), Spec("api-only", extras=(CONTROLLERS,)))
    try:
        cluster.up()
        yield cluster.kubeconfig
    finally:
        cluster.down()


@pytest.fixture(scope="session")
def kubectl(api_server: Path) -> Kubectl:
    """kubectl on that API server."""
    return Kubectl(binary("kubectl"), api_server)


@pytest.fixture(scope="session")
def helm_on_api_server(api_server: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm on that API server. Pods do not run there, so nothing can be waited for and hooks cannot finish."""
    return Helm(binary("helm"), tmp_path_factory.mktemp("helm-api"), api_server)
