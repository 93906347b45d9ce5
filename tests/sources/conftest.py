"""Each source is started once for all tests that ask it."""

from collections.abc import Iterator

import pytest
from tests.sources.servers import ENGINES, Engine, cortex


@pytest.fixture(scope="session", params=list(ENGINES))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One source after the other."""
    with ENGINES[request.param](tmp_path_factory.mktemp("sources") / request.param) as started:
        yield started


@pytest.fixture(scope="session")
def cortex_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Another Cortex, whose ruler is written to."""
    with cortex(tmp_path_factory.mktemp("sources") / "ruler") as started:
        yield started
