"""Indicators that judge slices of time: in each the condition held, failed, or there was no evidence."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from goserviceslo.api.amount import Bound, Quantity
from goserviceslo.api.base import ApiModel, notes
from goserviceslo.api.check import Check
from goserviceslo.api.duration import Span
from goserviceslo.api.promql import Expression, Selector
from goserviceslo.api.text import Text
from goserviceslo.api.whole import Whole


class SaturationIndicator(ApiModel):
    """Good while a gauge is below a bound; the worst pod counts."""

    gauge: Expression = Field(
        description="PromQL of what is to stay low. Of several series the highest counts. Series of other Deployments' "
        "pods are left out, unless the expression chooses pods by pod, job or instance.",
        examples=["'rate(process_cpu_seconds_total[2m])'"],
    )
    below: Bound = Field(
        description="The bound below which it must be.",
        examples=['"0.8"', "80%", "512Mi"],
        json_schema_extra=notes(unit="that of the gauge, percent, bytes or duration"),
    )


LeakSubject = Annotated[str, Text("Memory|Goroutines", "write Memory or Goroutines", 16)]


class LeakIndicator(ApiModel):
    """Good while memory or goroutines of no pod grow faster than a bound."""

    checks = (
        Check(
            rule="self.of != 'Goroutines' || type(self.atMost) == int || self.atMost.matches(r'^[0-9]{1,15}$')",
            message="goroutines are counted in whole numbers: write atMost: 100",
            holds=lambda leak: leak.of != "Goroutines" or leak.at_most.text.isdigit(),
        ),
    )

    of: LeakSubject = Field(
        description="What may leak: Memory (process_resident_memory_bytes, else go_memstats_heap_inuse_bytes) or "
        "Goroutines (go_goroutines).",
        examples=["Memory"],
    )
    at_most: Quantity = Field(
        description="How much of it a pod may gain in an hour.",
        examples=["10Mi", "100"],
        json_schema_extra=notes(unit="bytes or goroutines per hour"),
    )
    over: Annotated[
        timedelta,
        Span(timedelta(minutes=10), timedelta(days=1), "write a length from 10m to 1d, such as 6h"),
    ] = Field(
        default=timedelta(hours=6),
        description="Over how long the growth is taken. A pod has no verdict before it has run for so long.",
        examples=["6h"],
        json_schema_extra=notes(unit="duration from 10m to 1d", default="6h"),
    )


class FreshnessIndicator(ApiModel):
    """Good while the last success is not too long ago."""

    timestamp: Selector = Field(
        description="Selector of a gauge that holds the time of the last success, in seconds since 1970; the latest "
        "counts. Of the target's pods, unless it selects others by pod, job or instance.",
        examples=["sync_last_success_timestamp_seconds"],
    )
    within: Annotated[
        timedelta,
        Span(timedelta(seconds=1), timedelta(days=90), "write a length from 1s to 90d, such as 2m, largest unit first"),
    ] = Field(
        description="How long ago the last success may be.",
        examples=["2m"],
        json_schema_extra=notes(unit="duration from 1s to 90d"),
    )


class ThroughputIndicator(ApiModel):
    """Good while at least so much is done, whenever it is asked for."""

    counter: Selector = Field(
        description="Selector of the counter of what is done. Of the target's pods, unless it selects others by pod, "
        "job or instance.",
        examples=["messages_total"],
    )
    at_least: Quantity = Field(
        description="How much must be done, all pods together.",
        examples=['"186300"', "10Mi"],
        json_schema_extra=notes(unit="per second"),
    )
    while_asked_for: Expression | None = Field(
        default=None,
        description="PromQL of the demand: only time in which it is there and not zero counts.",
        examples=["queue_length > 0"],
        json_schema_extra=notes(default="always"),
    )


_Percentile = Annotated[int, Whole(1, 99)]


class SpreadIndicator(ApiModel):
    """Good while two percentiles of a histogram lie close together."""

    checks = (
        Check(
            rule="(has(self.from) ? self.from : 50) < (has(self.to) ? self.to : 99)",
            message="from must be below to: write from: 50 and to: 99",
            holds=lambda spread: spread.lower < spread.upper,
        ),
    )

    histogram: Selector = Field(
        description="Selector of the histogram, classic (without _bucket) or native. Of the target's pods, unless it "
        "selects others by pod, job or instance.",
        examples=["point_latency_seconds"],
    )
    within: Bound = Field(
        description="How far the two percentiles may lie apart.",
        examples=["700us", '"0.7"'],
        json_schema_extra=notes(unit="duration, or that of the histogram"),
    )
    lower: _Percentile = Field(
        default=50,
        alias="from",
        description="The lower percentile.",
        examples=["50"],
        json_schema_extra=notes(unit="percent"),
    )
    upper: _Percentile = Field(
        default=99,
        alias="to",
        description="The upper percentile.",
        examples=["99"],
        json_schema_extra=notes(unit="percent"),
    )


class BooleanIndicator(ApiModel):
    """Good while something is 1."""

    holds: Expression = Field(
        description="PromQL that is 1 while all is well and 0 while it is not; of several series the lowest counts. "
        "Series of other Deployments' pods are left out, unless the expression chooses pods by pod, job or instance.",
        examples=["cluster_healthy", "'queue_length < bool 100'"],
    )
