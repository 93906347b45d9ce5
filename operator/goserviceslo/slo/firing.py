"""When the alerts of an objective fire over given tiles: the arithmetic of `alerts`, on numbers instead of in PromQL.

A replay in Prometheus holds the two to each other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from goserviceslo.slo.burn import BurnPair, BurnPolicy
from goserviceslo.slo.promql import number
from goserviceslo.slo.tiles import Tiles

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in milliseconds since the epoch; both ends are in it."""

    start_ms: int
    end_ms: int

    @property
    def length(self) -> timedelta:
        return (self.end_ms - self.start_ms) * _MILLISECOND


def burns(tiles: Tiles, policy: BurnPolicy, severity: str) -> Callable[[int], bool]:
    """Whether any condition of a severity holds at an instant."""
    budget = float(number(policy.budget))
    conditions = [_Condition(pair, budget) for pair in policy.pairs if pair.severity == severity]
    return lambda at_ms: any(condition.holds(tiles, at_ms) for condition in conditions)


class _Condition:
    def __init__(self, pair: BurnPair, budget: float) -> None:
        self._short, self._long = pair.short // _MILLISECOND, pair.long // _MILLISECOND
        self._factor = float(number(pair.factor))
        self._budget = budget
        self._least_bad = pair.least_bad

    def holds(self, tiles: Tiles, at_ms: int) -> bool:
        total, bad = tiles.between(at_ms - self._short, at_ms)
        # The short window first: of a service that does well it says so at once.
        if not total or not bad / total / self._budget > self._factor:
            return False
        total, bad = tiles.between(at_ms - self._long, at_ms)
        return bad >= self._least_bad and bad / total / self._budget > self._factor


def looks(start_ms: int, end_ms: int, pace: timedelta, phase_ms: int = 0) -> range:
    """The instants after `start_ms` and not after `end_ms` at which a rule is evaluated."""
    step = pace // _MILLISECOND
    return range(start_ms + 1 + (phase_ms - start_ms - 1) % step, end_ms + 1, step)


def fired(holds: Callable[[int], bool], instants: Iterable[int], wait: timedelta = timedelta(0)) -> tuple[Span, ...]:
    """From when to when an alert fires whose condition must have held for `wait` (its `for`)."""
    return tuple(_fired(holds, instants, wait // _MILLISECOND))


def _fired(holds: Callable[[int], bool], instants: Iterable[int], wait_ms: int) -> Iterator[Span]:
    since = first = last = None
    for at in instants:
        if holds(at):
            since = at if since is None else since
            if at - since >= wait_ms:
                first, last = (at if first is None else first), at
        else:
            if first is not None and last is not None:
                yield Span(first, last)
            since = first = last = None
    if first is not None and last is not None:
        yield Span(first, last)


def merged(spans: Sequence[Span], apart: timedelta) -> tuple[Span, ...]:
    """The spans, those that are not further apart than this made one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start_ms):
        if found and span.start_ms - found[-1].end_ms <= apart // _MILLISECOND:
            found[-1] = Span(found[-1].start_ms, max(found[-1].end_ms, span.end_ms))
        else:
            found.append(span)
    return tuple(found)
