"""GOGC: how much the heap may grow between collections, in percent of what lives, or off."""

from typing import Annotated, Any, Literal

from pydantic import PlainValidator, WithJsonSchema

from goserviceslo.api.check import VALIDATIONS, cel
from goserviceslo.api.whole import as_integer

LOWEST_GOGC = 10
HIGHEST_GOGC = 10_000
_GOGC_ADVICE = 'write a GOGC from 10 to 10000, such as 200, or "off" (in quotes) together with memoryLimit'
_GOGC_DIGITS = 5


def _parse_gogc(value: Any) -> int | Literal["off"]:
    if value == "off":
        return "off"
    if isinstance(value, str) and 0 < len(value) <= _GOGC_DIGITS and value.isascii() and value.isdecimal():
        value = int(value)
    percent = as_integer(value)
    if isinstance(percent, int) and not isinstance(percent, bool) and LOWEST_GOGC <= percent <= HIGHEST_GOGC:
        return percent
    raise ValueError(_GOGC_ADVICE)


GcPercent = Annotated[
    int | Literal["off"],
    PlainValidator(_parse_gogc),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "maxLength": _GOGC_DIGITS,
            VALIDATIONS: [
                cel(
                    f"type(self) == int ? self >= {LOWEST_GOGC} && self <= {HIGHEST_GOGC} : self == 'off' || "
                    f"(self.matches('^[0-9]+$') && int(self) >= {LOWEST_GOGC} && int(self) <= {HIGHEST_GOGC})",
                    _GOGC_ADVICE,
                )
            ],
        }
    ),
]
