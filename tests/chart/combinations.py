"""The combinations of values that the chart must render well, each named by who would use it."""

from typing import Any

COMBINATIONS: dict[str, dict[str, Any]] = {
    "a first try": {},
    "a whole cluster": {"prometheus": {"url": "http://prometheus.monitoring:9090"}},
    "two teams' namespaces": {
        "watch": {"namespaces": ["shop", "pay"]},
        "prometheus": {"url": "http://prometheus.monitoring:9090"},
    },
    "prometheus-operator": {
        "prometheus": {"url": "http://prometheus-operated.monitoring:9090"},
        "rules": {"sink": "prometheusrule", "labels": {"release": "kube-prometheus-stack", "role": "alert-rules"}},
        "metrics": {
            "scrapeAnnotations": False,
            "serviceMonitor": {"enabled": True, "labels": {"release": "kube-prometheus-stack"}, "interval": "30s"},
        },
        "alerts": {"enabled": True, "labels": {"release": "kube-prometheus-stack"}},
        "maintenance": {"configMapNames": ["calendar"]},
    },
    "pod monitor": {"metrics": {"podMonitor": {"enabled": True}}},
    "ConfigMaps for a plain Prometheus": {"rules": {"sink": "configmap", "shards": 3}},
    "bearer token over TLS": {
        "prometheus": {
            "url": "https://thanos-querier.monitoring:9091/",
            "tls": {"ca": {"configMap": "service-ca", "key": "service-ca.crt"}},
            "bearer": {"secret": "thanos", "key": "token.txt"},
        },
        "security": {"runAsUser": None, "runAsGroup": None, "fsGroup": None},
    },
    "password and tenant header": {
        "prometheus": {
            "url": "https://mimir.example/prometheus",
            "tls": {"ca": {"secret": "mimir-ca"}},
            "basic": {"secret": "mimir"},
            "headers": {"secret": "mimir-tenant"},
        },
    },
    "a ruler behind a token": {
        "prometheus": {"url": "https://mimir.example/prometheus", "headers": {"secret": "mimir-tenant"}},
        "rules": {
            "sink": "ruler",
            "lag": "45s",
            "ruler": {
                "url": "https://mimir.example/prometheus/config/v1/rules",
                "prefix": "goslo-eu",
                "tls": {"ca": {"secret": "mimir-ca", "key": "ca.pem"}},
                "bearer": {"secret": "mimir-writer"},
                "headers": {"secret": "mimir-tenant"},
            },
        },
        "networkPolicy": {"enabled": True, "ruler": {"ports": [8080]}},
    },
    "locked-down network": {
        "prometheus": {"url": "http://prometheus.monitoring"},
        "networkPolicy": {
            "enabled": True,
            "apiServer": {"ports": [6443], "cidrs": ["10.0.0.0/28"]},
            "prometheus": {
                "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
            },
        },
    },
    "one replica without election": {
        "replicas": 1,
        "leaderElection": {"enabled": False},
        "alerts": {"enabled": True},
        "maintenance": {"configMaps": True},
        "rules": {"sink": "prometheusrule"},
        "podDisruptionBudget": {"enabled": False},
    },
    "three zones, pinned image": {
        "replicas": 3,
        "antiAffinity": "required",
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"}
        ],
        "image": {"repository": "registry.example:5000/team/goserviceslo", "digest": f"sha256:{'a1' * 32}"},
        "imagePullSecrets": [{"name": "registry"}],
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "infra", "effect": "NoSchedule"}],
        "commonLabels": {"team": "platform"},
        "podLabels": {"sidecar": "none"},
        "podAnnotations": {"note": "true"},
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"}],
        "log": {"format": "text", "level": "debug"},
        "terminationGracePeriodSeconds": 45,
        "fullnameOverride": "slo",
    },
    "rights and CRD given by others": {
        "crds": {"install": False},
        "rbac": {"create": False, "aggregate": False},
        "serviceAccount": {"create": False, "name": "given"},
        "uninstall": {"release": False},
    },
}
