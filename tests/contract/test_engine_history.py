"""A new objective of a service that Prometheus has watched for hours: right at once, and not asked for twice."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.contract.conftest import ApiServer
from tests.contract.engine_fixtures import add, cluster_of, deployment, operator_in, slo, status_of, until
from tests.replay.counting import failed, young
from tests.replay.world import Pod, Process, World, steady
from tests.sources.evaluator import evaluate
from tests.sources.servers import Engine, prometheus

from goserviceslo.adapters.clock import SystemClock
from goserviceslo.adapters.prometheus import PrometheusSource
from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.engine.config import SinkChoice
from goserviceslo.ports import Answer, Json, Key
from goserviceslo.slo.indicator import Indicator, Workload, resolve
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups

pytestmark = [pytest.mark.apiserver, pytest.mark.prometheus]

HOURS = 2 * 3600
TILE, LAG = 30, 5


class Listening(PrometheusSource):
    """Keeps what was asked."""

    def __init__(self, url: str) -> None:
        super().__init__(PrometheusAccess(url), SystemClock())
        self.questions: list[str] = []

    async def query(self, promql: str, at: datetime | None = None) -> Answer:
        self.questions.append(promql)
        return await super().query(promql, at)

    def about_the_past(self) -> list[str]:
        return [one for one in self.questions if "resets(" in one]


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Engine]:
    with prometheus(tmp_path / "prometheus") as engine:
        yield engine


def world(until: int) -> World:
    """Two pods, one of which came late; a third that lived for less than a minute; and a restart."""
    short = Pod([young(3000, 3040, 2)], "checkout-5d9f8c7b6-x2z5k", "10.0.0.3:8080", known_from=3000, known_until=3041)
    return World(
        [
            Pod([Process(5, 10**6, steady(5, until, 0.5, 7))]),
            Pod([young(2000, 5000), young(5010, until)], "checkout-5d9f8c7b6-b7c8d", "10.0.0.2:8080", known_from=1990),
            short,
        ],
        until,
    )


def store(engine: Engine, past: World, namespace: str, epoch: int) -> None:
    """Half an hour after the other: what is an hour older than the newest sample Prometheus does not take."""
    series = {name.replace('"shop"', f'"{namespace}"'): samples for name, samples in past.series().items()}
    for start in range(0, past.until + 1, 1800):
        part = {
            name: {at: value for at, value in samples.items() if start <= at < start + 1800}
            for name, samples in series.items()
        }
        engine.backend.store({name: samples for name, samples in part.items() if samples}, epoch)


def groups(namespace: str) -> list[Json]:
    """The tiles' rules of the objective that `slo` makes."""
    objective = Objective.model_validate(slo(namespace)["spec"]["objectives"][0])
    indicator = resolve(objective, Workload(namespace, "checkout"), None, None)
    assert isinstance(indicator, Indicator)
    tiles, *_ = render_groups(SloRef(namespace, "checkout"), [(objective, indicator)], RuleSettings())
    return [{**tiles, "rules": [rule for rule in tiles["rules"] if ":delta" in rule.get("record", "")]}]


async def test_a_new_objective_knows_what_happened_before_it_and_a_restart_asks_for_it_no_more(
    apiserver: ApiServer, fresh_namespace: str, source: Engine
) -> None:
    last = int(time.time()) // TILE * TILE
    loaded = last - 2 * TILE
    epoch = loaded - HOURS
    past = world(last - epoch)
    store(source, past, fresh_namespace, epoch)
    evaluate(source.backend, groups(fresh_namespace), loaded, last)
    end = last - LAG - epoch
    truth = past.seen(end), past.seen(end) - past.seen(end, failed)
    key = Key(fresh_namespace, "checkout")
    sink = SinkChoice.CONFIG_MAP
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, deployment(fresh_namespace), slo(fresh_namespace))

        async def figures() -> Json | None:
            status = (await status_of(cluster, key)).get("objectives", [{}])[0]
            return status if (status.get("total"), status.get("good")) == truth else None

        listening = Listening(source.access_url)
        async with operator_in(apiserver.kubeconfig, fresh_namespace, metrics=listening, rule_sink=sink):
            status = await until(figures, f"{truth[0]} events, {truth[1]} of them good")

            async def whole() -> bool:
                chunks = (await status_of(cluster, key))["objectives"][0].get("history", {}).get("chunks", [])
                return bool(chunks) and chunks[-1]["start"] < _text(last - 29 * 86_400)

            await until(whole, "all of the window to be asked for")
            status = await figures()
            assert status is not None
        listening.close()
        since = datetime.fromisoformat(status["evidenceSince"]).timestamp()
        assert abs(since - epoch) <= 300
        assert status["history"]["recordedSince"] == _text(loaded - LAG - TILE)
        assert status["sli"]
        again = Listening(source.access_url)
        async with operator_in(apiserver.kubeconfig, fresh_namespace, metrics=again, rule_sink=sink):
            await until(lambda: len(again.questions) > 60, "a good many questions")
            assert await figures() is not None
        again.close()
        assert listening.about_the_past()
        assert again.about_the_past() == []


async def test_without_raw_series_the_evidence_begins_with_the_first_tile(
    apiserver: ApiServer, fresh_namespace: str, source: Engine
) -> None:
    last = int(time.time()) // TILE * TILE
    epoch = last - 120
    past = World([Pod([Process(1, 10**6, steady(1, 120, 2))])], 120)
    store(source, past, fresh_namespace, epoch)
    evaluate(source.backend, groups(fresh_namespace), epoch + TILE, last)
    key = Key(fresh_namespace, "checkout")
    async with cluster_of(apiserver.kubeconfig) as cluster:
        await add(cluster, deployment(fresh_namespace), slo(fresh_namespace))

        async def told() -> Json | None:
            status: Json = (await status_of(cluster, key)).get("objectives", [{}])[0]
            return status if status.get("history", {}).get("chunks") else None

        listening = Listening(source.access_url)
        async with operator_in(
            apiserver.kubeconfig, fresh_namespace, metrics=listening, rule_sink=SinkChoice.CONFIG_MAP
        ):
            status = await until(told, "the past to be asked for")
        listening.close()
    assert status["total"] == past.seen(120 - LAG)
    assert datetime.fromisoformat(status["evidenceSince"]) >= datetime.fromtimestamp(epoch, UTC) - timedelta(minutes=1)


def _text(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
