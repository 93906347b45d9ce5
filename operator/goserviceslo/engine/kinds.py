"""Which kinds there are to watch, and so where rules go."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from goserviceslo.engine.config import SinkChoice
from goserviceslo.ports import (
    AUTOSCALERS,
    DEPLOYMENTS,
    GOSERVICESLOS,
    PROMETHEUS_RULES,
    SCALED_OBJECTS,
    ApiError,
    ClusterPort,
    Forbidden,
    Resource,
)
from goserviceslo.reconcile.model import RuleSink

_ALWAYS = (GOSERVICESLOS, DEPLOYMENTS, AUTOSCALERS)
_LOOK_SECONDS = 60.0
_FIRST_LOOK_SECONDS = 2.0

logger = logging.getLogger(__name__)


class Kinds:
    """Our own kind must be there; PrometheusRule and ScaledObject may come and go with what is installed."""

    def __init__(
        self,
        cluster: ClusterPort,
        *,
        sink: SinkChoice,
        namespaces: Sequence[str],
        random: Callable[[], float],
        on_change: Callable[[Sequence[Resource], RuleSink], None],
    ) -> None:
        self._cluster = cluster
        self._choice = sink
        self._namespace = namespaces[0] if namespaces else ""
        self._random = random
        self._on_change = on_change
        self._watched: tuple[Resource, ...] = ()
        self._warned: set[Resource] = set()

    async def find(self) -> Sequence[Resource]:
        """The kinds to watch; waits for the API server and for our CustomResourceDefinition."""
        while True:
            try:
                if await self._cluster.serves(GOSERVICESLOS):
                    found = (*_ALWAYS, *await self._optional())
                    break
                logger.warning("the CustomResourceDefinition of GoServiceSLO is not installed; waiting for it")
            except ApiError as error:
                logger.warning("the API server cannot be asked for its kinds, trying again: %s", error)
            await asyncio.sleep(_FIRST_LOOK_SECONDS * (1 + self._random()))
        if found != self._watched:
            self._watched = found
            self._on_change(found, self.sink())
        return found

    def sink(self) -> RuleSink:
        """Where rules go, by what was found last."""
        if self._choice is SinkChoice.CONFIG_MAP:
            return RuleSink.CONFIG_MAP
        if self._choice is SinkChoice.RULER:
            return RuleSink.RULER
        if self._choice is SinkChoice.PROMETHEUS_RULE or PROMETHEUS_RULES in self._watched:
            return RuleSink.PROMETHEUS_RULE
        return RuleSink.CONFIG_MAP

    async def look_for_changes(self, changed: Callable[[], None]) -> None:
        """Look again every minute, for ever."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS * (0.9 + 0.2 * self._random()))
            try:
                optional = await self._optional()
            except ApiError as error:
                logger.warning("the API server cannot be asked for its kinds, trying again: %s", error)
                continue
            if self._watched and (*_ALWAYS, *optional) != self._watched:
                logger.info("the API server's kinds have changed; starting the watches again")
                changed()

    async def _optional(self) -> tuple[Resource, ...]:
        candidates = [SCALED_OBJECTS]
        if self._choice in (SinkChoice.AUTO, SinkChoice.PROMETHEUS_RULE):
            candidates.append(PROMETHEUS_RULES)
        return tuple([resource for resource in candidates if await self._may_watch(resource)])

    async def _may_watch(self, resource: Resource) -> bool:
        if not await self._cluster.serves(resource):
            return False
        try:
            async for _ in self._cluster.pages(resource, namespace=self._namespace, metadata_only=True, limit=1):
                break
        except Forbidden:
            if resource not in self._warned:
                self._warned.add(resource)
                logger.warning("%s is there, but may not be listed: going on without it", resource.kind)
            return False
        return True
