"""Queries of other tools, read back to the counters that they count.

A rate or an increase over the tool's own window, summed over series, counts what its counter counts. Sums and
differences of such are kept apart by their sign; everything else is not a count of events that we could take over.
Two counts make a share only where both are made alike: a rate over an increase is off by the seconds of the window.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import promql_parser

from goserviceslo.slo.promql import Matcher, duration, selector

_WINDOW = re.compile(r"\{\{\s*\.[wW]indow\s*\}\}")
_STAND_IN = timedelta(hours=13, minutes=37)
"""A length that nobody writes, where the tool would put its window."""
_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


class NotEvents(ValueError):
    """A query that does not count events of counters; the text says what it does instead."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Series of a counter."""

    metric: str
    matchers: frozenset[Matcher]

    def __str__(self) -> str:
        listed = sorted(self.matchers, key=lambda one: (one.label, one.operator, one.value))
        return selector(self.metric, listed) if listed else self.metric

    def without(self, label: str) -> "Counter":
        """The same without the matchers of a label."""
        return Counter(self.metric, frozenset(one for one in self.matchers if one.label != label))

    def given(self, label: str) -> str | None:
        """The value that a label must have; None where it may have several."""
        return next((one.value for one in self.matchers if one.label == label and one.operator == "="), None)


@dataclass(frozen=True, slots=True)
class Ratio:
    """All events, and the bad or the good ones."""

    total: Counter
    bad: Counter | None = None
    good: Counter | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a tool's queries may hold and still count events."""

    any_range: bool = False
    """Rates over ranges of their own, where the tool puts no window into them."""
    bare: bool = False
    """Counters without rate(), whose growth is meant."""


@dataclass(frozen=True, slots=True)
class _Count:
    """A counter, and how its growth is taken."""

    counter: Counter
    function: str
    """`rate` or `increase`; empty where the counter itself stands for its growth."""
    span: timedelta | None = None
    summed: bool = field(default=False, compare=False)
    """Whether its series are added up; otherwise each has a count of its own."""

    @property
    def how(self) -> str:
        if not self.function:
            return "no function"
        if self.span is None or self.span == _STAND_IN:
            return f"{self.function}()"
        return f"{self.function}() over {duration(self.span)}"


WINDOWED = Dialect()
"""Rates over the tool's window alone."""


def counter(text: str) -> Counter:
    """The series of a bare selector. Raises NotEvents."""
    tree = _parsed(text)
    if not isinstance(tree, promql_parser.VectorSelector):
        raise NotEvents(f"{_short(text)} is no selector of one metric")
    return _counter(tree, text)


def ratio(bad: str, total: str, dialect: Dialect = WINDOWED) -> Ratio:
    """What a query of bad events and one of all events count. Raises NotEvents."""
    whole = _single(total, dialect)
    counted = _terms(_parsed(bad), bad, dialect)
    minus = [one for one, sign in counted.items() if sign < 0]
    plus = [one for one, sign in counted.items() if sign > 0]
    _check_alike([*plus, *minus, whole])
    if len(plus) == 1 and not minus:
        return Ratio(whole.counter, bad=plus[0].counter)
    if plus == [whole] and len(minus) == 1:
        return Ratio(whole.counter, good=minus[0].counter)
    raise NotEvents(f"{_short(bad)} adds several counters up, of which a ratio takes one")


def good_ratio(good: str, total: str, dialect: Dialect = WINDOWED) -> Ratio:
    """The same for a query of good events."""
    whole, part = _single(total, dialect), _single(good, dialect)
    _check_alike([part, whole])
    return Ratio(whole.counter, good=part.counter)


def raw_ratio(text: str, dialect: Dialect = WINDOWED, *, of_good: bool = False) -> Ratio:
    """What a query of the share of bad (or good) events counts, where it is a quotient of counts. Raises NotEvents."""
    tree = _bare(_parsed(text))
    if isinstance(tree, promql_parser.BinaryExpr) and str(tree.op) == "-" and _is_one(tree.lhs):
        return raw_ratio(tree.rhs.prettify(), dialect, of_good=not of_good)
    if not isinstance(tree, promql_parser.BinaryExpr) or str(tree.op) != "/":
        raise NotEvents(f"{_short(text)} is no quotient of two counts of events")
    above, below = tree.lhs.prettify(), tree.rhs.prettify()
    return good_ratio(above, below, dialect) if of_good else ratio(above, below, dialect)


