"""prometheus-api-client, made to keep what it drops and to end when it should.

As it comes it throws away `warnings` and `resultType` and retries inside a blocked thread; here the whole envelope is
read, by an `Exchange`.
"""

from typing import Any

import orjson
from prometheus_api_client import PrometheusConnect

from goserviceslo.adapters.exchange import NO_RETRY, Exchange, Refused, Reply, what_it_is
from goserviceslo.adapters.prometheus_access import FileAuth, PrometheusAccess
from goserviceslo.ports import Trouble

_DETAIL_LIMIT = 300


class EnvelopeClient(PrometheusConnect):  # type: ignore[misc]
    """One thread's client. `ask` gives the JSON envelope of an answer, or raises Refused."""

    def __init__(self, access: PrometheusAccess, timeout_seconds: float) -> None:
        super().__init__(url=access.base_url, retry=NO_RETRY, auth=FileAuth(access))
        self._shown = access.base_url
        self._exchange = Exchange(access, "Prometheus", timeout_seconds, self._session)

    def ask(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        """GET `path` below the source's URL; by POST where the query is too long for a URL."""
        method, where = ("POST", "data") if sum(map(len, params.values())) > 4000 else ("GET", "params")
        return _envelope(self._exchange.ask(method, path, **{where: params}), self._shown)


def _envelope(reply: Reply, shown: str) -> dict[str, Any]:
    code = reply.code
    try:
        envelope = orjson.loads(reply.raw)
    except ValueError:
        envelope = None
    error = envelope.get("error") if isinstance(envelope, dict) else None
    if code in (400, 422) and isinstance(error, str):
        raise Refused(Trouble.BAD_QUERY, f"Prometheus does not take the query: {error[:_DETAIL_LIMIT]}")
    if code == 503 and isinstance(envelope, dict) and envelope.get("errorType") in ("timeout", "canceled"):
        raise Refused(Trouble.TIMED_OUT, f"Prometheus at {shown} could not evaluate the query in time.")
    if code != 200:
        hint = ": is this the URL of a Prometheus?" if code == 404 else "."
        raise Refused(Trouble.REFUSED, f"Prometheus at {shown} answered HTTP {code}{hint}", code)
    if not isinstance(envelope, dict) or envelope.get("status") != "success" or "data" not in envelope:
        raise Refused(
            Trouble.BROKEN_ANSWER,
            f"{shown} answered {what_it_is(reply.raw)}, not the JSON of the Prometheus API: check the URL, "
            "and for a login in between.",
        )
    return envelope
