"""The kinds that count events besides HTTP, held to the truth like them: gRPC, ratios, chosen places, good minutes."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.replay.counting import (
    LAG,
    SETTINGS,
    TILE,
    WORKLOAD,
    assert_replays,
    check,
    failed,
    long_running,
    mixed,
    promise,
    slow,
    tiles,
    young,
)
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.replay.world import POD, Exposed, Pod, Process, Request, World, classic_histogram, steady
from tests.table import cases

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.ports import Json
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.indicator import Indicator, resolve
from goserviceslo.slo.rules import SloRef, render_groups

pytestmark = pytest.mark.prometheus

OTHER = "checkout-5d9f8c7b6-b7c8d"
PLACES = {0.1: ("shop.Cart", "Add"), 0.2: ("shop.Cart", "List"), 0.3: ("shop.Pay", "Add"), 0.4: ("shop.Pay", "List")}
"""The place that a request goes to, told by how long it takes."""
CHOSEN = ("shop.Cart/Add", "shop.Pay/List")


def goes_where_it_counts(request: Request) -> bool:
    return "/".join(PLACES[request.seconds]) in CHOSEN


def everywhere(start: int, end: int) -> Process:
    """Traffic of every place, each with failures of its own."""
    requests = [
        one for at, seconds in enumerate(PLACES) for one in steady(start, end, 0.3, fail_every=at + 2, seconds=seconds)
    ]
    return Process(start, end, requests)


def by_labels(metric: str, labels: Callable[[Request], str]) -> Callable[[Process, int], Exposed]:
    """A counter of requests by whatever labels they get."""

    def expose(process: Process, at: int) -> Exposed:
        values = Counter(labels(request) for request in process.requests if request.at <= at)
        return {f"{metric}{{{key}": str(value) for key, value in values.items()}

    return expose


def grpc_go(request: Request) -> str:
    service, method = PLACES[request.seconds]
    code = "Unavailable" if failed(request) else "NotFound"
    return f'grpc_type="unary",grpc_service="{service}",grpc_method="{method}",grpc_code="{code}",'


def otel_of_old(request: Request) -> str:
    service, method = PLACES[request.seconds]
    return f'rpc_service="{service}",rpc_method="{method}",rpc_grpc_status_code="{14 if failed(request) else 5}",'


def otel(request: Request) -> str:
    code = "DATA_LOSS" if failed(request) else "NOT_FOUND"
    return f'rpc_method="{"/".join(PLACES[request.seconds])}",rpc_response_status_code="{code}",'


def by_path(request: Request) -> str:
    return f'code="{request.code}",path="{"/".join(PLACES[request.seconds])}",'


GRPC_SERVERS = {
    "grpc-go": (
        MetricShape(
            "grpc_server_handled_total", MetricKind.COUNTER, frozenset({"grpc_code", "grpc_service", "grpc_method"})
        ),
        grpc_go,
    ),
    "OpenTelemetry of old": (
        MetricShape(
            "rpc_server_duration_milliseconds",
            MetricKind.CLASSIC_HISTOGRAM,
            frozenset({"rpc_grpc_status_code", "rpc_service", "rpc_method"}),
        ),
        otel_of_old,
    ),
    "OpenTelemetry, service and method in one label": (
        MetricShape(
            "rpc_server_call_duration_seconds",
            MetricKind.CLASSIC_HISTOGRAM,
            frozenset({"rpc_response_status_code", "rpc_method"}),
        ),
        otel,
    ),
}
HTTP_SERVERS = {
    "routes of an HTTP server": (
        MetricShape("http_requests_total", MetricKind.COUNTER, frozenset({"code", "path"})),
        by_path,
    )
}


@cases("shape, labels", GRPC_SERVERS | HTTP_SERVERS)
def test_only_what_goes_to_a_chosen_place_counts(
    promtool: Promtool, shape: MetricShape, labels: Callable[[Request], str]
) -> None:
    pods = [
        Pod([everywhere(0, 400), everywhere(413, 900)]),
        Pod([everywhere(300, 900)], OTHER, "10.0.0.2:8080", phase=4),
    ]
    world = World(pods, 900, expose=by_labels(counter_of(shape), labels))
    chosen = replace(world, pods=[replace(pod, processes=[*map(only_chosen, pod.processes)]) for pod in pods])
    objective = of_kind({"http": {"routes": CHOSEN}} if labels is by_path else {"grpc": {"methods": CHOSEN}})
    expected = tiles(chosen, objective, failed)
    assert_replays(promtool, Replay(world.series(), rules(objective, shape), expected))


def counter_of(shape: MetricShape) -> str:
    return shape.name if shape.kind is MetricKind.COUNTER else f"{shape.name}_count"


def only_chosen(process: Process) -> Process:
    return replace(process, requests=[one for one in process.requests if goes_where_it_counts(one)])


def of_kind(kind: Mapping[str, Any]) -> Objective:
    return Objective.model_validate({"name": "it", "target": "99.9", "window": "30d", **kind})


def rules(objective: Objective, *shapes: MetricShape) -> tuple[Json, ...]:
    indicator = resolve(objective, WORKLOAD, shapes, None)
    assert isinstance(indicator, Indicator), indicator
    return render_groups(SloRef("shop", "checkout"), [(objective, indicator)], SETTINGS)


def test_a_call_is_slow_by_the_histogram_of_its_calls(promtool: Promtool) -> None:
    def expose(process: Process, at: int) -> Exposed:
        http = classic_histogram("100", "300", "1000")(in_milliseconds(process), at)
        return {
            key.replace("http_request_duration_seconds", "rpc_server_duration_milliseconds"): v
            for key, v in http.items()
        }

    def in_milliseconds(process: Process) -> Process:
        return replace(process, requests=[replace(one, seconds=one.seconds * 1000) for one in process.requests])

    world = World([Pod([mixed(0, 400), mixed(411, 900)])], 900, expose=expose)
    shape = MetricShape("rpc_server_duration_milliseconds", MetricKind.CLASSIC_HISTOGRAM, frozenset(), ("100", "300"))
    objective = of_kind({"grpc": {"faster": "300ms"}})
    assert_replays(promtool, Replay(world.series(), rules(objective, shape), tiles(world, objective, slow)))


def test_a_bound_between_two_buckets_counts_by_the_stricter(promtool: Promtool) -> None:
    requests = [Request(3 + i, seconds=0.1 * (1 + i % 6)) for i in range(800)]
    world = World([Pod([Process(0, 900, requests)])], 900, expose=classic_histogram("0.1", "0.3", "1"))
    shape = MetricShape(
        "http_request_duration_seconds", MetricKind.CLASSIC_HISTOGRAM, frozenset({"code"}), ("0.1", "0.3", "1")
    )
    check(promtool, world, promise("latency", "99", faster="450ms"), shape, lambda one: one.seconds > 0.3)


def files(process: Process, at: int) -> Exposed:
    """Files by what became of them, and mismatches once more in a counter of their own that the first one creates."""
    seen = [request for request in process.requests if request.at <= at]
    bad = sum(map(failed, seen))
    exposed = {
        'sync_files_total{result="same",': str(len(seen) - bad),
        'sync_files_total{result="other",': str(bad),
    }
    return exposed | ({'sync_mismatches_total{kind="metadata",': str(bad)} if bad else {})


RATIO_WORLDS = {
    "steady traffic of a process that ran long before it was watched": World([Pod([long_running(900)])], 900),
    "a restart": World([Pod([young(0, 307), young(309, 900)], phase=2)], 900),
    "the first mismatch ever, long after the start": World(
        [Pod([Process(-9000, 10**6, [*steady(-9000, 900, 0.5), Request(433.3, "500")], contact=True)])], 900
    ),
    "scrapes that fail for four minutes": World([Pod([young(0, 1200)], unreachable=[(300, 540)])], 1200),
    "scrapes that fail for longer than a series is remembered": World(
        [Pod([long_running(1500, tells_its_age=False)], unreachable=[(300, 760)])], 1500
    ),
    "nothing happens": World([Pod([Process(0, 900)])], 900),
    "pods of another workload": World(
        [Pod([young(0, 900)], "sync-0", "10.0.0.3:8080"), Pod([young(40, 900)], "sync-1", "10.0.0.4:8080", phase=4)],
        900,
    ),
}


@cases("world", RATIO_WORLDS)
@pytest.mark.parametrize(
    "ratio",
    [
        {"bad": 'sync_mismatches_total{kind="metadata"}', "total": "sync_files_total"},
        {"good": 'sync_files_total{result="same"}', "total": "sync_files_total"},
    ],
    ids=["by its bad events", "by its good events"],
)
def test_a_ratio_counts_every_event_of_two_counters(promtool: Promtool, world: World, ratio: dict[str, str]) -> None:
    world = replace(world, expose=files)
    objective = of_kind({"ratio": ratio})
    assert_replays(promtool, Replay(world.series(), rules(objective), tiles(world, objective, failed)))


@cases("world", RATIO_WORLDS)
@pytest.mark.parametrize(("shape", "labels"), GRPC_SERVERS.values(), ids=GRPC_SERVERS)
def test_every_call_counts_and_those_that_are_the_servers_fault_are_bad(
    promtool: Promtool, world: World, shape: MetricShape, labels: Callable[[Request], str]
) -> None:
    pods = [pod for pod in world.pods if pod.name == POD]
    world = replace(world, expose=by_labels(counter_of(shape), labels), pods=pods or [replace(world.pods[0], name=POD)])
    objective = of_kind({"grpc": {}})
    assert_replays(promtool, Replay(world.series(), rules(objective, shape), tiles(world, objective, failed)))


def test_a_ratio_without_a_series_counts_nothing(promtool: Promtool) -> None:
    world = World([Pod([young(0, 300)])], 300)
    objective = of_kind({"ratio": {"bad": "sync_mismatches_total", "total": "sync_files_total"}})
    expected = [Expectation("goslo:total:delta or goslo:bad:delta", at, {}) for at in range(TILE, 300, TILE)]
    assert_replays(promtool, Replay(world.series(), rules(objective), expected))


QUIET_AND_LOUD = [
    *steady(0, 300, 1, fail_every=100),
    *steady(360, 420, 2, fail_every=3),
    *steady(480, 620, 1, fail_every=2),
    Request(700.5, "500"),
    *steady(800, 900, 1, fail_every=20),
]
"""Few failures, silence, many failures, exactly half, and a minute with a single request, which fails."""


@pytest.mark.parametrize(("length", "good"), [(60, "99"), (60, "50"), (120, "95"), (300, "98.5")])
def test_a_minute_is_good_when_enough_of_its_events_are(promtool: Promtool, length: int, good: str) -> None:
    world = World([Pod([Process(0, 1000, QUIET_AND_LOUD)], known_from=0)], 960)
    objective = of_kind(
        {"slices": {"length": f"{length}s" if length % 60 else f"{length // 60}m", "good": float(good)}, "http": {}}
    )
    shape = MetricShape("http_requests_total", MetricKind.COUNTER, frozenset({"code"}))
    total = bad = 0
    for end in range(length, world.until + 1, length):
        events = world.seen(end - LAG) - world.seen(end - length - LAG)
        failures = world.seen(end - LAG, failed) - world.seen(end - length - LAG, failed)
        total += events > 0
        bad += failures > (1 - float(good) / 100) * events + 1e-9
    labels = '{namespace="shop",goslo="checkout",objective="it"}'
    expected = [
        Expectation(f"sum_over_time({name}{labels}[960s])", 960, {labels: value})
        for name, value in (("goslo:total:delta", total), ("goslo:bad:delta", bad))
    ]
    # Tiles in which no minute ends count none, so that nobody takes the objective for silent.
    expected += [
        Expectation(f"{name}{labels}", 930, {f"{name}{labels}": 0}) for name in ("goslo:total:delta", "goslo:bad:delta")
    ]
    assert_replays(promtool, Replay(world.series(), rules(objective, shape), expected))
