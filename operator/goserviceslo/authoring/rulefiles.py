"""The rules of resources as files, for those whose rules go to Prometheus by Git and not by the operator.

The groups are those that the operator would write; equal resources and options give equal files.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import yaml

from goserviceslo.api.alerting import Alerting
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.authoring.ahead import Ahead, embedded_ahead
from goserviceslo.authoring.assuming import Assumed, Assumption, assume
from goserviceslo.authoring.checking import Resource
from goserviceslo.ports import LARGEST_RULE_BYTES, PROMETHEUS_RULES, Json
from goserviceslo.slo.indicator import Indicator, Unresolved, Workload
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups

_MANAGED_BY = {"app.kubernetes.io/managed-by": "goslo-rules"}
_MARK = "# Written by goslo rules from the GoServiceSLO "
_HEADER = f"{_MARK}{{resource}}. Change that, and render this anew.\n"


class RuleFormat(StrEnum):
    """What reads the rules."""

    PROMETHEUS = "prometheus"
    """Prometheus and the rulers of Mimir, Cortex and Thanos: a rule file."""
    PROMETHEUS_RULE = "prometheusrule"
    """prometheus-operator: a manifest."""


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """What is said beside the resources."""

    assumption: Assumption
    settings: RuleSettings
    namespace: str | None = None
    """Of resources that name none."""
    ahead: Ahead | None = None
    """The maintenance that is left out; None: all of it counts."""


@dataclass(frozen=True, slots=True)
class RenderedRules:
    """The rules of one resource."""

    namespace: str
    name: str
    groups: tuple[Json, ...]
    assumptions: tuple[str, ...]
    """What the rules rest on without the resource's saying so."""
    until: date | None = None
    """The day (UTC) before whose midnight they must be written anew, as they know no maintenance from then on."""

    @property
    def file(self) -> str:
        """Namespaces hold no dot, so two resources never share a file."""
        return f"{self.namespace}.{self.name}.yaml"


@dataclass(frozen=True, slots=True)
class NoRules:
    """A resource for which no rules can be written."""

    sentences: tuple[str, ...]


def rendered(resource: Resource, options: RuleOptions) -> RenderedRules | NoRules:
    """The rules of a resource, or why there are none."""
    where = resource.document.place()
    namespace = resource.namespace or options.namespace
    if namespace is None:
        advice = "write metadata.namespace or give --namespace"
        return NoRules((f"{where}: {resource.name} has no namespace, which every rule needs: {advice}",))
    workload = Workload(namespace, resource.spec.target.name)
    countable: list[tuple[Objective, Indicator]] = []
    missing: list[str] = []
    assumptions: list[str] = []
    for number, objective in enumerate(resource.spec.objectives):
        match assume(objective, workload, options.assumption):
            case Unresolved(message=message):
                its_place = resource.document.place(("spec", "objectives", number))
                missing.append(f"{its_place}: {objective.name}: {message}")
            case Assumed(indicator=indicator, assumption=assumption):
                countable.append((objective, indicator))
                assumptions += [assumption] if assumption else []
    if missing:
        return NoRules(tuple(missing))
    spec = resource.spec
    upkeep = embedded_ahead(resource, namespace, options.ahead)
    if isinstance(upkeep, list):
        return NoRules(tuple(upkeep))
    assumptions += [upkeep.assumption] if upkeep.assumption else []
    ref = SloRef(
        namespace,
        resource.name,
        spec.tier,
        upkeep.maintenance,
        spec.alerting or Alerting(),
        deployment=spec.target.name,
    )
    groups = render_groups(ref, countable, options.settings)
    return RenderedRules(namespace, resource.name, groups, tuple(assumptions), upkeep.until)


def rule_text(rules: RenderedRules, form: RuleFormat, labels: Json) -> str:
    """The file of one resource. `labels` go onto a manifest, so that a ruleSelector takes it."""
    return _header(rules) + _yaml(_body(rules, form, labels))


def _body(rules: RenderedRules, form: RuleFormat, labels: Json) -> Json:
    groups: Json = {"groups": list(rules.groups)}
    if form is RuleFormat.PROMETHEUS:
        return groups
    return {
        "apiVersion": PROMETHEUS_RULES.api_version,
        "kind": PROMETHEUS_RULES.kind,
        "metadata": {
            "name": f"{rules.name}-goslo",
            "namespace": rules.namespace,
            "labels": {**labels, **_MANAGED_BY},
        },
        "spec": groups,
    }


def oversized(rules: RenderedRules, form: RuleFormat, labels: Json) -> str | None:
    """Why what reads the rules would not take them; None where it does."""
    if form is not RuleFormat.PROMETHEUS_RULE:
        return None
    size = len(json.dumps(_body(rules, form, labels)))
    if size <= LARGEST_RULE_BYTES:
        return None
    return (
        f"{rules.namespace}/{rules.name}: the rules take {size // 1024} KiB, and a PrometheusRule may hold "
        f"{LARGEST_RULE_BYTES // 1024}: write fewer objectives, or give a shorter --maintenance"
    )


def is_ours(text: str) -> bool:
    """Whether a file begins as `rule_text` does, so that it may be removed again."""
    return text.startswith(_MARK)


def joined(several: Iterable[RenderedRules], form: RuleFormat, labels: Json) -> str:
    """All resources as one text: manifests one after the other, or the groups of all in one rule file."""
    listed = list(several)
    if form is RuleFormat.PROMETHEUS_RULE:
        return "---\n".join(rule_text(one, form, labels) for one in listed)
    groups = [group for one in listed for group in one.groups]
    return "".join(_header(one) for one in listed) + _yaml({"groups": groups})


def _header(rules: RenderedRules) -> str:
    lines = [_HEADER.format(resource=f"{rules.namespace}/{rules.name}")]
    if rules.until is not None:
        lines.append(f"# Maintenance is left out until {rules.until}T00:00:00Z: render this anew before then.\n")
    return "".join([*lines, *(f"# Assumed: {one}.\n" for one in rules.assumptions)])


def _yaml(body: Json) -> str:
    return yaml.safe_dump(body, sort_keys=False, width=1_000_000, allow_unicode=True)
