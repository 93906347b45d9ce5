"""The alerts about the operator itself, as the chart renders them, in a real Prometheus engine."""

from pathlib import Path
from typing import Any

import pytest
from tests.chart.combinations import COMBINATIONS
from tests.chart.programs import NAMESPACE, Helm, only
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.table import cases

from localcluster import binaries

pytestmark = [pytest.mark.helm, pytest.mark.prometheus]

UNTIL = 1800
LEADER, STANDBY = (f'namespace="{NAMESPACE}",pod="{pod}"' for pod in ("a", "b"))


@pytest.fixture
def promtool(tmp_path: Path) -> Promtool:
    return Promtool(binaries.ensure(["promtool"])["promtool"], tmp_path)


def shown(value: int = 0, *, rising: bool = False) -> dict[int, str]:
    """One metric of one pod: steady, or growing by one a second."""
    return {at: str(value + (at if rising else 0)) for at in range(0, UNTIL + 1, 15)}


def operators(**changes: dict[int, str]) -> dict[str, dict[int, str]]:
    """A leader at work and a standby, whose figures are those of a former leader."""
    figures = {
        "leading": shown(1),
        "source_up": shown(1),
        "oldest_measurement_age_seconds": shown(12),
        "queue_depth": shown(3),
        "reconcile_total": shown(rising=True),
        **changes,
    }
    former = {
        "leading": shown(),
        "source_up": shown(),
        "oldest_measurement_age_seconds": shown(rising=True),
        "queue_depth": shown(2),
        "reconcile_total": shown(7),
    }
    series = {}
    for pod, metrics in ((LEADER, figures), (STANDBY, former)):
        for name, values in metrics.items():
            result = ',result="done"' if name == "reconcile_total" else ""
            series[f"goslo_{name}{{{pod}{result}}}"] = values
    return series


@cases(
    "series, alerts",
    {
        "all is well": (operators(), []),
        "nobody leads": (operators(leading=shown()), ["GoSLONoLeader"]),
        "Prometheus does not answer": (operators(source_up=shown()), ["GoSLOSourceDown"]),
        "nothing is measured": (
            operators(oldest_measurement_age_seconds=shown(rising=True)),
            ["GoSLOMeasurementsOld"],
        ),
        "work waits and none is done": (operators(reconcile_total=shown(70)), ["GoSLOQueueStuck"]),
        "no work waits and none is done": (
            operators(reconcile_total=shown(70), queue_depth=shown()),
            [],
        ),
        "no operator is seen": ({"up": shown()}, ["GoSLOOperatorDown"]),
        "an operator of another namespace": (
            {name.replace(NAMESPACE, "elsewhere"): values for name, values in operators().items()},
            ["GoSLOOperatorDown"],
        ),
    },
)
def test_what_is_told_when(helm: Helm, promtool: Promtool, series: dict[str, Any], alerts: list[str]) -> None:
    rule = only(helm.template(COMBINATIONS["prometheus-operator"]), "PrometheusRule")
    firing = 'count by (alertname) (ALERTS{alertstate="firing"})'
    expected = Expectation(firing, UNTIL, {f'{{alertname="{name}"}}': 1 for name in alerts})
    complaint = promtool.test(Replay(series, rule["spec"]["groups"], [expected]))
    assert not complaint, complaint


def test_without_election_every_replica_is_the_one(helm: Helm, promtool: Promtool) -> None:
    rule = only(helm.template(COMBINATIONS["one replica without election"]), "PrometheusRule")
    series = {name: values for name, values in operators(source_up=shown()).items() if "leading" not in name}
    alone = {name: values for name, values in series.items() if 'pod="a"' in name}
    expected = Expectation(
        'ALERTS{alertstate="firing"} * 0',
        UNTIL,
        {f'{{alertname="GoSLOSourceDown",alertstate="firing",namespace="{NAMESPACE}",pod="a",severity="ticket"}}': 0},
    )
    complaint = promtool.test(Replay(alone, rule["spec"]["groups"], [expected]))
    assert not complaint, complaint
    assert "goslo_leading" not in str(rule)


def test_alerts_carry_the_labels_by_which_rules_are_picked(helm: Helm) -> None:
    rule = only(helm.template(COMBINATIONS["prometheus-operator"]), "PrometheusRule")
    assert rule["metadata"]["labels"]["release"] == "kube-prometheus-stack"
    assert "PrometheusRule" not in {item["kind"] for item in helm.template({})}
