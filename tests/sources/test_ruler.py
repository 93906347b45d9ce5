"""Our rules in the ruler of a real Cortex: they stand there once, are evaluated in turn, and go with their resource."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.replay.counting import AVAILABILITY, COUNTER, WORKLOAD
from tests.replay.world import POD
from tests.sources.remotewrite import push
from tests.sources.servers import Engine

from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.adapters.ruler import Ruler
from goserviceslo.engine.ruler import RulerRules
from goserviceslo.ports import Json, Key, RulerError
from goserviceslo.slo.indicator import Indicator, resolve
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups

pytestmark = pytest.mark.sources

CHECKOUT, OTHER = Key("shop", "checkout"), Key("shop", "cart.v2")
PATIENCE_SECONDS = 120.0  # only how long a test that fails takes to fail
_TENANTS = count()


def groups(key: Key, settings: RuleSettings | None = None) -> tuple[Json, ...]:
    indicator = resolve(AVAILABILITY, WORKLOAD, [COUNTER], None)
    assert isinstance(indicator, Indicator)
    return render_groups(SloRef(key.namespace, key.name), [(AVAILABILITY, indicator)], settings or RuleSettings())


class Tenant:
    """One of Cortex' tenants, as the operator and as a person reach it."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.headers = {"X-Scope-OrgID": f"ruler-{next(_TENANTS)}"}
        self.engine = engine
        self.url = engine.backend.write_url.removesuffix("/push") + "/rules"
        header_dir = directory / "headers"
        header_dir.mkdir()
        (header_dir / "X-Scope-OrgID").write_text(self.headers["X-Scope-OrgID"])
        self.access = PrometheusAccess(self.url, header_dir=header_dir)

    def evaluated(self) -> list[Json]:
        """What the ruler says of the groups that it runs."""
        answer = requests.get(f"{self.engine.backend.url}/api/v1/rules", headers=self.headers, timeout=60)
        found: list[Json] = answer.json()["data"]["groups"]
        return found

    def query(self, promql: str) -> list[Json]:
        params = {"query": promql}
        answer = requests.get(f"{self.engine.backend.url}/api/v1/query", params, headers=self.headers, timeout=60)
        found: list[Json] = answer.json()["data"]["result"]
        return found


class Counting(Ruler):
    """Counts what is written."""

    def __init__(self, access: PrometheusAccess) -> None:
        super().__init__(access)
        self.writes: list[str] = []

    async def put(self, namespace: str, group: Json) -> None:
        self.writes.append(group["name"])
        await super().put(namespace, group)

    async def delete(self, namespace: str, name: str) -> None:
        self.writes.append(name)
        await super().delete(namespace, name)


@pytest.fixture
def tenant(cortex_engine: Engine, tmp_path: Path) -> Tenant:
    return Tenant(cortex_engine, tmp_path)


@contextmanager
def replica(tenant: Tenant, *living: Key) -> Iterator[tuple[RulerRules, Counting]]:
    """An operator's part that leads, and its way to the ruler."""
    ruler = Counting(tenant.access)
    rules = RulerRules(
        ruler,
        prefix="goslo",
        namespaces=(),
        interval=timedelta(seconds=2),
        random=lambda: 0.0,
        living=lambda: living,
        wake=lambda key: None,
    )
    task = asyncio.get_running_loop().create_task(rules.run())
    try:
        yield rules, ruler
        assert not task.done()
    finally:
        task.cancel()
        ruler.close()


async def until(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.2)


async def stands(tenant: Tenant) -> Mapping[str, set[str]]:
    """Names of groups by namespace."""
    ruler = Ruler(tenant.access)
    found = {namespace: {group["name"] for group in found} for namespace, found in (await ruler.groups()).items()}
    ruler.close()
    return found


async def test_groups_stand_there_a_restart_writes_nothing_and_they_go_with_their_resource(tenant: Tenant) -> None:
    wanted = {f"goslo/{key}": {group["name"] for group in groups(key)} for key in (CHECKOUT, OTHER)}
    with replica(tenant, CHECKOUT, OTHER) as (rules, _):
        for key in (CHECKOUT, OTHER):
            rules.offer(key, groups(key))
        await until(lambda: rules.unsent() == 0, "everything is sent")
    assert await stands(tenant) == wanted
    with replica(tenant, CHECKOUT, OTHER) as (rules, ruler):
        for key in (CHECKOUT, OTHER):
            rules.offer(key, groups(key))
        await asyncio.sleep(5)
        assert ruler.writes == [], "what stands there is known for what it is, however it is spelt"
    with replica(tenant, CHECKOUT) as (rules, ruler):
        rules.offer(CHECKOUT, groups(CHECKOUT)[:1])
        await until(
            lambda: len(ruler.writes) == len(groups(CHECKOUT)) - 1 + len(groups(OTHER)), "what is not wanted goes"
        )
        await until(lambda: rules.unsent() == 0, "everything is sent")
    assert await stands(tenant) == {f"goslo/{CHECKOUT}": {groups(CHECKOUT)[0]["name"]}}
    with replica(tenant, CHECKOUT) as (rules, _):
        rules.offer(CHECKOUT, ())
        await until(lambda: rules.unsent() == 0, "everything is sent")
    assert await stands(tenant) == {}


