"""Where the rules of many resources stand together, so that each has a share and none an object of its own."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from goserviceslo.ports import Json, Key
from goserviceslo.reconcile.model import Refusal, RuleSink


class RuleHolder(Protocol):
    """Takes wishes at once and sends them by itself; what it could not send it tells as a refusal."""

    def location(self, key: Key) -> str:
        """For people: where the rules of a resource are."""
        ...

    def refusal(self, key: Key) -> Refusal | None:
        """Why the rules of a resource are not there as they should be."""
        ...

    def offer(self, key: Key, groups: Sequence[Json]) -> Refusal | None:
        """Have the rules of a resource stand there soon; with none, have them gone."""
        ...


RuleHolders = Mapping[RuleSink, RuleHolder]
