"""What a backtest found, in words and figures; with a plot where a person looks at it."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from goserviceslo.api.duration import format_duration
from goserviceslo.api.percent import format_percent
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import format_window
from goserviceslo.cli.recounting import Told
from goserviceslo.cli.report_terminal import plot_budget
from goserviceslo.slo.backtest import MARGIN, Backtest, Position
from goserviceslo.slo.burn import burn_policy
from goserviceslo.slo.firing import Span
from goserviceslo.slo.rounding import budget_text, sli_text
from goserviceslo.slo.tiles import instant

_MOST_SHOWN = 20


def show(title: str, objective: Objective, found: Backtest, told: Told, console: Console | None = None) -> None:
    """Print it."""
    out = console or Console(soft_wrap=True)
    out.print(Text(f"{title}: {format_percent(objective.target)}% over {format_window(objective.window)}", "bold"))
    for line in lines(objective, found, told):
        out.print(Text(line))
    if out.is_terminal:
        budget = burn_policy(objective).budget
        known = [day for day in found.days if day.total]
        left = [int(budget_text(day.left_ratio(budget), None).removesuffix("%")) for day in known]
        plot_budget(out, [f"{day.end:%Y-%m-%d}" for day in known], left)
    out.print()


def lines(objective: Objective, found: Backtest, told: Told) -> Iterator[str]:
    """What there is to say."""
    policy = burn_policy(objective)
    yield f"counted: {told.counted}"
    yield (
        f"history: {told.start:%Y-%m-%d %H:%M} UTC on, {found.total} events, {found.bad} bad "
        f"({told.questions} questions, {told.took.total_seconds():.0f} s of waiting)"
    )
    if found.excluded:
        yield f"left out for maintenance: {found.excluded} events"
    if found.worst is None or found.median is None:
        yield "There were no events, so nothing can be said."
        return
    if not found.whole:
        yield f"The history is shorter than {format_window(objective.window)}: there is one position, all of it."
    for name, position in (("worst", found.worst), ("median", found.median)):
        yield f"{name} of {found.positions} window positions: {_position(objective, position)}"
    for day in found.days[-1:]:
        if day.total:
            yield f"budget left at the end: {budget_text(day.left_ratio(policy.budget), None)}"
    yield from _calls("pages", found.pages)
    yield from _calls("tickets", found.tickets)
    if found.suggested is None:
        yield "No round target from 90% on would have been kept with a margin."
    else:
        spent = int(MARGIN * 100)
        yield (
            f"Highest round target with a margin (at most {spent}% of the budget spent in the worst window): "
            f"{format_percent(found.suggested)}%"
        )


def _position(objective: Objective, position: Position) -> str:
    budget = burn_policy(objective).budget
    return (
        f"SLI {sli_text(position.good_ratio, objective.target, None)}%, "
        f"{budget_text(position.left_ratio(budget), None)} of the budget left "
        f"({position.start:%Y-%m-%d %H:%M} to {position.end:%Y-%m-%d %H:%M} UTC)"
    )


def _calls(name: str, spans: Sequence[Span]) -> Iterator[str]:
    yield f"{name}: {len(spans) or 'none'}"
    for span in spans[:_MOST_SHOWN]:
        yield f"  {instant(span.start_ms):%Y-%m-%d %H:%M:%S} UTC for {format_duration(span.length)}"
    if len(spans) > _MOST_SHOWN:
        yield f"  and {len(spans) - _MOST_SHOWN} more"
