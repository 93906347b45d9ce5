"""A user's own PromQL, confined to the namespace of his resource and to a bounded cost.

Every selector gets the namespace, whatever stands around it, and what is evaluated is written from the tree alone. So
no text can reach another's series by a difference between two parsers.
"""

from dataclasses import replace
from datetime import timedelta

from goserviceslo.slo.conventions import EVENTS_LABEL, IDENTITY, NAMESPACE_LABEL, TIER_LABEL
from goserviceslo.slo.expression import (
    Aggregation,
    Call,
    Expression,
    Range,
    Selector,
    Subquery,
    Text,
    is_plain_label,
    nodes,
    parts,
    rebuilt,
    written,
)
from goserviceslo.slo.functions import Kind
from goserviceslo.slo.parsing import Unreadable, kind_of, parse
from goserviceslo.slo.promql import Matcher, duration, quote

LONGEST_REACH = timedelta(days=7)
"""How far back the oldest sample is that an expression reads: ranges, subqueries and offsets together."""
MOST_POINTS = 2016
"""How often a subquery evaluates what is in it, nested ones multiplied: a week in steps of five minutes."""
MOST_READ = timedelta(days=90)
"""What all ranges read for each series, each counted as often as a subquery evaluates it."""
MOST_SELECTORS = 20
FINEST_STEP = timedelta(seconds=1)

RESERVED_LABELS = frozenset({*IDENTITY, TIER_LABEL, EVENTS_LABEL})
"""Labels that say whose promise a series belongs to."""


class Escapes(ValueError):
    """An expression that leaves its namespace, costs without bound or is no PromQL: what to write instead."""


def confine(expression: str, namespace: str) -> str:
    """The expression with `namespace="…"` in every selector. To confine twice changes nothing.

    It gives an instant vector. Raises Escapes.
    """
    tree = _parse(expression)
    kind = kind_of(tree)
    if kind is not Kind.VECTOR:
        raise Escapes(
            "write what gives an instant vector, such as rate(http_requests_total[5m]) or vector(1): this gives "
            f"{kind.value}"
        )
    _check_labels(tree)
    _check_cost(tree)
    return written(_confined(tree, namespace))


def single_selector(expression: str) -> Selector:
    """The one instant selector that the expression is, such as `http_requests_total{code="500"}`.

    Nothing is confined yet: the namespace is added by whoever writes a selector from it. Raises Escapes for all else,
    also where an offset, an `@` or a function stands around the selector.
    """
    tree = _parse(expression)
    if not isinstance(tree, Selector) or tree.offset or tree.pin:
        raise Escapes(
            'write a single selector, such as http_requests_total{code="500"}: no function, no range, no operator, no '
            "offset and no @"
        )
    return tree


def _parse(expression: str) -> Expression:
    try:
        return parse(expression)
    except Unreadable as error:
        raise Escapes(str(error)) from None


def _confined(tree: Expression, namespace: str) -> Expression:
    match tree:
        case Selector():
            return confined_selector(tree, namespace)
        case Range(selector):
            return replace(tree, selector=confined_selector(selector, namespace))
        case _:
            return rebuilt(tree, lambda part: _confined(part, namespace))


def confined_selector(selector: Selector, namespace: str) -> Selector:
    """The selector with the namespace's matcher first. Raises Escapes where it has one that says anything else."""
    own = Matcher(NAMESPACE_LABEL, "=", namespace)
    for matcher in selector.matchers:
        if matcher.label == NAMESPACE_LABEL and matcher != own:
            raise Escapes(
                f"leave the matcher {matcher} out of {selector.metric}: an expression reads the namespace of its "
                f"resource, {namespace}, and no other"
            )
    others = (matcher for matcher in selector.matchers if matcher != own)
    return replace(selector, matchers=(own, *others))


def _check_labels(tree: Expression) -> None:
    for node in nodes(tree):
        match node:
            case Call("label_replace" | "label_join" as name, (_, Text(label), *others)):
                _check_label(name, label)
                if name == "label_join" and not all(isinstance(one, Text) and one.value for one in others[1:]):
                    raise Escapes("name the labels that label_join joins")
            case Aggregation("count_values", _, Text(label)):
                _check_label("count_values", label)


def _check_label(function: str, label: str) -> None:
    if label in RESERVED_LABELS or label.startswith("__"):
        raise Escapes(
            f"let {function} write another label than {label}, such as kind: that one says whose series it is, and is "
            "not for an expression to change"
        )
    if not is_plain_label(label):
        raise Escapes(
            f"let {function} write a label of letters, digits and underscores, such as kind, not {quote(label)}"
        )


def _check_cost(tree: Expression) -> None:
    selectors = sum(isinstance(node, Selector) for node in nodes(tree))
    if selectors > MOST_SELECTORS:
        raise Escapes(
            f"write at most {MOST_SELECTORS} selectors (found {selectors}): use a regular expression for a label"
        )
    if (reach := _reach(tree)) > LONGEST_REACH:
        raise Escapes(
            f"look back at most {duration(LONGEST_REACH)}, ranges, subqueries and offsets together (found "
            f"{duration(reach)}): the objective's window is not for the expression to sum"
        )
    _check_points(tree, 1, 0)
    if (read := _read(tree, 1)) > MOST_READ:
        raise Escapes(
            f"let subqueries read less: a longer step or a shorter range within ({duration(read)} of samples for each "
            f"series, at most {duration(MOST_READ)})"
        )


def _reach(tree: Expression) -> timedelta:
    """How far before the evaluation the oldest sample is."""
    match tree:
        case Selector(offset=offset):
            return offset
        case Range(selector, span):
            return span + selector.offset
        case Subquery(of, span, _, offset):
            return span + offset + _reach(of)
    return max(map(_reach, parts(tree)), default=timedelta(0))


def _check_points(tree: Expression, points: int, depth: int) -> None:
    if isinstance(tree, Subquery):
        if tree.step < FINEST_STEP:
            raise Escapes(f"write a step of at least {duration(FINEST_STEP)} for the subquery")
        points *= _points(tree)
        depth += 1
        if points > MOST_POINTS:
            raise Escapes(
                f"write a longer step for the subquery [{duration(tree.span)}:{duration(tree.step)}]: it evaluates "
                f"what is in it {points} times, and {MOST_POINTS} is the most"
            )
        if depth > 2:
            raise Escapes("nest at most one subquery in another: record the inner one by a rule of its own")
    for part in parts(tree):
        _check_points(part, points, depth)


def _points(subquery: Subquery) -> int:
    return -(-subquery.span // subquery.step)


def _read(tree: Expression, points: int) -> timedelta:
    if isinstance(tree, Range):
        return points * tree.span
    if isinstance(tree, Subquery):
        points *= _points(tree)
    return sum((_read(part, points) for part in parts(tree)), timedelta(0))
