"""A report on a terminal: tables, and the error budget day by day as a plot."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from goserviceslo.fleet.report import Report, ReportedObjective, Verdict
from goserviceslo.fleet.report_text import VERDICTS, excluded, lasted, left, longest, outage_text, shown

_STYLES = {Verdict.KEPT: "bold green", Verdict.BROKEN: "bold red", Verdict.NO_EVIDENCE: "bold yellow"}
_PLOT_COLUMNS, _PLOT_ROWS = 78, 14


def show(report: Report, console: Console | None = None) -> None:
    """Print it."""
    out = console or Console()
    window = report.window
    out.print(Text(f"{window.name} ({window.time_zone}), {window.start} to {window.end}"))
    if not window.complete:
        out.print(Text("The window has not ended: these are the figures so far.", "yellow"))
    for service in report.services:
        for outage in service.outages:
            out.print(Text(f"{service.namespace}/{service.name} outage: {outage_text(outage)}", "red"))
        for one in service.objectives:
            _objective(out, f"{service.namespace}/{service.name}", one)


def _objective(out: Console, service: str, one: ReportedObjective) -> None:
    out.print()
    out.print(Text.assemble((f"{service} {one.name}: ", "bold"), (VERDICTS[one.verdict], _STYLES[one.verdict])))
    out.print(Text(one.reason))
    out.print(Text(f"target {one.target}%, SLI {shown(one.sli, '%')}, budget: {left(one)}, excluded for maintenance: "
                   f"{excluded(one)}, recorded: {one.coverage.ratio}%"))  # fmt: skip
    for stretch in one.maintenance:
        out.print(Text(f"  maintenance from {stretch.start} to {stretch.end}"))
    for gap in longest(one.coverage.gaps):
        out.print(Text(f"  nothing from {gap.start} to {gap.end}"))
    if one.incidents:
        table = Table("incident from", "to", "lasted", "bad events", "of the window's budget")
        for incident in one.incidents:
            table.add_row(
                incident.start, incident.end, lasted(incident), str(incident.bad), shown(incident.budget_share)
            )
        out.print(table)
    days = Table("day", "events", "bad", "SLI", "budget left")
    for day in one.days:
        days.add_row(day.date, str(day.total), str(day.bad), shown(day.sli, "%"), shown(day.budget_remaining))
    out.print(days)
    known = [(day.date, day.budget_remaining) for day in one.days if day.budget_remaining is not None]
    plot_budget(out, [date for date, _ in known], [int(text.removesuffix("%")) for _, text in known])


def plot_budget(out: Console, days: Sequence[str], left_percent: Sequence[int]) -> None:
    """The error budget left at the end of each day; two days make a line."""
    import plotext

    if len(days) < 2:
        return
    figure = plotext.figure
    figure.clear()
    plotext.terminal.limit(False, False)
    figure.plot_size(min(out.width, _PLOT_COLUMNS), _PLOT_ROWS)
    figure.draw(
        figure.signal([float(number) for number in range(1, len(days) + 1)], [*map(float, left_percent)]).lines()
    )
    figure.title(f"% of the error budget left, {days[0]} to {days[-1]}")
    out.print(Text(str(figure.build().string(colorless=True)).rstrip()))
