"""A source of measurements as the operator asks it."""

from pathlib import Path

from tests.sources.evaluator import Backend
from tests.sources.servers import Engine

from goserviceslo.adapters.clock import SystemClock
from goserviceslo.adapters.prometheus import PrometheusSource
from goserviceslo.adapters.prometheus_access import PrometheusAccess


def source_of(engine: Engine, backend: Backend, directory: Path) -> PrometheusSource:
    """As the operator would be told of it; headers lie in files."""
    headers = directory / "headers"
    headers.mkdir()
    for name, value in backend.headers.items():
        (headers / name).write_text(value)
    return PrometheusSource(PrometheusAccess(engine.access_url, header_dir=headers), SystemClock())
