"""Command lines of etcd and the Kubernetes control plane. Nothing here does anything: data in, arguments out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .layout import Layout
from .pki import CLUSTER_CA, ETCD_CA, FRONT_PROXY_CA, SERVICE_ACCOUNT_KEY

CLUSTER_DOMAIN = "cluster.local"
ISSUER = f"https://kubernetes.default.svc.{CLUSTER_DOMAIN}"

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    # One line a request, when it is answered: enough to count calls by verb, resource, user and code.
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


@dataclass(frozen=True)
class Endpoint:
    """Where the API server listens and what it tells others."""

    bind: str
    advertise: str
    port: int
    services: str
    """The range of ClusterIPs, such as ``10.200.128.0/20``."""

    @property
    def url(self) -> str:
        return f"https://{self.advertise}:{self.port}"


def etcd(binary: Path, layout: Layout, address: str, client_port: int, peer_port: int) -> list[str]:
    """One member, clients by certificate.

    It does not wait for the disk: a killed process loses nothing by that, and a machine that lost its power has
    lost the cluster anyway.
    """
    client, peer = f"https://{address}:{client_port}", f"http://127.0.0.1:{peer_port}"
    return [
        str(binary),
        "--name=local",
        f"--data-dir={layout.data / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=local={peer}",
        f"--cert-file={layout.certificate('etcd')}",
        f"--key-file={layout.key('etcd')}",
        f"--trusted-ca-file={layout.certificate(ETCD_CA)}",
        "--client-cert-auth",
        "--unsafe-no-fsync",
        "--quota-backend-bytes=4294967296",
        "--log-level=warn",
    ]


def apiserver(
    binary: Path, layout: Layout, endpoint: Endpoint, etcd_port: int, *, node: bool, audit: bool
) -> list[str]:
    """The API server, with RBAC, ready for aggregated APIs and, if there is a ``node``, for its kubelet."""
    account_key = layout.key(SERVICE_ACCOUNT_KEY)
    arguments = [
        str(binary),
        f"--bind-address={endpoint.bind}",
        f"--advertise-address={endpoint.advertise}",
        f"--secure-port={endpoint.port}",
        f"--service-cluster-ip-range={endpoint.services}",
        f"--etcd-servers=https://{endpoint.advertise}:{etcd_port}",
        f"--etcd-cafile={layout.certificate(ETCD_CA)}",
        *_pair(layout, "apiserver-etcd-client", "--etcd-certfile", "--etcd-keyfile"),
        f"--client-ca-file={layout.certificate(CLUSTER_CA)}",
        *_pair(layout, "apiserver", "--tls-cert-file", "--tls-private-key-file"),
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={account_key}",
        f"--service-account-signing-key-file={account_key}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        "--enable-priority-and-fairness=true",
        "--profiling=false",
        *_pair(layout, "front-proxy-client", "--proxy-client-cert-file", "--proxy-client-key-file"),
        f"--requestheader-client-ca-file={layout.certificate(FRONT_PROXY_CA)}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--enable-aggregator-routing=true",
    ]
    if node:
        arguments += [
            *_pair(layout, "apiserver-kubelet-client", "--kubelet-client-certificate", "--kubelet-client-key"),
            f"--kubelet-certificate-authority={layout.certificate(CLUSTER_CA)}",
            "--kubelet-preferred-address-types=InternalIP",
            "--enable-admission-plugins=NodeRestriction",
        ]
    else:
        # No controller makes the default service accounts that this plugin wants to see, and nothing but
        # loopback could stand behind Service default/kubernetes, which its validation refuses.
        arguments += ["--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none"]
    if audit:
        arguments += [
            f"--audit-policy-file={layout.conf / 'audit-policy.json'}",
            f"--audit-log-path={layout.audit_log}",
            "--audit-log-mode=blocking",
        ]
    return arguments


def controller_manager(binary: Path, layout: Layout, port: int) -> list[str]:
    """Garbage collection, namespace deletion, Deployments, the HPA: everything that makes objects act."""
    return [
        str(binary),
        f"--kubeconfig={layout.conf / 'controller-manager.kubeconfig'}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--leader-elect=false",
        "--use-service-account-credentials",
        f"--root-ca-file={layout.certificate(CLUSTER_CA)}",
        f"--service-account-private-key-file={layout.key(SERVICE_ACCOUNT_KEY)}",
        f"--cluster-signing-cert-file={layout.certificate(CLUSTER_CA)}",
        f"--cluster-signing-key-file={layout.key(CLUSTER_CA)}",
        "--horizontal-pod-autoscaler-sync-period=5s",
        "--profiling=false",
    ]


def scheduler(binary: Path, layout: Layout, port: int) -> list[str]:
    """The scheduler, alone and so without an election."""
    return [
        str(binary),
        f"--kubeconfig={layout.conf / 'scheduler.kubeconfig'}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--leader-elect=false",
        "--profiling=false",
    ]


def _pair(layout: Layout, name: str, certificate_flag: str, key_flag: str) -> list[str]:
    return [f"{certificate_flag}={layout.certificate(name)}", f"{key_flag}={layout.key(name)}"]
