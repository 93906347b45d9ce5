"""What a team adds to its alerts, and which of them it wants."""

import re
from typing import Annotated

from pydantic import Field, StrictBool

from goserviceslo.api.base import ApiModel, NullsDropped
from goserviceslo.api.check import Check
from goserviceslo.api.text import LABEL_NAME, Url

_MAX_NAME = 64
_MAX_ENTRIES = 16
_OWN_LABELS = ("alertname", "alertstate", "goslo", "namespace", "objective", "severity", "tier", "window")
_OWN_ANNOTATIONS = ("dashboard_url", "description", "runbook_url", "summary")


def _names(own: tuple[str, ...], message: str) -> Check:
    """The names of a map: those of labels, less our own."""
    return Check(
        rule=f"self.all(name, name.size() <= {_MAX_NAME} && name.matches(r'^{LABEL_NAME}$') "
        f"&& !name.startsWith('__') && !(name in {list(own)}))",
        message=message,
        holds=lambda entries: all(
            len(name) <= _MAX_NAME
            and re.fullmatch(LABEL_NAME, name) is not None
            and not name.startswith("__")
            and name not in own
            for name in entries
        ),
    )


class ObjectiveAlerting(ApiModel):
    """Which alerts an objective gives."""

    page: StrictBool = Field(
        default=True, description="Whether a budget that burns fast wakes somebody (severity page).", examples=["false"]
    )
    ticket: StrictBool = Field(
        default=True,
        description="Whether a budget that burns slowly is told (severity ticket).",
        examples=["false"],
    )


class Alerting(ObjectiveAlerting):
    """What the alerts of this resource carry, and which of them are wanted."""

    no_data: StrictBool = Field(
        default=True,
        description="Whether it is told that the service runs and is not measured (GoSLONotMeasured, severity ticket).",
        examples=["false"],
    )
    labels: (
        Annotated[
            dict[str, Annotated[str, Field(max_length=256)]],
            Field(max_length=_MAX_ENTRIES),
            _names(
                _OWN_LABELS,
                "write names of labels such as team; namespace, goslo, objective, tier, severity, window, alertname "
                "and alertstate are set by the operator and Prometheus",
            ),
            NullsDropped,
        ]
        | None
    ) = Field(
        default=None,
        description="Labels of every alert, for the routes of Alertmanager.",
        examples=["{team: pay}"],
    )
    annotations: (
        Annotated[
            dict[str, Annotated[str, Field(max_length=1024)]],
            Field(max_length=_MAX_ENTRIES),
            _names(
                _OWN_ANNOTATIONS,
                "write names of annotations such as chat; summary and description are the operator's, and links are "
                "written as runbook and dashboard",
            ),
            NullsDropped,
        ]
        | None
    ) = Field(
        default=None,
        description="Annotations of every alert. They are shown as they are: templates in them are not run.",
        examples=['{chat: "#pay"}'],
    )
    runbook: Url | None = Field(
        default=None,
        description="What to do when an alert fires; its annotation runbook_url.",
        examples=["https://example.com/runbooks/checkout"],
    )
    dashboard: Url | None = Field(
        default=None,
        description="Where to look when an alert fires; its annotation dashboard_url.",
        examples=["https://example.com/d/checkout"],
    )
