"""Durations as Go and Prometheus write them (`300ms`, `1h30m`, `30d`), kept as `timedelta`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from goserviceslo.api.check import VALIDATIONS, cel
from goserviceslo.api.text import matches_in_cel

_MICROSECONDS = {
    "ns": Decimal("0.001"),
    "us": Decimal(1),
    "µs": Decimal(1),
    "ms": Decimal(1_000),
    "s": Decimal(1_000_000),
    "m": Decimal(60_000_000),
    "h": Decimal(3_600_000_000),
    "d": Decimal(86_400_000_000),
    "w": Decimal(604_800_000_000),
}
_TERM = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h|d|w)")
_WHOLE = re.compile(rf"(?:{_TERM.pattern})+")


def parse_duration(value: Any) -> timedelta:
    """The time that `value` spans; below a microsecond it is rounded half to even.

    A day is 24 hours and a week seven days, as in Prometheus. Raises ValueError with what to write instead.
    """
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or _WHOLE.fullmatch(value) is None:
        raise ValueError("write a number with a unit, such as 300ms, 5m or 30d")
    try:
        return timedelta(microseconds=int(_microseconds(value).to_integral_value()))
    except OverflowError:
        raise ValueError("write a length of less than two million years") from None


def _microseconds(text: str) -> Decimal:
    return sum((Decimal(number) * _MICROSECONDS[unit] for number, unit in _TERM.findall(text)), Decimal(0))


def format_duration(span: timedelta) -> str:
    """The canonical form, readable by Go below a day: largest units first, `0s` for nothing, days as the largest.

    Weeks are left to those who write them: 28d is plainer than 4w.
    """
    micros = span // timedelta(microseconds=1)
    parts = []
    for unit in ("d", "h", "m", "s", "ms", "us"):
        count, micros = divmod(micros, int(_MICROSECONDS[unit]))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


LONGEST_BOUND = timedelta(hours=1)
_BOUND_ADVICE = "write how long a good request may take, above 0 and at most 1h, such as 300ms"
_FRACTION = r"(?:\.[0-9]{1,3})?"
# Few enough digits for Go's 64 bits of nanoseconds, and none below a nanosecond.
_BOUND = rf"(?:[0-9]{{1,7}}{_FRACTION}(?:us|µs|ms|s|m)|[01]{_FRACTION}h){{1,4}}"


def _parse_bound(value: Any) -> timedelta:
    if isinstance(value, str):
        if len(value) > 32 or re.fullmatch(_BOUND, value) is None:
            raise ValueError(_BOUND_ADVICE)
        # Compared before it is rounded: 0.6us is below the least bound.
        if not 1 <= _microseconds(value) <= _MICROSECONDS["h"]:
            raise ValueError(_BOUND_ADVICE)
    elif not isinstance(value, timedelta):
        raise ValueError(_BOUND_ADVICE)
    span = parse_duration(value)
    if not timedelta(microseconds=1) <= span <= LONGEST_BOUND:
        raise ValueError(_BOUND_ADVICE)
    return span


LatencyBound = Annotated[
    timedelta,
    PlainValidator(_parse_bound),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": 32,
            VALIDATIONS: [
                cel(
                    f"{matches_in_cel(_BOUND)} && duration(self) >= duration('1us') "
                    "&& duration(self) <= duration('1h')",
                    _BOUND_ADVICE,
                )
            ],
        }
    ),
]

# Spans of days: units from the largest to the smallest, each at most once. CEL's duration() knows neither days nor
# weeks, so the terms are added up by hand; a unit that is not there leaves '0'.
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SPAN = "".join(f"(?:[0-9]{{1,7}}{unit})?" for unit in _SECONDS)
LONGEST_SPAN_TEXT = 24


def seconds_in_cel(value: str = "self") -> str:
    """CEL for the seconds of a span that is of the right form."""
    return " + ".join(
        f"int('0' + {value}.find('[0-9]+{unit}').replace('{unit}', '')) * {seconds}"
        for unit, seconds in _SECONDS.items()
    )


def parse_span(value: Any, shortest: timedelta, longest: timedelta, advice: str) -> timedelta:
    """A length such as `30d` or `1d12h` within bounds, both included. Raises ValueError with the advice."""
    written = isinstance(value, str) and 0 < len(value) <= LONGEST_SPAN_TEXT and re.fullmatch(_SPAN, value) is not None
    if not written and not isinstance(value, timedelta):
        raise ValueError(advice)
    span = parse_duration(value)
    if not shortest <= span <= longest:
        raise ValueError(advice)
    return span


def span_in_cel(shortest: timedelta, longest: timedelta) -> str:
    """CEL for what `parse_span` takes."""
    second = timedelta(seconds=1)
    return (
        f"{matches_in_cel(_SPAN)} && self != '' && [{seconds_in_cel()}].all(seconds, "
        f"seconds >= {shortest // second} && seconds <= {longest // second})"
    )


@dataclass(frozen=True, slots=True)
class Span:
    """Annotation of a `timedelta` within bounds, both included, that is refused with `advice` otherwise."""

    shortest: timedelta
    longest: timedelta
    advice: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: parse_span(value, self.shortest, self.longest, self.advice),
            serialization=core_schema.plain_serializer_function_ser_schema(
                format_duration, return_schema=core_schema.str_schema()
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        rule = cel(span_in_cel(self.shortest, self.longest), self.advice)
        return {"type": "string", "maxLength": LONGEST_SPAN_TEXT, VALIDATIONS: [rule]}


SlaTime = Annotated[
    timedelta,
    Span(
        timedelta(0),
        timedelta(days=365),
        "write a duration of at most 365d such as 0s, 2m or 1h30m, largest unit first",
    ),
]
