"""The certificates of a cluster, by the ``openssl`` command that every Debian has.

Three authorities, so that no client of one door opens another: the cluster's, etcd's, and the front proxy's, by
which aggregated API servers know the API server.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .files import settle
from .layout import Layout

CLUSTER_CA, ETCD_CA, FRONT_PROXY_CA = "ca", "etcd-ca", "front-proxy-ca"
SERVICE_ACCOUNT_KEY = "service-account"
_DAYS = "365"
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class OpenSSLFailed(RuntimeError):
    """``openssl`` is missing or refused; the text has what it said."""


@dataclass(frozen=True)
class Certificate:
    """One key pair: who holds it (CN, and O as the group), who signs it, and the names it serves under."""

    name: str
    common_name: str
    authority: str = CLUSTER_CA
    organization: str = ""
    serves: tuple[str, ...] = ()
    """Subject alternative names as openssl writes them: ``DNS:localhost``, ``IP:127.0.0.1``."""

    def openssl_arguments(self, directory: Path) -> list[str]:
        """What ``openssl req`` is to put in and who signs; the authority's files are in ``directory``."""
        subject = (f"/O={self.organization}" if self.organization else "") + f"/CN={self.common_name}"
        extensions = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature"]
        extensions.append("extendedKeyUsage=clientAuth,serverAuth" if self.serves else "extendedKeyUsage=clientAuth")
        if self.serves:
            extensions.append("subjectAltName=" + ",".join(self.serves))
        signer = directory / self.authority
        return [
            *("-CA", f"{signer}.crt", "-CAkey", f"{signer}.key", "-subj", subject),
            *(word for extension in extensions for word in ("-addext", extension)),
        ]


def control_plane_certificates(addresses: Sequence[str]) -> list[Certificate]:
    """What etcd, the API server and its operators' clients need; ``addresses`` are where both listen."""
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    names.append("kubernetes.default.svc.cluster.local")
    serves = tuple([f"DNS:{name}" for name in names] + [f"IP:{address}" for address in addresses])
    return [
        Certificate("etcd", "etcd", ETCD_CA, serves=serves),
        Certificate("apiserver-etcd-client", "kube-apiserver", ETCD_CA),
        Certificate("apiserver", "kube-apiserver", serves=serves),
        Certificate("apiserver-kubelet-client", "kube-apiserver", organization="system:masters"),
        Certificate("front-proxy-client", "front-proxy-client", FRONT_PROXY_CA),
        Certificate("admin", "kubernetes-admin", organization="system:masters"),
        Certificate("controller-manager", "system:kube-controller-manager"),
        Certificate("scheduler", "system:kube-scheduler"),
    ]


def node_certificates(node: str, address: str) -> list[Certificate]:
    """What the parts of one node need."""
    return [
        Certificate("kubelet", f"system:node:{node}", organization="system:nodes"),
        Certificate("kubelet-server", node, serves=(f"DNS:{node}", f"IP:{address}")),
        Certificate("kube-proxy", "system:kube-proxy"),
        Certificate("coredns", "system:coredns"),
    ]


def issue(layout: Layout, certificates: Sequence[Certificate]) -> None:
    """Make the authorities, the service accounts' key and these certificates, but for those already there."""
    # A system's own openssl.cnf adds extensions that would then stand twice in the certificate.
    settle(layout.pki / "openssl.cnf", "[req]\ndistinguished_name = subject\n[subject]\n")
    for authority in (CLUSTER_CA, ETCD_CA, FRONT_PROXY_CA):
        if not layout.certificate(authority).exists():
            _make_authority(layout.pki, authority)
    account_key = layout.key(SERVICE_ACCOUNT_KEY)
    if not account_key.exists():
        _openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(account_key)])
    for certificate in certificates:
        if not layout.certificate(certificate.name).exists():
            _make_pair(layout.pki, certificate.name, certificate.openssl_arguments(layout.pki))
    for key in layout.pki.glob("*.key"):
        key.chmod(0o600)


def _make_authority(directory: Path, name: str) -> None:
    extensions = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,digitalSignature,keyCertSign,cRLSign")
    asked = ["-subj", f"/CN=goslo-{name}", *(word for extension in extensions for word in ("-addext", extension))]
    _make_pair(directory, name, asked)


def _make_pair(directory: Path, name: str, arguments: Sequence[str]) -> None:
    """Make a key and its certificate; the certificate appears last and whole, so that it stands for both."""
    fresh = directory / f".{name}.new"
    common = ["req", "-x509", "-config", f"{directory / 'openssl.cnf'}", "-days", _DAYS, *_NEW_KEY]
    _openssl([*common, *arguments, "-keyout", f"{directory / name}.key", "-out", f"{fresh}"])
    fresh.rename(directory / f"{name}.crt")


def _openssl(arguments: list[str]) -> None:
    try:
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        raise OpenSSLFailed("the openssl command is missing: apt-get install openssl") from None
    if done.returncode != 0:
        raise OpenSSLFailed(f"openssl {' '.join(arguments)} failed:\n{done.stderr.strip()}")
