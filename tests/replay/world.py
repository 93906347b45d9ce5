"""A small world of pods, processes and scrapes, and the truth about it.

The world says what happened (requests, starts, ends, scrapes) in whole seconds. From that two things follow, each by
its own way: the series that Prometheus would have stored, and how many events had been *seen* by any instant, which is
a matter of adding up what each process had counted at its last scrape. No PromQL has a part in the second.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, log2

Series = dict[str, dict[int, str]]
"""Values by second, by series as Prometheus writes it; `stale` where a staleness marker was stored."""

OUT_OF_SIGHT = 300
"""Seconds between two scrapes of a process, above which what it counted in between is not counted."""
POD = "checkout-5d9f8c7b6-x2z4k"


@dataclass(frozen=True)
class Request:
    """One request: when it was counted, its status, and how long it took."""

    at: float
    code: str = "200"
    seconds: float = 0.1


@dataclass(frozen=True)
class Process:
    """One run of the program: its counters start at zero."""

    start: int
    end: int
    requests: Sequence[Request] = ()
    eager: bool = False
    """Whether it exposes series for 200 and 500 before it has counted any; a CounterVec does not."""
    tells_its_age: bool = True
    bounds: tuple[str, ...] = ()
    """Buckets of its own, where this version of the program has others."""
    contact: bool = False
    """Whether it had run unseen for so long that what it counted before its first scrape cannot be counted."""


@dataclass(frozen=True)
class Pod:
    """One scrape target and the processes that run in it one after the other."""

    processes: Sequence[Process]
    name: str = POD
    instance: str = "10.0.0.1:8080"
    job: str = "pods"
    known_from: int = 0
    known_until: int = 10**9
    """When service discovery names it, and ceases to."""
    phase: int = 0
    every: int = 15
    unreachable: Sequence[tuple[int, int]] = ()
    """Stretches of time in which scrapes fail though the process runs."""
    more: str = ""
    """A further label of the target."""

    def scrapes(self, until: int) -> Iterable[int]:
        return (t for t in range(self.phase, until + 1, self.every) if self.known_from <= t < self.known_until)

    def running(self, at: int) -> Process | None:
        """The process that answers a scrape, None where the scrape fails."""
        if any(start <= at < end for start, end in self.unreachable):
            return None
        return next((one for one in self.processes if one.start <= at < one.end), None)

    def labels(self) -> str:
        return f'namespace="shop",pod="{self.name}",instance="{self.instance}",job="{self.job}"{self.more}'


Exposed = Mapping[str, str]
"""What a scrape shows: values by the beginning of a series, to which the target's labels are added."""


def counter(process: Process, at: int) -> Exposed:
    """`http_requests_total` by status."""
    values = dict.fromkeys(("200", "500"), 0) if process.eager else {}
    values.update(Counter(request.code for request in process.requests if request.at <= at))
    return {f'http_requests_total{{code="{code}",': str(value) for code, value in values.items()}


def classic_histogram(*bounds: str) -> Callable[[Process, int], Exposed]:
    """`http_request_duration_seconds` by status, with these buckets."""

    def expose(process: Process, at: int) -> Exposed:
        values: Counter[str] = Counter()
        for request in process.requests:
            if request.at <= at:
                values[f'http_request_duration_seconds_count{{code="{request.code}",'] += 1
                for le in (*(process.bounds or bounds), "+Inf"):
                    key = f'http_request_duration_seconds_bucket{{le="{le}",code="{request.code}",'
                    values[key] += int(request.seconds <= float(le))
        return {key: str(value) for key, value in values.items()}

    return expose


def native_histogram(process: Process, at: int) -> Exposed:
    """`http_request_duration_seconds` by status, with buckets that end at powers of two, from 1/16 s to 2 s."""
    values: dict[str, list[int]] = {}
    for request in process.requests:
        if request.at <= at:
            counts = values.setdefault(request.code, [0] * 5)
            counts[max(0, ceil(log2(request.seconds)) + 3)] += 1
    return {
        f'http_request_duration_seconds{{code="{code}",': (
            f"{{{{schema:0 offset:-3 count:{sum(counts)} sum:1 buckets:[{' '.join(map(str, counts))}]}}}}"
        )
        for code, counts in values.items()
    }


@dataclass
class World:
    """Pods, and the time in which they are watched."""

    pods: Sequence[Pod]
    until: int
    watched_from: int = 0
    expose: Callable[[Process, int], Exposed] = field(default=counter)

    def series(self) -> Series:
        """What Prometheus stored: samples, `up`, and staleness markers where a series ceased."""
        stored: Series = {}
        for pod in self.pods:
            self._scrape(pod, stored)
        return stored

    def _scrape(self, pod: Pod, stored: Series) -> None:
        last: set[str] = set()
        end = 0
        for at in pod.scrapes(self.until):
            if at < self.watched_from:
                continue
            labels, process = pod.labels(), pod.running(at)
            present = {f"up{{{labels}}}": str(int(process is not None))}
            if process is not None:
                present |= {f"{key}{labels}}}": value for key, value in self.expose(process, at).items()}
                if process.tells_its_age:
                    present[f"process_start_time_seconds{{{labels}}}"] = str(process.start)
            for gone in last - present.keys():
                stored[gone][at] = "stale"
            for key, value in present.items():
                stored.setdefault(key, {})[at] = value
            last, end = set(present), at
        if end + pod.every <= self.until:
            for gone in last:
                stored[gone][end + pod.every] = "stale"

    def seen(self, at: float, bad: Callable[[Request], bool] = lambda _: True) -> int:
        """Events that some scrape had shown by then: each process as of its last scrape."""
        return sum(self._seen_of(pod, process, at, bad) for pod in self.pods for process in pod.processes)

    def _seen_of(self, pod: Pod, process: Process, at: float, bad: Callable[[Request], bool]) -> int:
        moments = sorted(request.at for request in process.requests if bad(request))
        seen, before = 0, None
        for scrape in pod.scrapes(self.until):
            if scrape > at or scrape < self.watched_from or pod.running(scrape) is not process:
                continue
            lost = process.contact if before is None else scrape - before > OUT_OF_SIGHT
            if not lost:
                seen += bisect_right(moments, scrape) - (0 if before is None else bisect_right(moments, before))
            before = scrape
        return seen

    def last_shown(self, at: float) -> int | None:
        """The last scrape by then that showed any counted series."""
        shown = [
            t
            for pod in self.pods
            for t in pod.scrapes(self.until)
            if self.watched_from <= t <= at and (process := pod.running(t)) is not None and self.expose(process, t)
        ]
        return max(shown, default=None)


def steady(start: float, end: float, per_second: float, fail_every: int = 0, seconds: float = 0.1) -> list[Request]:
    """Even traffic; every n-th request fails."""
    count = int((end - start) * per_second)
    return [
        Request(start + (i + 0.5) / per_second, "500" if fail_every and i % fail_every == 0 else "200", seconds)
        for i in range(count)
    ]
