"""Gauges and counters of pods, and how many slices of them must be good and bad."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.replay.counting import LAG, SETTINGS, TILE, WORKLOAD, assert_replays
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.replay.world import POD, Series

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.ports import Json
from goserviceslo.slo.indicator import TimeSlices, resolve
from goserviceslo.slo.rules import SloRef, render_groups

EVERY = 15
"""Seconds between scrapes."""
OURS = "checkout-6f7b8c9d4-b7c8d"
"""Another pod of the workload."""
THEIRS = "cart-5d9f8c7b6-x2z4k"
"""A pod of another one."""
IDENTITY = '{namespace="shop",goslo="checkout",objective="it"}'


def rules(kind: Mapping[str, Any]) -> tuple[Json, ...]:
    objective = Objective.model_validate({"name": "it", "target": 99, "window": "1h", **kind})
    indicator = resolve(objective, WORKLOAD, None, None)
    assert isinstance(indicator, TimeSlices), indicator
    return render_groups(SloRef("shop", "checkout"), [(objective, indicator)], SETTINGS)


def scraped(
    name: str, value: Callable[[int], float | str | None], until: int, pod: str = POD, labels: str = ""
) -> Series:
    """A series of a pod, the workload's unless another is given; None where a scrape did not show it."""
    where = f'pod="{pod}",instance="{pod}:8080",job="pods"' if pod else 'job="elsewhere"'
    values = {at: value(at) for at in range(0, until + 1, EVERY)}
    samples = {
        at: found if isinstance(found, str) else f"{found:.12g}" for at, found in values.items() if found is not None
    }
    return {f'{name}{{namespace="shop",{where}{labels}}}': samples}


def ends(until: int, length: int = 60) -> range:
    """The ends of slices whose tiles have been evaluated by then."""
    return range(0, until - LAG + 1, length)


def summed(name: str, value: float | None, until: int) -> Expectation:
    expression = f"sum_over_time({name}{IDENTITY}[{until}s])"
    return Expectation(expression, until, {} if value is None else {IDENTITY: value})


def assert_judged(
    promtool: Promtool, kind: Mapping[str, Any], series: Series, until: int, judged: Iterable[int], bad: Iterable[int]
) -> None:
    """Exactly the slices that end then are judged, and these of them bad, each in its own tile."""
    good_or_bad, failed = set(judged), set(bad)
    assert failed <= good_or_bad
    expected = [
        summed("goslo:total:delta", len(good_or_bad) or None, until),
        summed("goslo:bad:delta", len(failed) if good_or_bad else None, until),
    ]
    length = 30 if "30s" in str(kind) else 60
    for end in ends(until, length):
        at = end + TILE
        for name, ended in (("goslo:total:delta", good_or_bad), ("goslo:bad:delta", failed)):
            if end in good_or_bad:
                expected.append(Expectation(f"{name}{IDENTITY}", at, {f"{name}{IDENTITY}": int(end in ended)}))
    assert_replays(promtool, Replay(series, rules(kind), expected))
