"""Slices of time: how long each is, and how good one must be that is made of events."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from goserviceslo.api.base import ApiModel, notes
from goserviceslo.api.check import Check
from goserviceslo.api.duration import Span, seconds_in_cel
from goserviceslo.api.percent import Share

DEFAULT_LENGTH = timedelta(minutes=1)
SliceLength = Annotated[
    timedelta, Span(timedelta(seconds=10), timedelta(hours=1), "write a length from 10s to 1h, such as 1m or 30s")
]


class Slices(ApiModel):
    """Makes the objective count slices of time instead of events."""

    checks = (
        Check(
            rule=f"!has(self.good) || !has(self.length) || ({seconds_in_cel('self.length')}) % 60 == 0",
            message="slices of events are whole minutes: write a length such as 1m or 5m",
            holds=lambda slices: slices.good is None or slices.length % timedelta(minutes=1) == timedelta(0),
        ),
    )

    length: SliceLength = Field(
        default=DEFAULT_LENGTH,
        description="How long a slice is; each ends at a multiple of its length since 1970. Whole minutes for http, "
        "grpc and ratio.",
        examples=["1m", "5m"],
        json_schema_extra=notes(unit="duration from 10s to 1h", default="1m"),
    )
    good: Share | None = Field(
        default=None,
        description="Of http, grpc and ratio: the share of a slice's events that must be good for the slice to be "
        "good. A slice without events is not counted.",
        examples=["99.5"],
        json_schema_extra=notes(unit="percent", default="needed with http, grpc and ratio, not taken with others"),
    )
