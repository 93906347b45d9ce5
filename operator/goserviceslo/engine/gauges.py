"""The operator's metrics that are read from its parts when a Prometheus scrapes them."""

from collections.abc import Callable

from goserviceslo.engine.evidence import Evidence
from goserviceslo.engine.queue import WorkQueue
from goserviceslo.engine.ruler import RulerRules
from goserviceslo.engine.sampler import Sampler
from goserviceslo.engine.telemetry import Telemetry
from goserviceslo.engine.worker import Worker

_STATES = ("True", "False", "Unknown")


def watch_gauges(
    telemetry: Telemetry,
    queue: WorkQueue,
    worker: Worker,
    evidence: Evidence,
    ruler: RulerRules | None,
    sampler: Sampler | None,
) -> None:
    """Have the parts be asked at every scrape; those that are not there have no gauges."""
    telemetry.watch("goslo_queue_depth", "Resources that wait for a worker.", lambda: len(queue))
    telemetry.watch("goslo_queue_working", "Resources with a worker now.", lambda: queue.working)
    if ruler is not None:
        telemetry.watch("goslo_rules_unsent", "Resources whose rules the ruler does not hold yet.", ruler.unsent)
    if sampler is not None:
        telemetry.watch(
            "goslo_oldest_measurement_age_seconds",
            "Age of the oldest measurement; 0 before the first.",
            sampler.age_seconds,
        )
        telemetry.watch("goslo_source_up", "1 while Prometheus answers.", lambda: _answers(evidence))
    for state in _STATES:
        telemetry.resources.labels(state).set_function(_count(worker, state))


def _answers(evidence: Evidence) -> float:
    return float(evidence.health.asked and evidence.health.trouble is None)


def _count(worker: Worker, state: str) -> Callable[[], float]:
    return lambda: worker.compliance()[state]
