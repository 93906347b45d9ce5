"""Which series of a workload an objective counts, and which of them are bad."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta

from goserviceslo.api.duration import format_duration
from goserviceslo.slo.buckets import as_duration, in_units, matching, spelled, spellings
from goserviceslo.slo.conventions import BAD_DELTA, EVENTS_DELTA, TOTAL_DELTA
from goserviceslo.slo.counting import Counted, Events, Tile, bad_of, tile_events, total_of
from goserviceslo.slo.discovery import MetricKind
from goserviceslo.slo.excluding import counted, excluded
from goserviceslo.slo.http_metrics import unit_of
from goserviceslo.slo.promql import Matcher, literal, selector
from goserviceslo.slo.requests import HTTP, Protocol, described_places, place_matchers
from goserviceslo.slo.workload import Workload

TARGET_LABELS = frozenset({"pod", "job", "instance"})
"""Labels of scrape targets; a user who gives one of them has chosen the pods himself."""
LONGEST_DESCRIPTION = 1024
COUNT, BUCKET = "_count", "_bucket"
ROUNDED = " # for "
"""Between what is counted and the bound that it was rounded from; to PromQL a comment."""


class Indicator(ABC):
    """What is counted for an objective, and how."""

    __slots__ = ()

    @abstractmethod
    def records(self, matchers: str, tile: Tile) -> tuple[tuple[str, str], ...]:
        """Names and expressions of what is recorded with every tile, in order; the last are total and bad.

        `matchers` are the label matchers of the objective's own recorded series, without braces.
        """

    @abstractmethod
    def describe(self) -> str:
        """What is counted, for people."""

    def spared(self, matchers: str, tile: Tile) -> tuple[str, str, str]:
        """All and bad with maintenance left out, and what it leaves out; it is recorded before these are."""
        *_, (_, total), (_, bad) = self.records(matchers, tile)
        return counted(total, matchers), counted(bad, matchers), excluded(total, matchers)

    @property
    def note(self) -> str:
        """What the owner must know of how it is counted, in a sentence; mostly nothing."""
        return ""


class EventIndicator(Indicator):
    """Events, counted by counters."""

    __slots__ = ()

    @property
    @abstractmethod
    def targets(self) -> str:
        """Label matchers (`{...}`) of the scrape targets that the counted series come from."""

    @property
    @abstractmethod
    def counts(self) -> tuple[Counted, ...]:
        """What is counted: events split by a label, or all of them and the good or bad ones among them."""

    @property
    def judged_by(self) -> str | None:
        """A selector that a series needs a counterpart in to be judged at all."""
        return None

    def records(self, matchers: str, tile: Tile) -> tuple[tuple[str, str], ...]:
        return (
            (EVENTS_DELTA, tile_events(self.counts, self.targets, matchers, tile, self.judged_by)),
            (TOTAL_DELTA, total_of(self.counts, matchers, tile.step)),
            (BAD_DELTA, bad_of(self.counts, matchers, tile.step)),
        )


@dataclass(frozen=True, slots=True)
class Source:
    """What was found out about a workload's metric; everything else about an indicator is the user's word."""

    metric: str
    """Without `_bucket` or `_count` for histograms."""
    kind: MetricKind
    status_label: str | None = None
    """None where it has none, or none is needed."""
    le: str | None = None
    """The bound of the bucket that a latency objective needs, as the source spells it."""
    place_labels: tuple[str, ...] = ()
    """The labels that tell the route, or service and method, where some were chosen."""


@dataclass(frozen=True, slots=True)
class RequestIndicator(EventIndicator):
    """Requests by a metric of one workload, and how its series are judged."""

    workload: Workload
    source: Source
    errors: tuple[str, ...]
    """Status codes and classes that are bad; empty where the status does not matter."""
    labels: tuple[tuple[str, str], ...] = ()
    """The user's own matchers (equality)."""
    faster: timedelta | None = None
    """For latency: how long a good request takes at most."""
    protocol: Protocol = HTTP
    places: tuple[str, ...] = ()
    """The routes or methods that count; empty for all."""

    @property
    def targets(self) -> str:
        own = (Matcher(name, "=", value) for name, value in self.labels if name in TARGET_LABELS)
        return selector("", (*self._pods(), *own))

    @property
    def counts(self) -> tuple[Counted, ...]:
        """Responses split by their status, or all requests and the good ones among them; of several services each."""
        alternatives = place_matchers(self.source.place_labels, self.places)
        native = self.source.kind is MetricKind.NATIVE_HISTOGRAM
        every = "histogram_count({})" if native else "{}"
        if self.faster is None:
            split = (self.source.status_label or "", self._statuses())
            return tuple(
                Counted(Events.BAD, self._select(self._counter(), *places), every, split) for places in alternatives
            )
        total = [Counted(Events.TOTAL, self._select(self._counter(), *places), every) for places in alternatives]
        # Whole events: the noise of a division would make the count fall, and a fall is a restart. An empty histogram
        # has no fraction (NaN); the comparison drops it.
        fraction = f"(round(histogram_fraction(-Inf, {self._bound()}, {{}}) * histogram_count({{}})) >= 0)"
        good = [
            Counted(Events.GOOD, self._select(self._histogram(), *places, *self._not_errors()), fraction)
            if native
            else Counted(Events.GOOD, self._select(self._histogram(), *places, *self._not_errors(), self._bucket()))
            for places in alternatives
        ]
        return (*total, *good)

    @property
    def judged_by(self) -> str | None:
        return None if self.source.le is None else self._select(self._histogram(), self._bucket())

    @property
    def note(self) -> str:
        le = self.source.le
        if le is None or self.faster is None or not self._rounded():
            return ""
        unit = unit_of(self.source.metric)
        return (
            f"{self.source.metric} has no bucket of {format_duration(self.faster)}: the next stricter one, of "
            f"{as_duration(le, unit)}, decides."
        )

    def describe(self) -> str:
        """What is counted, for people; `remembered.parse_source` reads back from it what was found out.

        Availability shows the bad responses, latency the good requests; the pods are the workload's and left out.
        """
        places = described_places(self.source.place_labels, self.places)
        labels = [Matcher(name, "=", value) for name, value in self.labels]
        some = [Matcher(matcher.label, "=~", ".+") for matcher in places]
        for given in ([*places, *labels], places, some):
            text = self._described(given)
            if len(text) <= LONGEST_DESCRIPTION:
                break
        return text

    def _described(self, given: list[Matcher]) -> str:
        native = self.source.kind is MetricKind.NATIVE_HISTOGRAM
        if self.faster is None:
            bad = selector(self._counter(), [*given, Matcher(self.source.status_label or "", "=~", self._statuses())])
            return f"histogram_count({bad})" if native else bad
        good = [*given, *self._not_errors()]
        if native:
            return f"histogram_fraction(-Inf, {self._bound()}, {selector(self._histogram(), good)})"
        text = selector(self._histogram(), [*good, Matcher("le", "=", self.source.le or "")])
        return f"{text}{ROUNDED}{format_duration(self.faster)}" if self._rounded() else text

    def _rounded(self) -> bool:
        wanted = in_units(self.faster or timedelta(), unit_of(self.source.metric))
        return self.source.le is not None and matching(wanted, (self.source.le,)) is None

    def _pods(self) -> tuple[Matcher, ...]:
        chosen = any(name in TARGET_LABELS for name, _ in self.labels)
        return self.workload.matchers(all_pods=chosen)

    def _select(self, metric: str, *further: Matcher) -> str:
        return selector(metric, (*self._pods(), *(Matcher(name, "=", value) for name, value in self.labels), *further))

    def _counter(self) -> str:
        return self.source.metric + (COUNT if self.source.kind is MetricKind.CLASSIC_HISTOGRAM else "")

    def _histogram(self) -> str:
        return self.source.metric + (BUCKET if self.source.kind is MetricKind.CLASSIC_HISTOGRAM else "")

    def _statuses(self) -> str:
        return self.protocol.code_expression(self.source.metric, self.source.status_label or "", self.errors)

    def _not_errors(self) -> tuple[Matcher, ...]:
        return (Matcher(self.source.status_label or "", "!~", self._statuses()),) if self.errors else ()

    def _bound(self) -> str:
        return spelled(in_units(self.faster or timedelta(), unit_of(self.source.metric)))

    def _bucket(self) -> Matcher:
        values = spellings(self.source.le or "")
        return (
            Matcher("le", "=", values[0]) if len(values) == 1 else Matcher("le", "=~", "|".join(map(literal, values)))
        )
