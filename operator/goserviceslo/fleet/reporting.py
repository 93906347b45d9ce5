"""Makes an SLA report of recorded tiles. Three verdicts: kept, broken, and no evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from goserviceslo.api.duration import format_duration
from goserviceslo.api.percent import format_percent
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import format_window
from goserviceslo.fleet.period import Period
from goserviceslo.fleet.report import (
    Budget,
    Coverage,
    Day,
    ReportedIncident,
    ReportedObjective,
    ReportedOutage,
    ReportedWindow,
    Stretch,
    Verdict,
)
from goserviceslo.slo.burn import burn_policy, least_events
from goserviceslo.slo.conventions import PAGE
from goserviceslo.slo.counted import plural
from goserviceslo.slo.firing import Span, merged
from goserviceslo.slo.incidents import Incident, incidents
from goserviceslo.slo.measurement import Outage
from goserviceslo.slo.rounding import budget_text, sli_text
from goserviceslo.slo.tiles import Tiles, instant, milliseconds

_MILLISECOND = timedelta(milliseconds=1)
NO_TILES = Tiles((), (), ())


@dataclass(frozen=True, slots=True)
class Outages:
    """Seconds of each tile in which the workload was down, in `total`."""

    proven: Tiles
    """While Kubernetes said that no pod was available."""
    suspected: Tiles
    """While Prometheus reached no pod, and nothing told whether they served."""

    def within(self, span: Span) -> Outage:
        """Their sums over a stretch of time."""
        proven, suspected = (
            timedelta(seconds=round(tiles.between(span.start_ms, span.end_ms)[0]))
            for tiles in (self.proven, self.suspected)
        )
        return Outage(proven, suspected)


@dataclass(frozen=True, slots=True)
class Counted:
    """What was recorded of an objective, from `evidence_start` on."""

    tiles: Tiles
    excluded: Tiles = NO_TILES
    """Events left out for maintenance, in `total`."""
    maintained: Tiles = NO_TILES
    """A tile for each evaluation in which maintenance ran, whether or not there was anything to leave out."""
    outages: Outages = field(default_factory=lambda: Outages(NO_TILES, NO_TILES))
    """Those of the resource."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is about."""

    period: Period
    now: datetime
    least_coverage: Fraction
    """Share of the tiles below which no promise is called kept."""
    interval: timedelta
    """Evaluation interval of the rules, where the tiles do not tell it."""

    @property
    def until(self) -> datetime:
        """The end of what can be known."""
        return max(self.period.start, min(self.period.end, self.now))


def reported_window(asked: Asked) -> ReportedWindow:
    """The window's part of a report."""
    period = asked.period
    return ReportedWindow(
        name=period.name,
        time_zone=period.time_zone,
        start=_text(period.start),
        end=_text(period.end),
        complete=asked.now >= period.end,
    )


def evidence_start(objective: Objective, period: Period) -> datetime:
    """From when on tiles are needed: those before the window are for the alerts that look back over its start."""
    longest = max((pair.long for pair in burn_policy(objective).pairs if pair.severity == PAGE), default=timedelta(0))
    return period.start - longest


def reported_outages(outages: Outages, asked: Asked) -> tuple[ReportedOutage, ...]:
    """The outages of a resource in the window, oldest first."""
    found = []
    for tiles, proven in ((outages.proven, True), (outages.suspected, False)):
        step = tiles.spacing_ms(asked.interval)
        part = tiles.part(milliseconds(asked.period.start), milliseconds(asked.until))
        # Each tile tells of the time before it; the first of an outage also of what it took to be sure.
        lost = zip(part.at_ms, part.total, strict=True)
        spans = [Span(at_ms - round(seconds * 1000), at_ms) for at_ms, seconds in lost]
        for span in merged(spans, step * _MILLISECOND):
            seconds = round(tiles.between(span.start_ms, span.end_ms)[0])
            outage = ReportedOutage(start=_at(span.start_ms), end=_at(span.end_ms), seconds=seconds, proven=proven)
            found.append(outage)
    return tuple(sorted(found, key=lambda outage: outage.start))


def reported_objective(objective: Objective, counted: Counted, asked: Asked) -> ReportedObjective:
    """One promise over the window."""
    within = Span(milliseconds(asked.period.start), milliseconds(asked.until))
    sums = counted.tiles.between(within.start_ms, within.end_ms)
    total, bad = round(sums[0]), min(round(sums[1]), round(sums[0]))
    budget = burn_policy(objective).budget
    covered = _coverage(counted, within, asked.interval)
    outage = counted.outages.within(within)
    verdict, reason = _verdict(objective, total, bad, covered, outage, asked)
    interval = counted.tiles.spacing_ms(asked.interval) * _MILLISECOND
    found = incidents(counted.tiles, burn_policy(objective), within, interval)
    allowed = total * budget
    return ReportedObjective(
        name=objective.name,
        description=objective.description,
        target=format_percent(objective.target),
        window=format_window(objective.window),
        verdict=verdict,
        reason=reason,
        sli=sli_text(Fraction(total - bad, total), objective.target, None) if total else None,
        good=total - bad,
        total=total,
        budget=Budget(
            allowed=_decimal(allowed), spent=bad, remaining=budget_text(1 - bad / allowed, None) if total else None
        ),
        excluded=round(counted.excluded.between(within.start_ms, within.end_ms)[0]),
        maintenance=tuple(_maintenance(counted.maintained, within, asked.interval)),
        incidents=tuple(_incident(one, allowed) for one in found),
        coverage=Coverage(
            ratio=_floor_percent(covered.ratio),
            gaps=tuple(map(_stretch, covered.gaps)),
        ),
        days=tuple(_days(objective, counted.tiles, allowed, asked)),
    )


