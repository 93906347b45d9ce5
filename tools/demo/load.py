"""The load generator, asked and steered through the API server."""

import json
from dataclasses import dataclass

from demo.kubectl import Kubectl


@dataclass(frozen=True, slots=True)
class Counts:
    """What the generator itself sent and got."""

    sent: int
    answered: int
    good: int
    bad: int
    unanswered: int
    timed_out: int
    """Of the unanswered those that it gave up waiting for."""
    in_flight: int
    servers: dict[str, int]
    """Answers by the pod that gave them."""
    faster: dict[str, int]
    """Answers within a bound, timed from sending, by bound."""


class LoadGenerator:
    """One generator behind a Service."""

    def __init__(self, kubectl: Kubectl, target: str = "shop/services/loadgen:control") -> None:
        self._kubectl = kubectl
        self._target = target

    def counts(self, *, since: float | None = None, until: float | None = None) -> Counts:
        """Its books, whole or for a span of Unix time."""
        span = {name: value for name, value in (("since", since), ("until", until)) if value is not None}
        answer = json.loads(self._kubectl.proxy("GET", self._target, "counts", **span))
        return Counts(
            sent=answer["sent"],
            answered=answer["answered"],
            good=answer["availability"]["good"],
            bad=answer["availability"]["bad"],
            unanswered=answer["unanswered"],
            timed_out=answer["unanswered_reasons"].get("timeout", 0),
            in_flight=answer["in_flight"],
            servers=answer["servers"],
            faster={bound: split["faster_from_send"] for bound, split in answer["latency"].items()},
        )

    def rate(self, per_second: float) -> None:
        """Send so many requests a second from now on."""
        self._kubectl.proxy("POST", self._target, "rate", rps=per_second)

    def pause(self) -> None:
        """Send nothing until resumed."""
        self._kubectl.proxy("POST", self._target, "pause")

    def resume(self) -> None:
        """Send again."""
        self._kubectl.proxy("POST", self._target, "resume")
