"""Configuration of what makes a node: containerd, CNI, kubelet, kube-proxy, names. Data in, data out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .addresses import Block
from .controlplane import CLUSTER_DOMAIN
from .layout import Layout
from .pki import CLUSTER_CA

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
"""containerd's default: cAdvisor looks for container metrics nowhere else. It is in a /run of the node's own."""
PAUSE_IMAGE = "goslo.local/pause:1"
KUBE_PROXY_HEALTH_PORT, COREDNS_READY_PORT = 10256, 8181

KERNEL_SETTINGS = (
    "kernel/keys/root_maxbytes",
    "kernel/keys/root_maxkeys",
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
)
"""What kubelet sets for the whole machine (its ``setupKernelTunables``), which is not ours to change."""

SANDBOX_SCRIPT = """\
set -e
node=$1
shift
mount --bind "$node/var" /var
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir /run/lock
for setting in "$@"; do
  cp "/proc/sys/$setting" "$node/sysctl.new"
  mv "$node/sysctl.new" "$node/sysctl/${setting##*/}"
  mount --bind "$node/sysctl/${setting##*/}" "/proc/sys/$setting"
done
mount --make-rshared /
exec sleep infinity
"""
"""Run as the first process of a new mount namespace, with a directory and ``KERNEL_SETTINGS``: makes a /var
and a /run of the node's own, and puts files of ours in the place of the kernel settings. Then it only holds the
namespaces."""


def containerd_config(layout: Layout, snapshotter: str) -> str:
    """containerd's configuration (TOML, version 2, which containerd 1.6 to 2.x read)."""
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""\
version = 2
root = "{layout.data}/containerd"
state = "/run/containerd"

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.internal.v1.opt"]
path = "{layout.data}/containerd-opt"

[{cri}]
sandbox_image = "{PAUSE_IMAGE}"
# containerd's profile would stay loaded in the kernel after all.
disable_apparmor = true
# Where the process may not lower oom_score_adj (inside a container), runc would fail with
# "can't get final child's PID from pipe: EOF".
restrict_oom_score_adj = true

[{cri}.cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{layout.conf}/cni"

[{cri}.containerd]
snapshotter = "{snapshotter}"
default_runtime_name = "runc"

[{cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[{cri}.containerd.runtimes.runc.options]
SystemdCgroup = false
"""


def cni_config(block: Block) -> dict[str, Any]:
    """Every pod on a wire of its own.

    All its traffic is routed, so that answers through a ClusterIP find their way back without the kernel module
    ``br_netfilter``, which a bridge would need. Leases lie in /run: they end with the node, like the pods.
    """
    addresses = {
        "type": "host-local",
        "dataDir": "/run/cni-addresses",
        "ranges": [[{"subnet": str(block.pods)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    return {
        "cniVersion": "0.4.0",
        "name": "goslo",
        "plugins": [
            {"type": "ptp", "ipMasq": False, "ipam": addresses},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def kubelet_config(layout: Layout, block: Block) -> dict[str, Any]:
    """kubelet's configuration: short periods for short demos, and no surprises by a full disk."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.certificate(CLUSTER_CA))},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(layout.certificate("kubelet-server")),
        "tlsPrivateKeyFile": str(layout.key("kubelet-server")),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [str(block.node)],
        "clusterDomain": CLUSTER_DOMAIN,
        "resolvConf": str(layout.conf / "resolv.conf"),
        "syncFrequency": "10s",
        "serializeImagePulls": False,
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "maxPods": 240,
    }


def kubelet_arguments(binary: Path, layout: Layout, block: Block) -> list[str]:
    return [
        str(binary),
        f"--config={layout.conf / 'kubelet.json'}",
        f"--kubeconfig={layout.conf / 'kubelet.kubeconfig'}",
        f"--hostname-override={layout.name}",
        f"--node-ip={block.node}",
    ]


def kube_proxy_config(layout: Layout, block: Block) -> dict[str, Any]:
    """kube-proxy's configuration; connection tracking limits are the machine's, not ours to change."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": str(layout.conf / "kube-proxy.kubeconfig")},
        "hostnameOverride": layout.name,
        "clusterCIDR": str(block.pods),
        "healthzBindAddress": f"{block.node}:{KUBE_PROXY_HEALTH_PORT}",
        "metricsBindAddress": "127.0.0.1:10249",
        "conntrack": {"maxPerCore": 0, "min": 0},
    }


def corefile(layout: Layout, block: Block) -> str:
    """CoreDNS for names of the cluster; any other name is refused at once, for there is no way out."""
    return f"""\
.:53 {{
    errors
    ready {block.node}:{COREDNS_READY_PORT}
    kubernetes {CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {{
        kubeconfig {layout.conf / "coredns.kubeconfig"}
        pods insecure
    }}
}}
"""


def coredns_rbac() -> list[tuple[str, dict[str, Any]]]:
    """What CoreDNS may read, each object with its path."""
    group = "rbac.authorization.k8s.io"
    role = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "system:coredns"},
        "rules": [
            {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
        ],
    }
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "system:coredns"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "system:coredns"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "system:coredns"}],
    }
    base = f"/apis/{group}/v1"
    return [
        (f"{base}/clusterroles/system:coredns", role),
        (f"{base}/clusterrolebindings/system:coredns", binding),
    ]
