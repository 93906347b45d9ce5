"""Counters of other tools in the short forms that say the same.

`http` adds the pods of the target to every selector, unless the user chooses others by pod, job or instance. So it says
the same as a bare selector only where one of these is given; otherwise the very selectors go into `ratio`.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from goserviceslo.api.duration import LONGEST_BOUND, format_duration
from goserviceslo.authoring.foreign.events import Counter, NotEvents, Ratio
from goserviceslo.ports import Json
from goserviceslo.slo.buckets import spellings
from goserviceslo.slo.http_metrics import unit_of
from goserviceslo.slo.promql import Matcher, literal
from goserviceslo.slo.series import TARGET_LABELS

_PLAIN = re.compile("[-a-z0-9]+")
"""A namespace; also as a regular expression it means itself alone."""
_NAMESPACE = "namespace"
_ANY_TWO_DIGITS = r"(?:\.\.|\.\*|\.\+|xx|\.\{2\}|\\d\\d|\\d\{2\}|\[0-9\]\[0-9\]|\[0-9\]\{2\})"
_CLASS = re.compile(rf"([1-5]){_ANY_TWO_DIGITS}")
_CODE = re.compile("[1-5][0-9][0-9]")
_OPPOSITE = {"!~": "=~", "!=": "="}


def indicator(found: Ratio) -> Json:
    """The fields of an objective that count this: `http` where it says the same, else `ratio`."""
    return _availability(found) or _latency(found) or _as_ratio(found)


def namespace_of(found: Ratio) -> str | None:
    """The namespace that both sides ask for; None where they ask for none. Raises NotEvents for what is neither."""
    return common_namespace(one for one in (found.total, found.bad, found.good) if one is not None)


def common_namespace(selectors: Iterable[Counter]) -> str | None:
    """The namespace that all of these ask for; None where none asks for any. Raises NotEvents for what is neither.

    A GoServiceSLO counts series of one namespace, which it adds to every selector itself.
    """
    asked: dict[str | None, Counter] = {}
    for one in selectors:
        wanted = [matcher for matcher in one.matchers if matcher.label == _NAMESPACE]
        for matcher in wanted:
            if not (matcher.operator in ("=", "=~") and _PLAIN.fullmatch(matcher.value)):
                raise NotEvents(
                    f"{one} counts where {matcher}, and a GoServiceSLO counts in one namespace: write an objective for "
                    'each, with a matcher such as namespace="shop"'
                )
            asked.setdefault(matcher.value, one)
        if not wanted:
            asked.setdefault(None, one)
    if len(asked) > 1:
        told = " and ".join(f"{one} in {name or 'every namespace'}" for name, one in asked.items())
        raise NotEvents(f"it counts {told}: write the same namespace into all selectors")
    return next(iter(asked), None)


def in_namespace(one: Counter) -> str:
    """The selector without its namespace, which a GoServiceSLO adds itself."""
    return str(one.without(_NAMESPACE))


def of_any_pod(one: Counter) -> Counter:
    """The selector, in words that keep the operator from choosing the pods of the target where it names none."""
    if any(matcher.label in TARGET_LABELS for matcher in one.matchers):
        return one
    return Counter(one.metric, one.matchers | {Matcher("job", "=~", ".*")})


def http_labels(matchers: frozenset[Matcher]) -> Mapping[str, str] | None:
    """Matchers as `http.labels`; None where they are not all equalities, or do not choose the pods."""
    kept = [one for one in matchers if one.label != _NAMESPACE]
    if any(one.operator != "=" for one in kept):
        return None
    labels = {one.label: one.value for one in sorted(kept, key=lambda one: one.label)}
    return labels if TARGET_LABELS & labels.keys() and len(labels) == len(kept) else None


def _as_ratio(found: Ratio) -> Json:
    part = {"bad": found.bad, "good": found.good, "total": found.total}
    return {"ratio": {name: in_namespace(_however_spelled(one)) for name, one in part.items() if one is not None}}


def _however_spelled(one: Counter) -> Counter:
    """The selector with its bucket as older and newer Prometheus write it: 1 and 1.0."""

    def spelled(matcher: Matcher) -> Matcher:
        known = spellings(matcher.value) if (matcher.label, matcher.operator) == ("le", "=") else ()
        return Matcher("le", "=~", "|".join(map(literal, known))) if len(known) > 1 else matcher

    return Counter(one.metric, frozenset(map(spelled, one.matchers)))


def _availability(found: Ratio) -> Json | None:
    """Responses by status: both sides are one metric, and one label more tells the bad ones."""
    part = found.bad or found.good
    if part is None or part.metric != found.total.metric or not found.total.matchers < part.matchers:
        return None
    further = part.matchers - found.total.matchers
    labels = http_labels(found.total.matchers)
    if labels is None or len(further) != 1:
        return None
    (status,) = further
    operator = status.operator if found.bad else _OPPOSITE.get(status.operator)
    errors = status_patterns(operator, status.value)
    if errors is None:
        return None
    http: Json = {"metric": part.metric, "statusLabel": status.label}
    return {"http": http | ({"errors": errors} if errors != ["5xx"] else {}) | {"labels": dict(labels)}}


def status_patterns(operator: str | None, value: str) -> list[str] | None:
    """A matcher of a status label as `errors`, such as `[5xx, 429]`; None where it is something else."""
    if operator == "=":
        return [value] if _CODE.fullmatch(value) else None
    if operator != "=~":
        return None
    whole = re.fullmatch(r"\^?\(?(?:\?:)?([^()]*)\)?\$?", value)
    patterns: list[str] = []
    for alternative in whole[1].split("|") if whole else [""]:
        if _CODE.fullmatch(alternative):
            patterns.append(alternative)
        elif of_class := _CLASS.fullmatch(alternative):
            patterns.append(f"{of_class[1]}xx")
        else:
            return None
    return list(dict.fromkeys(patterns))


def _latency(found: Ratio) -> Json | None:
    """Requests up to a bucket's bound: both sides are one histogram."""
    if found.good is None or not found.good.metric.endswith("_bucket"):
        return None
    base = found.good.metric.removesuffix("_bucket")
    bound, labels = found.good.given("le"), http_labels(found.total.matchers)
    if found.total.metric != f"{base}_count" or found.good.without("le").matchers != found.total.matchers:
        return None
    faster = None if bound is None else _duration(bound, unit_of(base))
    if labels is None or faster is None:
        return None
    return {"http": {"metric": base, "faster": faster, "labels": dict(labels)}}


def _duration(bound: str, unit: timedelta) -> str | None:
    """A bucket's bound as a duration, where it is one that `faster` takes."""
    try:
        micros = Decimal(bound) * (unit // timedelta(microseconds=1))
    except InvalidOperation:
        return None
    if not micros.is_finite() or micros != micros.to_integral_value():
        return None
    span = timedelta(microseconds=int(micros)) if micros <= 10**10 else LONGEST_BOUND * 2
    return format_duration(span) if timedelta(0) < span <= LONGEST_BOUND else None
