"""Which fresh measurements a worker should look at: those that could change what the status says.

Ten thousand objectives are measured every few seconds, and nearly all of them say what they said before. So what a
verdict turns on is compared here in a few microseconds, and only a difference takes a worker's time. Counts that merely
grew are looked at when those that were written are old enough.
"""

from collections.abc import Callable, Mapping
from typing import Any

from goserviceslo.engine.subjects import Signature, Subject
from goserviceslo.ports import Key
from goserviceslo.slo.measurement import Measurement

_NOTABLE_SHARE = 0.005
"""Of the error budget, which statuses show in whole percent."""

Measurements = Mapping[str, Measurement]
"""By objective."""


class _Look:
    """What a worker saw of one resource when it last had it in hand."""

    __slots__ = ("at", "figures", "patience", "signatures", "spent", "subject")

    def __init__(self, subject: Subject, measurements: Measurements, at: float, patience: float) -> None:
        self.subject = subject
        self.at = at
        self.patience = patience
        self.signatures = _signatures(subject, measurements)
        self.spent = _spent(subject, measurements)
        self.figures = _figures(subject, measurements)


class Looks:
    """The last look at each resource, and which of them is due for another."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        """Spreads looks that are due by age alone over time, also right after a start."""
        self._looks: dict[Key, _Look] = {}

    def looked(self, key: Key, subject: Subject, measurements: Measurements, at: float) -> None:
        """A worker decided on these measurements; `at` is of the oldest figures written (monotonic, in seconds)."""
        self._looks[key] = _Look(subject, measurements, at, 1 + 0.2 * self._random())

    def forget(self, key: Key) -> None:
        self._looks.pop(key, None)

    def news(self, measured: Mapping[Key, Measurements], at: float, interval_seconds: float) -> list[Key]:
        """Resources whose status could change by what was measured."""
        nothing: Measurements = {}
        found = []
        for key, look in self._looks.items():
            fresh = measured.get(key, nothing)
            if not fresh and not look.signatures:
                continue
            if _turned(look, fresh) or (
                at - look.at >= interval_seconds * look.patience and _figures(look.subject, fresh) != look.figures
            ):
                found.append(key)
        return found


def _turned(look: _Look, fresh: Measurements) -> bool:
    if _signatures(look.subject, fresh) != look.signatures:
        return True
    return any(
        abs(now - then) >= _NOTABLE_SHARE for now, then in zip(_spent(look.subject, fresh), look.spent, strict=True)
    )


def _signatures(subject: Subject, measurements: Measurements) -> dict[str, Signature]:
    return {
        name: yardstick.signature(measurements[name])
        for name, yardstick in subject.yardsticks.items()
        if name in measurements
    }


def _spent(subject: Subject, measurements: Measurements) -> tuple[float, ...]:
    return tuple(
        [
            yardstick.spent_ratio(measurements[name])
            for name, yardstick in subject.yardsticks.items()
            if name in measurements
        ]
    )


def _figures(subject: Subject, measurements: Measurements) -> tuple[Any, ...]:
    """Every number, of the objectives that there are: series of one that was removed outlive it."""
    return tuple(
        [
            (
                name,
                measurements[name].total,
                measurements[name].bad,
                tuple(measurements[name].burn_rates.items()),
                tuple(measurements[name].outages.items()),
            )
            for name in subject.yardsticks
            if name in measurements
        ]
    )
