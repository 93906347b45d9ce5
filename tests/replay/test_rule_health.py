"""A real Prometheus tells which of our groups it cannot evaluate, and why."""

import asyncio
from pathlib import Path

import pytest
from tests.replay.server import served

from goserviceslo.adapters.clock import SystemClock
from goserviceslo.adapters.prometheus import PrometheusSource
from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.ports import Json

pytestmark = pytest.mark.prometheus

ONE = 'label_replace(vector(1), "pod", "a", "", "")'
TWO = f'({ONE} or label_replace(vector(1), "pod", "b", "", ""))'


def group(name: str, expression: str) -> Json:
    return {"name": name, "interval": "1s", "rules": [{"record": "goslo:total:delta", "expr": expression}]}


async def test_a_group_that_cannot_be_evaluated_is_told_with_what_prometheus_says(tmp_path: Path) -> None:
    groups = [
        group("goslo/shop/checkout/availability/tiles", f"{TWO} * on () {TWO}"),
        group("goslo/shop/cart/availability/tiles", "vector(1)"),
    ]
    # What it stores is of no matter here, but it wants something.
    with served(tmp_path / "prometheus", ["up 1 0"], groups) as prometheus:
        source = PrometheusSource(PrometheusAccess(prometheus.url), SystemClock())
        try:
            found = None
            for _ in range(600):
                found = found or await source.rule_health()
                await asyncio.sleep(0 if found else 0.2)
        finally:
            source.close()
    assert found is not None
    assert list(found) == ["goslo/shop/checkout/availability/tiles"]
    assert "many-to-many matching not allowed" in found["goslo/shop/checkout/availability/tiles"]
