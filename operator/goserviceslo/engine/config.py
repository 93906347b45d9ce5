"""What the operator is told at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from goserviceslo.api.duration import format_duration

_LONGEST_RULE_INTERVAL = timedelta(minutes=1)
"""Rules sum the tiles of as little as a minute: of longer tiles there would be none in some of these sums."""
LONGEST_MEASURE_INTERVAL = timedelta(minutes=2)
"""Figures that are five minutes old are no evidence any more: one answer may get lost, and the next come late."""


class SinkChoice(StrEnum):
    """Where rules are to go."""

    AUTO = "auto"
    """A PrometheusRule where that kind exists, else ConfigMaps."""
    PROMETHEUS_RULE = "prometheusrule"
    CONFIG_MAP = "configmap"
    RULER = "ruler"
    """Through the API of a ruler (Mimir, Cortex), which keeps them itself."""


class LogFormat(StrEnum):
    """How log lines look."""

    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class LeaseSettings:
    """Leader election. A killed leader is replaced within `duration` plus the time of one request."""

    name: str = "goslo-operator"
    duration: timedelta = timedelta(seconds=13)
    """How long a lease holds that is not renewed."""
    renew_deadline: timedelta = timedelta(seconds=9)
    """How long a leader tries to renew before it stops by itself; below `duration`, so that two never lead."""
    retry_period: timedelta = timedelta(seconds=2)

    def __post_init__(self) -> None:
        if not timedelta() < self.retry_period < self.renew_deadline < self.duration - self.retry_period:
            raise ValueError(
                "leader election: write retry period < renew deadline < duration - retry period, such as 2s, 9s, 13s; "
                f"got {self.retry_period}, {self.renew_deadline} and {self.duration}"
            )


def check_rule_interval(interval: timedelta) -> None:
    """Raises ValueError, with what to write instead, for an interval at which rules do not count right."""
    if interval % timedelta(seconds=1) or not timedelta() < interval <= _LONGEST_RULE_INTERVAL:
        raise ValueError(
            f"rules interval: write whole seconds from 1s to 1m, such as 30s; got {format_duration(interval)}"
        )


@dataclass(frozen=True, slots=True)
class Config:
    """Everything but the way to the cluster and to Prometheus, which are handed in as ports."""

    identity: str
    """Names this replica in the Lease; unique, such as the pod's name."""
    operator_namespace: str
    """Where the Lease and the rule ConfigMaps live."""
    namespaces: tuple[str, ...] = ()
    """Namespaces to serve; empty: all of the cluster."""
    elect: bool = True
    """False: lead without a Lease (one replica, a laptop)."""
    lease: LeaseSettings = field(default_factory=LeaseSettings)
    workers: int = 16
    measure_interval: timedelta = timedelta(seconds=15)
    rule_interval: timedelta = timedelta(seconds=30)
    """Evaluation interval of the counting rules."""
    rule_lag: timedelta = timedelta(seconds=5)
    """How late a scraped sample may become visible to what evaluates the rules."""
    rule_sink: SinkChoice = SinkChoice.AUTO
    rule_labels: Mapping[str, str] = field(default_factory=dict)
    """Labels on every PrometheusRule, so that the Prometheus that should load them selects them."""
    shards: int = 8
    """Rule ConfigMaps; a Prometheus mounts them by name, so the number stays what it is."""
    ruler_prefix: str = "goslo"
    """First part of our rule namespaces in a ruler; whatever stands under it and belongs to no resource is removed."""
    relist_interval: timedelta = timedelta(minutes=10)
    listen_host: str = "0.0.0.0"  # noqa: S104 - probes come from the node, not from the pod
    listen_port: int = 8080
    """0: any free port."""
    log_format: LogFormat = LogFormat.JSON
    log_level: str = "INFO"

    def __post_init__(self) -> None:
        check_rule_interval(self.rule_interval)
        if not timedelta() < self.measure_interval <= LONGEST_MEASURE_INTERVAL:
            raise ValueError(
                "measure interval: write more than 0s and at most 2m, such as 15s; "
                f"got {format_duration(self.measure_interval)}"
            )
