"""The same promise in three languages: 99.9 % of a service's requests over 30 days do not fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from goserviceslo.ports import Key

TARGET, CHANGED_TARGET = 99.9, 99.5
_PER_NAMESPACE = 100


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised of one service."""

    key: Key
    target: float = TARGET

    @property
    def metadata(self) -> dict[str, str]:
        return {"namespace": self.key.namespace, "name": self.key.name}

    def selector(self, *more: str) -> str:
        """The service's requests, as a PromQL vector selector."""
        matchers = [f'namespace="{self.key.namespace}"', f'job="{self.key.name}"', *more]
        return f"http_requests_total{{{','.join(matchers)}}}"


def promise(number: int) -> Promise:
    """The promise of service ``number``; a hundred share a namespace."""
    return Promise(Key(f"bench-{number // _PER_NAMESPACE:04d}", f"service-{number:06d}"))


def namespaces(count: int) -> list[str]:
    """Where the first ``count`` promises live."""
    return list(dict.fromkeys(promise(number).key.namespace for number in range(count)))


def deployment(made: Promise) -> dict[str, Any]:
    """The service itself, which is there before anybody promises anything; nobody runs its pods."""
    labels = {"app": made.key.name}
    container = {"name": "app", "image": "service", "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": made.metadata,
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def goserviceslo(made: Promise) -> dict[str, Any]:
    """As a GoServiceSLO whose metric is named, so that nothing has to be asked of a Prometheus."""
    http = {"metric": "http_requests_total", "statusLabel": "code", "labels": {"job": made.key.name}}
    return {
        "apiVersion": "goslo.dev/v1alpha1",
        "kind": "GoServiceSLO",
        "metadata": made.metadata,
        "spec": {
            "target": {"name": made.key.name},
            "objectives": [{"name": "availability", "target": str(made.target), "window": "30d", "http": http}],
        },
    }


def sloth(made: Promise) -> dict[str, Any]:
    """As a Sloth PrometheusServiceLevel; the period of 30 days is the controller's own default."""
    errors, requests = made.selector('code=~"5.."'), made.selector()
    events = {
        "errorQuery": f"sum(rate({errors}[{{{{.window}}}}]))",
        "totalQuery": f"sum(rate({requests}[{{{{.window}}}}]))",
    }
    return {
        "apiVersion": "sloth.slok.dev/v1",
        "kind": "PrometheusServiceLevel",
        "metadata": made.metadata,
        "spec": {
            "service": made.key.name,
            "slos": [
                {
                    "name": "availability",
                    "objective": made.target,
                    "sli": {"events": events},
                    "alerting": {"name": "ErrorBudgetBurn", "pageAlert": {}, "ticketAlert": {}},
                }
            ],
        },
    }


def pyrra(made: Promise) -> dict[str, Any]:
    """As a Pyrra ServiceLevelObjective."""
    ratio: Mapping[str, Any] = {
        "errors": {"metric": made.selector('code=~"5.."')},
        "total": {"metric": made.selector()},
    }
    return {
        "apiVersion": "pyrra.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": made.metadata,
        "spec": {"target": str(made.target), "window": "30d", "indicator": {"ratio": dict(ratio)}},
    }
