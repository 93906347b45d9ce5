"""Rules for the outage that takes the metrics along: nothing is counted in it, so no count can tell of it.

A workload is down where kube-state-metrics says that pods are wanted and none is available, and where it says nothing
of this Deployment, when every scrape target of its pods that Prometheus knows has ceased to answer. Both must last for
ninety seconds, so that neither a lost scrape nor a restart is an outage. What was never up has no outage (a first
deployment, a return from zero), nor has what is scaled to zero, nor what still counts events: these speak for
themselves.

What would have been asked of a service that is down is not known. So no event is made up: `goslo:outage:delta` records
seconds in which nothing could be counted, beside the events and never mixed with them. Its label `seen_by` tells proof
(`replicas`: Kubernetes itself says that nothing served) from what looks the same as a scrape path that is cut
(`targets`).

While maintenance runs, an outage takes 0 seconds and no alert is given. It is recorded all the same, so that one that
outlasts maintenance goes on: whether something was up just before is asked at its beginning only.

One expression and two alerts for a resource, however many objectives it has.
"""

from collections.abc import Mapping
from datetime import timedelta

from goserviceslo.api.alerting import Alerting
from goserviceslo.ports import Json
from goserviceslo.slo.alerts import alerting_rule
from goserviceslo.slo.conventions import (
    GROUP_PREFIX,
    METER_ALERT,
    NAME_LABEL,
    NAMESPACE_LABEL,
    OBJECTIVE_LABEL,
    OUTAGE_ALERT,
    OUTAGE_DELTA,
    PAGE,
    SEEN_BY_LABEL,
    SEEN_BY_REPLICAS,
    SEEN_BY_TARGETS,
    STALENESS,
    TICKET,
    TOTAL_DELTA,
)
from goserviceslo.slo.excluding import counted, silent
from goserviceslo.slo.promql import Matcher, duration, seconds, selector
from goserviceslo.slo.workload import Workload

CONFIRMED_AFTER = timedelta(seconds=90)
"""How long a workload must have been down to be called so: with scrapes every 30 s and tiles of 30 s, a page comes
150 s after the last pod has gone, and no restart of a Go service takes as long."""
_STEP = timedelta(seconds=15)
_COUNTED_LATELY = timedelta(minutes=1)
_SHOWN = timedelta(hours=1)
_METER_PACE = timedelta(minutes=4)
_METER_WAITS = timedelta(minutes=15)
_YESTERDAY = timedelta(hours=23, minutes=30)
_BUSY_HOUR = 100
"""Events in the same hour of the day before, from which on a series that is not there is no mere want of traffic."""


def outage_groups(
    workload: Workload, labels: Mapping[str, str], tile: timedelta, alerting: Alerting, *, in_maintenance: bool
) -> list[Json]:
    """The rule groups of a resource that do not belong to one objective; `labels` are those of its recorded series.

    With `in_maintenance` the objectives' rules record maintenance, so that these must look for it.
    """
    rules = _Outage(workload, labels, tile, alerting, in_maintenance=in_maintenance)
    path = f"{GROUP_PREFIX}/{labels[NAMESPACE_LABEL]}/{labels[NAME_LABEL]}"
    pages = [rules.page()] if alerting.page else []
    groups = [{"name": f"{path}/outage", "interval": duration(tile), "rules": [rules.recorded(), *pages]}]
    if alerting.no_data:
        groups.append({"name": f"{path}/meter", "interval": duration(_METER_PACE), "rules": [rules.meter()]})
    return groups


