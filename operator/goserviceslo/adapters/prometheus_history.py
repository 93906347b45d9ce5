"""`ports.HistoryPort` over the same client as the operator's own questions: answers are values here too."""

from datetime import datetime, timedelta
from typing import Any

from goserviceslo.adapters.exchange import Refused
from goserviceslo.adapters.prometheus import gaps_in, read_envelope
from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.adapters.prometheus_client import EnvelopeClient
from goserviceslo.ports import Answer, History, Matrix, NoData, Partial, Track, Trouble


class PrometheusHistory:
    """Asks in the caller's thread, and waits as long as a question about weeks may take."""

    def __init__(self, access: PrometheusAccess, *, timeout_seconds: float = 110.0) -> None:
        self._client = EnvelopeClient(access, timeout_seconds)
        self._patience = {"timeout": f"{max(1, int(timeout_seconds) - 1)}s"}

    def query(self, promql: str, at: datetime | None = None) -> Answer:
        """As the port has it."""
        params = {"query": promql} | ({} if at is None else {"time": _instant(at)})
        try:
            return read_envelope(self._client.ask("/api/v1/query", params | self._patience))
        except Refused as refused:
            return refused.unavailable

    def samples(self, promql: str, at: datetime) -> History:
        """As the port has it."""
        return self._history("/api/v1/query", {"query": promql, "time": _instant(at)})

    def steps(self, promql: str, start: datetime, end: datetime, step: timedelta) -> History:
        """As the port has it."""
        params = {"start": _instant(start), "end": _instant(end), "step": f"{step.total_seconds():g}"}
        return self._history("/api/v1/query_range", {"query": promql, **params})

    def _history(self, path: str, params: dict[str, str]) -> History:
        try:
            return read_matrix(self._client.ask(path, params | self._patience))
        except Refused as refused:
            return refused.unavailable


def read_matrix(envelope: dict[str, Any]) -> History:
    """The series over time in an envelope. Raises Refused where it holds none."""
    data = envelope["data"]
    kind, result = (data.get("resultType"), data.get("result")) if isinstance(data, dict) else (None, None)
    if kind != "matrix" or not isinstance(result, list):
        raise Refused(Trouble.BROKEN_ANSWER, "Prometheus answered with something else than series over time.")
    try:
        tracks = [
            Track(series["metric"], [(round(float(at) * 1000), float(value)) for at, value in series["values"]])
            for series in result
            if "values" in series
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(Trouble.BROKEN_ANSWER, "Prometheus answered with samples that cannot be read.") from error
    gaps = gaps_in(envelope)
    if gaps:
        return Partial((), gaps)
    warnings = tuple(str(warning) for warning in envelope.get("warnings") or ())
    return Matrix(tracks, warnings) if tracks else NoData()


def _instant(at: datetime) -> str:
    return f"{at.timestamp():.3f}"
