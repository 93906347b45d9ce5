"""Rules evaluated as a ruler does, one instant after the other, by whatever answers queries and takes remote writes.

Rules of a group run in turn, and each sees what those before it recorded. Every engine gets the same: what differs in
the outcome is what it makes of our PromQL.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from tests.replay.world import Series
from tests.sources.remotewrite import STALE, labels_of, push

from goserviceslo.ports import Json


@dataclass(frozen=True)
class Backend:
    """A source that is asked at `url` and written to at `write_url`."""

    url: str
    write_url: str
    settle: Callable[[], None] = field(default=lambda: None)
    """Makes what was written visible."""
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)

    def instant(self, promql: str, at: float) -> list[Json]:
        """The samples of an instant query; raises AssertionError with what the source says."""
        data = {"query": promql, "time": f"{at:.3f}", **self.params}
        answer = requests.post(f"{self.url}/api/v1/query", data=data, headers=self.headers, timeout=60)
        assert answer.status_code == 200, answer.text[:2000]
        result: list[Json] = answer.json()["data"]["result"]
        return result

    def store(self, series: Series, epoch: int) -> None:
        """Write a world whose second 0 is `epoch`."""
        push(self.write_url, ((labels_of(name), _placed(name, series[name], epoch)) for name in series), self.headers)
        self.settle()


def _placed(name: str, samples: Mapping[int, str], epoch: int) -> dict[int, float]:
    """Samples by milliseconds; what is itself an instant of the world moves with it."""
    moved = epoch if name.startswith("process_start_time_seconds") else 0
    return {(epoch + at) * 1000: STALE if value == "stale" else float(value) + moved for at, value in samples.items()}


def evaluate(backend: Backend, groups: Sequence[Json], start: int, end: int) -> None:
    """Run recording rules from `start` to `end`, in seconds since the epoch, each group at its interval."""
    for now in range(start, end + 1):
        for group in groups:
            interval = _seconds(group["interval"])
            if now % interval == 0:
                for rule in group["rules"]:
                    _run(backend, rule, now)


def _run(backend: Backend, rule: Mapping[str, Any], now: int) -> None:
    if "record" not in rule:
        return
    recorded = [
        ({**one["metric"], "__name__": rule["record"], **rule["labels"]}, {now * 1000: float(one["value"][1])})
        for one in backend.instant(rule["expr"], now)
    ]
    if recorded:
        push(backend.write_url, recorded, backend.headers)
        backend.settle()


def _seconds(interval: str) -> int:
    return int(interval[:-1]) * {"s": 1, "m": 60, "h": 3600}[interval[-1]]
