"""What a reconciliation is given, told briefly."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from goserviceslo.api.observed import ContainerView, DeploymentView, EnvEntry
from goserviceslo.ports import Json
from goserviceslo.reconcile.model import Observed, Plan, RuleSink, RulesView
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.measurement import Measurement, SourceHealth

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MIB = 2**20
COUNTER = MetricShape("http_requests_total", MetricKind.COUNTER, frozenset({"code"}))


def resource(spec: Mapping[str, Any] | None = None, **metadata: Any) -> Json:
    """A GoServiceSLO `shop/checkout` with one availability objective, unless said otherwise."""
    return {
        "apiVersion": "goslo.dev/v1alpha1",
        "kind": "GoServiceSLO",
        "metadata": {
            "name": "checkout",
            "namespace": "shop",
            "uid": "uid-1",
            "generation": 3,
            "creationTimestamp": "2026-11-01T00:00:00Z",
            **metadata,
        },
        "spec": {
            "target": {"name": "checkout"},
            "objectives": [{"name": "availability", "target": "99", "window": "1h", "http": {}}],
            **(spec or {}),
        },
    }


def deployment(
    env: Sequence[EnvEntry] = (), *, cpu_request: float | None = 0.1, memory: int | None = 256 * MIB, ready: int = 3
) -> DeploymentView:
    """A Deployment of three replicas with one container, rolled out."""
    container = ContainerView("app", tuple(env), memory, None, cpu_request)
    return DeploymentView("checkout", "uid-d", 1, 1, (container,), 3, ready, 3, ready, paused=False)


def ours(**variables: str) -> list[EnvEntry]:
    """Variables that are on the container under our name."""
    return [EnvEntry(name, value, ("goslo",)) for name, value in variables.items()]


def measured(bad: float, total: float, **burn_rates: float) -> Measurement:
    """Figures of now."""
    return Measurement(NOW, bad, total, {f"{window[1:]}": rate for window, rate in burn_rates.items()}, NOW)


def observed(slo: Json | None = None, **changes: Any) -> Observed:
    """Everything in its place: target there, metric found, Prometheus answering, nothing measured yet."""
    base = Observed(
        resource=slo or resource(),
        deployment=deployment(),
        rules=RulesView(RuleSink.PROMETHEUS_RULE, "PrometheusRule shop/checkout-goslo", None),
        source=SourceHealth(),
        shapes=(COUNTER,),
        status_interval=timedelta(minutes=1),
    )
    return replace(base, **changes)


def after(seen: Observed, plan: Plan) -> Observed:
    """What is observed once the plan was carried out."""
    slo = {**seen.resource, "status": plan.status}
    return replace(seen, resource=slo)


def condition(plan: Plan, kind: str) -> Json:
    """One condition of the planned status."""
    assert plan.status is not None
    found: Json = next(one for one in plan.status["conditions"] if one["type"] == kind)
    return found
