"""Gathers what one reconciliation sees, from the caches alone."""

from collections.abc import Mapping
from datetime import timedelta

from goserviceslo.engine.calendars import Calendars
from goserviceslo.engine.evidence import Evidence
from goserviceslo.engine.holders import RuleHolders
from goserviceslo.engine.store import Store
from goserviceslo.ports import Key
from goserviceslo.reconcile.model import Observed, OwnedObject, Purpose, Refusal, RuleSink, RulesView
from goserviceslo.slo.rules import RuleSettings

_SHORTEST_STATUS_INTERVAL = timedelta(minutes=1)
_LONGEST_STATUS_INTERVAL = timedelta(minutes=15)
_STATUSES_A_SECOND = 20


def status_interval(resources: int) -> timedelta:
    """How old written figures may grow: so that a whole fleet refreshes at no more than 20 writes a second."""
    wanted = timedelta(seconds=resources / _STATUSES_A_SECOND)
    return min(max(wanted, _SHORTEST_STATUS_INTERVAL), _LONGEST_STATUS_INTERVAL)


class Observer:
    """Reads the store, the evidence, what holds rules, and the calendars."""

    def __init__(
        self,
        store: Store,
        evidence: Evidence,
        holders: RuleHolders,
        calendars: Calendars,
        settings: RuleSettings,
        rule_labels: Mapping[str, str],
    ) -> None:
        self._store = store
        self._evidence = evidence
        self._holders = holders
        self._calendars = calendars
        self._settings = settings
        self._rule_labels = dict(rule_labels)
        self.sink = RuleSink.PROMETHEUS_RULE
        """Where rules go now; decided by the settings and by what the API server serves."""

    def observe(self, key: Key) -> Observed | None:
        """None where there is no such resource (any more)."""
        entry = self._store.resources.get(key)
        if entry is None:
            return None
        deployment = Key(key.namespace, entry.target)
        evidence, resource = self._evidence, entry.whole()
        return Observed(
            resource=resource,
            deployment=self._store.deployment(deployment),
            rules=self._rules(key),
            source=evidence.health,
            rivals=self._store.rivals(key),
            autoscalers=self._store.autoscalers(deployment),
            shapes=evidence.shapes.get(deployment),
            measurements=evidence.measurements.get(key, {}),
            runtime=evidence.runtime.get(deployment, ()),
            refusals=self._standing_refusals(key),
            calendar=self._calendars.view(resource),
            settings=self._settings,
            status_interval=status_interval(len(self._store.resources)),
        )

    def _rules(self, key: Key) -> RulesView:
        rejected = self._evidence.rejected.get(key)
        holder = self._holders.get(self.sink)
        if holder is not None:
            return RulesView(self.sink, holder.location(key), None, rejected=rejected)
        rule = Key(key.namespace, f"{key.name}-goslo")
        entry = self._store.rule(rule)
        owned = None if entry is None else OwnedObject(entry.applied_hash)
        return RulesView(self.sink, f"PrometheusRule {rule}", owned, self._rule_labels, rejected)

    def _standing_refusals(self, key: Key) -> dict[Purpose, Refusal]:
        holder = self._holders.get(self.sink)
        refusal = None if holder is None else holder.refusal(key)
        return {} if refusal is None else {Purpose.RULES: refusal}
