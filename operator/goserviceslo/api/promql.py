"""PromQL that a user writes, as far as its form can be judged without a parser.

The API server has none. What it cannot see, a condition of the resource says: `slo` parses every expression.
"""

from typing import Annotated

from goserviceslo.api.text import Text

LONGEST_EXPRESSION = 1024

Selector = Annotated[
    str,
    Text(
        r"[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{.*\})?",
        'write the name of a metric with its label matchers, such as sync_files_total{kind="metadata"}, without a '
        "function and without a range",
        512,
    ),
]
"""An instant vector selector."""
Expression = Annotated[
    str,
    Text(
        r"[^ \n\r\t](?:.|\n)*",
        "write an expression of PromQL, such as queue_length, that begins without blanks",
        LONGEST_EXPRESSION,
    ),
]
