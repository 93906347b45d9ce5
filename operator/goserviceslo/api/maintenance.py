"""When a service may be down on purpose: single windows, and windows that come again by an RFC 5545 rule.

What a date or a rule may look like is said by regular expressions that the API server and Python read alike, so a
window that is taken can always be expanded, and never gives more than 24 occurrences a day.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from goserviceslo.api.base import ApiModel, keyed_by, notes
from goserviceslo.api.check import VALIDATIONS, Check, cel
from goserviceslo.api.duration import LONGEST_SPAN_TEXT, format_duration, parse_span, span_in_cel
from goserviceslo.api.text import DnsLabel, ObjectName, Text, TimeZoneName, matches, matches_somewhere_in_cel

MAX_WINDOWS = 32
CALENDAR_KEY = "maintenance.yaml"
"""The key of a ConfigMap that holds a list of windows."""
SHORTEST_MAINTENANCE = timedelta(minutes=1)
LONGEST_MAINTENANCE = timedelta(days=7)

# Days of this century, the 29th of February in leap years only.
_LONG, _SHORT = "(?:0[13578]|1[02])", "(?:0[469]|11)"
_UP_TO_28, _UP_TO_30, _UP_TO_31 = "(?:0[1-9]|1[0-9]|2[0-8])", "(?:0[1-9]|[12][0-9]|30)", "(?:0[1-9]|[12][0-9]|3[01])"


def _date(dash: str) -> str:
    common = f"{_LONG}{dash}{_UP_TO_31}|{_SHORT}{dash}{_UP_TO_30}|02{dash}{_UP_TO_28}"
    return f"(?:20[0-9]{{2}}{dash}(?:{common})|20(?:[02468][048]|[13579][26]){dash}02{dash}29)"


_HOUR, _SIXTY = "(?:[01][0-9]|2[0-3])", "[0-5][0-9]"
_OFFSET = "[+-](?:0[0-9]|1[0-4]):[0-5][0-9]"

Start = Annotated[
    str,
    Text(
        f"{_date('-')}T{_HOUR}:{_SIXTY}:{_SIXTY}(?:Z|{_OFFSET})?",
        "write an instant such as 2026-12-01T02:00:00Z, or a local time such as 2026-12-01T02:00:00 with timeZone "
        "beside it",
        25,
    ),
]
Date = Annotated[str, Text(_date("-"), "write a date such as 2026-12-27", 10)]

_DAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
_YEAR_DAY = "[+-]?(?:[1-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])"
_WEEK = "(?:[1-9]|[1-4][0-9]|5[0-3])"


def _listed(one: str) -> str:
    return f"{one}(?:,{one})*"


_PARTS = {
    "FREQ": "(?:HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)",
    "INTERVAL": "[1-9][0-9]{0,2}",
    "COUNT": "[1-9][0-9]{0,2}",
    "UNTIL": f"{_date('')}(?:T{_HOUR}{_SIXTY}{_SIXTY}Z?)?",
    "BYDAY": _listed(f"(?:[+-]?{_WEEK})?{_DAY}"),
    "BYMONTHDAY": _listed("[+-]?(?:[1-9]|[12][0-9]|3[01])"),
    "BYYEARDAY": _listed(_YEAR_DAY),
    "BYWEEKNO": _listed(f"[+-]?{_WEEK}"),
    "BYMONTH": _listed("(?:[1-9]|1[0-2])"),
    "BYSETPOS": _listed(_YEAR_DAY),
    "BYHOUR": _listed("(?:0?[0-9]|1[0-9]|2[0-3])"),
    "BYMINUTE": "[0-5]?[0-9]",
    "WKST": _DAY,
}
_PART = "(?:{})".format("|".join(f"{name}={value}" for name, value in _PARTS.items()))
_TWICE = "(?:^|;)(?:{})".format("|".join(f"{name}=.*;{name}=" for name in _PARTS))


def _never(expression: str, message: str) -> Check:
    """A check that the expression is found nowhere in the text."""
    return Check(
        rule=f"!{matches_somewhere_in_cel(expression)}",
        message=message,
        holds=lambda text: not matches(expression, text),
    )


Rule = Annotated[
    str,
    Text(
        f"{_PART}(?:;{_PART})*",
        "write an RFC 5545 rule of hours, days, weeks, months or years in capitals, such as FREQ=WEEKLY;BYDAY=SU; "
        "without RRULE:, DTSTART and EXDATE: it begins at start, and days to leave out are written as except",
        255,
    ),
    Check(
        rule=matches_somewhere_in_cel("(?:^|;)FREQ="),
        message="write how often as FREQ=DAILY, WEEKLY, MONTHLY, YEARLY or HOURLY",
        holds=lambda text: matches("(?:^|;)FREQ=", text),
    ),
    _never(_TWICE, "a part of the rule stands twice: write each once, and several values with commas"),
    _never("COUNT=.*;UNTIL=|UNTIL=.*;COUNT=", "write COUNT or UNTIL, not both"),
    _never(
        "FREQ=HOURLY(?:.*;)?(?:BYHOUR|COUNT)=|(?:BYHOUR|COUNT)=.*;FREQ=HOURLY",
        "FREQ=HOURLY takes neither BYHOUR nor COUNT: write FREQ=DAILY with BYHOUR, or UNTIL",
    ),
    _never(
        "FREQ=(?:HOURLY|DAILY|WEEKLY);(?:.*;)?BYDAY=[^;]*[0-9]|BYDAY=[^;]*[0-9].*;FREQ=(?:HOURLY|DAILY|WEEKLY)",
        "a numbered day such as 1SU is the first of a month or year: write FREQ=MONTHLY or YEARLY, or leave the number "
        "out",
    ),
]

_DURATION_ADVICE = "write a duration from 1m to 7d such as 30m or 1h30m, largest unit first"
MaintenanceDuration = Annotated[
    timedelta,
    PlainValidator(
        lambda value: parse_span(value, SHORTEST_MAINTENANCE, LONGEST_MAINTENANCE, _DURATION_ADVICE),
    ),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": LONGEST_SPAN_TEXT,
            VALIDATIONS: [cel(span_in_cel(SHORTEST_MAINTENANCE, LONGEST_MAINTENANCE), _DURATION_ADVICE)],
        }
    ),
]

_ABSOLUTE, _WITH_OFFSET = "(?:Z|[+-][0-9][0-9]:[0-9][0-9])$", "[+-][0-9][0-9]:[0-9][0-9]$"


class MaintenanceWindow(ApiModel):
    """A time in which the service may be down: what is counted in it counts for no objective, and no alert fires."""

    checks = (
        Check(
            rule=f"has(self.timeZone) != self.start.matches(r'{_ABSOLUTE}')",
            message="write a local start with timeZone beside it, or without timeZone a start with Z or an offset",
            holds=lambda window: (window.time_zone is not None) != matches(_ABSOLUTE, window.start),
        ),
        Check(
            rule=f"!has(self.rule) || !self.start.matches(r'{_WITH_OFFSET}')",
            message="a rule goes by local time: write start without its offset and timeZone beside it, or with Z",
            holds=lambda window: window.rule is None or not matches(_WITH_OFFSET, window.start),
        ),
        Check(
            rule="!has(self.except) || has(self.rule)",
            message="except leaves out days of a rule: write rule beside it, or leave it out",
            holds=lambda window: window.left_out is None or window.rule is not None,
        ),
    )

    name: DnsLabel = Field(description="Name of the window, unique in its list.", examples=["sunday"])
    start: Start = Field(
        description="When it begins, or with rule when it can first begin: an instant such as 2026-12-01T02:00:00Z, or "
        "a local time of timeZone. A local time that the clocks skip is moved on by what they skip; of one that comes "
        "twice the first is meant.",
        examples=['"2026-01-04T02:00:00"'],
        json_schema_extra=notes(unit="RFC 3339, with or without offset"),
    )
    time_zone: TimeZoneName | None = Field(
        default=None,
        description="IANA time zone of a local start.",
        examples=["Europe/Berlin"],
        json_schema_extra=notes(default="start is an instant"),
    )
    duration: MaintenanceDuration = Field(
        description="How long it lasts, from 1m to 7d; a day is 24 hours, also on nights in which the clocks change.",
        examples=["2h"],
        json_schema_extra=notes(unit="duration in w, d, h, m and s, largest first"),
    )
    rule: Rule | None = Field(
        default=None,
        description="How it comes again: an RFC 5545 recurrence rule, in local time of timeZone. FREQ is HOURLY, "
        "DAILY, WEEKLY, MONTHLY or YEARLY; INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYYEARDAY, BYWEEKNO, BYMONTH, "
        "BYSETPOS, BYHOUR, one BYMINUTE and WKST may follow.",
        examples=["FREQ=WEEKLY;BYDAY=SU", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"],
        json_schema_extra=notes(default="it does not"),
    )
    left_out: Annotated[tuple[Date, ...], Field(max_length=64)] | None = Field(
        default=None,
        alias="except",
        description="Local days on which a rule's occurrence is left out.",
        examples=['["2026-12-27"]'],
        json_schema_extra=notes(default="none"),
    )


def _names_differ(windows: tuple[MaintenanceWindow, ...]) -> bool:
    return len({window.name for window in windows}) == len(windows)


MaintenanceWindows = Annotated[
    tuple[MaintenanceWindow, ...],
    Field(max_length=MAX_WINDOWS),
    Check(
        rule="self.all(one, self.exists_one(other, other.name == one.name))",
        message="two maintenance windows have one name: give each a name of its own",
        holds=_names_differ,
    ),
]
"""As in `spec.maintenance`; its schema is a list that the API server merges by name."""
BY_NAME = keyed_by("name")


class MaintenanceFrom(ApiModel):
    """Maintenance windows that are kept elsewhere, so that many services share one list."""

    config_map: ObjectName = Field(
        description=f"Name of a ConfigMap in this namespace. Its key {CALENDAR_KEY} holds a list as in "
        "spec.maintenance.",
        examples=["calendar"],
    )
