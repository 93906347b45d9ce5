"""values.schema.json: what it holds, and what Helm refuses because of it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from tests.chart.combinations import COMBINATIONS
from tests.chart.programs import CHART, Helm, Refused, only
from tests.table import cases

from goserviceslo.api.duration import parse_duration
from goserviceslo.engine.config import Config, LeaseSettings

pytestmark = pytest.mark.helm

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
FOR_PARENT_CHARTS = {"global", "enabled"}
LEASES = (
    "write retryPeriodSeconds < renewDeadlineSeconds < leaseDurationSeconds - retryPeriodSeconds, such as 2, 9 and 13"
)


def resolved(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its references replaced by what they refer to."""
    merged = dict(schema)
    for part in [*merged.pop("allOf", []), *([{"$ref": merged.pop("$ref")}] if "$ref" in merged else [])]:
        merged = {**SCHEMA["definitions"][part["$ref"].rsplit("/", 1)[1]], **merged}
    return merged


def schemas(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema below (and with) this one, by its path."""
    here = resolved(schema)
    yield path, here
    for name, part in here.get("properties", {}).items():
        yield from schemas(part, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(here.get(keyword), dict):
            yield from schemas(here[keyword], f"{path}.{keyword}")


def names(values: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Every key of a values file that the chart, not the user, chose."""
    for name, value in values.items():
        yield f"{path}.{name}"
        if isinstance(value, dict):
            yield from names(value, f"{path}.{name}")


def test_every_value_is_described_in_a_sentence() -> None:
    silent = [path for path, part in schemas(SCHEMA) if not str(part.get("description", "")).endswith(".")]
    assert silent == []


def test_no_object_takes_a_name_that_it_does_not_know() -> None:
    # What is handed on as it is to a field of Kubernetes is checked by the API server.
    handed_on = {".global", ".affinity.nodeAffinity", ".affinity.podAffinity", ".affinity.podAntiAffinity"}
    handed_on |= {".extraEnv.items.valueFrom"}
    lenient = {
        path
        for path, part in schemas(SCHEMA)
        if part["type"] == "object" and part.get("additionalProperties", True) is True
    }
    assert lenient == handed_on


def test_every_value_stands_in_values_yaml_and_in_the_schema() -> None:
    described = {path for path, _ in schemas(SCHEMA)}
    missing = [name for name in names(VALUES) if name not in described and "matchLabels" not in name]
    assert missing == []
    top = set(SCHEMA["properties"]) - FOR_PARENT_CHARTS
    assert top == set(VALUES)
    for section in top:
        part = resolved(SCHEMA["properties"][section])
        if isinstance(VALUES[section], dict) and VALUES[section]:
            assert set(VALUES[section]) == set(part["properties"]), section


@cases("values", COMBINATIONS)
def test_a_sensible_combination_is_taken(helm: Helm, values: dict[str, Any]) -> None:
    assert helm("lint", "--strict", CHART, values=values)


def test_a_parent_chart_may_hand_in_its_globals_and_condition(helm: Helm) -> None:
    assert helm.template({"global": {"anything": {"at": "all"}}, "enabled": True})


@cases(
    "values, says",
    {
        "a misspelt name": ({"replica": 2}, "additional properties 'replica' not allowed"),
        "a misspelt name further down": ({"prometheus": {"uri": "http://x"}}, "'uri' not allowed"),
        "no replica": ({"replicas": 0}, "/replicas"),
        "replicas as text": ({"replicas": "2"}, "got string, want integer"),
        "a URL without a scheme": ({"prometheus": {"url": "prometheus.monitoring:9090"}}, "/prometheus/url"),
        "a URL with a password": ({"prometheus": {"url": "https://me:secret@prometheus"}}, "/prometheus/url"),
        "a URL with a query": ({"prometheus": {"url": "https://prometheus/?tenant=a"}}, "/prometheus/url"),
        "a URL of another protocol": ({"prometheus": {"url": "ftp://prometheus"}}, "/prometheus/url"),
        "an unknown sink": ({"rules": {"sink": "file"}}, "/rules/sink"),
        "no shard": ({"rules": {"shards": 0}}, "/rules/shards"),
        "an interval of nothing": ({"rules": {"interval": "0s"}}, "/rules/interval"),
        "an interval without a unit": ({"measure": {"interval": 15}}, "/measure/interval"),
        "a label value that is no string": ({"rules": {"labels": {"tier": 1}}}, "/rules/labels/tier"),
        "a label name with a space": ({"commonLabels": {"my team": "a"}}, "/commonLabels"),
        "a label value that no object could carry": ({"podLabels": {"a": "b c"}}, "/podLabels/a"),
        "an annotation that is no string": ({"podAnnotations": {"a": True}}, "/podAnnotations/a"),
        "a namespace with an upper-case letter": ({"watch": {"namespaces": ["Shop"]}}, "/watch/namespaces/0"),
        "one namespace twice": ({"watch": {"namespaces": ["shop", "shop"]}}, "/watch/namespaces"),
        "an image with its tag in the name": ({"image": {"repository": "goslo:1@sha"}}, "/image/repository"),
        "a digest cut short": ({"image": {"digest": "sha256:abc"}}, "/image/digest"),
        "a pull policy of its own": ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy"),
        "memory in no unit": ({"resources": {"limits": {"memory": "lots"}}}, "/resources/limits/memory"),
        "a resource that is none": ({"resources": {"limits": {"gpu": 1}}}, "'gpu' not allowed"),
        "root": ({"security": {"runAsUser": 0}}, "/security/runAsUser"),
        "an unknown log level": ({"log": {"level": "chatty"}}, "/log/level"),
        "a port out of range": (
            {"networkPolicy": {"apiServer": {"ports": [70000]}}},
            "/networkPolicy/apiServer/ports/0",
        ),
        "a peer of nothing known": ({"networkPolicy": {"metricsFrom": [{"pods": {}}]}}, "'pods' not allowed"),
        "a toleration of nothing known": ({"tolerations": [{"effect": "Sometimes"}]}, "/tolerations/0/effect"),
        "a spread without its key": ({"topologySpreadConstraints": [{"maxSkew": 1}]}, "/topologySpreadConstraints/0"),
        "a variable without a name": ({"extraEnv": [{"value": "a"}]}, "/extraEnv/0"),
        "an uninstall that waits for ever": ({"uninstall": {"timeoutSeconds": 100000}}, "/uninstall/timeoutSeconds"),
        "bearer and basic": (
            {"prometheus": {"url": "https://x", "bearer": {"secret": "a"}, "basic": {"secret": "b"}}},
            "prometheus.bearer.secret and prometheus.basic.secret are both set: leave one of them empty",
        ),
        "two authorities": (
            {"prometheus": {"url": "https://x", "tls": {"ca": {"secret": "a", "configMap": "b"}}}},
            "prometheus.tls.ca.secret and prometheus.tls.ca.configMap are both set: leave one of them empty",
        ),
        "a token and nowhere to send it": (
            {"prometheus": {"bearer": {"secret": "a"}}},
            "prometheus.url is empty, but there are settings for reaching it: write it",
        ),
        "an authority for a plain URL": (
            {"prometheus": {"url": "http://x", "tls": {"ca": {"secret": "a"}}}},
            "prometheus.url does not start with https://: write https://",
        ),
        "a ruler without its address": (
            {"rules": {"sink": "ruler"}},
            "rules.sink is ruler, but rules.ruler.url is empty: write it",
        ),
        "a ruler's address and rules that go elsewhere": (
            {"rules": {"ruler": {"url": "http://mimir/prometheus/config/v1/rules"}}},
            "rules.ruler.url is set, but rules go elsewhere: write rules.sink: ruler",
        ),
        "a ruler with bearer and basic": (
            {
                "rules": {
                    "sink": "ruler",
                    "ruler": {"url": "https://x/r", "bearer": {"secret": "a"}, "basic": {"secret": "b"}},
                }
            },
            "rules.ruler.bearer.secret and rules.ruler.basic.secret are both set: leave one of them empty",
        ),
        "an authority for a ruler's plain URL": (
            {"rules": {"sink": "ruler", "ruler": {"url": "http://x/r", "tls": {"ca": {"secret": "a"}}}}},
            "rules.ruler.url does not start with https://: write https://",
        ),
        "a prefix that could be two parts": ({"rules": {"ruler": {"prefix": "a/b"}}}, "/rules/ruler/prefix"),
        "a lag of an hour": ({"rules": {"lag": "1h"}}, "/rules/lag"),
        "rules less often than their shortest ranges are long": (
            {"rules": {"interval": "61s"}},
            "rules.interval is 61s: write 1s to 60s, or 1m, such as 30s",
        ),
        "rules so seldom that their series would go stale": (
            {"rules": {"interval": "10m"}},
            "rules.interval is 10m: write 1s to 60s, or 1m, such as 30s",
        ),
        "figures that would be old before the next ones": (
            {"measure": {"interval": "10m"}},
            "measure.interval is 10m: write 1s to 120s, 1m or 2m, such as 15s",
        ),
        "figures that one lost answer would make old": (
            {"measure": {"interval": "121s"}},
            "measure.interval is 121s: write 1s to 120s, 1m or 2m, such as 15s",
        ),
        "a lease shorter than its renewal": ({"leaderElection": {"leaseDurationSeconds": 8}}, LEASES),
        "a leader that would stop after its lease": ({"leaderElection": {"leaseDurationSeconds": 10}}, LEASES),
        "a leader that would stop less than a retry before its lease ends": (
            {"leaderElection": {"renewDeadlineSeconds": 11}},
            LEASES,
        ),
        "two replicas that both work": (
            {"leaderElection": {"enabled": False}},
            "leaderElection.enabled is false with more than one replica: two operators would work at once",
        ),
        "every series twice": (
            {"metrics": {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}},
            "metrics.serviceMonitor and metrics.podMonitor are both enabled",
        ),
        "giving back without a step that does it": (
            {"uninstall": {"release": False, "giveBack": True}},
            "write uninstall.release: true beside it",
        ),
        "nobody's identity": (
            {"serviceAccount": {"create": False}},
            "serviceAccount.create is false: write the name of the one to use into serviceAccount.name",
        ),
    },
)
def test_nonsense_is_refused(helm: Helm, values: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as refusal:
        helm.template(values)
    assert says in str(refusal.value)


@cases(
    "values",
    {
        "the longest intervals in minutes": {"rules": {"interval": "1m"}, "measure": {"interval": "2m"}},
        "the longest intervals in seconds": {"rules": {"interval": "60s"}, "measure": {"interval": "120s"}},
        "the shortest intervals": {"rules": {"interval": "1s"}, "measure": {"interval": "1s"}},
        "the longest renewal": {"leaderElection": {"renewDeadlineSeconds": 10}},
    },
)
def test_the_operator_starts_with_what_the_chart_takes_at_its_bounds(helm: Helm, values: dict[str, Any]) -> None:
    container = only(helm.template(values), "Deployment")["spec"]["template"]["spec"]["containers"][0]
    options = dict(word.removeprefix("--").split("=", 1) for word in container["args"] if "=" in word)
    assert Config(
        identity="one",
        operator_namespace="goslo-system",
        lease=LeaseSettings(
            duration=parse_duration(options["lease-duration"]),
            renew_deadline=parse_duration(options["lease-renew-deadline"]),
            retry_period=parse_duration(options["lease-retry-period"]),
        ),
        measure_interval=parse_duration(options["measure-interval"]),
        rule_interval=parse_duration(options["rules-interval"]),
    )


def test_a_cluster_too_old_for_the_rules_of_the_crd_is_refused(helm: Helm) -> None:
    with pytest.raises(Refused, match=r"incompatible with Kubernetes v1\.28"):
        helm.template(words=["--kube-version", "1.28.9"])
    assert helm.template(words=["--kube-version", "1.29.4-gke.1043002"])
