"""Maintenance's part of a plan: which windows there are, what rules are told of them, and what the status says."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from goserviceslo.api.maintenance import CALENDAR_KEY, MaintenanceWindow
from goserviceslo.api.status import GoServiceSloStatus, MaintenanceStatus, ObjectiveState, ObjectiveStatus
from goserviceslo.api.v1alpha1 import GoServiceSloSpec
from goserviceslo.reconcile.conditions import Finding, timestamp
from goserviceslo.reconcile.model import CalendarTrouble, CalendarView, Observed
from goserviceslo.slo.maintenance import Maintenance, Span, crowded, embedded, zone_problems

_STANDS = "What was last read of it stands."


@dataclass(frozen=True, slots=True)
class MaintenancePart:
    """What maintenance contributes to a plan."""

    maintenance: Maintenance
    running: Span | None
    """The maintenance that runs now."""
    status: MaintenanceStatus | None
    finding: Finding | None
    """What is wrong with the windows; None where nothing is."""
    hold: bool
    """Whether rules that are there must stay: what they were told is not known now."""
    due: timedelta | None
    windows: tuple[MaintenanceWindow, ...] = ()
    """All that are declared, as far as they are known."""


def plan_maintenance(
    spec: GoServiceSloSpec, before: GoServiceSloStatus, observed: Observed, now: datetime
) -> MaintenancePart:
    """Which maintenance is embedded in the rules of today."""
    if spec.maintenance_from is None:
        return _part(spec, None, now)
    name, calendar = spec.maintenance_from.config_map, _with_known_zones(observed.calendar)
    if calendar is None:
        # It is read within seconds; rules without it would count what must not be counted.
        return replace(_part(spec, None, now), hold=True, status=before.maintenance)
    part = _part(spec, calendar, now)
    if calendar.trouble is None:
        return part
    finding = Finding("False", calendar.trouble.value, _sentence(name, calendar))
    same_wish = before.observed_generation == observed.resource["metadata"]["generation"]
    # Read by an operator before this one, and gone since: what that one told the rules is the last that is known.
    hold = calendar.windows is None and same_wish and before.rules is not None
    return replace(part, finding=finding, hold=hold, status=before.maintenance if hold else part.status)


def _with_known_zones(calendar: CalendarView | None) -> CalendarView | None:
    """Without the windows of zones that do not exist, which are what is wrong then if nothing else is."""
    windows = calendar.windows if calendar is not None else None
    problems = zone_problems(windows or ())
    if calendar is None or windows is None or not problems:
        return calendar
    detail = calendar.detail or " ".join(f"{CALENDAR_KEY}{problem}." for problem in problems)
    known = tuple(one for one in windows if not zone_problems([one]))
    return CalendarView(known, calendar.trouble or CalendarTrouble.INVALID, detail)


def _part(spec: GoServiceSloSpec, calendar: CalendarView | None, now: datetime) -> MaintenancePart:
    shared = calendar.windows if calendar is not None else None
    windows = (*(spec.maintenance or ()), *(shared or ()))
    maintenance = embedded(windows, now)
    running, coming = maintenance.running(now), maintenance.coming(now)
    status = MaintenanceStatus(
        running=running is not None,
        until=timestamp(running.end) if running is not None else None,
        next=timestamp(coming.start) if coming is not None else None,
    )
    finding = None
    if crowded(windows, now):
        finding = Finding(
            "False",
            "MaintenanceCrowded",
            f"More than {len(maintenance.spans)} separate spans of maintenance lie within two days, and only the first "
            "are left out of what is counted: write fewer and longer windows.",
        )
    return MaintenancePart(
        maintenance,
        running,
        status if maintenance.declared else None,
        finding,
        hold=False,
        due=maintenance.look_again(now),
        windows=windows,
    )


def _sentence(name: str, calendar: CalendarView) -> str:
    match calendar.trouble:
        case CalendarTrouble.NOT_FOUND:
            return (
                f"There is no ConfigMap {name} in this namespace: create it with the key {CALENDAR_KEY} and a list of "
                f"windows as in spec.maintenance, or correct maintenanceFrom.configMap. {_STANDS}"
            )
        case CalendarTrouble.KEY_NOT_FOUND:
            return (
                f"ConfigMap {name} has no key {CALENDAR_KEY}: write a list of windows as in spec.maintenance there. "
                f"{_STANDS}"
            )
        case CalendarTrouble.FORBIDDEN:
            return (
                f"The operator may not read ConfigMap {name}: allow it by maintenance.configMaps in the chart's values "
                f"or write the windows into spec.maintenance. {_STANDS}"
            )
        case _:
            return f"ConfigMap {name}: {calendar.detail} {_STANDS}"


def in_maintenance(status: ObjectiveStatus, running: Span | None) -> ObjectiveStatus:
    """A verdict as it reads while maintenance runs: that nothing is seen then is nothing to look into."""
    if running is None or status.state is not ObjectiveState.NO_DATA or status.reason != "NoSeries":
        return status
    message = (
        f"Maintenance runs until {timestamp(running.end)}, and nothing is seen of {status.metric}. Nothing has to be "
        "done: what happens until then does not count."
    )
    return status.model_copy(update={"reason": "Maintenance", "message": message[:1024]})
