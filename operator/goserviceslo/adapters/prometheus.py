"""`ports.MetricsPort` over prometheus-api-client: answers are values, also those that did not come."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from goserviceslo.adapters.breaker import CircuitBreaker
from goserviceslo.adapters.exchange import Refused
from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.adapters.prometheus_client import EnvelopeClient
from goserviceslo.ports import Answer, Clock, NoData, Partial, Sample, Trouble, Unavailable, Vector

_BREAKING = frozenset({Trouble.UNREACHABLE, Trouble.TIMED_OUT})
_GROUPS_A_PAGE = 500
_KNOWS_NO_RULES = frozenset({404, 501})
"""What a store of series says of the path where rules are told: others evaluate them."""
_OF_NOW = {"nocache": "1"}
"""VictoriaMetrics answers as of 30 s ago without it (`-search.latencyOffset`); the others do not know it."""
T = TypeVar("T")


class PrometheusSource:
    """Asks in threads of its own (each with its own client), equal questions once, a dead source seldom."""

    def __init__(
        self, access: PrometheusAccess, clock: Clock, *, timeout_seconds: float = 10.0, threads: int = 4
    ) -> None:
        self._access = access
        self._seconds = timeout_seconds
        self._breaker = CircuitBreaker(clock.monotonic)
        self._last_trouble = Unavailable(Trouble.UNREACHABLE, "Prometheus has not answered yet.")
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="prometheus")
        self._local = threading.local()
        self._asked: dict[tuple[str, datetime | None], asyncio.Future[Answer]] = {}

    async def query(self, promql: str, at: datetime | None = None) -> Answer:
        question = (promql, at)
        running = self._asked.get(question)
        if running is None:
            running = asyncio.ensure_future(self._ask(promql, at))
            self._asked[question] = running
            running.add_done_callback(lambda _: self._asked.pop(question, None))
        # One who no longer waits must not take the answer from the others.
        return await asyncio.shield(running)

    async def rule_health(self) -> Mapping[str, str] | None:
        try:
            return await self._in_thread(self._failing_groups)
        except Refused as refused:
            return {} if refused.code in _KNOWS_NO_RULES else None

    def close(self) -> None:
        """Stop asking. Threads that wait for an answer end with their timeout."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, promql: str, at: datetime | None) -> Answer:
        if not self._breaker.admits():
            return self._last_trouble
        params = {"query": promql, "timeout": f"{max(1, int(self._seconds) - 1)}s", **_OF_NOW}
        if at is not None:
            params["time"] = f"{at.timestamp():.3f}"
        try:
            answer = await self._in_thread(lambda: read_envelope(self._client().ask("/api/v1/query", params)))
        except Refused as refused:
            self._last_trouble = refused.unavailable
            if refused.unavailable.trouble in _BREAKING:
                self._breaker.failed()
            else:
                self._breaker.succeeded()
            return refused.unavailable
        except BaseException:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return answer

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    def _client(self) -> EnvelopeClient:
        """This thread's client: a `requests` session is not safe to share."""
        client: EnvelopeClient | None = getattr(self._local, "client", None)
        if client is None:
            client = EnvelopeClient(self._access, self._seconds)
            self._local.client = client
        return client

    def _failing_groups(self) -> dict[str, str]:
        failing: dict[str, str] = {}
        params = {"exclude_alerts": "true", "group_limit": str(_GROUPS_A_PAGE)}
        while True:
            data = self._client().ask("/api/v1/rules", params)["data"]
            for group in data.get("groups") or ():
                for rule in group.get("rules") or ():
                    if rule.get("health") == "err" and rule.get("lastError"):
                        failing.setdefault(group.get("name", ""), str(rule["lastError"])[:300])
            token = data.get("groupNextToken")
            if not token:
                return failing
            params["group_next_token"] = token


def read_envelope(envelope: dict[str, Any]) -> Answer:
    """The answer in an envelope. Raises Refused where it is of no instant type.

    Warnings that begin with `PromQL` speak of the query; any other says that a part of the data could not be had
    (Thanos, Mimir), as does VictoriaMetrics' `isPartial`.
    """
    data = envelope["data"]
    kind, result = (data.get("resultType"), data.get("result")) if isinstance(data, dict) else (None, None)
    if kind == "scalar" and isinstance(result, list):
        result = [{"metric": {}, "value": result}]
    elif kind != "vector" or not isinstance(result, list):
        raise Refused(Trouble.BROKEN_ANSWER, "Prometheus answered with neither a vector nor a scalar.")
    try:
        samples = [
            Sample(series["metric"], float(series["value"][1]), float(series["value"][0]))
            for series in result
            if "value" in series
        ]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Refused(Trouble.BROKEN_ANSWER, "Prometheus answered with samples that cannot be read.") from error
    gaps = gaps_in(envelope)
    if gaps:
        return Partial(samples, gaps)
    warnings = tuple(str(warning) for warning in envelope.get("warnings") or ())
    return Vector(samples, warnings) if samples else NoData()


def gaps_in(envelope: dict[str, Any]) -> tuple[str, ...]:
    """Why an answer is not the whole one; empty where it is."""
    gaps = tuple(str(warning) for warning in envelope.get("warnings") or () if not str(warning).startswith("PromQL"))
    return gaps or (("The source calls its answer partial.",) if envelope.get("isPartial") else ())
