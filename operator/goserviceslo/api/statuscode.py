"""HTTP status codes and their classes, `429` and `5xx`."""

import re
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from goserviceslo.api.check import VALIDATIONS, cel
from goserviceslo.api.text import matches_in_cel
from goserviceslo.api.whole import as_integer

_FORM = "[1-5]xx|[1-5][0-9][0-9]"
_ADVICE = "write a class such as 5xx or a status code such as 429"


def _parse_status(value: Any) -> str:
    code = as_integer(value)
    if isinstance(code, bool) or not isinstance(code, str | int) or re.fullmatch(_FORM, str(code)) is None:
        raise ValueError(_ADVICE)
    return str(code)


# YAML makes a number of a bare 429, and a text of a bare 5xx.
StatusPattern = Annotated[
    str,
    PlainValidator(_parse_status),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "maxLength": 3,
            VALIDATIONS: [cel(f"type(self) == int ? self >= 100 && self <= 599 : {matches_in_cel(_FORM)}", _ADVICE)],
        }
    ),
]
