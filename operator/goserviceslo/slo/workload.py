"""Which pods are a Deployment's, told from their names alone.

Metrics carry the pod's name and seldom its owner's, so a Deployment's pods are recognised by how Kubernetes names them:

- a ReplicaSet is `<deployment>-<hash>`, where the hash is an unsigned 32-bit FNV sum in decimal whose digits 0..9 are
  written as 456789bcdf (`ComputeHash` in kubernetes/pkg/controller, `SafeEncodeString` in apimachinery/pkg/util/rand);
- a pod is `<replicaset>-` cut to 58 characters, and five random characters of `bcdfghjklmnpqrstvwxz2456789` appended
  (`SimpleNameGenerator` in apiserver/pkg/storage/names).

No pod of another Deployment of the namespace matches, with one exception that the names themselves cannot settle: of
Deployments with more than 46 characters the pods' names lack a part of the hash, and one that is named like another
with a would-be hash appended may have pods of the same names.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from goserviceslo.slo.promql import Matcher, literal, quote

_HASH_LENGTH = 10
_KEPT = 58
_HASH_FIRST = "[5-9bcdf]"
_HASH_REST = "[4-9bcdf]"
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]{5}"
_HASH = f"{_HASH_FIRST}{_HASH_REST}{{0,9}}"
"""Of the 2^32 sums only 0 itself is written with a leading 4; it is not worth a longer expression."""

_USUAL_POD = f"(.+)-({_HASH})-{_RANDOM}"
_CUT_POD = f"(.{{{_KEPT}}}){_RANDOM}"
"""Of a pod whose name has the full 63 characters, what is left of its ReplicaSet's."""

WORKLOAD_LABEL = "goslo_workload"
"""Put on series by `by_workload`: the Deployment, or of a pod with a name of full length what is left of it."""
GENERATION = "goslo_generation"
"""Put on series by `by_workload`: the pod-template-hash, empty for pods with a name of full length."""

_FULL_BASE = re.compile(f"(.+)-({_HASH})-")


@dataclass(frozen=True, slots=True, order=True)
class Workload:
    """The Deployment whose pods serve."""

    namespace: str
    deployment: str

    def pod_expression(self) -> str:
        """A regular expression (RE2, anchored by PromQL) for the names of this Deployment's pods."""
        name = self.deployment
        room = _KEPT - len(name) - 1
        """Characters of `<hash>-` that fit."""
        if room > _HASH_LENGTH:
            return f"{literal(name)}-{_HASH}-{_RANDOM}"
        if room < 0:
            return f"{literal(name[:_KEPT])}{_RANDOM}"
        if room == 0:
            return f"{literal(name)}-{_RANDOM}"
        cut = f"{_HASH_FIRST}{_HASH_REST}{{{room - 1}}}"
        whole = f"{_HASH_FIRST}{_HASH_REST}{{0,{room - 2}}}-|" if room > 1 else ""
        return f"{literal(name)}-(?:{whole}{cut}){_RANDOM}"

    def matchers(self, *, all_pods: bool = False) -> tuple[Matcher, ...]:
        """Matchers for the series of this workload's pods, or of all pods of its namespace."""
        namespace = Matcher("namespace", "=", self.namespace)
        return (namespace,) if all_pods else (namespace, Matcher("pod", "=~", self.pod_expression()))

    def base_expression(self) -> re.Pattern[str]:
        """What the names of this Deployment's pods are without their five random characters."""
        return re.compile(self.pod_expression().removesuffix(_RANDOM))

    @property
    def may_be_cut(self) -> bool:
        """Whether the name is so long that its pods' names may lack a part of the hash."""
        return len(self.deployment) + 1 + _HASH_LENGTH + 1 >= _KEPT


def by_workload(expression: str) -> str:
    """PromQL that puts workload and generation on series that carry their pod's name."""
    for label, replacement, pods in (
        (WORKLOAD_LABEL, "$1", _USUAL_POD),
        (GENERATION, "$2", _USUAL_POD),
        (WORKLOAD_LABEL, "$1", _CUT_POD),
        (GENERATION, "", _CUT_POD),
    ):
        expression = f'label_replace({expression}, "{label}", "{replacement}", "pod", {quote(pods)})'
    return expression


def workload_of(labels: Mapping[str, str], long: Iterable[Workload]) -> tuple[str, str] | None:
    """Namespace and Deployment of a series that went through `by_workload`; None where it is no Deployment's.

    `long` are the workloads known that may have pods with names of full length.
    """
    namespace, name = labels.get("namespace", ""), labels.get(WORKLOAD_LABEL, "")
    if not namespace or not name:
        return None
    if len(name) < _KEPT or labels.get(GENERATION):
        return namespace, name
    for workload in long:
        if workload.namespace == namespace and workload.base_expression().fullmatch(name):
            return namespace, workload.deployment
    whole = _FULL_BASE.fullmatch(name)
    return (namespace, whole[1]) if whole else None


def generation_of(labels: Mapping[str, str], workload: tuple[str, str]) -> str:
    """The pod-template-hash, or as much of it as the pod's name has room for."""
    return labels.get(GENERATION) or labels.get(WORKLOAD_LABEL, "")[len(workload[1]) + 1 :].rstrip("-")
