"""`goslo report`: the SLA report of a calendar window, from what the rules recorded."""

import json
import sys
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from goserviceslo.cli.prometheus_options import Asking, NowOption, asks_prometheus, moment

if TYPE_CHECKING:
    from goserviceslo.fleet.report import Report


class Format(StrEnum):
    """What a report is written as."""

    AUTO = "auto"
    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"
    JSON = "json"


@asks_prometheus
def report(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files or folders of GoServiceSLOs. Default: those of the cluster.")
    ] = None,
    *,
    window: Annotated[
        str,
        typer.Option(help="A month (2026-10), quarter (2026-Q3), year (2026), week (2026-W40) or day (2026-10-14)."),
    ] = "",
    time_zone: Annotated[str, typer.Option(help="IANA time zone of the window.")] = "UTC",
    namespace: Annotated[str, typer.Option(help="Namespace of the resources. Default: all.")] = "",
    output: Annotated[
        Format, typer.Option("--format", help="auto is tables on a terminal, and Markdown elsewhere.")
    ] = Format.AUTO,
    least_coverage: Annotated[
        float,
        typer.Option(
            min=0, max=100, help="Percent of the window that must have been recorded before a promise is called kept."
        ),
    ] = 90.0,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of a report, and end.")] = False,
    now: NowOption = "",
    kubeconfig: Annotated[Path | None, typer.Option(envvar="KUBECONFIG", dir_okay=False)] = None,
    prometheus: Asking,
) -> None:
    """Report on a calendar window: kept, broken or no evidence, with incidents, exclusions and coverage."""
    from goserviceslo.cli.asking import recorded, recorded_outages
    from goserviceslo.cli.resources import in_cluster, in_files
    from goserviceslo.fleet.period import named_period
    from goserviceslo.fleet.report import Report, ReportedService
    from goserviceslo.fleet.reporting import (
        Asked,
        evidence_start,
        reported_objective,
        reported_outages,
        reported_window,
    )
    from goserviceslo.slo.rules import RuleSettings

    if schema:
        print(json.dumps(Report.model_json_schema(by_alias=True, mode="serialization"), indent=2))
        return
    try:
        period = named_period(window, time_zone)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--window") from None
    at = moment(now).replace(microsecond=0)
    history = prometheus.history()
    asked = Asked(period, at, Fraction(str(least_coverage)) / 100, RuleSettings().interval)
    services = []
    named = in_files(paths, namespace or "default") if paths else in_cluster(namespace, kubeconfig)
    for one in sorted(named, key=lambda resource: resource.key):
        outages = recorded_outages(history, one.key, period.start, asked.until)
        objectives = []
        for objective in one.spec.objectives:
            start = evidence_start(objective, period)
            counted = recorded(history, one.identity(objective), start, asked.until, outages)
            objectives.append(reported_objective(objective, counted, asked))
        services.append(
            ReportedService(
                namespace=one.key.namespace,
                name=one.key.name,
                tier=one.spec.tier,
                target=one.spec.target.name,
                sla=one.spec.sla,
                outages=reported_outages(outages, asked),
                objectives=tuple(objectives),
            )
        )
    made = Report(
        generated_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"), window=reported_window(asked), services=tuple(services)
    )
    _print(made, output)


def _print(made: "Report", output: Format) -> None:
    from goserviceslo.cli.report_terminal import show
    from goserviceslo.fleet.report_page import page
    from goserviceslo.fleet.report_text import markdown, table_of_csv

    match output:
        case Format.AUTO if sys.stdout.isatty():
            show(made)
        case Format.AUTO | Format.MARKDOWN:
            sys.stdout.write(markdown(made))
        case Format.HTML:
            sys.stdout.write(page(made))
        case Format.CSV:
            sys.stdout.write(table_of_csv(made))
        case Format.JSON:
            print(json.dumps(made.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False))


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(report)
