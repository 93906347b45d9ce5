"""Over how long a promise is kept: a rolling length (`30d`) or a calendar period (`Month`)."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from goserviceslo.api.check import VALIDATIONS, cel
from goserviceslo.api.duration import LONGEST_SPAN_TEXT, format_duration, parse_span, span_in_cel

SHORTEST_WINDOW = timedelta(hours=1)
LONGEST_WINDOW = timedelta(days=90)


class CalendarPeriod(StrEnum):
    """A calendar unit that starts at local midnight of its first day."""

    DAY = "Day"
    WEEK = "Week"
    MONTH = "Month"
    QUARTER = "Quarter"
    YEAR = "Year"


CALENDAR_PERIODS_IN_CEL = str([period.value for period in CalendarPeriod])

_ADVICE = "write a length from 1h to 90d such as 30d or 1d12h, or Day, Week, Month, Quarter or Year"


def _parse_window(value: Any) -> CalendarPeriod | timedelta:
    if isinstance(value, str) and value in set(CalendarPeriod):
        return CalendarPeriod(value)
    return parse_span(value, SHORTEST_WINDOW, LONGEST_WINDOW, _ADVICE)


def format_window(window: CalendarPeriod | timedelta) -> str:
    """The canonical text of a window: `30d` or `Month`."""
    return window.value if isinstance(window, CalendarPeriod) else format_duration(window)


Window = Annotated[
    CalendarPeriod | timedelta,
    PlainValidator(_parse_window),
    PlainSerializer(format_window, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": LONGEST_SPAN_TEXT,
            VALIDATIONS: [
                cel(
                    f"self in {CALENDAR_PERIODS_IN_CEL} || ({span_in_cel(SHORTEST_WINDOW, LONGEST_WINDOW)})",
                    _ADVICE,
                )
            ],
        }
    ),
]
