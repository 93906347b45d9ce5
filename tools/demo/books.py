"""Two books of the same requests: the operator's recorded tiles, and what the load generator itself counted."""

import json
from dataclasses import dataclass

from demo.environment import SYSTEM, objective
from demo.kubectl import Kubectl, until
from demo.load import Counts, LoadGenerator

SETTLE_SECONDS = 180
"""After the last request: one scrape, two empty tiles, and a look of the operator at them."""
_SELECTED = '{namespace="shop",goslo="checkout",objective="availability"}'


@dataclass(frozen=True, slots=True)
class Entry:
    """What both sides had counted at one moment of rest."""

    total: int
    bad: int
    generator: Counts


def prometheus(kubectl: Kubectl, promql: str) -> float:
    """The sum of an instant query; 0 where it is empty."""
    target = f"{SYSTEM}/services/prometheus:9090"
    answer = json.loads(kubectl.proxy("GET", target, "api/v1/query", query=f"sum({promql})"))
    return sum(float(series["value"][1]) for series in answer["data"]["result"])


def at_rest(kubectl: Kubectl, load: LoadGenerator) -> Entry:
    """Pause the load, let the last requests be scraped and counted, and read both books."""
    load.pause()
    counts = until("every answer", lambda: (found := load.counts()).in_flight == 0 and found, 60)
    until(
        "two tiles without a request",
        lambda: prometheus(kubectl, f"sum_over_time(goslo:total:delta{_SELECTED}[1m])") == 0,
        SETTLE_SECONDS,
        pause=5,
    )
    total, bad = (round(prometheus(kubectl, f"goslo:{events}:window{_SELECTED}")) for events in ("total", "bad"))
    until(
        "the status holding what was recorded", lambda: _recorded_in_status(kubectl) == total, SETTLE_SECONDS, pause=5
    )
    return Entry(total, bad, counts)


def _recorded_in_status(kubectl: Kubectl) -> int | None:
    """The events that the status shows, without those from before the rules."""
    found = objective(kubectl, "availability")
    earlier = sum(chunk.get("total", 0) for chunk in found.get("history", {}).get("chunks", ()))
    return found["total"] - earlier if "total" in found else None
