"""`goslo explain`: what resources promise, in words and figures."""

import re
import sys
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import typer

from goserviceslo.cli.durations import some_time
from goserviceslo.cli.validate import FOUND, NOTHING, UNREADABLE, PathsArgument

if TYPE_CHECKING:
    from goserviceslo.authoring.explaining import Explanation
    from goserviceslo.authoring.paging import Rate

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)/([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PLOT_WIDTH, _PLOT_HEIGHT = 76, 16


def explain(
    paths: PathsArgument,
    rate: Annotated[
        str | None, typer.Option(help="How many events there are, such as 100/s, 50/m, 20/h or 1000/d.")
    ] = None,
    now: Annotated[
        str | None, typer.Option(help="The instant to speak of, such as 2026-03-29T12:00:00Z. Default: now.")
    ] = None,
    scrape_interval: Annotated[str, typer.Option(help="How often Prometheus scrapes the service.")] = "15s",
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="Draw the time to a page. Default: on a terminal.")
    ] = None,
) -> None:
    """Explain GoServiceSLOs.

    Exit code 0: explained; 1: something is wrong with one; 2: a path cannot be read; 3: there is none.
    """
    from goserviceslo.authoring.checking import check
    from goserviceslo.authoring.explaining import explain as explanation
    from goserviceslo.cli.reading import given, nothing_in
    from goserviceslo.cli.terminal import is_terminal, styled
    from goserviceslo.slo.rules import RuleSettings

    instant, events, scrapes = _instant(now), _rate(rate), some_time("--scrape-interval", scrape_interval)
    drawn = is_terminal() if plot is None else plot
    found = given(paths)
    checked = check(found.objects)
    wrong = {finding.place.file for finding in checked.findings}
    for resource in checked.resources:
        if resource.document.file in wrong:
            continue
        title = f"{resource.namespace}/{resource.name}" if resource.namespace else resource.name
        styled(f"{title}, Deployment {resource.spec.target.name}", "bold")
        for objective in resource.spec.objectives:
            _show(explanation(objective, instant, events, RuleSettings(), scrapes), drawn=drawn)
    for sentence in (*found.unreadable, *map(str, checked.findings)):
        print(f"goslo explain: {sentence}", file=sys.stderr)
    if found.unreadable or checked.findings:
        raise typer.Exit(UNREADABLE if found.unreadable else FOUND)
    if not checked.seen:
        print(f"goslo explain: {nothing_in(paths)}", file=sys.stderr)
        raise typer.Exit(NOTHING)


def _show(explanation: "Explanation", *, drawn: bool) -> None:
    from goserviceslo.authoring.explaining import HEADINGS
    from goserviceslo.cli.terminal import styled, table

    print()
    styled(explanation.name, "bold cyan")
    width = max(len(heading) for heading, _ in explanation.lines)
    for heading, text in explanation.lines:
        print(f"  {heading.ljust(width)}  {text}")
    print()
    if explanation.alerts:
        table(HEADINGS, explanation.alerts)
    for note in explanation.notes:
        print(note)
    if drawn and explanation.page_curve:
        print(_plot(explanation))
    print()


def _plot(explanation: "Explanation") -> str:
    """Minutes to a page over the share of bad events, both on logarithmic axes."""
    import plotext

    shares, minutes = zip(*explanation.page_curve, strict=True)
    figure = plotext.figure
    figure.clear()
    plotext.terminal.limit(False, False)
    figure.plot_size(_PLOT_WIDTH, _PLOT_HEIGHT)
    for axis in ("x", "y"):
        figure.ruler(axis).scale("log")
    figure.draw(figure.signal(shares, minutes).lines())
    figure.title(f"{explanation.name}: minutes to a page")
    figure.label("% of events that are bad", axis="x")
    return str(figure.build().string(colorless=True)).rstrip()


def _instant(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r}: write it as 2026-03-29T12:00:00Z", param_hint="--now") from None
    return instant.replace(tzinfo=instant.tzinfo or UTC)


def _rate(text: str | None) -> "Rate | None":
    from goserviceslo.authoring.paging import Rate

    if text is None:
        return None
    match = _RATE.fullmatch(text)
    if match is None or not float(match[1]):
        raise typer.BadParameter(f"{text!r}: write it as 100/s, 50/m, 20/h or 1000/d", param_hint="--rate")
    return Rate(Fraction(match[1]) / _UNITS[match[2]])


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(explain)
