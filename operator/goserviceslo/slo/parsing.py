"""PromQL as a user wrote it, read into a tree of our own.

The parser knows more than a Prometheus understands (alternatives in braces, fill values) and less than the newest
(expressions as durations, `smoothed`). What is not in the tree is refused here, so whatever the two make of a text,
what is written from the tree has one meaning.
"""

from datetime import timedelta
from typing import Any

import promql_parser

from goserviceslo.slo.expression import (
    NAME_LABEL,
    Aggregation,
    Binary,
    Call,
    Expression,
    Labels,
    Negation,
    Number,
    Pin,
    Range,
    Selector,
    Subquery,
    Text,
)
from goserviceslo.slo.functions import AGGREGATIONS, FUNCTIONS, SCALARS, Kind
from goserviceslo.slo.misreading import misreading
from goserviceslo.slo.promql import Matcher, quote
from goserviceslo.slo.re2 import NotRe2, check
from goserviceslo.slo.tokens import depth

LONGEST_TEXT = 2000
DEEPEST = 40
"""Levels of a tree. The parser recurses, and takes the process along when its stack ends: after some 250 levels of
512 KiB, and after 60 of the 128 KiB that a thread has on musl."""

# The parser's enumerations can be neither hashed nor compared with what they are not, but each has its text.
_MATCHES = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
_PINS: dict[str, Pin] = {"AtModifierType.Start": "start()", "AtModifierType.End": "end()"}
_GROUPINGS = {"AggModifierType.By": "by", "AggModifierType.Without": "without"}
_MATCHINGS = {"LabelModifierType.Include": "on", "LabelModifierType.Exclude": "ignoring"}
_GROUPS = {"VectorMatchCardinality.ManyToOne": "group_left", "VectorMatchCardinality.OneToMany": "group_right"}


class Unreadable(ValueError):
    """A text that is no PromQL, or PromQL that is not taken; the sentence says what to write instead."""


def parse(text: str) -> Expression:
    """The tree of a text. Raises Unreadable."""
    if not text.strip():
        raise Unreadable("write an expression, such as up")
    if len(text) > LONGEST_TEXT:
        raise Unreadable(f"write at most {LONGEST_TEXT} characters: record a part of it by a rule of its own")
    if unseen := next((one for one in text if not one.isprintable() and one not in "\t\n\r"), None):
        raise Unreadable(f"write visible characters only: the character U+{ord(unseen):04X} cannot be seen")
    if depth(text) > DEEPEST:
        raise Unreadable(
            f"nest less, at most {DEEPEST} deep (each operator of a chain counts): record a part of it by a rule of "
            'its own, or use a regular expression such as code=~"5.."'
        )
    try:
        parsed = promql_parser.parse(text)
    except (ValueError, OverflowError) as error:
        raise Unreadable(misreading(text, str(error))) from None
    return _read(parsed)


def _read(node: Any) -> Expression:  # noqa: C901 - a table of node types
    """Parentheses are left out: the tree has them in its form."""
    match node:
        case promql_parser.ParenExpr():
            return _read(node.expr)
        case promql_parser.NumberLiteral():
            return Number(node.val)
        case promql_parser.StringLiteral():
            return Text(_seen(node.val))
        case promql_parser.VectorSelector():
            return _selector(node)
        case promql_parser.MatrixSelector():
            return Range(_selector(node.vector_selector), node.range)
        case promql_parser.SubqueryExpr():
            return _subquery(node)
        case promql_parser.Call():
            return _call(node)
        case promql_parser.AggregateExpr():
            return _aggregation(node)
        case promql_parser.BinaryExpr():
            return _binary(node)
        case promql_parser.UnaryExpr():
            return Negation(_read(node.expr))
        case unforeseen:
            raise AssertionError(f"no tree for a {type(unforeseen).__name__}")


def _selector(node: Any) -> Selector:
    if node.matchers.or_matchers:
        raise Unreadable('write two selectors, such as a{b="c"} or a{d="e"}: Prometheus knows no "or" within braces')
    matchers = [_matcher(one) for one in node.matchers.matchers]
    names = [one for one in matchers if one.label == NAME_LABEL]
    if node.name is not None:
        names.append(Matcher(NAME_LABEL, "=", node.name))
    if not names:
        raise Unreadable("name the metric of each selector: one without a name reads every metric there is")
    if len(names) > 1:
        raise Unreadable("name the metric of a selector once")
    if names[0].operator != "=" or not names[0].value:
        raise Unreadable(
            f"write the metric's name instead of {names[0]}: a pattern or an exception may read every metric there is; "
            "join a few selectors by or"
        )
    others = tuple(one for one in matchers if one.label != NAME_LABEL)
    return Selector(names[0].value, others, _offset(node), _pin(node))


