"""The CustomResourceDefinition of GoServiceSLO, rendered from the models.

What `goslo crd` prints, `crds/` holds and the chart installs is this.
"""

from typing import Any

import yaml

from goserviceslo import __version__
from goserviceslo.api.base import GROUP, KIND, PLURAL, VERSION, Json
from goserviceslo.api.check import VALIDATIONS
from goserviceslo.api.resource import NAME_CHECK
from goserviceslo.api.schema import structural_schema
from goserviceslo.api.status import GoServiceSloStatus
from goserviceslo.api.v1alpha1 import GoServiceSloSpec

CRD_NAME = f"{PLURAL}.{GROUP}"
VERSION_ANNOTATION = f"{GROUP}/version"
_HEADER = "# Generated from operator/goserviceslo/api by `goslo crd`. Change the models, then `make generate`.\n"


def render_crd() -> Json:
    """The CustomResourceDefinition as a manifest."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": CRD_NAME, "annotations": {VERSION_ANNOTATION: __version__}},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": ["gslo"],
                "categories": ["slo"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": _columns(),
                    "schema": {"openAPIV3Schema": _root()},
                }
            ],
        },
    }


def crd_yaml() -> str:
    """The CustomResourceDefinition as canonical YAML: equal models give equal bytes."""
    return _HEADER + yaml.safe_dump(render_crd(), sort_keys=False, width=120, allow_unicode=True)


def _root() -> Json:
    return {
        "type": "object",
        "description": "What a Go service promises, measured, and what the operator does to keep it.",
        "required": ["spec"],
        VALIDATIONS: [{**NAME_CHECK.entry(), "fieldPath": ".metadata.name"}],
        "properties": {
            "apiVersion": {"type": "string", "description": f"{GROUP}/{VERSION}"},
            "kind": {"type": "string", "description": KIND},
            # Declared so that the refusal of a name can say where it stands.
            "metadata": {"type": "object", "properties": {"name": {"type": "string"}}},
            "spec": structural_schema(GoServiceSloSpec),
            "status": structural_schema(GoServiceSloStatus),
        },
    }


def _columns() -> list[Json]:
    def column(name: str, path: str, description: str, **more: Any) -> Json:
        return {"name": name, "type": "string", "jsonPath": path, "description": description, **more}

    def condition(kind: str, field: str) -> str:
        return f'.status.conditions[?(@.type=="{kind}")].{field}'

    wide = {"priority": 1}
    return [
        column("Tier", ".spec.tier", "Tier of the service."),
        column("Target", ".status.target", "Promised share of good events of the worst objective, in percent."),
        column("SLI", ".status.sli", "Measured share of good events of the worst objective, in percent."),
        column("Budget", ".status.budgetRemaining", "What is left of the worst objective's error budget."),
        column("Burn", ".status.burnRate", "How fast it is spent now; 1 spends it exactly over the window."),
        column("Compliant", condition("Compliant", "status"), "Whether every promise is kept; Unknown without data."),
        column("Runtime", ".status.runtime.summary", "Settings of the Go runtime."),
        column("Workload", ".spec.target.name", "The Deployment that runs the service.", **wide),
        column("Objective", ".status.worstObjective", "The objective in these columns.", **wide),
        column("Ready", condition("Ready", "status"), "Whether everything asked for is in place.", **wide),
        column("Reason", condition("Compliant", "reason"), "Why Compliant is what it is.", **wide),
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]
