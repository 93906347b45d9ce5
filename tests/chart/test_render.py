"""What the chart renders: properties that hold for every combination, and what single values bring about."""

import re
from typing import Any

import pytest
import typer
import yaml
from tests.chart.combinations import COMBINATIONS
from tests.chart.programs import CHART, FULLNAME, NAMESPACE, RELEASE, Helm, Json, only
from tests.table import cases

import goserviceslo
from goserviceslo.cli.app import app

pytestmark = pytest.mark.helm

every_combination = cases("values", COMBINATIONS)


def pods(objects: list[Json]) -> dict[str, Json]:
    """Every pod (template) of the chart: metadata and spec, by the kind and name of what holds it."""
    return {
        f"{item['kind']} {item['metadata']['name']}": item if item["kind"] == "Pod" else item["spec"]["template"]
        for item in objects
        if item["kind"] in {"Deployment", "Job", "Pod"}
    }


def arguments(objects: list[Json]) -> list[str]:
    """What the operator is started with."""
    container = only(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    found: list[str] = container["args"]
    return found


def selected(labels: dict[str, str], selector: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


@every_combination
def test_every_object_says_where_it_belongs(helm: Helm, values: dict[str, Any]) -> None:
    cluster_wide = {"CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"}
    for item in helm.template(values):
        metadata = item["metadata"]
        assert metadata["labels"]["app.kubernetes.io/instance"] == RELEASE, metadata["name"]
        assert metadata["labels"]["helm.sh/chart"].startswith("goserviceslo-"), metadata["name"]
        assert metadata["labels"].items() >= values.get("commonLabels", {}).items(), metadata["name"]
        if item["kind"] in cluster_wide:
            assert "namespace" not in metadata, metadata["name"]
        else:
            # Only roles may stand elsewhere: in the watched namespaces.
            elsewhere = set(values.get("watch", {}).get("namespaces", [])) if "Role" in item["kind"] else set()
            assert metadata["namespace"] in {NAMESPACE, *elsewhere}, metadata["name"]


@every_combination
def test_no_two_objects_have_one_name(helm: Helm, values: dict[str, Any]) -> None:
    seen = [
        (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in helm.template(values)
    ]
    assert len(seen) == len(set(seen))


@every_combination
def test_selectors_find_the_operators_pods_and_no_others(helm: Helm, values: dict[str, Any]) -> None:
    objects = helm.template(values)
    deployment = only(objects, "Deployment")
    selector = deployment["spec"]["selector"]["matchLabels"]
    for holder, pod in pods(objects).items():
        assert selected(pod["metadata"]["labels"], selector) == holder.startswith("Deployment"), holder
    assert only(objects, "Service")["spec"]["selector"] == selector
    for kind in ("PodDisruptionBudget", "NetworkPolicy", "ServiceMonitor", "PodMonitor"):
        for item in objects:
            if item["kind"] == kind:
                chosen = item["spec"].get("selector") or item["spec"]["podSelector"]
                assert chosen["matchLabels"] == selector, kind


def test_a_service_monitor_finds_the_service_and_its_port(helm: Helm) -> None:
    objects = helm.template(COMBINATIONS["prometheus-operator"])
    monitor, service = only(objects, "ServiceMonitor"), only(objects, "Service")
    assert selected(service["metadata"]["labels"], monitor["spec"]["selector"]["matchLabels"])
    assert monitor["spec"]["endpoints"] == [{"port": "http-metrics", "path": "/metrics", "interval": "30s"}]
    assert monitor["metadata"]["labels"]["release"] == "kube-prometheus-stack"
    port = service["spec"]["ports"][0]
    declared = only(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert (port["name"], port["port"]) == ("http-metrics", 8080)
    assert [item["name"] for item in declared] == [port["targetPort"]] == ["http-metrics"]


@every_combination
def test_a_change_of_the_charts_version_alone_restarts_no_pod(helm: Helm, values: dict[str, Any]) -> None:
    for holder, pod in pods(helm.template(values)).items():
        if not holder.startswith("Pod "):
            assert "helm.sh/chart" not in pod["metadata"]["labels"], holder


@every_combination
def test_only_those_who_talk_to_the_api_server_get_a_token(helm: Helm, values: dict[str, Any]) -> None:
    objects = helm.template(values)
    for item in objects:
        if item["kind"] == "ServiceAccount":
            assert item["automountServiceAccountToken"] is False
    for holder, pod in pods(objects).items():
        assert pod["spec"]["automountServiceAccountToken"] is not holder.startswith("Pod "), holder


def test_secrets_reach_the_operator_as_files_and_never_as_text(helm: Helm) -> None:
    objects = helm.template(COMBINATIONS["password and tenant header"])
    spec = only(objects, "Deployment")["spec"]["template"]["spec"]
    assert {
        "--prometheus-url=https://mimir.example/prometheus",
        "--prometheus-ca-file=/etc/goslo/prometheus/ca.crt",
        "--prometheus-basic-user-file=/etc/goslo/prometheus/username",
        "--prometheus-basic-password-file=/etc/goslo/prometheus/password",
        "--prometheus-header-dir=/etc/goslo/prometheus-headers",
    } <= set(arguments(objects))
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert volumes["prometheus"]["projected"]["sources"] == [
        {"secret": {"name": "mimir-ca", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {
            "secret": {
                "name": "mimir",
                "items": [{"key": "username", "path": "username"}, {"key": "password", "path": "password"}],
            }
        },
    ]
    assert volumes["prometheus-headers"]["secret"] == {"secretName": "mimir-tenant", "defaultMode": 0o440}
    mounts = {mount["name"]: mount for mount in spec["containers"][0]["volumeMounts"]}
    assert mounts["prometheus"]["mountPath"] == "/etc/goslo/prometheus"
    assert mounts["prometheus-headers"]["mountPath"] == "/etc/goslo/prometheus-headers"
    assert set(mounts) == set(volumes)
    # Files of mode 0440 can be read because the group of the mount is the group of the process.
    assert spec["securityContext"]["fsGroup"] == spec["securityContext"]["runAsGroup"]


def test_a_token_and_a_service_authority_come_from_where_they_are(helm: Helm) -> None:
    objects = helm.template(COMBINATIONS["bearer token over TLS"])
    assert "--prometheus-bearer-file=/etc/goslo/prometheus/token" in arguments(objects)
    volumes = only(objects, "Deployment")["spec"]["template"]["spec"]["volumes"]
    projected = next(volume["projected"] for volume in volumes if volume["name"] == "prometheus")
    assert projected["sources"] == [
        {"configMap": {"name": "service-ca", "items": [{"key": "service-ca.crt", "path": "ca.crt"}]}},
        {"secret": {"name": "thanos", "items": [{"key": "token.txt", "path": "token"}]}},
    ]


def test_a_ruler_is_reached_with_files_of_its_own_and_needs_no_right_to_write_rules(helm: Helm) -> None:
    objects = helm.template(COMBINATIONS["a ruler behind a token"])
    assert {
        "--rules-sink=ruler",
        "--rules-lag=45s",
        "--ruler-url=https://mimir.example/prometheus/config/v1/rules",
        "--ruler-prefix=goslo-eu",
        "--ruler-ca-file=/etc/goslo/ruler/ca.crt",
        "--ruler-bearer-file=/etc/goslo/ruler/token",
        "--ruler-header-dir=/etc/goslo/ruler-headers",
        "--prometheus-header-dir=/etc/goslo/prometheus-headers",
    } <= set(arguments(objects))
    spec = only(objects, "Deployment")["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert volumes["ruler"]["projected"]["sources"] == [
        {"secret": {"name": "mimir-ca", "items": [{"key": "ca.pem", "path": "ca.crt"}]}},
        {"secret": {"name": "mimir-writer", "items": [{"key": "token", "path": "token"}]}},
    ]
    mounts = {mount["name"]: mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    assert mounts["ruler-headers"] == "/etc/goslo/ruler-headers"
    granted = {resource for item in objects for rule in item.get("rules") or () for resource in rule["resources"]}
    assert granted & {"prometheusrules", "configmaps"} == set()
    _, _, prometheus, ruler = only(objects, "NetworkPolicy")["spec"]["egress"]
    assert [port["port"] for part in (prometheus, ruler) for port in part["ports"]] == [443, 8080]


def test_a_plain_prometheus_needs_no_volume(helm: Helm) -> None:
    objects = helm.template(COMBINATIONS["a whole cluster"])
    assert "--prometheus-url=http://prometheus.monitoring:9090" in arguments(objects)
    volumes = only(objects, "Deployment")["spec"]["template"]["spec"]["volumes"]
    assert [volume["name"] for volume in volumes] == ["tmp"]


@cases(
    "values, given, absent",
    {
        "by default": (
            {},
            {
                "run",
                "--listen=0.0.0.0:8080",
                "--rules-sink=auto",
                "--rules-shards=8",
                "--rules-interval=30s",
                "--measure-interval=15s",
                "--workers=16",
                "--lease-duration=13s",
                "--lease-renew-deadline=9s",
                "--lease-retry-period=2s",
                "--log-format=json",
                "--log-level=info",
            },
            ("--prometheus", "--namespace", "--rules-label", "--rules-lag", "--ruler", "--no-leader-election"),
        ),
        "for two namespaces": ({"watch": {"namespaces": ["a", "b"]}}, {"--namespace=a", "--namespace=b"}, ()),
        "with labels for rules": (
            {"rules": {"labels": {"release": "stack", "role": "alert-rules"}}},
            {"--rules-label=release=stack", "--rules-label=role=alert-rules"},
            (),
        ),
        "without election": (
            {"replicas": 1, "leaderElection": {"enabled": False}},
            {"--no-leader-election"},
            ("--lease",),
        ),
        "with a certificate that nobody checks": (
            {"prometheus": {"url": "https://x", "tls": {"insecureSkipVerify": True}}},
            {"--prometheus-url=https://x", "--prometheus-insecure-skip-verify"},
            ("--prometheus-ca-file",),
        ),
    },
)
def test_the_operator_is_told(helm: Helm, values: dict[str, Any], given: set[str], absent: tuple[str, ...]) -> None:
    found = arguments(helm.template(values))
    assert given <= set(found)
    assert [argument for argument in found if argument.startswith(absent or ("\0",))] == []
    assert len(found) == len(set(found))


@every_combination
def test_the_command_line_takes_every_argument(helm: Helm, values: dict[str, Any]) -> None:
    line = typer.main.get_command(app)
    assert isinstance(line, typer.core.TyperGroup)
    for holder, pod in pods(helm.template(values)).items():
        for command, *words in [container["args"] for container in pod["spec"]["containers"] if "args" in container]:
            with line.commands[command].make_context(command, words) as context:
                assert context.params, holder


@cases(
    "image, reference",
    {
        "by the chart's version": ({}, r"goslo\.local/goserviceslo:\d+\.\d+\.\d+"),
        "by tag": ({"tag": "main"}, r"goslo\.local/goserviceslo:main"),
        "by digest": ({"digest": f"sha256:{'0f' * 32}"}, r"goslo\.local/goserviceslo:\d+\.\d+\.\d+@sha256:(0f){32}"),
    },
)
def test_all_pods_run_the_same_image(helm: Helm, image: dict[str, str], reference: str) -> None:
    for holder, pod in pods(helm.template({"image": image})).items():
        assert re.fullmatch(reference, pod["spec"]["containers"][0]["image"]), holder


def test_replicas_keep_apart_and_one_is_always_left(helm: Helm) -> None:
    objects = helm.template()
    deployment = only(objects, "Deployment")["spec"]
    assert deployment["replicas"] == 2
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}
    term = deployment["template"]["spec"]["affinity"]["podAntiAffinity"][
        "preferredDuringSchedulingIgnoredDuringExecution"
    ][0]["podAffinityTerm"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert term["labelSelector"]["matchLabels"] == deployment["selector"]["matchLabels"]
    budget = only(objects, "PodDisruptionBudget")["spec"]
    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")


def test_spread_and_anti_affinity_count_the_operators_pods(helm: Helm) -> None:
    objects = helm.template(COMBINATIONS["three zones, pinned image"])
    deployment = only(objects, "Deployment")["spec"]
    selector = deployment["selector"]["matchLabels"]
    spec = deployment["template"]["spec"]
    required = spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert [term["labelSelector"]["matchLabels"] for term in required] == [selector]
    assert [item["labelSelector"]["matchLabels"] for item in spec["topologySpreadConstraints"]] == [selector]
    assert spec["priorityClassName"] == "system-cluster-critical"
    assert spec["terminationGracePeriodSeconds"] == 45
    assert deployment["template"]["metadata"]["labels"].items() >= {"team": "platform", "sidecar": "none"}.items()
    assert {"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"} in spec["containers"][0]["env"]


@cases(
    "values, affinity",
    {
        "none": ({"antiAffinity": "none"}, None),
        "the user's own": (
            {"antiAffinity": "required", "affinity": {"nodeAffinity": {"a": "b"}}},
            {"nodeAffinity": {"a": "b"}},
        ),
    },
)
def test_affinity_can_be_left_out_or_replaced(helm: Helm, values: dict[str, Any], affinity: Json | None) -> None:
    assert only(helm.template(values), "Deployment")["spec"]["template"]["spec"].get("affinity") == affinity


def test_a_spread_keeps_the_selector_that_the_user_wrote(helm: Helm) -> None:
    selector = {"matchLabels": {"mine": "yes"}}
    constraint = {
        "maxSkew": 1,
        "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": selector,
    }
    objects = helm.template({"topologySpreadConstraints": [constraint]})
    assert only(objects, "Deployment")["spec"]["template"]["spec"]["topologySpreadConstraints"] == [constraint]


def test_labels_of_the_user_never_break_the_selector(helm: Helm) -> None:
    mine = {"app.kubernetes.io/component": "mine", "app.kubernetes.io/instance": "mine"}
    deployment = only(helm.template({"podLabels": mine, "commonLabels": mine}), "Deployment")["spec"]
    assert selected(deployment["template"]["metadata"]["labels"], deployment["selector"]["matchLabels"])


def test_probes_ask_the_operators_own_server(helm: Helm) -> None:
    container = only(helm.template(), "Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert {
        name: container[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")
    } == {
        "startupProbe": "/livez",
        "livenessProbe": "/livez",
        "readinessProbe": "/readyz",
    }
    assert {container[name]["httpGet"]["port"] for name in ("startupProbe", "livenessProbe", "readinessProbe")} == {
        "http-metrics"
    }


@cases(
    "values, annotations",
    {
        "by default": (
            {},
            {"prometheus.io/scrape": "true", "prometheus.io/port": "8080", "prometheus.io/path": "/metrics"},
        ),
        "not with a monitor": ({"metrics": {"scrapeAnnotations": False}}, None),
        "beside the user's": (
            {"podAnnotations": {"a": "b"}, "metrics": {"scrapeAnnotations": False}},
            {"a": "b"},
        ),
    },
)
def test_pods_are_annotated_for_scraping(helm: Helm, values: dict[str, Any], annotations: dict[str, str]) -> None:
    metadata = only(helm.template(values), "Deployment")["spec"]["template"]["metadata"]
    assert metadata.get("annotations") == annotations


@cases(
    "url, ports, expected",
    {
        "the port of the URL": ("http://prometheus.monitoring:9090", [], {9090}),
        "80 for http": ("http://prometheus.monitoring/base", [], {80}),
        "443 for https": ("https://prometheus.monitoring", [], {443}),
        "what the user says": ("http://prometheus.monitoring", [9090, 9091], {9090, 9091}),
        "the port of an IPv6 address": ("http://[fd00::1]:9090", [], {9090}),
    },
)
def test_the_network_policy_lets_measurements_through(
    helm: Helm, url: str, ports: list[int], expected: set[int]
) -> None:
    values = {"prometheus": {"url": url}, "networkPolicy": {"enabled": True, "prometheus": {"ports": ports}}}
    policy = only(helm.template(values), "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    names, api_server, prometheus = policy["egress"]
    assert {(port["port"], port["protocol"]) for port in names["ports"]} == {(53, "UDP"), (53, "TCP")}
    assert {port["port"] for port in api_server["ports"]} == {443, 6443}
    assert {port["port"] for port in prometheus["ports"]} == expected


def test_the_network_policy_names_who_may_come_in(helm: Helm) -> None:
    objects = helm.template(COMBINATIONS["locked-down network"])
    policy = only(objects, "NetworkPolicy")["spec"]
    assert policy["egress"][1]["to"] == [{"ipBlock": {"cidr": "10.0.0.0/28"}}]
    assert policy["egress"][2]["to"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ]
    [inwards] = policy["ingress"]
    assert inwards["ports"] == [{"port": 8080, "protocol": "TCP"}]
    test_pod = only(objects, "Pod")["metadata"]["labels"]
    assert selected(test_pod, inwards["from"][0]["podSelector"]["matchLabels"])
    assert inwards["from"][1] == {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}


def test_without_prometheus_no_way_out_is_opened_for_it(helm: Helm) -> None:
    assert len(only(helm.template({"networkPolicy": {"enabled": True}}), "NetworkPolicy")["spec"]["egress"]) == 2


def test_the_uninstall_step_is_there_only_while_it_runs(helm: Helm) -> None:
    objects = helm.template()
    ours = [item for item in objects if item["metadata"]["labels"]["app.kubernetes.io/component"] == "uninstall"]
    assert {item["kind"] for item in ours} == {
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
        "Role",
        "RoleBinding",
        "Job",
    }
    for item in ours:
        annotations = item["metadata"]["annotations"]
        assert annotations["helm.sh/hook"] == "pre-delete"
        assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
        # What the Job needs is there before it.
        assert (int(annotations["helm.sh/hook-weight"]) < 0) == (item["kind"] != "Job")
    job = only(ours, "Job")["spec"]
    assert job["activeDeadlineSeconds"] == 240
    assert job["template"]["spec"]["containers"][0]["args"][:2] == ["release", f"--operator-deployment={FULLNAME}"]


def test_the_uninstall_step_goes_where_the_operator_went(helm: Helm) -> None:
    objects = helm.template(COMBINATIONS["two teams' namespaces"])
    arguments_of_job = only(objects, "Job")["spec"]["template"]["spec"]["containers"][0]["args"]
    assert arguments_of_job[2:] == ["--namespace=shop", "--namespace=pay"]
    assert not [
        item
        for item in objects
        if item["kind"] in {"ClusterRole", "ClusterRoleBinding"} and "uninstall" in item["metadata"]["name"]
    ]


def test_the_uninstall_step_gives_variables_back_where_the_user_says_so(helm: Helm) -> None:
    found = only(helm.template({"uninstall": {"giveBack": True}}), "Job")["spec"]["template"]["spec"]["containers"][0]
    assert found["args"][1:] == [f"--operator-deployment={FULLNAME}", "--give-back"]


def test_what_others_give_is_not_made(helm: Helm) -> None:
    objects = helm.template(COMBINATIONS["rights and CRD given by others"])
    assert sorted(item["kind"] for item in objects) == ["Deployment", "Pod", "PodDisruptionBudget", "Service"]
    assert only(objects, "Deployment")["spec"]["template"]["spec"]["serviceAccountName"] == "given"


@cases(
    "release, values, name",
    {
        "release and chart": ("goslo", {}, "goslo-goserviceslo"),
        "a release named as the chart": ("goserviceslo", {}, "goserviceslo"),
        "as told": ("goslo", {"fullnameOverride": "slo"}, "slo"),
        "another chart's name": ("goslo", {"nameOverride": "promises"}, "goslo-promises"),
        "a release of 53 letters": ("r" * 53, {}, "r" * 50),
    },
)
def test_objects_are_named_after(helm: Helm, release: str, values: dict[str, Any], name: str, tmp_path: Any) -> None:
    text = helm(
        "template", release, CHART, "--namespace", NAMESPACE, "--show-only", "templates/service.yaml", values=values
    )
    assert f"\n  name: {name}\n" in text


@cases(
    "values, says, silent",
    {
        "what is missing": ({}, ["NOTHING IS MEASURED YET", "--set prometheus.url="], []),
        "that no registry serves the default image": ({}, ["NO REGISTRY SERVES goslo.local/goserviceslo"], []),
        "nothing of an image from a registry": (
            {"image": {"repository": "registry.example/goserviceslo"}},
            [],
            ["NO REGISTRY SERVES"],
        ),
        "the next three commands": (
            COMBINATIONS["two teams' namespaces"],
            [
                "kubectl rollout status",
                "kubectl apply -f -",
                "namespace: shop",
                "kubectl get goserviceslo -A",
                "shop, pay",
            ],
            ["NOTHING IS MEASURED"],
        ),
    },
)
def test_the_notes_say(helm: Helm, values: dict[str, Any], says: list[str], silent: list[str]) -> None:
    text = helm("install", RELEASE, CHART, "-n", NAMESPACE, "--dry-run=client", values=values).split("NOTES:")[1]
    assert [part for part in says if part not in text] == []
    assert [part for part in silent if part in text] == []


def test_the_chart_installs_the_operator_of_its_own_checkout() -> None:
    described = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert described["appVersion"] == described["version"] == goserviceslo.__version__
