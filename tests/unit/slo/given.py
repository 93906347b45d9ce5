"""Objectives, metrics and indicators as tests need them."""

from typing import Any

import promql_parser

from goserviceslo.api.maintenance import MaintenanceWindow
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.indicator import Indicator, RequestIndicator, Workload, resolve

WORKLOAD = Workload("shop", "checkout")


def objective(
    target: str = "99.9", window: str = "30d", name: str = "availability", zone: str | None = None, **http: Any
) -> Objective:
    return promise(target=target, window=window, name=name, timeZone=zone, http=http)


def promise(**fields: Any) -> Objective:
    """An objective of any kind."""
    return Objective.model_validate({"name": "availability", "target": "99.9", "window": "30d", **fields})


def counter(name: str = "http_requests_total", *labels: str) -> MetricShape:
    return MetricShape(name, MetricKind.COUNTER, frozenset(labels or ("code",)))


def classic(name: str = "http_request_duration_seconds", bounds: str = "0.1 0.3 1", label: str = "code") -> MetricShape:
    return MetricShape(name, MetricKind.CLASSIC_HISTOGRAM, frozenset({label} - {""}), tuple(bounds.split()))


def native(name: str = "http_request_duration_seconds", label: str = "code") -> MetricShape:
    return MetricShape(name, MetricKind.NATIVE_HISTOGRAM, frozenset({label} - {""}))


def matchers(selector: str) -> list[tuple[str, str]]:
    """Labels and values of a selector as a PromQL parser reads them."""
    parsed: Any = promql_parser.parse(selector)
    return [(matcher.name, matcher.value) for matcher in parsed.matchers.matchers]


def indicator(promise: Objective, *shapes: MetricShape) -> RequestIndicator:
    found = resolve(promise, WORKLOAD, shapes, None)
    assert isinstance(found, RequestIndicator), found
    return found


def counted(promise: Objective) -> Indicator:
    """The indicator of a kind that names its metrics itself."""
    found = resolve(promise, WORKLOAD, None, None)
    assert isinstance(found, Indicator), found
    return found


def window(
    name: str = "upkeep",
    *,
    start: str = "2026-01-04T02:00:00Z",
    duration: str = "1h",
    zone: str | None = None,
    rule: str | None = None,
    left_out: list[str] | None = None,
) -> MaintenanceWindow:
    fields = {"name": name, "start": start, "duration": duration, "timeZone": zone, "rule": rule, "except": left_out}
    return MaintenanceWindow.model_validate(fields)
