"""An SLA report as Markdown and as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from goserviceslo.api.duration import format_duration
from goserviceslo.fleet.report import Report, ReportedObjective, ReportedOutage, ReportedService, Stretch, Verdict

VERDICTS = {Verdict.KEPT: "kept", Verdict.BROKEN: "broken", Verdict.NO_EVIDENCE: "no evidence"}
_MOST_GAPS = 10
_CSV_COLUMNS = (
    "window", "timeZone", "namespace", "name", "tier", "objective", "target", "verdict", "sli", "good", "total",
    "bad", "allowed", "budgetRemaining", "excluded", "coverage", "incidents",
)  # fmt: skip


def markdown(report: Report) -> str:
    """The report for people and for repositories."""
    return "\n".join(_markdown(report)) + "\n"


def _markdown(report: Report) -> Iterator[str]:
    window = report.window
    yield f"# SLA report {window.name}"
    yield ""
    yield f"From {window.start} to {window.end} ({window.time_zone}). Made at {report.generated_at}."
    if not window.complete:
        yield "The window has not ended: these are the figures so far."
    yield ""
    yield from _table(
        ("service", "objective", "target", "SLI", "good", "total", "budget left", "verdict"), _overview(report)
    )
    for service in report.services:
        yield from _service(service)


def _overview(report: Report) -> Iterator[Sequence[str]]:
    for service in report.services:
        for one in service.objectives:
            yield (
                f"{service.namespace}/{service.name}",
                one.name,
                f"{one.target}%",
                shown(one.sli, "%"),
                f"{one.good}",
                f"{one.total}",
                shown(one.budget.remaining),
                VERDICTS[one.verdict],
            )


def _service(service: ReportedService) -> Iterator[str]:
    yield ""
    yield f"## {service.namespace}/{service.name}"
    promised = promises(service)
    if promised:
        yield ""
        yield from (f"- {label}: {_escaped(text)}" for label, text in promised)
    for outage in service.outages:
        yield f"- outage: {outage_text(outage)}"
    for objective in service.objectives:
        yield from _objective(objective)


def _objective(one: ReportedObjective) -> Iterator[str]:
    yield ""
    yield f"### {one.name}: {VERDICTS[one.verdict]}"
    yield ""
    if one.description:
        yield _escaped(one.description)
        yield ""
    yield one.reason
    yield ""
    yield f"- target {one.target}%, SLI {shown(one.sli, '%')}"
    yield f"- budget: {one.budget.allowed} bad events allowed, {one.budget.spent} spent, {left(one)}"
    yield f"- excluded for maintenance: {excluded(one)}"
    for stretch in one.maintenance:
        yield f"  - {stretch.start} to {stretch.end}"
    yield f"- evidence: {one.coverage.ratio}% of the window was recorded"
    for gap in longest(one.coverage.gaps):
        yield f"  - nothing from {gap.start} to {gap.end}"
    if len(one.coverage.gaps) > _MOST_GAPS:
        yield f"  - and {len(one.coverage.gaps) - _MOST_GAPS} shorter gaps"
    if one.incidents:
        yield ""
        rows = [
            (incident.start, incident.end, lasted(incident), f"{incident.bad}", shown(incident.budget_share))
            for incident in one.incidents
        ]
        yield from _table(("incident from", "to", "lasted", "bad events", "of the window's budget"), rows)
    else:
        yield "- incidents: none"
    if one.days:
        yield ""
        days = [
            (day.date, f"{day.total}", f"{day.bad}", shown(day.sli, "%"), shown(day.budget_remaining))
            for day in one.days
        ]
        yield from _table(("day", "events", "bad", "SLI", "budget left"), days)


def promises(service: ReportedService) -> list[tuple[str, str]]:
    """What is promised on paper, by label."""
    sla = service.sla
    found: list[tuple[str, str | None]] = [("Deployment", service.target), ("tier", service.tier)]
    if sla is not None:
        found += [
            ("country", sla.country),
            ("recovery time objective", None if sla.rto is None else format_duration(sla.rto)),
            ("recovery point objective", None if sla.rpo is None else format_duration(sla.rpo)),
            ("compensation", sla.compensation),
            ("agreement", sla.document),
            ("public CI", sla.ci),
        ]
    return [(label, text) for label, text in found if text is not None]


def outage_text(outage: ReportedOutage) -> str:
    """From when to when no pod was up, and how that is known."""
    how = "no pod was available" if outage.proven else "Prometheus reached no pod"
    lasted = format_duration(timedelta(seconds=outage.seconds))
    return f"{outage.start} to {outage.end}, {lasted} in which nothing could be counted: {how}"


def shown(text: str | None, unit: str = "") -> str:
    """A figure with its unit, a dash where there is none."""
    return "-" if text is None else f"{text}{unit}"


def left(one: ReportedObjective) -> str:
    """What is left of the budget, in words."""
    remaining = one.budget.remaining
    if remaining is None:
        return "nothing was counted"
    return f"{remaining.removeprefix('-')} overspent" if remaining.startswith("-") else f"{remaining} left"


def excluded(one: ReportedObjective) -> str:
    """What maintenance left out, in words."""
    if not one.maintenance:
        return "none"
    total = sum((_length(stretch) for stretch in one.maintenance), timedelta(0))
    return f"{one.excluded} events, in {format_duration(total)}"


def lasted(stretch: Stretch) -> str:
    """How long a stretch of time is."""
    return format_duration(_length(stretch))


def longest(gaps: Sequence[Stretch]) -> list[Stretch]:
    """The longest gaps, oldest first."""
    by_length = sorted(gaps, key=_length, reverse=True)
    return sorted(by_length[:_MOST_GAPS], key=lambda gap: gap.start)


def _length(stretch: Stretch) -> timedelta:
    return datetime.fromisoformat(stretch.end) - datetime.fromisoformat(stretch.start)


def table_of_csv(report: Report) -> str:
    """One line an objective; the figures are those of the JSON."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_CSV_COLUMNS)
    for service in report.services:
        for one in service.objectives:
            writer.writerow(
                (
                    report.window.name,
                    report.window.time_zone,
                    service.namespace,
                    service.name,
                    service.tier or "",
                    one.name,
                    one.target,
                    one.verdict.value,
                    one.sli or "",
                    one.good,
                    one.total,
                    one.budget.spent,
                    one.budget.allowed,
                    (one.budget.remaining or "").removesuffix("%"),
                    one.excluded,
                    one.coverage.ratio,
                    len(one.incidents),
                )
            )
    return out.getvalue()


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|{' --- |' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(map(_escaped, row))} |"


def _escaped(text: str) -> str:
    """A user's words as Markdown that shows them: no markup, no HTML, one line."""
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
