"""Even traffic on whatever series an objective names: as many events, and as many bad ones, in each scrape."""

import re
from collections.abc import Iterable, Mapping

from tests.replay.originals import Counts, Selected
from tests.replay.world import POD, Series

from goserviceslo.slo.promql import Matcher, selector

EVERY = 15
"""Seconds between scrapes."""
PER_SCRAPE, BAD_PER_SCRAPE = 60, 6
_TARGET = {"pod": POD, "instance": "10.0.0.1:8080", "job": "elsewhere"}
_ANYTHING = ("200", "500", "other", "")

Matchers = Iterable[tuple[str, str, str]]


def even_traffic(counts: Counts, namespace: str, until: int) -> Series:
    """Series that the selectors find, and no others; those of one metric are apart by what tells bad from good."""
    target = _TARGET | {"namespace": namespace}
    some = BAD_PER_SCRAPE if counts.of_bad else PER_SCRAPE - BAD_PER_SCRAPE
    if counts.some is None:
        return {_series(counts.total, target | _held(counts.total.matchers)): _native(until)}
    if counts.some.metric == counts.total.metric:
        inside = _held(counts.total.matchers | counts.some.matchers)
        outside = _held(counts.total.matchers, but=counts.some.matchers - counts.total.matchers)
        return {
            _series(counts.total, target | inside): _growing(some, until),
            _series(counts.total, target | outside): _growing(PER_SCRAPE - some, until),
        }
    return {
        _series(counts.total, target | _held(counts.total.matchers)): _growing(PER_SCRAPE, until),
        _series(counts.some, target | _held(counts.some.matchers)): _growing(some, until),
    }


def every_third_minute(gauge: Selected, namespace: str, until: int) -> Series:
    """A gauge that is 0 in one whole minute and 1 in the next two."""
    labels = _TARGET | {"namespace": namespace} | _held(gauge.matchers)
    return {_series(gauge, labels): {at: str(int((at - 1) // 60 % 3 > 0)) for at in range(0, until + 1, EVERY)}}


def _growing(per_scrape: int, until: int) -> dict[int, str]:
    return {at: str(per_scrape * (at // EVERY)) for at in range(0, until + 1, EVERY)}


def _native(until: int) -> dict[int, str]:
    """Buckets of a native histogram that end at 1/8, 1/4, 1/2, 1 and 2."""

    def sample(scrapes: int) -> str:
        buckets = " ".join(str(one * scrapes) for one in (51, 3, 3, 0, 3))
        return f"{{{{schema:0 offset:-3 count:{PER_SCRAPE * scrapes} sum:1 buckets:[{buckets}]}}}}"

    return {at: sample(at // EVERY) for at in range(0, until + 1, EVERY)}


def _series(selected: Selected, labels: Mapping[str, str]) -> str:
    return selector(selected.metric, [Matcher(name, "=", value) for name, value in labels.items() if value])


def _held(matchers: Matchers, but: Matchers = ()) -> dict[str, str]:
    """Labels for which all matchers hold, and one of the others does not."""
    wanted, unwanted = list(matchers), list(but)
    labels = {label: _value(label, wanted, wanted) for label, _, _ in wanted}
    if unwanted:
        (label, _, _) = unwanted[0]
        others = [one for one in unwanted if one[0] == label]
        values = (value for value in _candidates(label, [*wanted, *unwanted]) if not _hold(label, value, others))
        labels[label] = next(value for value in values if _hold(label, value, wanted))
    if "le" in labels:
        labels["le"] = str(float(labels["le"]))  # as Prometheus 3 stores it, whatever was exposed
    return labels


def _value(label: str, matchers: Matchers, known: Matchers) -> str:
    return next(value for value in _candidates(label, known) if _hold(label, value, matchers))


def _candidates(label: str, matchers: Matchers) -> list[str]:
    texts = [value for name, _, value in matchers if name == label]
    parts = [part for text in texts for part in (text, *text.strip("()").split("|"))]
    filled = [re.sub(r"\.[*+]", "x", part).replace(".", "0") for part in parts]
    return [*dict.fromkeys([*parts, *filled, *_ANYTHING])]


def _hold(label: str, value: str, matchers: Matchers) -> bool:
    return all(_holds(operator, text, value) for name, operator, text in matchers if name == label)


def _holds(operator: str, text: str, value: str) -> bool:
    if operator.endswith("~"):
        return (re.fullmatch(text, value) is not None) == (operator == "=~")
    return (text == value) == (operator == "=")
