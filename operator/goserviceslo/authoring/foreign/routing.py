"""What other tools put onto alerts, as `spec.alerting`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from goserviceslo.api.text import LABEL_NAME
from goserviceslo.ports import Json

_OWN_LABELS = frozenset({"alertname", "alertstate", "goslo", "namespace", "objective", "severity", "window"})
_OWN_ANNOTATIONS = frozenset({"summary", "description"})
_TIER = "tier"
_LINKS = {"runbook": "runbook", "runbook_url": "runbook", "dashboard": "dashboard", "dashboard_url": "dashboard"}
_URL = re.compile("https?://[!-~]+")


@dataclass(slots=True)
class Routing:
    """What is wanted on the alerts of one objective, gathered from several places of the original."""

    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    tier: str | None = None

    def label(self, given: Mapping[str, Any]) -> list[str]:
        """Take labels; a sentence for each that cannot be."""
        refused = []
        for name, value in given.items():
            if name == _TIER:
                self.tier = _text(value)
            elif name in _OWN_LABELS:
                refused.append(f"the label {name}: {_text(value)}, which the operator sets itself")
            elif re.fullmatch(LABEL_NAME, name):
                self.labels[name] = _text(value)
            else:
                refused.append(f"the label {name}, which Prometheus does not know as a name")
        return refused

    def annotate(self, given: Mapping[str, Any]) -> list[str]:
        """Take annotations; a sentence for each that cannot be."""
        refused = []
        for name, value in given.items():
            text = _text(value)
            if name in _LINKS and _URL.fullmatch(text):
                self.links[_LINKS[name]] = text
            elif name in _OWN_ANNOTATIONS:
                refused.append(f"the annotation {name}, which the operator writes itself")
            elif "{{" in text:
                refused.append(f"the annotation {name}, which is a template")
            elif re.fullmatch(LABEL_NAME, name):
                self.annotations[name] = text
            else:
                refused.append(f"the annotation {name}, which is no name of Prometheus")
        return refused

    def alerting(self) -> Json:
        """The fields of `spec.alerting`; empty where nothing is wanted."""
        maps = {"labels": self.labels, "annotations": self.annotations}
        return {name: dict(entries) for name, entries in maps.items() if entries} | self.links


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
