"""Kinds that may be missing are watched where they are served and may be listed."""

import asyncio
from collections.abc import Sequence

from tests.table import cases
from tests.unit.engine.memory_cluster import MemoryCluster
from tests.unit.engine.virtual_time import run

from goserviceslo.engine.config import SinkChoice
from goserviceslo.engine.kinds import Kinds
from goserviceslo.ports import ApiError, Forbidden, Key, Resource
from goserviceslo.reconcile.model import RuleSink

OURS = "goserviceslos"
ALWAYS = {OURS, "deployments", "horizontalpodautoscalers"}


class Scene:
    def __init__(self, *served: str, sink: SinkChoice = SinkChoice.AUTO) -> None:
        self.cluster = MemoryCluster()
        self.cluster.served = {OURS, *served}
        self.changes: list[tuple[set[str], RuleSink]] = []
        self.kinds = Kinds(self.cluster, sink=sink, namespaces=(), random=lambda: 0.5, on_change=self._changed)

    def _changed(self, found: Sequence[Resource], sink: RuleSink) -> None:
        self.changes.append(({resource.plural for resource in found}, sink))


@cases(
    "served, choice, watched, sink",
    {
        "nothing else": ((), SinkChoice.AUTO, set(), RuleSink.CONFIG_MAP),
        "KEDA": (("scaledobjects",), SinkChoice.AUTO, {"scaledobjects"}, RuleSink.CONFIG_MAP),
        "prometheus-operator": (("prometheusrules",), SinkChoice.AUTO, {"prometheusrules"}, RuleSink.PROMETHEUS_RULE),
        "prometheus-operator, but ConfigMaps wanted": (
            ("prometheusrules",),
            SinkChoice.CONFIG_MAP,
            set(),
            RuleSink.CONFIG_MAP,
        ),
        "rules wanted without prometheus-operator": ((), SinkChoice.PROMETHEUS_RULE, set(), RuleSink.PROMETHEUS_RULE),
    },
)
def test_what_is_watched_and_where_rules_go(
    served: tuple[str, ...], choice: SinkChoice, watched: set[str], sink: RuleSink
) -> None:
    scene = Scene(*served, sink=choice)
    run(scene.kinds.find())
    assert scene.changes == [(ALWAYS | watched, sink)]
    run(scene.kinds.find())
    assert len(scene.changes) == 1, "what stays as it is is no change"


def test_a_kind_that_may_not_be_listed_is_gone_without() -> None:
    scene = Scene("prometheusrules")

    def forbid(verb: str, resource: Resource, key: Key) -> None:
        if verb == "list":
            raise Forbidden(403, "Forbidden", "no")

    scene.cluster.before = forbid
    run(scene.kinds.find())
    assert scene.changes == [(ALWAYS, RuleSink.CONFIG_MAP)]


def test_our_own_kind_is_waited_for_and_so_is_the_api_server() -> None:
    scene = Scene()
    scene.cluster.served = set()
    down = True

    def fail(verb: str, resource: Resource, key: Key) -> None:
        if down:
            raise ApiError(0, "Unreachable", "no route")

    scene.cluster.before = fail

    async def story() -> None:
        nonlocal down
        finding = asyncio.create_task(scene.kinds.find())
        await asyncio.sleep(30)
        down = False
        await asyncio.sleep(30)
        assert not finding.done()
        scene.cluster.served = {OURS}
        await asyncio.wait_for(finding, 10)

    run(story())


def test_a_kind_that_comes_later_is_noticed_within_some_minutes() -> None:
    scene = Scene()

    async def story() -> int:
        await scene.kinds.find()
        noticed = 0

        def changed() -> None:
            nonlocal noticed
            noticed += 1

        looking = asyncio.create_task(scene.kinds.look_for_changes(changed))
        await asyncio.sleep(300)
        assert noticed == 0
        scene.cluster.served.add("prometheusrules")
        await asyncio.sleep(100)
        looking.cancel()
        return noticed

    assert run(story()) >= 1
