"""A PromQL expression as a tree, and its one text.

The text of a tree is written from nothing but the tree: names that are words of the language are quoted, strings are
escaped, and every operand that could be read in another way stands in parentheses. So two parsers that disagree on what
a user wrote still read the same in what is written here.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from goserviceslo.slo.promql import Matcher, duration, quote

NAME_LABEL = "__name__"

_PLAIN_METRIC = re.compile("[a-zA-Z_:][a-zA-Z0-9_:]*")
_PLAIN_LABEL = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")
_PROMETHEUS_WORDS = """
    and or unless atan2 sum avg count min max group stddev stdvar topk bottomk count_values quantile limitk limit_ratio
    offset smoothed anchored by without on ignoring group_left group_right fill fill_left fill_right bool start end step
    range max_of min_of inf nan
"""
_VICTORIAMETRICS_WORDS = "with if ifnot default limit keep_metric_names union"
_WORDS = frozenset((_PROMETHEUS_WORDS + _VICTORIAMETRICS_WORDS).split())
"""What a parser may take for a word of the language, whatever the case of its letters."""

Pin = Literal["", "start()", "end()"]
"""The instant of the whole query that an `@` ties a selector to."""


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Series of one metric. The name is not among the matchers."""

    metric: str
    matchers: tuple[Matcher, ...] = ()
    offset: timedelta = timedelta(0)
    pin: Pin = ""


@dataclass(frozen=True, slots=True)
class Range:
    """The samples of a selector over a span."""

    selector: Selector
    span: timedelta


@dataclass(frozen=True, slots=True)
class Subquery:
    """An expression evaluated every `step` over a span."""

    of: "Expression"
    span: timedelta
    step: timedelta
    offset: timedelta = timedelta(0)
    pin: Pin = ""


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Expression", ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """A list of labels and the word before it: by, without, on, ignoring, group_left, group_right."""

    word: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aggregation:
    operator: str
    of: "Expression"
    parameter: "Expression | None" = None
    grouping: Labels | None = None


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Expression"
    right: "Expression"
    bool_: bool = False
    matching: Labels | None = None
    group: Labels | None = None


@dataclass(frozen=True, slots=True)
class Negation:
    of: "Expression"


Expression = Number | Text | Selector | Range | Subquery | Call | Aggregation | Binary | Negation


def parts(expression: Expression) -> tuple[Expression, ...]:
    """What an expression is directly made of, in the order of its text."""
    match expression:
        case Range(selector):
            return (selector,)
        case Subquery(of) | Negation(of):
            return (of,)
        case Call(_, arguments):
            return arguments
        case Aggregation(_, of, parameter):
            return (of,) if parameter is None else (parameter, of)
        case Binary(_, left, right):
            return left, right
        case Number() | Text() | Selector():
            return ()


def nodes(expression: Expression) -> Iterator[Expression]:
    """The expression and all within it."""
    yield expression
    for part in parts(expression):
        yield from nodes(part)


def rebuilt(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with what it is directly made of changed, but for the selector of a range."""
    match expression:
        case Subquery(of) | Negation(of):
            return replace(expression, of=change(of))
        case Call(_, arguments):
            return replace(expression, arguments=tuple(map(change, arguments)))
        case Aggregation(_, of, parameter):
            return replace(expression, of=change(of), parameter=None if parameter is None else change(parameter))
        case Binary(_, left, right):
            return replace(expression, left=change(left), right=change(right))
        case Number() | Text() | Selector() | Range():
            return expression


def written(expression: Expression) -> str:
    """The text of a tree; the same tree is read from it again."""
    match expression:
        case Number(value):
            return _number(value)
        case Text(value):
            return quote(value)
        case Selector(offset=offset, pin=pin):
            return _selected(expression) + _shifted(offset, pin)
        case Range(selector, span):
            return f"{_selected(selector)}[{duration(span)}]{_shifted(selector.offset, selector.pin)}"
        case Subquery(of, span, step, offset, pin):
            inner = written(of) if isinstance(of, Call) else f"({written(of)})"
            return f"{inner}[{duration(span)}:{duration(step)}]{_shifted(offset, pin)}"
        case Call(function, arguments):
            return f"{function}({', '.join(map(written, arguments))})"
        case Aggregation(operator, of, parameter, grouping):
            within = written(of) if parameter is None else f"{written(parameter)}, {written(of)}"
            return f"{operator}{f' {_labels(grouping)} ' if grouping else ''}({within})"
        case Binary(operator, left, right):
            return f"{_operand(left)} {operator}{_modifiers(expression)} {_operand(right)}"
        case Negation(of):
            return f"-{_operand(of)}" if isinstance(of, Selector | Call) else f"-({written(of)})"


def _operand(expression: Expression) -> str:
    text = written(expression)
    return f"({text})" if isinstance(expression, Binary | Negation) or text.startswith("-") else text


def _modifiers(binary: Binary) -> str:
    words = ["bool"] if binary.bool_ else []
    words += [_labels(labels) for labels in (binary.matching, binary.group) if labels is not None]
    return "".join(f" {word}" for word in words)


def _selected(selector: Selector) -> str:
    plain = _PLAIN_METRIC.fullmatch(selector.metric) is not None and selector.metric.lower() not in _WORDS
    matchers = [_matcher(matcher) for matcher in selector.matchers]
    if plain:
        return selector.metric + (f"{{{','.join(matchers)}}}" if matchers else "")
    return f"{{{','.join([f'{NAME_LABEL}={quote(selector.metric)}', *matchers])}}}"


def _matcher(matcher: Matcher) -> str:
    """Within braces no word has a meaning of its own."""
    label = matcher.label if is_plain_label(matcher.label) else quote(matcher.label)
    return f"{label}{matcher.operator}{quote(matcher.value)}"


def _shifted(offset: timedelta, pin: Pin) -> str:
    return (f" @ {pin}" if pin else "") + (f" offset {duration(offset)}" if offset else "")


def _labels(labels: Labels) -> str:
    return f"{labels.word} ({', '.join(map(_label, labels.names))})"


def _label(name: str) -> str:
    return name if is_plain_label(name) and name.lower() not in _WORDS else quote(name)


def is_plain_label(name: str) -> bool:
    """Whether a label needs no quotes where it is no word of the language."""
    return _PLAIN_LABEL.fullmatch(name) is not None


def _number(value: float) -> str:
    """The shortest text that is this very float."""
    text = repr(value).removesuffix(".0")
    return {"inf": "Inf", "-inf": "-Inf", "nan": "NaN"}.get(text, text)
