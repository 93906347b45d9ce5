"""PromQL as users write it, and as somebody writes it who wants to see what is not his: nested texts of every kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

_T = TypeVar("_T")

METRICS = ("requests_total", "queue_length", "latency_seconds_bucket", "offset", "my.metric", "ALERTS")
"""What a database for these texts should hold."""
LABELS = ("code", "pod", "le", "sum", "alertname")

_HOSTILE_TEXTS = ('"} or requests_total{namespace="b', "\\", '\\"', "'", "`", "}", "#", "\n", "é", "b|a", "$1", "{{}}")
_VALUES = ("500", "200", "checkout-1", "", "0.1", "+Inf", *_HOSTILE_TEXTS)
_PATTERNS = ("5..", ".*", ".+", "200|500", "checkout-[0-9]", "", "(?i:a)", "a{1,3}", r"\d+", "[^2].*")
_OF_PATTERNS = (
    *"aab05-.|^$é,",
    *(
        "a*",
        "b+?",
        "0??",
        ".{2}",
        "a{1,}",
        "(a|b)",
        "(?:0",
        ")",
        "(?i)",
        "(?i:b)",
        "[a-c]",
        r"[^\d-]",
        r"[\]\^-]",
        r"\d",
        r"\W+",
    ),
    *(r"\b", r"\.", r"\-", r"\{", r"\_", "[", "{", "&&", "[a&&b]", "[a-]", "[-a]", "[a--b]", "(?s)", "*", "()"),
)
_NUMBERS = ("0", "1", "2", "0.5", "-1", "1e3", "0x1F", ".5", "5m", "Inf", "NaN", "1e-07", "-0", "017", "0.9")
_SPANS = ("1m", "5m", "90s", "1h", "5m30s", "300", "1h0m1s", "150000ms")
_STEPS = ("15s", "1m", "5m")
_SPACES = (" ", " ", " ", "  ", "\n", "\t", ' # } or requests_total{namespace="b"}\n')
_OF_VECTORS = (
    "abs absent ceil exp floor ln sgn sort sort_desc sqrt timestamp round hour day_of_week histogram_count "
    "histogram_sum histogram_avg histogram_stddev"
)
_OF_RANGES = (
    "rate increase irate delta idelta deriv changes resets avg_over_time min_over_time max_over_time sum_over_time "
    "count_over_time last_over_time present_over_time absent_over_time stddev_over_time"
)
_AGGREGATIONS = "sum avg min max count group stddev stdvar"
_COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
_OPERATORS = (*_COMPARISONS, "+", "-", "*", "/", "%", "^", "atan2", "and", "or", "unless")
_SLIPPED = ("", "", "}", "{", '"', "'", "`", "#", ")", "(", "\\", "\n", ",", " or ", "@", "[", "-")


@dataclass(frozen=True)
class Author:
    """Writes texts; what he writes follows from the random numbers that he is given."""

    random: Random
    hostile: float = 0.02
    """How often he writes what is to be refused, at each place for it."""

    def expression(self, depth: int = 4) -> str:
        """An instant vector."""
        if depth == 0 or self.random.random() < 0.15:
            return self._shifted(self.selector())
        kinds = (
            self._call,
            self._call,
            self._over_time,
            self._over_time,
            self._aggregation,
            self._aggregation,
            self._binary,
            self._binary,
            self._relabelled,
            self._of_numbers,
            self._wrapped,
        )
        return self._one(kinds)(depth - 1)

    def broken(self) -> str:
        """An expression with something lost or slipped in."""
        text = self.expression()
        at = self.random.randint(0, len(text))
        return text[:at] + self._one(_SLIPPED) + text[at + self.random.randint(0, 3) :]

    def pattern(self) -> str:
        """Something like a regular expression; about every other is one."""
        return "".join(self._one(_OF_PATTERNS) for _ in range(self.random.randint(1, 8)))

    def selector(self) -> str:
        """A metric with matchers, in any of the ways to name it; no offset and no @."""
        name = self._one(METRICS)
        matchers = [self._matcher() for _ in range(self._one((0, 0, 1, 2)))]
        if name != "my.metric" and self.random.random() < 0.8:
            inner = ",".join(matchers) + ("," if matchers and self._sometimes(0.2) else "")
            return f"{name}{{{inner}}}" if matchers or self._sometimes(0.2) else name
        named = self._one((f'__name__="{name}"', f'"{name}"', f"'{name}'"))
        joint = " or " if self._badly() else ","
        return "{" + joint.join([named, *matchers]) + "}"

    def _one(self, choices: Sequence[_T]) -> _T:
        return self.random.choice(choices)

    def _sometimes(self, probability: float) -> bool:
        return self.random.random() < probability

    def _badly(self) -> bool:
        return self._sometimes(self.hostile)

    def _matcher(self) -> str:
        if self._badly():
            label = self._one(("namespace", '"namespace"', "__name__", "secret", "__tenant_id__"))
            operator = self._one(("=", "!=", "=~", "!~"))
            return label + operator + self._quoted(self._one(("a", "b", ".*", "", "a|b", "poison")))
        if self._sometimes(0.1):
            return 'namespace="a"'
        if self._sometimes(0.5):
            return self._one(LABELS) + self._one(("=", "!=", "!=")) + self._quoted(self._one(_VALUES))
        return self._one(LABELS) + self._one(("=~", "!~")) + self._quoted(self._one(_PATTERNS))

    def _quoted(self, value: str) -> str:
        quote = self._one('""\'`')
        if quote == "`" and "`" not in value:
            return f"`{value}`"
        quote = '"' if quote == "`" else quote
        inside = value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")
        return f"{quote}{inside}{quote}"

    def _shifted(self, text: str) -> str:
        modifiers = []
        if self._sometimes(0.15):
            modifiers.append(" @ 1699999000" if self._badly() else self._one((" @ end()", " @ start()")))
        if self._sometimes(0.2):
            modifiers.append(" offset -1m" if self._badly() else self._one((" offset 1m", " offset 5m30s")))
        self.random.shuffle(modifiers)
        return text + "".join(modifiers)

    def _labels(self, word: str) -> str:
        names = self.random.sample((*LABELS, "namespace"), self._one((0, 1, 1, 2)))
        return f" {word} ({', '.join(names)}) "

    def _scalar(self, depth: int) -> str:
        if depth and self._sometimes(0.2):
            return f"scalar({self.expression(depth - 1)})"
        return "time()" if self._sometimes(0.1) else self._one(_NUMBERS)

    def _matrix(self, depth: int) -> str:
        if depth and self._sometimes(0.3):
            return self._shifted(f"({self.expression(depth - 1)})[{self._one(_SPANS)}:{self._one(_STEPS)}]")
        return self._shifted(f"{self.selector()}[{self._one(_SPANS)}]")

    def _call(self, depth: int) -> str:
        function = "info" if self._badly() else self._one(_OF_VECTORS.split())
        return f"{function}({self.expression(depth)})"

    def _over_time(self, depth: int) -> str:
        if self._sometimes(0.1):
            return f"quantile_over_time({self._scalar(depth)}, {self._matrix(depth)})"
        if self._sometimes(0.1):
            return f"predict_linear({self._matrix(depth)}, {self._scalar(depth)})"
        function = "first_over_time" if self._badly() else self._one(_OF_RANGES.split())
        return f"{function}({self._matrix(depth)})"

    def _aggregation(self, depth: int) -> str:
        operator, of = self._one(_AGGREGATIONS.split()), self.expression(depth)
        if self._sometimes(0.1):
            operator, of = "count_values", f"{self._quoted(self._written())}, {of}"
        elif self._sometimes(0.3):
            operator = "limitk" if self._badly() else self._one(("topk", "bottomk", "quantile"))
            of = f"{self._scalar(depth)}, {of}"
        grouping = self._labels(self._one(("by", "without"))) if self._sometimes(0.5) else ""
        return f"{operator}{grouping}({of})" if self._sometimes(0.5) else f"{operator}({of}){grouping}"

    def _binary(self, depth: int) -> str:
        operator = self._one(_OPERATORS)
        modifiers = " bool " if operator in _COMPARISONS and self._sometimes(0.3) else " "
        left = self.expression(depth)
        is_set = operator in ("and", "or", "unless")
        if not is_set and self._sometimes(0.3):
            right = self._scalar(depth)
        else:
            right = left if self._sometimes(0.3) else self.expression(depth)
            if self._sometimes(0.5):
                modifiers += self._labels(self._one(("on", "ignoring")))
                if not is_set and self._sometimes(0.4):
                    modifiers += self._labels(self._one(("group_left", "group_right")))
        return f"{left}{self._one(_SPACES)}{operator}{modifiers}{right}"

    def _written(self) -> str:
        return self._one(("namespace", "goslo", "__name__")) if self._badly() else self._one(("code", "kind"))

    def _relabelled(self, depth: int) -> str:
        of, label = self.expression(depth), self._quoted(self._written())
        source = self._quoted(self._one((*LABELS, "namespace")))
        if self._sometimes(0.3):
            return f'label_join({of}, {label}, "-", {source}, "pod")'
        replacement = self._quoted(self._one(("$1", "b", "$0-x", *_HOSTILE_TEXTS)))
        return f"label_replace({of}, {label}, {replacement}, {source}, {self._quoted(self._one(_PATTERNS))})"

    def _of_numbers(self, depth: int) -> str:
        of, number = self.expression(depth), self._scalar(depth)
        return self._one(
            (
                f"vector({number})",
                f"histogram_quantile({number}, {of})",
                f"histogram_fraction(0, {number}, {of})",
                f"clamp_min({of}, {number})",
                f"clamp({of}, 0, {number})",
            )
        )

    def _wrapped(self, depth: int) -> str:
        return self._one(("({})", "-{}", "+({})", "(({}))")).format(self.expression(depth))
