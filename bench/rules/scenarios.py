"""Services whose every request is known, as a Prometheus sees them: the truth beside what rules make of it.

Traffic is given as requests per second over time; what has happened is its integral, in whole requests. Every scenario
ends with two minutes without a request, so that nothing is left to be scraped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from bench.scale.objectives import Promise, promise

Series = dict[str, dict[int, str]]
"""Values by second, by series as Prometheus writes it; `stale` where a staleness marker was stored."""
Traffic = Callable[[int], tuple[float, float]]
"""Good and bad requests per second of one pod, at a second of the scenario."""

HOUR = 3600
WINDOW_SECONDS = 6 * HOUR
"""The objective's window, and the length of every scenario: what fits into promtool's engine."""
_QUIET_SECONDS = 120
_GOLDEN = 0.6180339887498949
_SCRAPE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Run:
    """A process from its start to its end, in a pod."""

    pod: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What happened in the window."""

    total: int
    bad: int

    @property
    def bad_ratio(self) -> float:
        return self.bad / self.total

    def __add__(self, other: "Truth") -> "Truth":
        return Truth(self.total + other.total, self.bad + other.bad)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Traffic, and the processes among which it is shared out evenly."""

    title: str
    traffic: Traffic
    runs: tuple[Run, ...] = field(default_factory=lambda: _steady(2))
    made: Promise = field(default_factory=lambda: promise(0))

    def play(self) -> tuple[Series, Truth, Truth]:
        """All that a Prometheus stored, what happened, and what of it any scrape had shown."""
        stored: Series = {}
        shown = Truth(0, 0)
        happened = self._unanswered()
        for run, counted in self._counts().items():
            last = self._scrape(run, counted, stored)
            happened += Truth(sum(counted[-1]), counted[-1][1])
            shown += Truth(sum(counted[last]), counted[last][1])
        self._fail(stored)
        return stored, happened, shown

    def _fail(self, stored: Series) -> None:
        """Scrapes of a pod between two of its processes: nobody answers, and what there was is stale."""
        for one, following in pairwise(sorted(self.runs, key=lambda run: (run.pod, run.start))):
            if following.pod != one.pod:
                continue
            for at in range(_scrape_after(one.pod, one.end), following.start, _SCRAPE_SECONDS):
                for series, values in stored.items():
                    if self._target(one) in series and (series.startswith("up{") or at - _SCRAPE_SECONDS in values):
                        values[at] = "0" if series.startswith("up{") else "stale"

    def _target(self, run: Run) -> str:
        return (
            f'namespace="{self.made.key.namespace}",job="{self.made.key.name}",'
            f'pod="{self.made.key.name}-6b7f9c5d8-{_name(run.pod)}",instance="10.0.0.{run.pod}:8080"'
        )

    def _unanswered(self) -> Truth:
        """Requests that come while no process runs: bad, and counted by nobody."""
        missed = [at for at in range(self._busy_seconds()) if not any(run.start <= at < run.end for run in self.runs)]
        lost = round(sum(sum(self.traffic(at)) for at in missed))
        return Truth(lost, lost)

    def _busy_seconds(self) -> int:
        return WINDOW_SECONDS - _QUIET_SECONDS

    def _counts(self) -> Mapping[Run, list[tuple[int, int]]]:
        """Of each process, what it has counted by each second of its life."""
        # Each begins at another fraction of an event: else all would end just before, or just after, their last one.
        sums = {run: [number * _GOLDEN % 1, number * _GOLDEN % 1] for number, run in enumerate(self.runs)}
        counted: dict[Run, list[tuple[int, int]]] = {run: [] for run in self.runs}
        for at in range(WINDOW_SECONDS):
            alive = [run for run in self.runs if run.start <= at < run.end]
            rates = self.traffic(at) if at < self._busy_seconds() else (0.0, 0.0)
            for run in alive:
                for i, rate in enumerate(rates):
                    sums[run][i] += rate / len(alive)
                counted[run].append((int(sums[run][0] + 1e-6), int(sums[run][1] + 1e-6)))
        return counted

    def _scrape(self, run: Run, counted: list[tuple[int, int]], stored: Series) -> int:
        """Store what scrapes show of a process; the second of its life at which the last of them was."""
        target, first = self._target(run), _scrape_after(run.pod, run.start)
        for at in range(first, min(run.end, WINDOW_SECONDS), _SCRAPE_SECONDS):
            present = {f"up{{{target}}}": 1, f"process_start_time_seconds{{{target}}}": run.start}
            for code, count in zip(("200", "500"), counted[at - run.start], strict=True):
                if count:
                    present[f'http_requests_total{{code="{code}",{target}}}'] = count
            for series, value in present.items():
                stored.setdefault(series, {})[at] = str(value)
        after = _scrape_after(run.pod, run.end)
        if after < WINDOW_SECONDS and not any(other.pod == run.pod and other.start >= run.end for other in self.runs):
            for series, values in stored.items():
                if target in series:
                    values[after] = "stale"
        return at - run.start


def _scrape_after(pod: int, second: int) -> int:
    """When a pod is scraped next, or just then."""
    return second + (pod * 7 - second) % _SCRAPE_SECONDS


_LETTERS = "bcdfghjklmnpqrstvwxz"


def _name(pod: int) -> str:
    """Five characters as Kubernetes chooses them."""
    return "xk" + "".join(_LETTERS[pod // 20**i % 20] for i in range(3))


def _steady(pods: int) -> tuple[Run, ...]:
    return tuple(Run(pod, 0, WINDOW_SECONDS) for pod in range(pods))


def _day_and_night(at: int) -> tuple[float, float]:
    """A thousand times the traffic by day; one minute in ten of the night fails."""
    if at < 3 * HOUR:
        return 20, 0.002
    return (0, 0.02) if at % 600 < 60 else (0.02, 0)


def _busy_outage(at: int) -> tuple[float, float]:
    """The same, with five minutes by day in which everything fails."""
    if at < 3 * HOUR:
        return (0, 20) if HOUR <= at < HOUR + 300 else (20, 0)
    return 0.02, 0


def _bursts(at: int) -> tuple[float, float]:
    """A minute of work in every half hour, of which one request in fifty fails; nothing in between."""
    return (49, 1) if at % 1800 < 60 else (0, 0)


def _one_an_hour(at: int) -> tuple[float, float]:
    """Six requests, of which the third fails."""
    return (0, 0) if at % HOUR != HOUR // 2 else ((0, 1) if at // HOUR == 2 else (1, 0))


def _idle(at: int) -> tuple[float, float]:
    """A quarter of an hour of traffic at either end, and nothing in between; the first one has errors."""
    if at < 900:
        return 5, 0.05
    return (5, 0) if at >= WINDOW_SECONDS - 1020 else (0, 0)


def _outage(at: int) -> tuple[float, float]:
    """Ten minutes in which everything fails."""
    return (0, 10) if 2 * HOUR <= at < 2 * HOUR + 600 else (10, 0)


def _even(at: int) -> tuple[float, float]:
    """One request in a hundred fails."""
    return 9.9, 0.1


def _restarts() -> tuple[Run, ...]:
    """Three pods whose containers restart every twenty minutes, one after the other, within a few seconds."""
    found = []
    for pod in range(3):
        starts = [0, *range(300 + 400 * pod, WINDOW_SECONDS, 1200)]
        ends = [*(start - 3 for start in starts[1:]), WINDOW_SECONDS]
        found += [Run(pod, start, end) for start, end in zip(starts, ends, strict=True)]
    return tuple(found)


def _crash(start: int, end: int) -> tuple[Run, ...]:
    """Two pods of which no process runs from one second to before another."""
    return tuple(run for pod in range(2) for run in (Run(pod, 0, start), Run(pod, end, WINDOW_SECONDS)))


def _away(start: int, end: int) -> tuple[Run, ...]:
    """Two pods, gone from one second to before another, when two new ones come."""
    before = [Run(pod, 0, start) for pod in range(2)]
    return (*before, *(Run(pod, end, WINDOW_SECONDS) for pod in (2, 3)))


def _by_day(at: int) -> tuple[float, float]:
    """One request in a hundred fails; none comes in the two hours in which there is no pod."""
    return (0, 0) if 2 * HOUR <= at < 4 * HOUR else _even(at)


def _churn() -> tuple[Run, ...]:
    """Two pods at any time, each replaced after ten minutes by another with a new name: seventy-two in six hours."""
    life = 600
    return tuple(
        Run(2 * number + side, max(0, start), min(start + life, WINDOW_SECONDS))
        for side, offset in enumerate((0, -life // 2))
        for number, start in enumerate(range(offset, WINDOW_SECONDS, life))
    )


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("even traffic", _even),
    Scenario("a thousand times the traffic by day, errors by night", _day_and_night),
    Scenario("a thousand times the traffic by day, an outage of 5 min by day", _busy_outage),
    Scenario("a minute of work in every half hour, idle between", _bursts),
    Scenario("one request an hour, one of them fails", _one_an_hour, _steady(1)),
    Scenario("idle but for its first and last quarter of an hour", _idle),
    Scenario("a full outage of 10 min", _outage),
    Scenario("a full outage of 10 min that takes the metrics along", _even, _crash(2 * HOUR, 2 * HOUR + 600)),
    Scenario("scaled to zero for two hours, and back", _by_day, _away(2 * HOUR + 90, 4 * HOUR)),
    Scenario("containers that restart every 20 min", _even, _restarts()),
    Scenario("pods that are replaced every 10 min", _even, _churn()),
)