def _matcher(node: Any) -> Matcher:
    matcher = Matcher(_seen(node.name), _MATCHES[str(node.op)], _seen(node.value))
    if not matcher.label:
        raise Unreadable("name the label of each matcher")
    if matcher.label.startswith("__") and matcher.label != NAME_LABEL:
        raise Unreadable(f"leave out the matcher {matcher}: labels that begin with __ are the database's own")
    if matcher.operator in ("=~", "!~"):
        _check(matcher.value)
    return matcher


def _offset(node: Any) -> timedelta:
    offset: timedelta = node.offset or timedelta(0)
    if offset < timedelta(0):
        raise Unreadable("write an offset into the past, such as offset 5m: the future has no samples yet")
    return offset


def _pin(node: Any) -> Pin:
    if node.at is None:
        return ""
    pin = _PINS.get(str(node.at.type))
    if pin is None:
        raise Unreadable(
            "write @ end() or an offset instead of @ with a time: what was true at one moment would stand for all times"
        )
    return pin


def _subquery(node: Any) -> Subquery:
    if node.step is None:
        raise Unreadable("write the step of the subquery, such as [1h:1m]: without it each server takes its own")
    return Subquery(_read(node.expr), node.range, node.step, _offset(node), _pin(node))


def _call(node: Any) -> Call:
    name = node.func.name
    if name not in FUNCTIONS:
        raise Unreadable(
            f"do without {name}(): it is experimental, so a server may not know it, or it reads series that the "
            "expression does not name"
        )
    call = Call(name, tuple(map(_read, node.args)))
    if name == "label_replace" and isinstance(call.arguments[-1], Text):
        _check(call.arguments[-1].value)
    return call


def _aggregation(node: Any) -> Aggregation:
    operator = str(node.op)
    if operator not in AGGREGATIONS:
        raise Unreadable(f"do without {operator}(): it is experimental, so a server may not know it")
    grouping = None
    if node.modifier is not None:
        grouping = _labels(_GROUPINGS[str(node.modifier.type)], node.modifier.labels)
    parameter = None if node.param is None else _read(node.param)
    return Aggregation(operator, _read(node.expr), parameter, grouping)


def _binary(node: Any) -> Binary:
    operator, left, right = str(node.op), _read(node.lhs), _read(node.rhs)
    modifier = node.modifier
    if modifier is None:
        return Binary(operator, left, right)
    if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
        raise Unreadable("write or vector(0) instead of fill: it is experimental, so a server may not know it")
    matching = modifier.matching and _labels(_MATCHINGS[str(modifier.matching.type)], modifier.matching.labels)
    word = _GROUPS.get(str(modifier.card))
    group = _labels(word, modifier.group_labels or ()) if word else None
    return Binary(operator, left, right, modifier.return_bool, matching, group)


def _labels(word: str, names: Any) -> Labels:
    if not all(names):
        raise Unreadable(f"name the labels of {word}")
    return Labels(word, tuple(map(_seen, names)))


def _seen(text: str) -> str:
    """Escapes may stand for what may not be written itself."""
    if all(one.isprintable() or one in "\t\n\r" for one in text):
        return text
    raise Unreadable("write visible characters only: an escape in a text stands for one that cannot be seen")


def _check(expression: str) -> None:
    try:
        check(expression)
    except NotRe2 as advice:
        raise Unreadable(f"in the regular expression {quote(expression)}, {advice}") from None


def kind_of(expression: Expression) -> Kind:
    """What an expression gives."""
    match expression:
        case Number():
            return Kind.SCALAR
        case Text():
            return Kind.STRING
        case Range() | Subquery():
            return Kind.MATRIX
        case Call(name):
            return Kind.SCALAR if name in SCALARS else Kind.VECTOR
        case Binary(_, left, right):
            return Kind.SCALAR if kind_of(left) is kind_of(right) is Kind.SCALAR else Kind.VECTOR
        case Negation(of):
            return kind_of(of)
        case Selector() | Aggregation():
            return Kind.VECTOR
