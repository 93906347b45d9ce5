"""One report in its four formats, and on a terminal."""

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

from rich.console import Console
from tests.unit.fleet.reports import report

from goserviceslo.cli.report_terminal import show
from goserviceslo.fleet.report import Report
from goserviceslo.fleet.report_page import page
from goserviceslo.fleet.report_text import markdown, table_of_csv

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "reference" / "report.schema.json"


class _Page(HTMLParser):
    """Text and elements of a page; whatever it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.fetched, self.open = "", list[str](), list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {value}" for name, value in attrs if name in ("src", "href") and tag != "a"]
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_needs_nothing_else_and_shows_what_users_wrote_as_text() -> None:
    read = _Page()
    read.feed(page(report()))
    assert (read.open, read.fetched) == ([], [])
    assert "A tenth | of <b>it</b> *now* [x](y)" in read.text
    assert "Prometheus reached no pod" in read.text
    assert "35 events, in 5m: 2026-10-14T00:00:00Z to 2026-10-14T00:05:00Z" in read.text


def test_markdown_shows_what_users_wrote_as_text() -> None:
    text = markdown(report())
    assert r"- compensation: A tenth \| of \<b\>it\</b\> \*now\* \[x\](y)" in text
    assert "- outage: 2026-10-14T00:04:00Z to 2026-10-14T00:10:00Z, 6m in which nothing could be counted" in text
    assert "### availability: broken" in text
    assert "- excluded for maintenance: 35 events, in 5m\n  - 2026-10-14T00:00:00Z to 2026-10-14T00:05:00Z" in text


def test_csv_has_one_line_for_each_objective_with_the_figures_of_the_json() -> None:
    made = report()
    [line] = csv.DictReader(io.StringIO(table_of_csv(made)))
    [objective] = made.services[0].objectives
    assert (line["total"], line["bad"], line["sli"]) == (str(objective.total), "200", objective.sli)
    assert line["verdict"] == "Broken"


def test_json_reads_back_as_the_same_report() -> None:
    made = report()
    assert Report.model_validate_json(made.model_dump_json(by_alias=True)) == made


def test_the_schema_in_the_docs_is_that_of_the_model_and_names_every_field_of_a_report() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert schema == Report.model_json_schema(by_alias=True, mode="serialization")
    assert set(report().model_dump(by_alias=True)) == set(schema["properties"])


def test_a_terminal_shows_verdict_incidents_days_and_a_plot_of_more_days() -> None:
    made = report()
    [objective] = made.services[0].objectives
    days = tuple(objective.days[0].model_copy(update={"date": f"2026-10-{day:02}"}) for day in range(1, 15))
    service = made.services[0].model_copy(update={"objectives": (objective.model_copy(update={"days": days}),)})
    out = Console(width=100, record=True, file=io.StringIO())
    show(made.model_copy(update={"services": (service,)}), out)
    shown = out.export_text()
    for part in (
        "availability: broken",
        "699.3%",
        "maintenance: 35 events, in 5m",
        "2026-10-14",
        "% of the error budget left, 2026-10-01 to 2026-10-14",
    ):
        assert part in shown, shown
