"""`goslo backtest`: objectives held against the history that Prometheus still has."""

from datetime import timedelta
from typing import Annotated

import typer

from goserviceslo.cli.durations import some_time
from goserviceslo.cli.prometheus_options import Asking, NowOption, asks_prometheus, moment


@asks_prometheus
def backtest(
    paths: Annotated[list[str], typer.Argument(help="Files or folders of GoServiceSLOs; - is standard input.")],
    *,
    days: Annotated[int, typer.Option(min=1, max=400, help="How many days of history.")] = 30,
    namespace: Annotated[str, typer.Option(help="Namespace of resources that name none.")] = "default",
    at_most: Annotated[str, typer.Option(help="How long the source may count for one objective.")] = "15m",
    now: NowOption = "",
    prometheus: Asking,
) -> None:
    """What target would have been met, how often it would have paged, and which target to promise."""
    from goserviceslo.cli.backtest_terminal import show
    from goserviceslo.cli.recounting import NothingToCount, history_of
    from goserviceslo.cli.resources import in_files, with_calendars
    from goserviceslo.slo.alerts import EVERYTHING
    from goserviceslo.slo.backtest import backtest as held
    from goserviceslo.slo.rules import RuleSettings

    history = prometheus.history()
    settings, patience = RuleSettings(), some_time("--at-most", at_most)
    end = moment(now).replace(microsecond=0)
    start = end - timedelta(days=days)
    for named in with_calendars(in_files(paths, namespace), "backtest"):
        for objective in named.spec.objectives:
            title = f"{named.key} {objective.name}"
            try:
                told = history_of(history, named, objective, settings, start, end, at_most=patience, say=title)
            except NothingToCount as reason:
                print(f"{title}: {reason}\n")
                continue
            spans = named.maintenance(told.start, end, settings.tile)
            alerting = named.spec.alerting or EVERYTHING
            found = held(objective, told.tiles, told.start, end, settings, spans, alerting)
            show(title, objective, found, told)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(backtest)
