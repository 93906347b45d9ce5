"""A source of measurements whose answers a test sets."""

from collections.abc import Callable, Mapping
from datetime import datetime

from goserviceslo.ports import Answer, NoData, Sample, Trouble, Unavailable, Vector

DOWN = Unavailable(Trouble.UNREACHABLE, "Prometheus cannot be reached.")


class ScriptedMetrics:
    """`ports.MetricsPort`."""

    def __init__(self, answer: Callable[[str], Answer] = lambda promql: NoData()) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.health: dict[str, str] | None = {}

    async def query(self, promql: str, at: datetime | None = None) -> Answer:
        self.asked.append(promql)
        return self.answer(promql)

    async def rule_health(self) -> Mapping[str, str] | None:
        return self.health


def vector(*samples: tuple[dict[str, str], float]) -> Vector:
    return Vector([Sample(labels, value, 0.0) for labels, value in samples])
