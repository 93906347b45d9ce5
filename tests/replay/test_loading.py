"""A real Prometheus loads whatever is rendered."""

from itertools import product

import pytest
from tests.replay.counting import CLASSIC, COUNTER, NATIVE, WORKLOAD, promise
from tests.replay.promtool import Promtool

from goserviceslo.ports import Json
from goserviceslo.slo.discovery import MetricShape
from goserviceslo.slo.indicator import Indicator, resolve
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups

pytestmark = pytest.mark.prometheus

WINDOWS = ("1h", "90m", "6h", "1d", "25h", "7d", "30d", "90d", "Day", "Week", "Month", "Quarter", "Year")
HTTP: tuple[tuple[dict[str, object], MetricShape], ...] = (
    ({}, COUNTER),
    ({"errors": ["5xx", "429"], "labels": {"handler": '"\\} or up{{ $value }}\n', "pod": "p"}}, COUNTER),
    ({}, CLASSIC),
    ({}, NATIVE),
    ({"faster": "300ms"}, CLASSIC),
    ({"faster": "300ms", "errors": ["4xx"]}, CLASSIC),
    ({"faster": "333ms", "errors": ["5xx"]}, NATIVE),
)


def test_every_kind_of_objective_and_window_loads_in_one_prometheus(promtool: Promtool) -> None:
    groups: list[Json] = []
    for number, (window, target, (http, shape)) in enumerate(product(WINDOWS, ("50", "99.9", "99.999999"), HTTP)):
        objective = promise(f"o{number}", target, window, **http).model_copy(
            update={"description": 'It works {{ query "up" }} {{ .Nothing }} {{ "'}
        )
        found = resolve(objective, WORKLOAD, [shape], None)
        assert isinstance(found, Indicator)
        groups += render_groups(SloRef("shop", f"checkout-{number}", "L1"), [(objective, found)], RuleSettings())
    assert len({group["name"] for group in groups}) == len(groups)
    complaint = promtool.check(groups)
    assert not complaint, complaint
