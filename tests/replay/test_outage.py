"""The outage that takes the metrics along: told from all that merely looks like it, and counted in seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from tests.replay.counting import COUNTER, WORKLOAD, assert_replays, promise, rules, young
from tests.replay.promtool import AlertExpectation, Expectation, Promtool, Replay
from tests.replay.world import Pod, Series, World
from tests.table import cases

from goserviceslo.api.alerting import Alerting
from goserviceslo.ports import Json
from goserviceslo.slo.outage import outage_groups

pytestmark = pytest.mark.prometheus

START = 900
"""Seconds of good traffic before anything happens."""
OTHER = "checkout-5d9f8c7b6-b7c8d"
RULES = rules(promise(), COUNTER)
FOR_EVER = 10_000

Replicas = Mapping[int, int]
"""How many, from a second on."""


@dataclass(frozen=True)
class Happening:
    """Pods as Prometheus scrapes them, and the Deployment as kube-state-metrics shows it, where that is there."""

    pods: Sequence[Pod]
    until: int
    wanted: Replicas = field(default_factory=dict)
    available: Replicas = field(default_factory=dict)
    asleep: tuple[int, int] = (0, 0)
    """When Prometheus itself is down: nothing is stored, not even that a series ended."""

    def series(self) -> Series:
        stored = World(self.pods, self.until).series()
        labels = '{namespace="shop",deployment="checkout",job="kube-state-metrics"}'
        stored |= _replicas(f"kube_deployment_spec_replicas{labels}", self.wanted, self.until)
        stored |= _replicas(f"kube_deployment_status_replicas_available{labels}", self.available, self.until)
        start, end = self.asleep
        return {
            name: {at: value for at, value in samples.items() if not start <= at < end}
            for name, samples in stored.items()
        }


def _replicas(name: str, replicas: Replicas, until: int) -> Series:
    """Scraped every 30 s."""
    values = {}
    for at in range(10, until + 1, 30):
        known = [value for since, value in sorted(replicas.items()) if since <= at]
        if known:
            values[at] = str(known[-1])
    return {name: values} if values else {}


def pod(
    *lives: tuple[int, int],
    name: str = OTHER,
    per_second: float = 0.5,
    phase: int = 0,
    every: int = 15,
    known_from: int = 0,
    known_until: int = FOR_EVER,
) -> Pod:
    processes = [young(start, end, per_second) for start, end in lives]
    at = f"{name}:8080"
    return Pod(processes, name, at, phase=phase, every=every, known_from=known_from, known_until=known_until)


def firing(alert: str, at: int, count: int) -> Expectation:
    return Expectation(f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})', at, {"{}": count} if count else {})


def replay(promtool: Promtool, happened: Happening, *expected: Expectation) -> None:
    assert_replays(promtool, Replay(happened.series(), RULES, expected))


@cases(
    "late, phase, every",
    {
        "just before a scrape": (0, 0, 15),
        "just after one": (1, 0, 15),
        "late in a tile": (26, 7, 15),
        "scrapes every 30 s, one of them just before": (12, 11, 30),
    },
)
def test_an_outage_that_takes_the_metrics_along_pages_within_165_seconds(
    promtool: Promtool, late: int, phase: int, every: int
) -> None:
    down = START + late
    crashed = [pod((0, down), name=name, phase=phase, every=every) for name in (OTHER, "checkout-5d9f8c7b6-x2z4k")]
    happened = Happening(crashed, down + 165)
    replay(promtool, happened, firing("GoSLOOutage", down + 30, 0), firing("GoSLOOutage", down + 165, 1))


LOST_NODE = Happening([pod((0, START), known_until=START)], START + 165, wanted={0: 1}, available={0: 1, START: 0})
NOT_READY = Happening([pod((0, FOR_EVER), per_second=0)], START + 165, {0: 1}, {0: 1, START: 0})


@cases(
    "happened",
    {
        "the node is lost, so that no target is left to be down": LOST_NODE,
        "pods answer scrapes and are not ready, so that nobody is served": NOT_READY,
    },
)
def test_where_kubernetes_is_known_it_pages_as_soon_by_the_replicas(promtool: Promtool, happened: Happening) -> None:
    replay(promtool, happened, firing("GoSLOOutage", START + 60, 0), firing("GoSLOOutage", START + 165, 1))


def _until_woken(gap: int, wanted: Replicas | None = None, available: Replicas | None = None) -> Happening:
    """Scaled to zero, and back `gap` seconds later, with a port that opens only after a minute and a half."""
    back = START + gap
    pods = [
        pod((0, START), known_until=START),
        pod((back + 80, FOR_EVER), name="checkout-5d9f8c7b6-x2z4k", known_from=back),
    ]
    return Happening(pods, back + 300, wanted or {}, available or {})


@cases(
    "happened",
    {
        "all is well": Happening([pod((0, FOR_EVER))], 1800),
        "pods restart one after the other": Happening(
            [
                pod((0, START), (START + 200, FOR_EVER)),
                pod((0, START + 210), (START + 400, FOR_EVER), name="checkout-5d9f8c7b6-x2z4k"),
            ],
            1800,
        ),
        "the only pod restarts within a minute": Happening([pod((0, START), (START + 58, FOR_EVER))], 1800),
        "it is scaled to zero": Happening([pod((0, START), known_until=START)], 1800),
        "it is scaled to zero, and Kubernetes says so": Happening(
            [pod((0, START), known_until=START)], 1800, wanted={0: 1, START: 0}, available={0: 1, START: 0}
        ),
        "it comes back from zero after a long time": _until_woken(1200),
        "it comes back from zero after two minutes": _until_woken(120),
        "it comes back from zero after two minutes, and Kubernetes says so": _until_woken(
            120,
            wanted={0: 1, START: 0, START + 120: 1},
            available={0: 1, START: 0, START + 205: 1},
        ),
        "it is deployed for the first time and does not come up": Happening(
            [pod(known_from=300)], 1800, wanted={300: 1}, available={300: 0}
        ),
        "the same where Kubernetes is not known": Happening([pod(known_from=300)], 1800),
        "Prometheus restarts, and finds the pods again": Happening(
            [pod((0, FOR_EVER))], 1800, asleep=(START, START + 200)
        ),
        "Prometheus restarts, and its first scrape fails": Happening(
            [pod((0, START), (START + 210, FOR_EVER))], 1800, asleep=(START, START + 195)
        ),
        "Prometheus reaches no pod, and Kubernetes says that they are available": Happening(
            [pod((0, START))], 1800, wanted={0: 1}, available={0: 1}
        ),
        "one of a pod's scrapes, a minute apart, is lost": Happening(
            [pod((0, START), (START + 30, FOR_EVER), every=60)], 1800
        ),
        "pods are not ready and serve all the same": Happening(
            [pod((0, FOR_EVER))], 1800, wanted={0: 1}, available={0: 1, START: 0}
        ),
    },
)
def test_nobody_is_called_when(promtool: Promtool, happened: Happening) -> None:
    moments = [firing("GoSLOOutage", at, 0) for at in range(0, happened.until + 1, 30)]
    replay(promtool, happened, *moments, Expectation("goslo:outage:delta", happened.until, {}))


def test_its_seconds_are_recorded_and_no_event_is_made_up(promtool: Promtool) -> None:
    """Down from 900 to 1500: known to be down from the scrape at 900, up again with the one at 1500."""
    happened = Happening([pod((0, START), (START + 600, FOR_EVER))], 2100)
    outage = '{namespace="shop",goslo="checkout",seen_by="targets"}'
    seen = World(happened.pods, 2100).seen(2100 - 5)
    expected = [
        Expectation("goslo:outage:delta", START + 60, {}),
        Expectation("goslo:outage:delta", START + 90, {f"goslo:outage:delta{outage}": 90}),
        Expectation("goslo:outage:delta", START + 120, {f"goslo:outage:delta{outage}": 30}),
        Expectation("goslo:outage:delta", START + 600, {}),
        Expectation("sum_over_time(goslo:outage:delta[1h])", 2100, {outage: 570}),
        Expectation("sum(sum_over_time(goslo:total:delta[1h]))", 2100, {"{}": seen}),
        firing("GoSLOOutage", START + 570, 1),
        firing("GoSLOOutage", START + 600, 0),
    ]
    replay(promtool, happened, *expected)


@cases(
    "happened",
    {
        "an outage goes on for as long as it lasts": Happening([pod((0, START))], START + 5400),
        "Prometheus restarts meanwhile": Happening([pod((0, START))], START + 1200, asleep=(START + 600, START + 840)),
        "pods are replaced by others that do not come up either": Happening(
            [pod((0, START), known_until=START + 300), pod(name="checkout-77f8c7b69-x2z4k", known_from=START + 280)],
            START + 1200,
        ),
    },
)
def test_the_page_stays_while(promtool: Promtool, happened: Happening) -> None:
    replay(promtool, happened, firing("GoSLOOutage", START + 180, 1), firing("GoSLOOutage", happened.until, 1))


def test_what_kubernetes_proves_is_told_from_what_prometheus_suspects(promtool: Promtool) -> None:
    proven = 'goslo:outage:delta{namespace="shop",goslo="checkout",seen_by="replicas"}'
    happened = Happening([pod((0, START))], START + 300, {0: 1}, {0: 1, START: 0})
    replay(promtool, happened, Expectation("goslo:outage:delta", START + 300, {proven: 30}))


def test_a_page_tells_how_long_nobody_was_served(promtool: Promtool) -> None:
    labels = {"namespace": "shop", "goslo": "checkout", "severity": "page"}
    notes = {
        "summary": "shop/checkout: no pod of Deployment checkout is up",
        "description": (
            "None of its replicas is available, or Prometheus has reached none of its pods, for more than 90s; over "
            "the last 1h for 4m 30s. Nothing can be counted meanwhile, so no budget alert tells of it. Act now: look "
            "at the pods, and where they are well, at the network between Prometheus and them."
        ),
    }
    happened = Happening([pod((0, START))], START + 270)
    told = AlertExpectation("GoSLOOutage", START + 270, [(labels, notes)])
    assert_replays(promtool, Replay(happened.series(), RULES, alerts=[told]))


DAY = 86_400
METER: list[Json] = outage_groups(
    WORKLOAD, {"namespace": "shop", "goslo": "checkout"}, timedelta(seconds=30), Alerting(), in_maintenance=False
)[1:]


def every(seconds: int, start: int, end: int, value: str) -> dict[int, str]:
    return dict.fromkeys(range(start, end, seconds), value) | {end: "stale"}


@cases(
    "events, reached, available, fires",
    {
        "Prometheus is cut off from pods that are available": (None, 0, 1, 1),
        "pods are down": (None, 0, 0, 0),
        "the metric has gone from pods that are scraped, at a busy time of day": ("30", 1, 1, 1),
        "the metric has gone from pods that are not there": ("30", None, None, 0),
        "a pod has restarted at night, and nobody has asked it anything yet": ("1", 1, 1, 0),
    },
)
def test_who_only_is_not_measured_gets_a_ticket(
    promtool: Promtool, events: str | None, reached: int | None, available: int | None, fires: int
) -> None:
    """Tiles of a day, every four minutes here, that end; and what is scraped in the half hour after."""
    end, until = DAY, DAY + 2400
    series: Series = {}
    if events is not None:
        series['goslo:total:delta{namespace="shop",goslo="checkout",objective="a"}'] = every(240, 0, end, events)
    if reached is not None:
        series[f'up{{namespace="shop",pod="{OTHER}",job="pods"}}'] = every(60, end, until + 60, str(reached))
    if available is not None:
        name = 'kube_deployment_status_replicas_available{namespace="shop",deployment="checkout"}'
        series[name] = every(60, end, until + 60, str(available))
    expected = [firing("GoSLONotMeasured", end + 480, 0), firing("GoSLONotMeasured", until, fires)]
    assert_replays(promtool, Replay(series, METER, expected, step=60, pace=240))