class _Outage:
    """The expressions of one workload."""

    def __init__(
        self,
        workload: Workload,
        labels: Mapping[str, str],
        tile: timedelta,
        alerting: Alerting,
        *,
        in_maintenance: bool,
    ) -> None:
        namespace = Matcher(NAMESPACE_LABEL, "=", workload.namespace)
        deployment = (namespace, Matcher("deployment", "=", workload.deployment))
        self._up = selector("up", (namespace, Matcher("pod", "=~", workload.pod_expression())))
        self._available = selector("kube_deployment_status_replicas_available", deployment)
        self._wanted = selector("kube_deployment_spec_replicas", deployment)
        own = [Matcher(label, "=", labels[label]) for label in (NAMESPACE_LABEL, NAME_LABEL)]
        self._outage = selector(OUTAGE_DELTA, own)
        self._total = selector(TOTAL_DELTA, own)
        self._own = ",".join(map(str, own))
        self._in_maintenance = in_maintenance
        self._alerting = alerting
        self._workload = workload
        self._labels = dict(labels)
        self._tile = tile

    def recorded(self) -> Json:
        """Seconds of a tile in which the workload was down; no series at all while it is not.

        The first tile of an outage also holds the time that it took to be sure of it.
        """
        down = f"{self._seen_by_replicas()} or on () {self._seen_by_targets()}"
        eventful = f"sum(sum_over_time({self._total}[{duration(_COUNTED_LATELY)}])) > 0"
        goes_on = f"last_over_time({self._outage}[{duration(2 * self._tile)}])"
        lately = duration(STALENESS)
        begins = (
            f"last_over_time({self._outage}[{lately}]) or max(max_over_time({self._up}[{lately}])) == 1 "
            f"or max(max_over_time({self._available}[{lately}])) > 0"
        )
        lasted = (
            f"(vector({seconds(self._tile)}) and on () {goes_on} "
            f"or vector({seconds(CONFIRMED_AFTER)}) and on () ({begins}))"
        )
        expression = f"(({down}) unless on () ({eventful})) + on () group_left () {lasted}"
        if self._in_maintenance:
            expression = counted(expression, self._own)
        return {"record": OUTAGE_DELTA, "expr": expression, "labels": self._labels}

    def page(self) -> Json:
        """Somebody must act: nobody is served, and no budget can burn."""
        expression = f"sum(sum_over_time({self._outage}[{duration(_SHOWN)}])) and on () {self._outage}"
        annotations = {
            "summary": f"{self._title()}: no pod of Deployment {self._workload.deployment} is up",
            "description": (
                f"None of its replicas is available, or Prometheus has reached none of its pods, for more than "
                f"{duration(CONFIRMED_AFTER)}; over the last {duration(_SHOWN)} for "
                "{{ $value | humanizeDuration }}. Nothing can be counted meanwhile, so no budget alert tells of "
                "it. Act now: look at the pods, and where they are well, at the network between Prometheus and "
                "them."
            ),
        }
        return alerting_rule(OUTAGE_ALERT, self._silenced(expression), PAGE, self._labels, annotations, self._alerting)

    def meter(self) -> Json:
        """The service may be well, but nobody measures it."""
        unreached = f"max({self._up}) == 0 and on () max({self._available}) > 0"
        an_hour = f"[{duration(timedelta(hours=1))}] offset {duration(_YESTERDAY)}"
        by = f"sum by ({OBJECTIVE_LABEL})"
        lost = (
            f"{by} (sum_over_time({self._total}{an_hour})) >= {_BUSY_HOUR} "
            f"unless on ({OBJECTIVE_LABEL}) {by} ({self._total}) and on () max({self._up}) == 1"
        )
        annotations = {
            "summary": f"{self._title()}: the service runs and is not measured",
            "description": (
                f"Prometheus reaches none of the pods of Deployment {self._workload.deployment} although they are "
                "available, or their metric has gone: at this time yesterday it counted more than "
                f"{_BUSY_HOUR} events an hour, and now there is no such series. What happens meanwhile is in no "
                "figure. Check the scrape configuration, and whether a new version names its metric otherwise."
            ),
        }
        expression = self._silenced(f"(({unreached}) or ({lost}))")
        rule = alerting_rule(METER_ALERT, expression, TICKET, self._labels, annotations, self._alerting)
        return rule | {"for": duration(_METER_WAITS)}

    def _silenced(self, condition: str) -> str:
        return silent(condition, self._own) if self._in_maintenance else condition

    def _title(self) -> str:
        return f"{self._labels[NAMESPACE_LABEL]}/{self._labels[NAME_LABEL]}"

    def _seen_by_replicas(self) -> str:
        """0 where pods have been wanted for five minutes and none was available lately."""
        span = duration(CONFIRMED_AFTER)
        wanted = f"min(min_over_time({self._wanted}[{duration(STALENESS)}])) > 0"
        return _seen(f"max(max_over_time({self._available}[{span}])) == 0 and on () {wanted}", SEEN_BY_REPLICAS)

    def _seen_by_targets(self) -> str:
        """0 where no target has answered lately, and nothing says how the Deployment is.

        In steps, so that the last known value stands where Prometheus itself was down and saw nothing, and so that a
        time in which there was no target, as between a scale-down and a return, is no outage.
        """
        span = f"{duration(CONFIRMED_AFTER)}:{duration(_STEP)}"
        silent = f"sum_over_time((1 - max({self._up}))[{span}]) == {CONFIRMED_AFTER // _STEP}"
        return _seen(f"0 * ({silent}) unless on () {self._available}", SEEN_BY_TARGETS)


def _seen(expression: str, by: str) -> str:
    return f'label_replace({expression}, "{SEEN_BY_LABEL}", "{by}", "", "")'
