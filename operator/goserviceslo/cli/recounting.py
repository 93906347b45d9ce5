"""Counts raw series again, piece by piece: a source is asked no more at once than it answers in some seconds."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.cli.asking import NoAnswer, whole
from goserviceslo.cli.resources import Named
from goserviceslo.ports import HistoryPort, Partial, Trouble, Unavailable
from goserviceslo.slo.indicator import EventIndicator, Unresolved, names_to_look_for, resolve
from goserviceslo.slo.rules import RuleSettings
from goserviceslo.slo.shapes import assemble_shapes, discovery_query
from goserviceslo.slo.tiles import Tiles, instant, recount, recounted_tiles
from goserviceslo.slo.workload import Workload

FIRST_PIECE, SHORTEST_PIECE, LONGEST_PIECE = timedelta(hours=1), timedelta(minutes=5), timedelta(days=1)
_QUICK_SECONDS = 5.0
"""A piece that took less makes the next one twice as long; one that timed out is asked for by halves."""


class NothingToCount(Exception):
    """Of an objective nothing can, or need, be counted again; the text says why."""


def found_indicator(history: HistoryPort, objective: Objective, workload: Workload, at: datetime) -> EventIndicator:
    """What the objective counts, by the metrics that its pods show at `at`. Raises NoAnswer and NothingToCount."""
    metrics, labels = names_to_look_for(objective)
    answers = []
    for question in discovery_query([workload.namespace], metrics, labels):
        answer = history.query(question, at)
        if isinstance(answer, Unavailable):
            raise NoAnswer(answer.detail)
        if isinstance(answer, Partial):
            raise NoAnswer(f"The answer is incomplete: {'; '.join(answer.warnings)}")
        answers.append(answer)
    shapes = assemble_shapes(answers, [workload]).get((workload.namespace, workload.deployment), ())
    resolved = resolve(objective, workload, shapes, None)
    if isinstance(resolved, Unresolved):
        raise NothingToCount(resolved.message)
    if not isinstance(resolved, EventIndicator):
        raise NothingToCount("it counts slices of time, and only events can be counted again from the past.")
    return resolved


def recounted(
    history: HistoryPort,
    indicator: EventIndicator,
    settings: RuleSettings,
    start: datetime,
    end: datetime,
    *,
    at_most: timedelta,
    say: str = "",
) -> Iterator[Tiles]:
    """The tiles at `start`, `start` plus an interval, and so on, not after `end`; one item a piece.

    Raises NoAnswer where the source fails, or where it would take longer than `at_most`.
    """
    question, piece, begun, whole_span = (
        recount(indicator, settings.tile),
        FIRST_PIECE,
        time.monotonic(),
        end - start,
    )
    first = start
    while start <= end:
        last = min(start + piece - settings.interval, end)
        asked = time.monotonic()
        answer = history.steps(question, start, last, settings.interval)
        if isinstance(answer, Unavailable) and answer.trouble is Trouble.TIMED_OUT and piece > SHORTEST_PIECE:
            piece = max(SHORTEST_PIECE, piece / 2)
            continue
        yield recounted_tiles(whole(answer), indicator.counts)
        now = time.monotonic()
        start = last + settings.interval
        done = (start - first) / (whole_span + settings.interval)
        remaining = timedelta(seconds=(now - begun) / done * (1 - done))
        if say:
            _progress(say, done, remaining)
        if start <= end and timedelta(seconds=now - begun) + remaining > at_most and now - begun > _QUICK_SECONDS:
            raise NoAnswer(
                f"Counting again would take about {_minutes(timedelta(seconds=now - begun) + remaining)} of the "
                f"source's time, more than --at-most {_minutes(at_most)}: ask about fewer days, or allow more."
            )
        if now - asked < _QUICK_SECONDS:
            piece = min(LONGEST_PIECE, 2 * piece)


def _progress(say: str, done: float, remaining: timedelta) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= 1 else ""
        print(f"\r{say}: {done:.0%}, {_minutes(remaining)} to go   ", end=end, file=sys.stderr, flush=True)


def _minutes(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    return f"{seconds // 60}m{seconds % 60:02}s"


@dataclass(frozen=True, slots=True)
class Told:
    """What a source told of an objective's past, and what it took."""

    tiles: Tiles
    start: datetime
    """Of the history: of the first tile, where raw series reach no further back."""
    counted: str
    """What was counted, for people."""
    questions: int
    took: timedelta


def history_of(
    history: HistoryPort,
    named: Named,
    objective: Objective,
    settings: RuleSettings,
    start: datetime,
    end: datetime,
    *,
    at_most: timedelta,
    say: str,
) -> Told:
    """The raw series counted again from `start` to `end`. Raises NoAnswer and NothingToCount."""
    workload = Workload(named.key.namespace, named.spec.target.name)
    indicator = found_indicator(history, objective, workload, end)
    tiles, questions, begun = Tiles((), (), ()), 0, time.monotonic()
    first = end - (end - start) // settings.interval * settings.interval
    for piece in recounted(history, indicator, settings, first + settings.interval, end, at_most=at_most, say=say):
        tiles, questions = tiles.joined(piece), questions + 1
    if not tiles.at_ms:
        raise NothingToCount(f"there is no sample of {indicator.describe()} since {start:%Y-%m-%d %H:%M}.")
    reached = max(start, instant(tiles.at_ms[0]) - settings.interval)
    took = timedelta(seconds=time.monotonic() - begun)
    return Told(tiles, reached, indicator.describe(), questions, took)
