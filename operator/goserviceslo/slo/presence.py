"""Why nothing is seen of a workload, as its Deployment tells: on purpose, for now, or because it is down."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from goserviceslo.api.observed import DeploymentView

FIRST_SCRAPE = timedelta(minutes=2)
"""How long it may take from pods that are available to their first figures: a scrape, a tile, and time to spare."""
START = timedelta(minutes=10)
"""How long pods may take to come back from zero before that is an outage; a rollout's own deadline by default."""


class Presence(StrEnum):
    """Where the pods are whose metrics are not seen."""

    SCALED_TO_ZERO = "ScaledToZero"
    """None is wanted."""
    DEPLOYING = "Deploying"
    """They are on their way."""
    DOWN = "Outage"
    """They are wanted, not on their way, and none is available."""
    SERVING = "Serving"
    """Some are available, whatever Prometheus sees of them."""


@dataclass(frozen=True, slots=True)
class Workforce:
    """A Deployment's pods by number."""

    wanted: int
    available: int
    rolling_out: bool
    """Whether a rollout makes progress; Kubernetes gives up on it after its deadline (10 min by default)."""
    changed_at: datetime | None
    """When the Deployment last became available or ceased to be."""
    scaled_by: str | None = None
    """The autoscaler that decides how many are wanted, as `kind name`."""

    def presence(self, reason: str | None, now: datetime) -> Presence:
        """Where the pods are; `reason` is what the status last gave.

        It tells pods that come back from zero from pods that went down, for which Kubernetes has the same words, and
        keeps a verdict until the first scrape of pods that are available again.
        """
        if self.wanted == 0:
            return Presence.SCALED_TO_ZERO
        was_down = reason == Presence.DOWN
        coming = reason in (Presence.SCALED_TO_ZERO, Presence.DEPLOYING)
        if self.available:
            fresh = self._changed_within(FIRST_SCRAPE, now)
            if fresh and was_down:
                return Presence.DOWN
            return Presence.DEPLOYING if self.rolling_out or (fresh and coming) else Presence.SERVING
        if self.rolling_out and not was_down:
            return Presence.DEPLOYING
        return Presence.DEPLOYING if coming and self._changed_within(START, now) else Presence.DOWN

    def settles_in(self, now: datetime) -> timedelta | None:
        """After what time `presence` may say something else though nothing changes; None where it will not."""
        if self.changed_at is None:
            return None
        bound = FIRST_SCRAPE if self.available else START
        return bound - (now - self.changed_at) if self._changed_within(bound, now) else None

    def _changed_within(self, bound: timedelta, now: datetime) -> bool:
        return self.changed_at is not None and now - self.changed_at < bound


def workforce(deployment: DeploymentView | None, scaled_by: str | None = None) -> Workforce | None:
    """What a Deployment says; None where there is none, or where nothing is known of its size."""
    if deployment is None or deployment.wanted is None:
        return None
    return Workforce(
        wanted=deployment.wanted,
        available=deployment.available,
        rolling_out=deployment.rolling_out,
        changed_at=deployment.availability_changed_at,
        scaled_by=scaled_by,
    )
