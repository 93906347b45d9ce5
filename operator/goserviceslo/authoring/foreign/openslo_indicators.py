"""What an SLI of OpenSLO counts: events, or slices of time in which the value of a query compares well."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from goserviceslo.authoring.documents import Location
from goserviceslo.authoring.foreign.events import Counter, Dialect, NotEvents, Ratio, good_ratio, ratio, raw_ratio
from goserviceslo.authoring.foreign.indicators import common_namespace, indicator, namespace_of
from goserviceslo.authoring.foreign.openslo_shares import NoShare, percent
from goserviceslo.authoring.foreign.reading import Original
from goserviceslo.ports import Json
from goserviceslo.slo.confine import Escapes, confine
from goserviceslo.slo.expression import Aggregation, Selector, nodes
from goserviceslo.slo.parsing import Unreadable, parse
from goserviceslo.slo.series import TARGET_LABELS

_COMPARISONS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_OF_SLICES = ("timeSliceTarget", "timeSliceTargetPercent", "timeSliceWindow")
_WHOLE_SLICES = {"timeSliceTarget": 1, "timeSliceTargetPercent": 100}
_A_MINUTE = "1m"
_METHOD: Location = ("spec", "budgetingMethod")


class Sli(Protocol):
    """What is counted."""

    @property
    def asked(self) -> str | None:
        """The namespace that all its selectors ask for; None where they ask for none."""

    def fields(self, original: Original, place: Location, method: str) -> Json | None:
        """The indicator of the objective at this place, by its budgeting method.

        None where there is none like it, which is then named.
        """


@dataclass(frozen=True, slots=True)
class _Events:
    """Events, of which a share is good."""

    ratio: Ratio
    asked: str | None

    def fields(self, original: Original, place: Location, method: str) -> Json | None:
        for field in ("op", "value"):
            if original.get((*place, field)) is not None:
                original.note((*place, field), "it is for a thresholdMetric; a ratio is compared with nothing else")
        match method:
            case "Occurrences":
                _lose_slices(original, place)
                return indicator(self.ratio)
            case "Timeslices":
                try:
                    good = percent(original, place, "timeSliceTarget")
                except NoShare as error:
                    original.lose(place, f"the whole objective, because {error}")
                    return None
                return {"slices": {"length": _length(original, place), "good": good}} | indicator(self.ratio)
        original.lose(_METHOD, _unknown(method))
        return None


@dataclass(frozen=True, slots=True)
class _Threshold:
    """A query whose value is compared."""

    query: str
    asked: str | None
    of_pods: bool
    """Whether it gives series of pods, and chooses none of them."""

    def fields(self, original: Original, place: Location, method: str) -> Json | None:
        operator, value = original.text((*place, "op")), _number(original.get((*place, "value")))
        if value is None or operator not in _COMPARISONS:
            original.lose(
                place, "the whole objective, because it names no value and op (lt, lte, gt, gte) to compare with"
            )
            return None
        match method:
            case "Occurrences":
                _lose_slices(original, place)
                original.note(place, "counted are slices of a minute, where OpenSLO counts the samples of the query")
                length = _A_MINUTE
            case "Timeslices":
                for field, whole in _WHOLE_SLICES.items():
                    share = original.get((*place, field))
                    if share is not None and share != whole:
                        original.lose(
                            (*place, field),
                            "a slice is good or bad as a whole, by the value at its end: no share of it can be",
                        )
                length = _length(original, place)
            case _:
                original.lose(_METHOD, _unknown(method))
                return None
        if self.of_pods:
            original.note(place, "of series with a pod, those of other Deployments are left out")
        slices = {"slices": {"length": length}} if length != _A_MINUTE else {}
        return slices | {"boolean": {"holds": f"({self.query}) {_COMPARISONS[operator]} bool {value}"}}


def read_sli(original: Original, place: Location) -> Sli | None:
    """What the SLI at this place counts; None where we could not, which is then named."""
    threshold = original.peek((*place, "thresholdMetric")) is not None
    read = _threshold if threshold else _events
    found = read(original, (*place, "thresholdMetric" if threshold else "ratioMetric"))
    if found is not None and original.get((*place, "description")):
        original.note((*place, "description"), "an objective has the description of its SLO, not that of an SLI")
    return found


def _threshold(original: Original, metric: Location) -> Sli | None:
    query = _query(original, metric)
    if query is None:
        return None
    try:
        found = list(nodes(parse(query)))
        selectors = [Counter(one.metric, frozenset(one.matchers)) for one in found if isinstance(one, Selector)]
        asked = common_namespace(selectors)
        confine(query, asked or "default")
    except NotEvents as error:
        original.lose(metric, f"the whole objective, because {error}")
        return None
    except (Unreadable, Escapes) as error:
        original.lose(metric, f"the whole objective, because its query is refused: {error}")
        return None
    chosen = any(matcher.label in TARGET_LABELS for one in selectors for matcher in one.matchers)
    return _Threshold(query, asked, not chosen and not any(isinstance(one, Aggregation) for one in found))


def _events(original: Original, metric: Location) -> Sli | None:
    # Without a range a query is about counters only where the SLI says that they are.
    dialect = Dialect(any_range=True, bare=original.get((*metric, "counter")) is True)
    pairs = (("raw",), ("bad", "total"), ("good", "total"))
    said = (pair for pair in pairs if all(original.peek((*metric, part)) is not None for part in pair))
    pair = next(said, None)
    if pair is None:
        original.lose(metric, "the whole objective, because it has no pair of good or bad and total: write both")
        return None
    queries = [_query(original, (*metric, part)) for part in pair]
    try:
        match pair[0], queries:
            case "raw", [str(raw)]:
                kind = original.get((*metric, "rawType"))
                if kind not in ("success", "failure"):
                    raise NotEvents("its rawType is neither success nor failure: write what raw is the share of")
                found = raw_ratio(raw, dialect, of_good=kind == "success")
            case "bad", [str(bad), str(total)]:
                found = ratio(bad, total, dialect)
            case "good", [str(good), str(total)]:
                found = good_ratio(good, total, dialect)
            case _:
                return None  # a query is of another system, or missing, which is named
        return _Events(found, namespace_of(found))
    except NotEvents as error:
        original.lose(metric, f"the whole objective, because {error}")
        return None


def _query(original: Original, place: Location) -> str | None:
    """The PromQL of a metric source; None where it is of another system or missing, which is then named."""
    source = (*place, "metricSource")
    kind = original.get((*source, "type"))
    if str(kind).lower() != "prometheus":
        original.lose(
            source, f"the whole objective: it is measured by {kind or 'a source of no type'}, not by Prometheus"
        )
        return None
    query = original.text((*source, "spec", "query"))
    if not query:
        original.lose(source, "the whole objective: it has no spec.query; write PromQL there, such as sum(x)")
        return None
    if original.get((*source, "metricSourceRef")):
        original.note(
            (*source, "metricSourceRef"), "series are read from the operator's own Prometheus (prometheus.url there)"
        )
    return query


def _length(original: Original, place: Location) -> Any:
    """How long a slice is."""
    length = original.get((*place, "timeSliceWindow"))
    if length is None:
        original.note(place, "it names no timeSliceWindow: a slice is a minute")
    return length or _A_MINUTE


def _lose_slices(original: Original, place: Location) -> None:
    for field in _OF_SLICES:
        if original.peek((*place, field)) is not None:
            original.lose((*place, field), "it is for Timeslices: write that as budgetingMethod, or leave it out")


def _unknown(method: str) -> str:
    return f"the whole objective: {method} is neither a share of events nor of slices that are good enough"


def _number(value: Any) -> str | None:
    """A number as PromQL writes it; None for anything else."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return f"{number:f}" if number.is_finite() else None
