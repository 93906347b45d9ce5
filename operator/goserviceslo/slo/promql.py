"""Building blocks of PromQL text: literals, matchers, selectors. Nothing here trusts the values it is given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

_IN_STRINGS = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_IN_EXPRESSIONS = str.maketrans({character: f"\\{character}" for character in r"\.+*?()|[]{}^$"})
_TWELVE_DIGITS = Context(prec=12)


def quote(text: str) -> str:
    """A string literal that means exactly `text`."""
    return f'"{text.translate(_IN_STRINGS)}"'


def literal(text: str) -> str:
    """A regular expression (RE2) that matches exactly `text`; it still needs `quote`."""
    return text.translate(_IN_EXPRESSIONS)


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher: `operator` is =, !=, =~ or !~."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.operator}{quote(self.value)}"


def selector(metric: str, matchers: Iterable[Matcher] = ()) -> str:
    """An instant vector selector."""
    return f"{metric}{{{','.join(map(str, matchers))}}}"


@lru_cache(maxsize=1024)
def seconds(span: timedelta) -> str:
    """A span as a PromQL number of seconds."""
    return number(Fraction(span // timedelta(microseconds=1), 1_000_000))


@lru_cache(maxsize=1024)
def duration(span: timedelta) -> str:
    """A span as a PromQL duration of one unit; Prometheus knows nothing below a millisecond."""
    milliseconds = span // timedelta(milliseconds=1)
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if milliseconds >= length and milliseconds % length == 0:
            return f"{milliseconds // length}{unit}"
    return f"{milliseconds}ms"


def number(value: Fraction) -> str:
    """A number as a plain decimal of at most twelve significant digits."""
    return _decimal(value.numerator, value.denominator)


@lru_cache(maxsize=1024)
def _decimal(numerator: int, denominator: int) -> str:
    text = f"{_TWELVE_DIGITS.divide(Decimal(numerator), Decimal(denominator)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
