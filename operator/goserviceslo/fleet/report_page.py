"""An SLA report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from functools import cache

import jinja2

from goserviceslo.fleet.report import Report, ReportedObjective
from goserviceslo.fleet.report_text import VERDICTS, excluded, lasted, left, longest, outage_text, promises, shown

_WIDTH, _HEIGHT = 620, 120


def page(report: Report) -> str:
    """The page; what users wrote is escaped."""
    return _template().render(report=report)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("goserviceslo.fleet"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "verdicts": VERDICTS,
        "shown": shown,
        "left": left,
        "excluded": excluded,
        "lasted": lasted,
        "longest": longest,
        "promises": promises,
        "outage_text": outage_text,
        "bars": bars,
        "plot": {"width": _WIDTH, "height": _HEIGHT},
    }
    return environment.get_template("report.html.j2")


def bars(objective: ReportedObjective) -> list[dict[str, str | int]]:
    """The budget left at the end of each day as bars: none below zero is drawn, but its colour says so."""
    width = _WIDTH / max(1, len(objective.days))
    found: list[dict[str, str | int]] = []
    for number, day in enumerate(objective.days):
        if day.budget_remaining is None:
            continue
        left_percent = int(day.budget_remaining.removesuffix("%"))
        height = max(2, min(100, left_percent) * _HEIGHT // 100)
        found.append(
            {
                "x": f"{number * width + 1:.1f}",
                "width": f"{width - 2:.1f}",
                "y": _HEIGHT - height,
                "height": height,
                "kind": "over" if left_percent < 0 else "left",
                "title": f"{day.date}: {day.budget_remaining} left",
            }
        )
    return found
