"""Reading back from a status what had been found out about a metric.

While Prometheus is down, or no pod runs, what was found before decides; but only where it serves what the user asks
for now. What a text does not tell for certain counts for nothing.
"""

import re
from collections.abc import Sequence

from goserviceslo.api.duration import format_duration
from goserviceslo.slo.buckets import in_units, matching
from goserviceslo.slo.discovery import MetricKind
from goserviceslo.slo.http_metrics import unit_of
from goserviceslo.slo.requests import Requests, described_places
from goserviceslo.slo.series import BUCKET, COUNT, ROUNDED, Source

_DESCRIPTION = re.compile(
    r"(?:histogram_(?P<function>count|fraction)\((?:-Inf, [0-9.]+, )?)?"
    rf"(?P<metric>[a-zA-Z_:][a-zA-Z0-9_:]*)\{{(?P<matchers>.*)\}}\)?(?:{ROUNDED}(?P<rounded>[0-9a-z]+))?",
    re.DOTALL,
)
_MATCHER = re.compile(r'(?P<label>[a-zA-Z_][a-zA-Z0-9_]*)(?P<operator>=~|!~|=)"(?P<value>(?:[^"\\]|\\.)*)"', re.DOTALL)


def parse_source(description: str, requests: Requests) -> Source | None:
    """What `RequestIndicator.describe` said had been found out, where it serves these requests; else None."""
    match = _DESCRIPTION.fullmatch(description)
    if match is None:
        return None
    matchers = list(_MATCHER.finditer(match["matchers"]))
    places = _place_labels(matchers, requests)
    if places is None:
        return None
    name, le, status = match["metric"], None, None
    for matcher in matchers[len(places) :]:
        if matcher["label"] == "le":
            le = matcher["value"]
        elif matcher["operator"] != "=":
            status = matcher["label"]
    if match["function"]:
        kind = MetricKind.NATIVE_HISTOGRAM
    elif le is not None or name.endswith(COUNT):
        kind = MetricKind.CLASSIC_HISTOGRAM
        name = name.removesuffix(BUCKET if le is not None else COUNT)
    else:
        kind = MetricKind.COUNTER
    return _fitting(Source(name, kind, status, le, places), match["rounded"], requests)


def _place_labels(matchers: Sequence[re.Match[str]], requests: Requests) -> tuple[str, ...] | None:
    """The labels of routes or methods, described first; None where they do not stand there as asked for now."""
    if not requests.places:
        return ()
    for labels in requests.place_labels:
        wanted = described_places(labels, requests.places)
        found = matchers[: len(labels)]
        if len(found) == len(wanted) and all(
            there.group() in (str(matcher), f'{matcher.label}=~".+"')
            for there, matcher in zip(found, wanted, strict=True)
        ):
            return labels
    return None


def _fitting(source: Source, rounded: str | None, requests: Requests) -> Source | None:
    if source.metric not in requests.candidates:
        return None
    status = source.status_label if requests.judges_code else None
    if requests.judges_code and status not in requests.code_labels:
        return None
    le = None
    if requests.faster is not None and source.kind is not MetricKind.NATIVE_HISTOGRAM:
        le = source.le
        exact = le is not None and matching(in_units(requests.faster, unit_of(source.metric)), (le,)) is not None
        if le is None or not (exact or rounded == format_duration(requests.faster)):
            return None
    return Source(source.metric, source.kind, status, le, source.place_labels)
