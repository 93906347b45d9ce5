"""The services whose requests are counted: three pods each, scraped every half minute, for a month already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.scale.objectives import Promise, promise
from goserviceslo.ports import Json
from goserviceslo.slo import conventions

SCRAPE_SECONDS = 30
_PODS = ("x2v4z", "b7c8d", "kq9wt")
_HASH = "6b7f9c5d8"
_ROUTES = ("/v1/items", "/v1/pay", "/v1/cart", "/v1/users", "/v1/search", "/v1/orders")
_METHODS = ("GET", "POST")
_CODES = ("200", "500")
MOST_SERIES = len(_ROUTES) * len(_METHODS) * len(_CODES)
"""Series of the metric that a pod can have."""
_LIVE_FROM = 1e9
"""Above all that the past has counted, so that no counter falls where the two meet."""
_REQUESTS = {"200": 600}
"""Requests of one series between two scrapes, where it is more than a few."""
_A_FEW = 2
_STARTED = 1.7e9


@dataclass(frozen=True, slots=True)
class Fleet:
    """Services of one Prometheus."""

    services: int
    series: int
    """Series of `http_requests_total` that each pod has."""
    codes: tuple[str, ...] = _CODES
    """With which they answer."""

    @property
    def promises(self) -> list[Promise]:
        return [promise(number) for number in range(self.services)]

    def page(self, part: int, parts: int, scrape: int) -> bytes:
        """The text exposition of every `parts`-th service, at its `scrape`-th scrape."""
        lines = []
        for number in range(part, self.services, parts):
            for labels in _pods(promise(number)):
                target = _written(labels)
                lines.append(f"up{{{target}}} 1\nprocess_start_time_seconds{{{target}}} {_STARTED:.0f}\n")
                for own in self._kinds():
                    value = _LIVE_FROM + scrape * _REQUESTS.get(own["code"], _A_FEW)
                    lines.append(f"http_requests_total{{{target},{_written(own)}}} {value:.0f}\n")
        return "".join(lines).encode()

    def past(self, recorded: Sequence[Json]) -> Iterator[dict[str, Any]]:
        """What Prometheus has stored of the services, and of the `recorded` rules, in the words of `blocks`."""
        for made in self.promises:
            for labels in _pods(made):
                yield _series("up", labels, 1, gauge=True)
                yield _series("process_start_time_seconds", labels, _STARTED, gauge=True)
                for own in self._kinds():
                    yield _series("http_requests_total", {**labels, **own}, _REQUESTS.get(own["code"], _A_FEW))
        for rule in recorded:
            yield _series(rule["record"], rule["labels"], _LEVELS.get(rule["record"], 1e-3), gauge=True)

    def _kinds(self) -> Iterator[Mapping[str, str]]:
        every = [
            {"handler": route, "method": method, "code": code}
            for route in _ROUTES
            for method in _METHODS
            for code in self.codes
        ]
        return iter(every[: self.series])


_LEVELS = {conventions.TOTAL_DELTA: 1e4, conventions.BAD_DELTA: 40.0}


def _pods(made: Promise) -> Iterator[Mapping[str, str]]:
    number = int(made.key.name.rpartition("-")[2])
    for i, suffix in enumerate(_PODS):
        yield {
            "namespace": made.key.namespace,
            "pod": f"{made.key.name}-{_HASH}-{suffix}",
            "container": "app",
            "job": made.key.name,
            "instance": f"10.{i}.{number // 250}.{number % 250}:8080",
        }


def _written(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


def _series(name: str, labels: Mapping[str, str], step: float, *, gauge: bool = False) -> dict[str, Any]:
    return {"labels": {"__name__": name, **labels}, "every_seconds": SCRAPE_SECONDS, "step": step, "gauge": gauge}