def _check_alike(counts: Sequence[_Count]) -> None:
    """Raise NotEvents where counts are made in several ways, or of each series, so that their quotient is no share."""
    if not any(one.summed for one in counts):
        raise NotEvents(f"it counts each series of {counts[-1].counter} by itself: write sum() around both sides")
    by_how = {one.how: one for one in counts}
    if len(by_how) < 2:
        return
    told = " and ".join(f"{one.counter} by {how}" for how, one in by_how.items())
    if {one.function for one in counts} >= {"rate", "increase"}:
        why = "the one is per second and the other is not, so their quotient is off by the seconds of the range"
    else:
        why = "they are taken over different times, so their quotient is no share"
    raise NotEvents(f"it counts {told}: {why}; write both by rate() over one range")


def _single(text: str, dialect: Dialect) -> _Count:
    terms = _terms(_parsed(text), text, dialect)
    if len(terms) != 1 or next(iter(terms.values())) < 0:
        raise NotEvents(f"{_short(text)} counts more than one counter")
    return next(iter(terms))


def _parsed(text: str) -> Any:
    hours, minutes = divmod(_STAND_IN // timedelta(minutes=1), 60)
    try:
        return promql_parser.parse(_WINDOW.sub(f"{hours}h{minutes}m", text))
    except ValueError as error:
        raise NotEvents(f"{_short(text)} is no PromQL: {error}") from None


def _terms(tree: Any, text: str, dialect: Dialect) -> Mapping[_Count, int]:
    """Counts by how often they are added; negative where they are taken away."""
    node = _bare(tree)
    match type(node).__name__:
        case "AggregateExpr":
            if str(node.op) != "sum":
                raise NotEvents(f"{_short(text)} takes {node.op} of series, which is no count of events")
            if node.modifier is not None:
                raise NotEvents(f"{_short(text)} counts each group by itself")
            return {replace(one, summed=True): sign for one, sign in _terms(node.expr, text, dialect).items()}
        case "BinaryExpr":
            return _combined(node, text, dialect)
        case "Call":
            return {_growth(node, text, dialect): 1}
        case "VectorSelector" if dialect.bare:
            return {_Count(_counter(node, text), ""): 1}
        case _:
            raise NotEvents(f"{_short(text)} does not count by rate() or increase()")


def _combined(node: Any, text: str, dialect: Dialect) -> Mapping[_Count, int]:
    operator = str(node.op)
    if operator == "or" and _is_nothing(node.rhs):
        return _terms(node.lhs, text, dialect)  # where there are no series, nothing is counted anyway
    if operator not in ("+", "-"):
        raise NotEvents(f"{_short(text)} reckons with {operator}, which is no count of events")
    terms = dict(_terms(node.lhs, text, dialect))
    for one, sign in _terms(node.rhs, text, dialect).items():
        terms[one] = terms.get(one, 0) + (sign if operator == "+" else -sign)
    return {one: times for one, times in terms.items() if times}


def _growth(node: Any, text: str, dialect: Dialect) -> _Count:
    name = node.func.name
    if name not in ("rate", "increase"):
        raise NotEvents(f"{_short(text)} counts by {name}(), not by rate() or increase()")
    series = node.args[0]
    if not isinstance(series, promql_parser.MatrixSelector):
        raise NotEvents(f"{_short(text)} does not count series as they are")
    if series.range != _STAND_IN and not dialect.any_range:
        raise NotEvents(f"{_short(text)} reads a range of its own instead of the window")
    return _Count(_counter(series.vector_selector, text), name, series.range)


def _counter(node: Any, text: str) -> Counter:
    if node.offset is not None or node.at is not None:
        raise NotEvents(f"{_short(text)} reads another time than now")
    if node.matchers.or_matchers:
        raise NotEvents(f"{_short(text)} joins matchers by or")
    found = [Matcher(one.name, _OPERATORS[str(one.op).rpartition(".")[2]], one.value) for one in node.matchers.matchers]
    named = next((one.value for one in found if one.label == "__name__" and one.operator == "="), node.name)
    if named is None:
        raise NotEvents(f"{_short(text)} names no metric")
    return Counter(named, frozenset(one for one in found if one.label != "__name__"))


def _bare(node: Any) -> Any:
    while isinstance(node, promql_parser.ParenExpr):
        node = node.expr
    return node


def _is_one(node: Any) -> bool:
    bare = _bare(node)
    return isinstance(bare, promql_parser.NumberLiteral) and float(bare.val) == 1


def _is_nothing(node: Any) -> bool:
    """`vector(0)`."""
    bare = _bare(node)
    return isinstance(bare, promql_parser.Call) and bare.func.name == "vector" and bare.prettify() == "vector(0)"


def _short(text: str) -> str:
    """A query on one line."""
    return " ".join(text.split())