async def test_nobody_elses_group_is_touched_and_what_somebody_changed_of_ours_comes_back(tenant: Tenant) -> None:
    person = Ruler(tenant.access)
    theirs = {"name": "theirs", "rules": [{"record": "a:b", "expr": "vector(1)"}]}
    for namespace in ("team", "goslo", f"goslo/{CHECKOUT}"):
        await person.put(namespace, theirs)
    with replica(tenant, CHECKOUT) as (rules, ruler):
        rules.offer(CHECKOUT, groups(CHECKOUT))
        await until(lambda: rules.unsent() == 0 and ruler.writes, "everything is sent")
        first = groups(CHECKOUT)[0]["name"]
        await person.put(f"goslo/{CHECKOUT}", {"name": first, "rules": theirs["rules"]})
        await until(lambda: ruler.writes.count(first) == 2, "the next list finds it")
        rules.offer(CHECKOUT, ())
        await until(lambda: rules.unsent() == 0, "everything is sent")
    person.close()
    assert await stands(tenant) == {key: {"theirs"} for key in ("team", "goslo", f"goslo/{CHECKOUT}")}


async def test_a_group_that_is_wrong_is_refused_with_the_rulers_words(tenant: Tenant) -> None:
    ruler = Ruler(tenant.access)
    with pytest.raises(
        RulerError, match=r"The ruler does not take the rules: .*invalid recording rule name: a b"
    ) as refusal:
        await ruler.put("goslo/a/b", {"name": "g", "rules": [{"record": "a b", "expr": "up"}]})
    assert refusal.value.of_group
    await ruler.delete("goslo/a/b", "g")
    ruler.close()
    nobody = Ruler(PrometheusAccess(tenant.url))
    with pytest.raises(RulerError, match="HTTP 401: check the credentials"):
        await nobody.groups()
    nobody.close()
    elsewhere = Ruler(PrometheusAccess(f"{tenant.url}x", header_dir=tenant.access.header_dir))
    with pytest.raises(RulerError, match="write the URL below which rule namespaces are"):
        await elsewhere.groups()
    elsewhere.close()


async def test_the_ruler_counts_exactly_what_happened_and_sees_in_each_rule_what_those_before_recorded(
    tenant: Tenant,
) -> None:
    labels = {"namespace": "shop", "pod": POD, "instance": "10.0.0.1:8080", "job": "pods"}
    started, counted = time.time(), 0

    def scrape() -> None:
        now = int(time.time() * 1000)
        push(
            tenant.engine.backend.write_url,
            [
                ({"__name__": "up", **labels}, {now: 1.0}),
                ({"__name__": "process_start_time_seconds", **labels}, {now: started}),
                ({"__name__": "http_requests_total", "code": "200", **labels}, {now: float(counted)}),
                ({"__name__": "http_requests_total", "code": "500", **labels}, {now: float(counted // 10)}),
            ],
            tenant.headers,
        )

    settings = RuleSettings(timedelta(seconds=5), lag=timedelta(seconds=5))
    total, bad = (f"sum(sum_over_time(goslo:{events}:delta[10m]))" for events in ("total", "bad"))
    with replica(tenant, CHECKOUT) as (rules, _):
        rules.offer(CHECKOUT, groups(CHECKOUT, settings))

        def seen() -> bool:
            scrape()
            return bool(tenant.query(total)) and float(tenant.query(total)[0]["value"][1]) > 0

        counted = 10
        await until(seen, "the first events are recorded")
        for _ in range(20):
            counted += 20
            await asyncio.to_thread(scrape)
            await asyncio.sleep(0.5)

        def all_counted() -> bool:
            scrape()
            # A ruler records rule by rule: the one may be there without the other.
            found = [sum(float(sample["value"][1]) for sample in tenant.query(one)) for one in (total, bad)]
            return found == pytest.approx([counted + counted // 10, counted // 10])

        await until(all_counted, f"{counted + counted // 10} events are recorded, {counted // 10} of them bad")
        troubles = [
            rule["lastError"] for group in tenant.evaluated() for rule in group["rules"] if rule.get("lastError")
        ]
        assert troubles == []
