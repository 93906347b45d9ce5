"""Windows of OpenSLO: `30d` rolling, or a calendar unit that starts at some time of some zone."""

import re
from dataclasses import dataclass
from datetime import datetime

from goserviceslo.authoring.documents import Location
from goserviceslo.authoring.foreign.reading import Original
from goserviceslo.ports import Json

_PLACE: Location = ("spec", "timeWindow", 0)
_DURATION = re.compile("([1-9][0-9]*)([mhdwMQY])")
_CALENDAR = {"d": "Day", "w": "Week", "M": "Month", "Q": "Quarter", "Y": "Year"}
_DAYS = {"M": 30, "Q": 91, "Y": 365}


@dataclass(frozen=True, slots=True)
class Window:
    """`window` and `timeZone` of an objective."""

    fields: Json


def window_of(original: Original) -> Window | None:
    """The window of an SLO; None where there is none like it, which is then named."""
    duration = str(original.get((*_PLACE, "duration"), ""))
    rolling = original.flag((*_PLACE, "isRolling"))
    parts = _DURATION.fullmatch(duration)
    if parts is None:
        original.lose(_PLACE, f"the whole SLO, because its window {duration!r} is none of OpenSLO's: write 30d or 1M")
        return None
    count, unit = int(parts[1]), parts[2]
    by_calendar = original.peek((*_PLACE, "calendar")) is not None
    if rolling and by_calendar:
        original.lose(_PLACE, "the whole SLO, because a window is either rolling or of a calendar: write one of them")
        return None
    if rolling is not False and not by_calendar:
        return _rolling(original, count, unit)
    start = str(original.get((*_PLACE, "calendar", "startTime"), ""))
    zone = original.get((*_PLACE, "calendar", "timeZone"))
    if unit not in _CALENDAR or count != 1:
        original.lose(
            _PLACE, f"the whole SLO, because a calendar window is one of 1d, 1w, 1M, 1Q and 1Y, not {duration}"
        )
        return None
    if not _is_the_start(start, unit):
        original.lose(
            (*_PLACE, "calendar", "startTime"),
            f"{start}: a {_CALENDAR[unit]} starts at midnight of its first day (a week on Monday)",
        )
    fields: Json = {"window": _CALENDAR[unit]}
    return Window(fields | ({"timeZone": str(zone)} if zone else {}))


def _rolling(original: Original, count: int, unit: str) -> Window:
    if unit not in _DAYS:
        return Window({"window": f"{count}{unit}"})
    days = count * _DAYS[unit]
    original.lose(
        (*_PLACE, "duration"),
        f"a rolling {count}{unit}, which has no fixed length; {days}d is written instead, or write window: "
        f"{_CALENDAR[unit]}",
    )
    return Window({"window": f"{days}d"})


def _is_the_start(text: str, unit: str) -> bool:
    """Whether a calendar window of ours starts at this local time too."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        return text == ""
    first = {
        "d": True,
        "w": start.weekday() == 0,
        "M": start.day == 1,
        "Q": start.day == 1 and start.month % 3 == 1,
        "Y": (start.day, start.month) == (1, 1),
    }
    return first[unit] and (start.hour, start.minute, start.second) == (0, 0, 0)
