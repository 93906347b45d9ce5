"""What an account may do, asked of the API server itself."""

import json
import time
from collections.abc import Iterator
from typing import Any

from tests.chart.programs import Kubectl

Rights = dict[str, set[str]]
"""Verbs by resource: `deployments.apps`, `deployments.apps/scale`, and `leases.coordination.k8s.io=goslo-operator`
for what is allowed on the object of that name only."""


def rights(kubectl: Kubectl, account: str, namespace: str) -> Rights:
    """Everything that a service account (`namespace:name`) may do in a namespace, beyond what everybody may."""
    everybody = set(_rules(kubectl, "nowhere:nobody", namespace))
    found: Rights = {}
    for resource, verb in _rules(kubectl, account, namespace):
        if (resource, verb) not in everybody:
            found.setdefault(resource, set()).add(verb)
    return found


def has_rights(kubectl: Kubectl, account: str, namespace: str, wanted: Rights) -> None:
    """Assert that these are its rights; the API server is given time to hear of what has just been written."""
    deadline = time.monotonic() + 30
    while (found := rights(kubectl, account, namespace)) != wanted and time.monotonic() < deadline:
        time.sleep(0.3)
    assert found == wanted


def _rules(kubectl: Kubectl, account: str, namespace: str) -> Iterator[tuple[str, str]]:
    review: dict[str, Any] = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    # Without --validate=false kubectl would look for definitions, which the account may not see.
    words = ("--validate=false", "--filename", "-", "--output", "json", f"--as=system:serviceaccount:{account}")
    answer = json.loads(kubectl("create", *words, stdin=review))
    for rule in answer["status"]["resourceRules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                kind, _, sub = resource.partition("/")
                base = f"{kind}.{group}" if group else kind
                for name in rule.get("resourceNames", [""]):
                    for verb in rule["verbs"]:
                        yield f"{base}{'/' + sub if sub else ''}{'=' + name if name else ''}", verb
