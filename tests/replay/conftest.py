"""A real promtool for every replay, built once into the shared cache."""

from pathlib import Path

import pytest
from tests.replay.promtool import Promtool

from localcluster import binaries


@pytest.fixture(scope="session")
def promtool_binary() -> Path:
    return binaries.ensure(["promtool"])["promtool"]


@pytest.fixture
def promtool(promtool_binary: Path, tmp_path: Path) -> Promtool:
    return Promtool(promtool_binary, tmp_path)
