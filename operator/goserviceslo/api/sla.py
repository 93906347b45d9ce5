"""The agreement with customers that stands behind the objectives."""

from pydantic import Field

from goserviceslo.api.base import ApiModel, notes
from goserviceslo.api.duration import SlaTime
from goserviceslo.api.text import Country, Url


class Sla(ApiModel):
    """What is promised to customers on paper; carried into reports."""

    country: Country | None = Field(
        default=None,
        description="ISO 3166 code of the country or region served.",
        examples=["NZ", "CN-HK", "AE-DU"],
    )
    rto: SlaTime | None = Field(
        default=None,
        description="Recovery time objective: how long until service is back.",
        examples=["2m"],
        json_schema_extra=notes(unit="duration"),
    )
    rpo: SlaTime | None = Field(
        default=None,
        description="Recovery point objective: how much of the latest data may be lost.",
        examples=["0s"],
        json_schema_extra=notes(unit="duration"),
    )
    compensation: str | None = Field(
        default=None,
        max_length=1024,
        description="What a customer gets when the promise is broken, in words.",
        examples=["A tenth of the month's fee for each hour."],
    )
    document: Url | None = Field(
        default=None,
        description="URL of the agreement (PDF or Markdown).",
        examples=["https://example.com/sla/checkout.pdf"],
    )
    ci: Url | None = Field(
        default=None, description="URL of the service's public CI.", examples=["https://example.com/ci/checkout"]
    )
