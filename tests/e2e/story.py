"""Given, when and then of the end-to-end tests."""

import json
import time
from typing import Any

from demo.environment import SHOP, Environment, objective
from demo.kubectl import Json, Kubectl, until
from demo.load import Counts


def slo(name: str = "checkout", **spec: Any) -> Json:
    """A GoServiceSLO of the shop; an availability of 90 % over an hour unless said otherwise."""
    objective = {"name": "availability", "target": "90", "window": "1h", "minEvents": 50, "http": {}}
    body = {"target": {"name": "checkout", "container": "app"}, "objectives": [objective], **spec}
    return {
        "apiVersion": "goslo.dev/v1alpha1",
        "kind": "GoServiceSLO",
        "metadata": {"name": name, "namespace": SHOP},
        "spec": body,
    }


def status(kubectl: Kubectl, name: str = "checkout") -> Json:
    """The status of a resource; empty while there is none."""
    found: Json = kubectl.get("goserviceslo", name, SHOP).get("status", {})
    return found


def condition(kubectl: Kubectl, kind: str, name: str = "checkout") -> Json:
    """One condition; empty while there is none."""
    found = (one for one in status(kubectl, name).get("conditions", []) if one["type"] == kind)
    return next(found, {})


def until_condition(
    kubectl: Kubectl, kind: str, wanted: str, *, reason: str = "", seconds: float = 120, name: str = "checkout"
) -> Json:
    """The condition as soon as it has the wanted status (and reason)."""
    seen: Json = {}

    def look() -> bool:
        seen.clear()
        seen.update(condition(kubectl, kind, name))
        return seen.get("status") == wanted and (not reason or seen.get("reason") == reason)

    try:
        until(f"{kind}={wanted} {reason}".strip(), look, seconds)
    except RuntimeError as error:
        raise AssertionError(f"{error}; it is {json.dumps(seen)}") from error
    return seen


def event_reasons(kubectl: Kubectl, name: str = "checkout") -> list[str]:
    """Reasons of the Events about a resource."""
    found = json.loads(kubectl("get", "events.events.k8s.io", "-n", SHOP, "-o", "json"))["items"]
    return [
        event["reason"]
        for event in found
        if event.get("regarding", {}).get("kind") == "GoServiceSLO" and event["regarding"].get("name") == name
    ]


def metric_of_pods(kubectl: Kubectl, metric: str, app: str = "checkout") -> list[float]:
    """A metric as each pod of the app exposes it now."""
    values = []
    for pod in kubectl.items("pods", SHOP, f"app={app}"):
        if "deletionTimestamp" in pod["metadata"]:
            continue
        text = kubectl.proxy("GET", f"{SHOP}/pods/{pod['metadata']['name']}:8081", "metrics")
        values += [float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{metric} ")]
    return values


def query(kubectl: Kubectl, promql: str, *, at: float | None = None) -> list[Json]:
    """The samples of an instant vector."""
    words = {"query": promql} if at is None else {"query": promql, "time": at}
    answer = json.loads(kubectl.proxy("GET", "goslo-system/services/prometheus:9090", "api/v1/query", **words))
    found: list[Json] = answer["data"]["result"]
    return found


def recorded(kubectl: Kubectl, name: str) -> bool:
    """Whether Prometheus holds recorded series of the resource."""
    return bool(query(kubectl, f'goslo:total:delta{{goslo="{name}"}}'))


def at_rest(stage: Environment) -> Counts:
    """The generator's books once every request has been answered."""
    stage.load.pause()
    books: Counts = until("every answer", lambda: (found := stage.load.counts()).in_flight == 0 and found, 60)
    return books


def settled_total(kubectl: Kubectl, name: str) -> Json:
    """The objective once its figures have stopped moving for longer than scrape, lag and tile take together."""
    seen: list[tuple[float, int]] = []

    def still() -> Json | None:
        found = objective(kubectl, "availability", name)
        now = time.monotonic()
        if not seen or seen[-1][1] != found.get("total"):
            seen.append((now, found.get("total", -1)))
        return found if "total" in found and now - seen[-1][0] > 150 else None

    found: Json = until("figures that stay", still, 600)
    return found