@dataclass(frozen=True, slots=True)
class _Covered:
    ratio: Fraction
    gaps: tuple[Span, ...]


def _coverage(counted: Counted, within: Span, interval: timedelta) -> _Covered:
    """The share of the window's tiles that are there; maintenance and outages were recorded in their own ways."""
    recorded = (counted.tiles, counted.maintained, counted.outages.proven, counted.outages.suspected)
    step = counted.tiles.spacing_ms(interval)
    # Rule groups run at different instants of an interval: tiles are told apart by the interval that they are of.
    seen = {(at_ms - within.start_ms - 1) // step for one in recorded for at_ms in one.part(*_ends(within)).at_ms}
    expected = (within.end_ms - within.start_ms) // step
    at = sorted({at_ms for one in recorded for at_ms in one.part(*_ends(within)).at_ms})
    gaps = [Span(*pair) for pair in pairwise([within.start_ms, *at, within.end_ms]) if pair[1] - pair[0] >= 2 * step]
    return _Covered(min(Fraction(1), Fraction(len(seen), expected)) if expected else Fraction(0), tuple(gaps))


def _maintenance(maintained: Tiles, within: Span, interval: timedelta) -> Iterator[Stretch]:
    """From when to when tiles were left out."""
    step = maintained.spacing_ms(interval)
    found = [Span(max(within.start_ms, at - step), at) for at in maintained.part(*_ends(within)).at_ms]
    return map(_stretch, merged(found, timedelta(0)))


def _stretch(span: Span) -> Stretch:
    return Stretch(start=_at(span.start_ms), end=_at(span.end_ms))


def _ends(span: Span) -> tuple[int, int]:
    return span.start_ms, span.end_ms


def _verdict(
    objective: Objective, total: int, bad: int, covered: _Covered, outage: Outage, asked: Asked
) -> tuple[Verdict, str]:
    """As a status has it: proof of the contrary first, then whatever leaves it open."""
    budget = burn_policy(objective).budget
    least = least_events(objective)
    target = format_percent(objective.target)
    counts = f"{bad} of {total} {plural(objective)} were bad where {int(total * budget)} were allowed"
    allowed = (asked.until - asked.period.start) * float(budget)
    if outage.proven > allowed:
        lost = f"No pod was available for {_span(outage.proven)} where {target}% leave {_span(allowed)}"
        return Verdict.BROKEN, f"{lost}: the promise is broken, whatever was counted before and since."
    if total >= least and bad > total * budget:
        return Verdict.BROKEN, f"{counts}: the promise of {target}% is broken."
    if outage.total > allowed:
        lost = f"Prometheus reached no pod for {_span(outage.total)} where {target}% leave {_span(allowed)}"
        return Verdict.NO_EVIDENCE, f"{lost}, and nothing tells whether they served meanwhile."
    if not covered.ratio:
        return Verdict.NO_EVIDENCE, "Nothing was recorded in this window."
    if total < least:
        return Verdict.NO_EVIDENCE, f"{total} events are too few for a verdict, which takes {least}."
    if covered.ratio < asked.least_coverage:
        reason = f"Only {_floor_percent(covered.ratio)}% of the window was recorded, and a promise is called kept from "
        return Verdict.NO_EVIDENCE, f"{reason}{_floor_percent(asked.least_coverage)}% on. There {counts}."
    return Verdict.KEPT, f"{counts}."


def _span(span: timedelta) -> str:
    return format_duration(timedelta(seconds=int(span.total_seconds())))


def _incident(incident: Incident, allowed: Fraction) -> ReportedIncident:
    return ReportedIncident(
        start=_at(incident.span.start_ms),
        end=_at(incident.span.end_ms),
        bad=incident.bad,
        total=incident.total,
        budget_share=f"{_decimal(incident.bad / allowed * 100)}%" if allowed else None,
    )


def _days(objective: Objective, tiles: Tiles, allowed: Fraction, asked: Asked) -> Iterator[Day]:
    start_ms = milliseconds(asked.period.start)
    for day, first, following in asked.period.days():
        if first >= asked.until:
            return
        end_ms = milliseconds(min(following, asked.until))
        total, bad = _whole(tiles.between(milliseconds(first), end_ms))
        _, bad_so_far = _whole(tiles.between(start_ms, end_ms))
        yield Day(
            date=day.isoformat(),
            total=total,
            bad=bad,
            sli=sli_text(Fraction(total - bad, total), objective.target, None) if total else None,
            budget_remaining=budget_text(1 - bad_so_far / allowed, None) if allowed else None,
        )


def _whole(sums: Sequence[float]) -> tuple[int, int]:
    total = round(sums[0])
    return total, min(round(sums[1]), total)


def _at(at_ms: int) -> str:
    return _text(instant(at_ms))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _decimal(value: Fraction) -> str:
    """At most one digit after the point, rounded down."""
    tenths = value.numerator * 10 // value.denominator
    text = f"{Decimal(tenths).scaleb(-1):f}"
    return text.removesuffix(".0")


def _floor_percent(ratio: Fraction) -> str:
    hundredths = ratio.numerator * 10_000 // ratio.denominator
    text = f"{Decimal(hundredths).scaleb(-2):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
