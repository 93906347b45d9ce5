"""Strings of a given form: names, labels, codes, addresses.

The form is a CEL rule and not a `pattern`, because the API server answers a failed pattern with the pattern, and a
failed rule with its message.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from goserviceslo.api.check import VALIDATIONS, cel


def matches_in_cel(expression: str) -> str:
    """CEL for: `self` as a whole is of this form. The expression must hold no quote."""
    return f"self.matches(r'^(?:{expression})$')"


def matches_somewhere_in_cel(expression: str) -> str:
    """CEL for: the expression is found in `self`. It must hold no quote."""
    return f"self.matches(r'{expression}')"


def matches(expression: str, text: str) -> bool:
    """Whether the expression is found in `text`, which is of a form that has no line break at its end."""
    return re.search(expression, text) is not None


@dataclass(frozen=True, slots=True)
class Text:
    """Annotation of a string that is refused with `advice` unless it is of the form `expression` as a whole.

    Python and RE2 must read the expression alike: explicit classes only, no `\\s`, `\\w`, `\\d`.
    """

    expression: str
    advice: str
    max_length: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        form = re.compile(self.expression)

        def check(value: str) -> str:
            if form.fullmatch(value) is None:
                raise ValueError(self.advice)
            return value

        plain = core_schema.str_schema(strict=True, max_length=self.max_length)
        return core_schema.no_info_after_validator_function(check, plain)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        rule = cel(matches_in_cel(self.expression), self.advice)
        return {"type": "string", "maxLength": self.max_length, VALIDATIONS: [rule]}


LABEL_NAME = "[a-zA-Z_][a-zA-Z0-9_]*"
_DNS_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"

DnsLabel = Annotated[
    str, Text(_DNS_LABEL, "write at most 63 lower-case letters, digits and dashes, such as checkout", 63)
]
ObjectName = Annotated[
    str,
    Text(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*", "write the name of an object in this namespace, such as checkout", 253),
]
MetricName = Annotated[
    str, Text("[a-zA-Z_:][a-zA-Z0-9_:]*", "write the name of a Prometheus metric, such as http_requests_total", 128)
]
LabelName = Annotated[str, Text(LABEL_NAME, "write the name of a Prometheus label, such as code", 64)]
Route = Annotated[
    str, Text("[!-~]+", "write a route as the metric's label has it, such as /v1/pay, in printable ASCII", 128)
]
GrpcMethod = Annotated[
    str,
    Text(
        r"[a-zA-Z_][a-zA-Z0-9_.]*/[a-zA-Z_][a-zA-Z0-9_]*",
        "write a method as package.Service/Method, such as shop.Cart/Add",
        128,
    ),
]
LabelValue = Annotated[
    str,
    Text(
        "[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?",
        "write at most 63 letters, digits, dashes, dots and underscores, such as L1",
        63,
    ),
]
# Whether there is such a zone is known only where it is used: an API server may have been built without zones, and
# would then refuse every one.
TimeZoneName = Annotated[
    str,
    Text("[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}", "write an IANA zone, such as Pacific/Auckland or UTC", 64),
]
Country = Annotated[
    str, Text("[A-Z]{2}(?:-[A-Z0-9]{1,3})?", 'write an ISO 3166 code, such as NZ, CN-HK or "NO" (in quotes)', 6)
]
Url = Annotated[str, Text("https?://[!-~]+", "write a URL that starts with https:// or http://, without spaces", 2048)]
# A zero byte or a line break would keep the container from starting, or end the variable early.
VariableText = Annotated[str, Text("[ -~]*", "write printable ASCII characters only", 512)]
