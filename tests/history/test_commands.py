"""`goslo report`, `backtest` and `backfill` against a real Prometheus, and the truth about the same world beside."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.history.running import at_epoch, prometheus, write_blocks
from tests.replay.counting import failed
from tests.replay.world import Pod, Process, Request, World, steady
from typer.testing import CliRunner, Result

from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.adapters.prometheus_history import PrometheusHistory
from goserviceslo.cli.app import app
from goserviceslo.ports import Vector
from localcluster import binaries

pytestmark = pytest.mark.prometheus

TILE, LAG = 30, 5
UNTIL = 4 * 3600
RECORDED_FROM = 3 * 3600
"""When the rules came, in seconds of the world."""
BASE = int(datetime(2026, 10, 14, tzinfo=UTC).timestamp())
OUTAGE = range(2 * 3600, 2 * 3600 + 600)
LABELS = '{namespace="shop",goslo="checkout",objective="availability",tier="L1"}'
WORLD = World(
    [
        Pod(
            [
                Process(
                    5,
                    10**6,
                    [
                        *steady(5, OUTAGE.start, 0.2, 100),
                        *(Request(at + 0.5, "500") for at in OUTAGE if at % 5 == 0),
                        *steady(OUTAGE.stop, UNTIL, 0.2, 100),
                    ],
                )
            ]
        )
    ],
    UNTIL,
)
RESOURCE: dict[str, Any] = {
    "apiVersion": "goslo.dev/v1alpha1",
    "kind": "GoServiceSLO",
    "metadata": {"name": "checkout", "namespace": "shop"},
    "spec": {
        "target": {"name": "checkout"},
        "tier": "L1",
        "objectives": [{"name": "availability", "target": 99, "window": "2h", "http": {}}],
        "sla": {"country": "NZ", "rto": "2m", "compensation": "A tenth | <b>of the fee</b>."},
    },
}


def instant(seconds: int) -> str:
    return datetime.fromtimestamp(BASE + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tile(at: int) -> tuple[int, int]:
    """All and bad events of the tile recorded at an instant of the world, as the truth has them."""
    return (
        WORLD.seen(at - LAG) - WORLD.seen(at - LAG - TILE),
        WORLD.seen(at - LAG, failed) - WORLD.seen(at - LAG - TILE, failed),
    )


def recorded(first: int, last: int) -> Iterator[str]:
    """What rules record from the first to the last of these instants."""
    tiles = {at: tile(at) for at in range(first, last + 1, TILE)}
    for number, name in enumerate(("goslo:total:delta", "goslo:bad:delta")):
        for at, counts in tiles.items():
            yield f"{name}{LABELS} {counts[number]} {BASE + at}\n"


MAINTENANCE = range(OUTAGE.start - 600, OUTAGE.stop + 600)
CALENDAR = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "calendar", "namespace": "shop"},
    "data": {"maintenance.yaml": f"- {{name: move, start: '{instant(MAINTENANCE.start)}', duration: 30m}}\n"},
}
IN_CALENDAR = {**RESOURCE, "spec": {**RESOURCE["spec"], "maintenanceFrom": {"configMap": "calendar"}}}
LEFT_OUT = range(MAINTENANCE.start + LAG, MAINTENANCE.stop + 60 + LAG + TILE)
"""Seconds in which evaluations leave their tiles out."""


@dataclass(frozen=True)
class Given:
    """A place for data, and the resource in a file."""

    data: Path
    resource: Path

    def with_calendar(self) -> None:
        """The resource names a ConfigMap, which stands beside it."""
        self.resource.write_text(yaml.safe_dump_all([IN_CALENDAR, CALENDAR]))

    def run(self, url: str, *words: str, now: int = UNTIL) -> Result:
        at = ["--now", instant(now), "--prometheus-url", url]
        return CliRunner().invoke(app, [words[0], str(self.resource), *words[1:], *at], catch_exceptions=False)


@pytest.fixture
def given(tmp_path: Path) -> Given:
    resource = tmp_path / "checkout.yaml"
    resource.write_text(yaml.safe_dump(RESOURCE))
    return Given(tmp_path / "data", resource)


def value(url: str, promql: str, at: int = UNTIL) -> float:
    answer = PrometheusHistory(PrometheusAccess(url)).query(promql, datetime.fromtimestamp(BASE + at, UTC))
    assert isinstance(answer, Vector), answer
    [sample] = answer.samples
    return sample.value


def test_a_report_says_of_a_day_what_was_recorded_in_it_and_what_was_not(given: Given) -> None:
    write_blocks(given.data, recorded(TILE, 3600))
    write_blocks(given.data, recorded(2 * 3600, UNTIL))
    with prometheus(given.data) as url:
        asked = ("report", "--window", "2026-10-14", "--least-coverage", "50")
        made: dict[str, Any] = json.loads(given.run(url, *asked, "--format", "json").output)
        texts = {name: given.run(url, *asked, "--format", name).output for name in ("markdown", "html", "csv")}
    truth = [tile(at) for at in (*range(TILE, 3601, TILE), *range(7200, UNTIL + 1, TILE))]
    total, bad = (sum(column) for column in zip(*truth, strict=True))
    [objective] = made["services"][0]["objectives"]
    assert (objective["total"], objective["good"], objective["budget"]["spent"]) == (total, total - bad, bad)
    assert objective["verdict"] == "Broken"
    assert objective["coverage"]["gaps"] == [{"start": instant(3600), "end": instant(7200)}]
    assert objective["coverage"]["ratio"] == "75.2", "361 of 480 tiles, rounded down"
    [incident] = objective["incidents"]
    worst = [at for at in range(OUTAGE.start, OUTAGE.stop + 120, TILE) if tile(at)[1]]
    assert (incident["start"], incident["end"]) == (instant(worst[0] - TILE), instant(worst[-1]))
    assert incident["bad"] == sum(tile(at)[1] for at in worst)
    assert made["schemaVersion"] == "1"
    assert f"| shop/checkout | availability | 99% | {objective['sli']}% |" in texts["markdown"]
    assert "\\| \\<b\\>of the fee" in texts["markdown"]
    assert "A tenth | &lt;b&gt;of the fee&lt;/b&gt;." in texts["html"]
    assert f"Broken,{objective['sli']},{total - bad},{total},{bad}," in texts["csv"]


def test_a_report_without_a_tile_has_no_evidence(given: Given) -> None:
    write_blocks(given.data, recorded(TILE, 300))
    with prometheus(given.data) as url:
        made = given.run(url, "report", "--window", "2026-10-13", "--format", "csv")
    assert ",NoEvidence,,0,0,0," in made.output


def test_a_backtest_counts_what_happened_and_says_who_would_have_been_called(given: Given) -> None:
    write_blocks(given.data, at_epoch(WORLD.series(), BASE))
    with prometheus(given.data) as url:
        said = given.run(url, "backtest", "--days", "1").output
    total, bad = WORLD.seen(UNTIL - LAG), WORLD.seen(UNTIL - LAG, failed)
    assert f"{total} events, {bad} bad" in said
    assert "pages: 1" in said, said
    assert "No round target" in said or "Highest round target" in said


def test_what_cannot_be_counted_again_is_passed_over_and_the_rest_is_tried(given: Given) -> None:
    up = {"name": "up", "target": 99, "boolean": {"holds": "healthy"}}
    spec = {**RESOURCE["spec"], "objectives": [up, *RESOURCE["spec"]["objectives"]]}
    given.resource.write_text(yaml.safe_dump({**RESOURCE, "spec": spec}))
    write_blocks(given.data, at_epoch(WORLD.series(), BASE))
    with prometheus(given.data) as url:
        said = given.run(url, "backtest", "--days", "1")
    assert said.exit_code == 0
    assert "shop/checkout up: " in said.output
    assert "pages: 1" in said.output, said.output


def test_blocks_of_the_past_adjoin_the_tiles_that_were_recorded_live(given: Given, tmp_path: Path) -> None:
    write_blocks(given.data, [*at_epoch(WORLD.series(), BASE), *recorded(RECORDED_FROM, UNTIL)])
    out, promtool = tmp_path / "blocks", str(binaries.ensure(["promtool"])["promtool"])
    words = ("backfill", "--since", "1d", "--out", str(out), "--promtool", promtool)
    with prometheus(given.data) as url:
        too_soon = given.run(url, *words)
        done = given.run(url, *words, now=UNTIL + 2 * 3600 + 60)
    assert "run this again after" in too_soon.output
    assert done.exit_code == 0, done.output
    for block in out.iterdir():
        block.rename(given.data / block.name)
    with prometheus(given.data) as url:
        assert value(url, "sum(sum_over_time(goslo:total:delta[1d]))") == WORLD.seen(UNTIL - LAG)
        assert value(url, "sum(sum_over_time(goslo:bad:delta[1d]))") == WORLD.seen(UNTIL - LAG, failed)
        # One sample a tile, from the first to the last: none is missing and none is there twice.
        assert value(url, f"sum(count_over_time(goslo:total:delta{LABELS}[1d]))") == UNTIL // TILE


def test_what_is_counted_again_leaves_maintenance_out_and_a_report_shows_it(given: Given, tmp_path: Path) -> None:
    given.with_calendar()
    write_blocks(given.data, [*at_epoch(WORLD.series(), BASE), *recorded(RECORDED_FROM, UNTIL)])
    out, promtool = tmp_path / "blocks", str(binaries.ensure(["promtool"])["promtool"])
    with prometheus(given.data) as url:
        said = given.run(url, "backtest", "--days", "1").output
        words = ("backfill", "--since", "1d", "--out", str(out), "--promtool", promtool)
        done = given.run(url, *words, now=UNTIL + 2 * 3600 + 60)
    assert f"availability: {(RECORDED_FROM - TILE) // TILE} tiles counted" in done.output
    for block in out.iterdir():
        block.rename(given.data / block.name)
    with prometheus(given.data) as url:
        asked = ("report", "--window", "2026-10-14", "--least-coverage", "10", "--format", "json")
        made: dict[str, Any] = json.loads(given.run(url, *asked).output)
    gone, bad_gone = (sum(tile(at)[which] for at in range(TILE, UNTIL, TILE) if at in LEFT_OUT) for which in (0, 1))
    total, bad = WORLD.seen(UNTIL - LAG) - gone, WORLD.seen(UNTIL - LAG, failed) - bad_gone
    assert f"{total} events, {bad} bad" in said, said
    assert bad_gone > 100
    assert f"left out for maintenance: {gone} events" in said
    assert "pages: none" in said
    [objective] = made["services"][0]["objectives"]
    assert (objective["total"], objective["budget"]["spent"], objective["excluded"]) == (total, bad, gone)
    assert objective["maintenance"] == [{"start": instant(MAINTENANCE.start), "end": instant(MAINTENANCE.stop + 90)}]
    assert objective["incidents"] == []


def test_a_calendar_that_is_not_among_the_files_is_asked_for(given: Given) -> None:
    given.resource.write_text(yaml.safe_dump(IN_CALENDAR))
    write_blocks(given.data, at_epoch(WORLD.series(), BASE))
    with prometheus(given.data) as url:
        said = given.run(url, "backtest", "--days", "1")
    assert (
        "goslo backtest: shop/checkout: what it calls maintenance is counted: give the file of ConfigMap" in said.stderr
    )
    assert "pages: 1" in said.stdout
