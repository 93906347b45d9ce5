"""Percentages as users write them (`99.9`, `"99.9"`, `"99.9%"`), kept as exact decimals."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from goserviceslo.api.check import VALIDATIONS, cel

ADVICE = "write a percentage above 0 and below 100 with at most six decimals, such as 99.9"
_FORM = r"[1-9]?[0-9](?:\.[0-9]{1,6})?%?"
_NOT_ZERO = ".*[1-9].*"
SMALLEST = Decimal("0.000001")
LARGEST = Decimal("99.999999")


def parse_percent(value: Any) -> Decimal:
    """The percentage that `value` (a number or a string, with or without `%`) means, to six decimals.

    A number's further decimals are rounded away, but never up to 100 or down to 0. Raises ValueError with what to
    write instead.
    """
    if isinstance(value, str):
        if not all(re.fullmatch(form, value) for form in (_FORM, _NOT_ZERO)):
            raise ValueError(ADVICE)
        return Decimal(value.removesuffix("%"))
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(ADVICE)
    if not 0 < value < 100:
        raise ValueError(ADVICE)
    percent = value if isinstance(value, Decimal) else Decimal(repr(value))
    return min(max(percent.quantize(SMALLEST), SMALLEST), LARGEST)


def format_percent(percent: Decimal) -> str:
    """The canonical form: no exponent, no trailing zeros, no percent sign."""
    text = f"{percent:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _pattern_with_advice(form: str) -> str:
    """The form, with the advice as a preface that the API server quotes back and that never matches anything."""
    return f"^(?:{ADVICE.replace('.', '[.]')}){{0}}{form}$"


# A node without a type is the only one that takes `99.9` and `"99.9"` alike (int-or-string refuses fractions). CEL
# cannot see such a node, so everything is said by keywords: what a missing type lets through (booleans, objects,
# arrays) is refused by value. Whole numbers are compared with truncated bounds, hence 0 and 100 and not 99.999999.
Percent = Annotated[
    Decimal,
    PlainValidator(parse_percent),
    PlainSerializer(format_percent, return_type=str),
    WithJsonSchema(
        {
            "x-kubernetes-preserve-unknown-fields": True,
            "pattern": _pattern_with_advice(_FORM),
            "allOf": [{"pattern": _pattern_with_advice(_NOT_ZERO)}],
            "minimum": 0,
            "exclusiveMinimum": True,
            "maximum": 100,
            "exclusiveMaximum": True,
            "not": {"enum": [True, False]},
            "minProperties": 1,
            "maxProperties": 0,
            "minItems": 1,
            "maxItems": 0,
        }
    ),
]

_SHARE_ADVICE = "write a percentage above 0 and below 100, such as 99.5, without quotes"


def _parse_share(value: Any) -> Decimal:
    if isinstance(value, str):
        raise ValueError(_SHARE_ADVICE)
    try:
        return parse_percent(value)
    except ValueError:
        raise ValueError(_SHARE_ADVICE) from None


# Unlike `Percent` CEL can see it, so that a rule can ask whether it is there; the price is that it takes no text.
Share = Annotated[
    Decimal,
    PlainValidator(_parse_share),
    PlainSerializer(float, return_type=float),
    WithJsonSchema(
        {"type": "number", "format": "double", VALIDATIONS: [cel("self > 0.0 && self < 100.0", _SHARE_ADVICE)]}
    ),
]
