"""PromQL that a user wrote, as the kinds of indicators need it: confined, and judged by what it is."""

from dataclasses import dataclass, replace
from math import inf

from goserviceslo.slo.confine import Escapes, confine, confined_selector, single_selector
from goserviceslo.slo.conventions import NAMESPACE_LABEL
from goserviceslo.slo.expression import Binary, Call, Expression, Labels, Number, Selector, nodes, rebuilt, written
from goserviceslo.slo.functions import Kind
from goserviceslo.slo.parsing import kind_of, parse
from goserviceslo.slo.promql import Matcher
from goserviceslo.slo.series import TARGET_LABELS
from goserviceslo.slo.unresolved import Reason, Refused
from goserviceslo.slo.workload import Workload

_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
_LEAST = Number(-inf)
_RATES = frozenset({"rate", "irate", "deriv"})


@dataclass(frozen=True, slots=True)
class Selected:
    """The one selector that a user wrote."""

    text: str
    metric: str
    matchers: tuple[Matcher, ...]
    """Without the namespace."""

    @property
    def chooses_pods(self) -> bool:
        return any(matcher.label in TARGET_LABELS for matcher in self.matchers)

    def of(self, workload: Workload, suffix: str = "", *, all_pods: bool = False) -> str:
        """The selector within the workload's namespace; of its pods only, unless it chooses pods or all are wanted."""
        where = workload.matchers(all_pods=all_pods or self.chooses_pods)
        return written(Selector(self.metric + suffix, (*where, *self.matchers)))


@dataclass(frozen=True, slots=True)
class Written:
    """An instant vector that a user wrote."""

    text: str
    confined: str
    """Within the namespace; what is evaluated."""
    chooses_pods: bool
    """Whether a selector in it names a pod, job or instance."""
    metric: str | None
    """Where it is nothing but one selector."""
    is_rate: bool
    """Whether it is a change per second."""


def read_selector(field: str, text: str, namespace: str) -> Selected:
    """The selector that stands in `field`. Raises Refused for anything else, and for another namespace."""
    try:
        selector = confined_selector(single_selector(text), namespace)
    except Escapes as escape:
        raise Refused(Reason.EXPRESSION_REFUSED, f"{field}: {escape}", field) from escape
    others = tuple(matcher for matcher in selector.matchers if matcher.label != NAMESPACE_LABEL)
    return Selected(text, selector.metric, others)


def read_expression(field: str, text: str, namespace: str) -> Written:
    """The instant vector that stands in `field`. Raises Refused for anything else, and for what escapes."""
    try:
        confined = confine(text, namespace)
    except Escapes as escape:
        raise Refused(Reason.EXPRESSION_REFUSED, f"{field}: {escape}", field) from escape
    tree = parse(text)
    selectors = [node for node in nodes(tree) if isinstance(node, Selector)]
    return Written(
        text=" ".join(text.split()),
        confined=confined,
        chooses_pods=any(matcher.label in TARGET_LABELS for one in selectors for matcher in one.matchers),
        metric=tree.metric if isinstance(tree, Selector) else None,
        is_rate=isinstance(tree, Call) and tree.function in _RATES,
    )


def read_truth(field: str, text: str, namespace: str) -> Written:
    """An expression that is 1 or 0, or nothing where it compares what is no number (a quantile without traffic).

    Raises Refused also for a comparison that gives nothing where it fails.
    """
    expression = read_expression(field, text, namespace)
    tree = parse(text)
    if isinstance(tree, Binary) and tree.operator in _COMPARISONS and not tree.bool_:
        raise Refused(
            Reason.EXPRESSION_REFUSED,
            f"{field}: write {tree.operator} bool: without it a comparison that fails gives nothing, which would be no "
            "evidence and not a failure",
            field,
        )
    return replace(expression, confined=written(_of_numbers(parse(expression.confined))))


def _of_numbers(tree: Expression) -> Expression:
    """The tree with nothing compared that is no number: NaN is neither, yet `bool` would make a 0 or 1 of it."""
    tree = rebuilt(tree, _of_numbers)
    if not (isinstance(tree, Binary) and tree.bool_):
        return tree
    compared = rebuilt(tree, lambda side: _a_number(side) if kind_of(side) is Kind.VECTOR else side)
    for side in (tree.left, tree.right):
        if kind_of(side) is Kind.SCALAR and any(isinstance(node, Call) for node in nodes(side)):
            there = _a_number(Call("vector", (side,)))
            compared = Binary("and", compared, there, matching=Labels("on", ()))
    return compared


def _a_number(expression: Expression) -> Binary:
    return Binary(">=", expression, _LEAST)
