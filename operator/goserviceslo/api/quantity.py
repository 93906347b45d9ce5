"""Amounts of memory: Kubernetes quantities and Go's byte strings, kept as whole bytes.

Go aborts a process whose GOMEMLIMIT it cannot read, and it does not read Kubernetes' `1Gi` or a fraction
(runtime.readGOMEMLIMIT takes an integer with an optional suffix of B, KiB, MiB, GiB, TiB). So a limit is read
generously here and written in one form only.
"""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from goserviceslo.api.check import VALIDATIONS, cel
from goserviceslo.api.text import matches_in_cel

_FACTORS = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}
# Sixteen digits hold every whole number of bytes below 2^53.
_BYTES = r"([0-9]{1,16}(?:\.[0-9]{1,3})?)(k|M|G|T|Ki|Mi|Gi|Ti|KiB|MiB|GiB|TiB)?"
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?")
_MIB = 2**20


SMALLEST_MEMORY_LIMIT = 8 * _MIB
"""Below this Go's own runtime does not fit."""
_TOO_LARGE = 2**53
"""From here on JSON's numbers are no longer exact."""
_ADVICE = "write at least 8Mi, such as 460Mi, 460MiB, or the number of bytes"


def parse_memory_bytes(value: Any) -> int:
    """Whole bytes of a limit that a user wrote for Go: `512Mi`, `512MiB`, `1G`, `536870912`; a part of a byte is cut.

    Raises ValueError with what to write instead.
    """
    if isinstance(value, str):
        match = re.fullmatch(_BYTES, value)
        if match is None:
            raise ValueError(_ADVICE)
        number, suffix = match.groups()
        amount = int(Decimal(number) * _FACTORS[(suffix or "").removesuffix("B")])
    elif isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        amount = int(value)
    else:
        raise ValueError(_ADVICE)
    if not SMALLEST_MEMORY_LIMIT <= amount < _TOO_LARGE:
        raise ValueError(_ADVICE)
    return amount


def parse_quantity_bytes(value: str | int) -> int:
    """Whole bytes of a quantity in a pod's resources, as the API server stores it (`256Mi`, `1e9`, `128974848000m`).

    Raises ValueError for a text that is no quantity.
    """
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        raise ValueError(f"{value!r} is not a Kubernetes quantity")
    number, suffix = match.groups()
    suffix = suffix or ""
    if suffix == "m":
        return int(Decimal(number) / 1000)
    if suffix[:1] in ("e", "E") and len(suffix) > 1 and suffix[1:].isdigit():
        return int(Decimal(number) * 10 ** int(suffix[1:]))
    factors = _FACTORS | {"P": 10**15, "E": 10**18, "Pi": 2**50, "Ei": 2**60}
    return int(Decimal(number) * factors[suffix])


def format_gomemlimit(amount_bytes: int) -> str:
    """The form in which GOMEMLIMIT is written: whole MiB where they are exact, else plain bytes."""
    whole, rest = divmod(amount_bytes, _MIB)
    return f"{whole}MiB" if rest == 0 and whole else str(amount_bytes)


MemoryLimit = Annotated[
    int,
    PlainValidator(parse_memory_bytes),
    PlainSerializer(format_gomemlimit, return_type=str),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "maxLength": 24,
            VALIDATIONS: [
                cel(
                    f"type(self) == int ? self >= {SMALLEST_MEMORY_LIMIT} && self < {_TOO_LARGE} : "
                    f"{matches_in_cel(_BYTES)} && "
                    "quantity(self.replace('iB', 'i')).compareTo(quantity('8Mi')) >= 0 && "
                    f"quantity(self.replace('iB', 'i')).compareTo(quantity('{_TOO_LARGE}')) < 0",
                    _ADVICE,
                )
            ],
        }
    ),
]
