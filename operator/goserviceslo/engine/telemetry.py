"""The operator's own metrics."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from goserviceslo.ports import Resource

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_WAITS = (0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)


class Telemetry:
    """Counts and times what the operator does; `text` is what a Prometheus scrapes."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.queue_wait = Histogram(
            "goslo_queue_wait_seconds",
            "How long a resource waited for a worker.",
            buckets=_WAITS,
            registry=self.registry,
        )
        self.reconcile_seconds = Histogram(
            "goslo_reconcile_seconds",
            "How long one reconciliation took, with its writes.",
            buckets=_QUICK,
            registry=self.registry,
        )
        self.reconciled = Counter(
            "goslo_reconcile", "Reconciliations by result: done, refused, failed.", ["result"], registry=self.registry
        )
        self.api_calls = Counter(
            "goslo_api_requests",
            "Requests to the API server by verb, resource and HTTP code (0: no answer).",
            ["verb", "resource", "code"],
            registry=self.registry,
        )
        self.api_seconds = Histogram(
            "goslo_api_request_seconds",
            "How long the API server took to answer.",
            ["verb"],
            buckets=_QUICK,
            registry=self.registry,
        )
        self._api_children: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        """Looking up a labelled metric costs more than counting in it."""
        self.leading = Gauge("goslo_leading", "1 while this replica writes.", registry=self.registry)
        self.sample_seconds = Histogram(
            "goslo_sample_seconds", "How long one round of questions to Prometheus took.", registry=self.registry
        )
        self.resources = Gauge(
            "goslo_resources",
            "GoServiceSLOs by their Compliant condition.",
            ["compliant"],
            registry=self.registry,
        )
        self.watch_restarts = Counter(
            "goslo_watch_restarts", "How often all watches had to be started again.", registry=self.registry
        )
        self.corrections = Counter(
            "goslo_relist_corrections",
            "Changes that a re-list found and no watch had told.",
            ["resource"],
            registry=self.registry,
        )
        self.loop_lag = Gauge(
            "goslo_event_loop_lag_seconds", "How late the event loop ran its last heartbeat.", registry=self.registry
        )

    def watch(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """A gauge that is read when it is scraped."""
        Gauge(name, help_text, registry=self.registry).set_function(value)

    def api_call(self, verb: str, resource: Resource, code: str, seconds: float) -> None:
        """One request to the API server; fits as the observer of a cluster."""
        which = (verb, resource.plural, code)
        known = self._api_children.get(which)
        if known is None:
            known = self._api_children[which] = (self.api_calls.labels(*which), self.api_seconds.labels(verb))
        count, duration = known
        count.inc()
        duration.observe(seconds)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self.registry)
