"""Bounds and rates: a plain number, a share in percent, an amount of memory, a length of time."""

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from goserviceslo.api.check import VALIDATIONS, cel
from goserviceslo.api.text import matches_in_cel
from goserviceslo.api.whole import as_integer


class Unit(StrEnum):
    """What a bound is given in."""

    NONE = "a plain number"
    PERCENT = "percent"
    BYTES = "bytes"
    SECONDS = "a length of time"


_DECIMAL = {"k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12)}
_BINARY = {"Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30), "Ti": Fraction(2**40)}
_TIMES = {
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "ms": Fraction(1, 10**3),
    "s": Fraction(1),
    "h": Fraction(3600),
}
"""No `m`: Kubernetes reads it as thousandths, Go as minutes."""
_UNITS: dict[str, tuple[Unit, Fraction]] = {
    "": (Unit.NONE, Fraction(1)),
    "%": (Unit.PERCENT, Fraction(1, 100)),
    **{suffix: (Unit.NONE, factor) for suffix, factor in _DECIMAL.items()},
    **{suffix: (Unit.BYTES, factor) for suffix, factor in _BINARY.items()},
    **{suffix: (Unit.SECONDS, factor) for suffix, factor in _TIMES.items()},
}
_NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,9})?"
_TOO_LARGE = 10**15
_QUANTITY_FORM = f"{_NUMBER}(?:{'|'.join((*_DECIMAL, *_BINARY))})?"
_BOUND_FORM = f"{_NUMBER}(?:{'|'.join(suffix for suffix in _UNITS if suffix)})?"
_PARTS = re.compile(f"({_NUMBER})([^0-9.]*)")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit; `value` is in the base of the unit: a ratio, bytes, seconds."""

    text: str
    """As the user wrote it."""
    value: Fraction
    unit: Unit

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class AmountForm:
    """Annotation of an `Amount`: a whole number, or a string of this form, that is refused with `advice` otherwise."""

    form: str
    advice: str

    def parse(self, value: Any) -> Amount:
        """What `value` means. Raises ValueError with the advice."""
        if isinstance(value, Amount):
            return value
        whole = as_integer(value)
        if isinstance(whole, int) and not isinstance(whole, bool) and 0 <= whole < _TOO_LARGE:
            return Amount(str(whole), Fraction(whole), Unit.NONE)
        parts = _PARTS.fullmatch(value) if isinstance(value, str) and re.fullmatch(self.form, value) else None
        if parts is None:
            raise ValueError(self.advice)
        unit, factor = _UNITS[parts[2]]
        return Amount(value, Fraction(parts[1]) * factor, unit)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        rule = f"type(self) == int ? self >= 0 && self < {_TOO_LARGE} : {matches_in_cel(self.form)}"
        return {"x-kubernetes-int-or-string": True, "maxLength": 32, VALIDATIONS: [cel(rule, self.advice)]}


Bound = Annotated[
    Amount,
    AmountForm(_BOUND_FORM, 'write a bound such as "0.8", 80%, 512Mi or 300ms, a fraction without a unit in quotes'),
]
"""What a gauge or a spread must stay under."""
Quantity = Annotated[
    Amount,
    AmountForm(_QUANTITY_FORM, 'write a number such as "186300", "0.5" or 10Mi, a fraction in quotes'),
]
"""How many of something, or how many bytes."""
