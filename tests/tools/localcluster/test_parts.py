"""Texts that other programs read: control groups, images, certificates, kind's configuration, lost files."""

import hashlib
import json
import os
import subprocess
import tarfile
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from tests.table import cases

from localcluster import addons, cgroups, controlplane, nodeparts, pki
from localcluster.addresses import Block
from localcluster.controlplane import Endpoint
from localcluster.files import settle
from localcluster.images import write_static_image
from localcluster.kindcluster import kind_config
from localcluster.layout import Layout, layout
from localcluster.spec import Spec

BLOCK = Block(IPv4Network("10.200.0.0/16"))


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    made = layout("goslo", tmp_path)
    made.create()
    return made


V1 = """\
30 24 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
34 24 0:30 / /mnt/elsewhere rw,relatime - cgroup cgroup rw,memory
"""
V2 = "30 24 0:26 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"


@cases(
    "mountinfo, found",
    {
        "version 1 beside version 2": (V1, ["cpu,cpuacct", "memory", "unified"]),
        "version 2": (V2, ["."]),
        "none": ("", []),
    },
)
def test_every_hierarchy_of_control_groups_is_found(mountinfo: str, found: list[str]) -> None:
    assert cgroups.hierarchies(mountinfo) == [Path("/sys/fs/cgroup", name) for name in found]


@cases(
    "there, enabled, written",
    {
        "what is lacking": ("cpu cpuset io memory pids", "memory pids", "+cpu +cpuset"),
        "nothing where all is": ("cpu memory", "cpu memory", "cpu memory"),
        "nothing that the kernel has not": ("", "", ""),
    },
)
def test_a_version_2_group_hands_down(there: str, enabled: str, written: str, tmp_path: Path) -> None:
    tmp_path.joinpath("cgroup.controllers").write_text(there)
    tmp_path.joinpath("cgroup.subtree_control").write_text(enabled)
    cgroups.enable_controllers(tmp_path)
    assert tmp_path.joinpath("cgroup.subtree_control").read_text() == written


def test_an_image_has_its_name_its_digests_and_the_same_bytes_twice(tmp_path: Path) -> None:
    binary = tmp_path / "tool"
    binary.write_bytes(b"\x7fELF and so on")
    first, second = tmp_path / "a.tar", tmp_path / "b.tar"
    write_static_image("goslo.local/tool:1", binary, first)
    os.utime(binary, (1, 1))
    write_static_image("goslo.local/tool:1", binary, second)
    assert first.read_bytes() == second.read_bytes()

    with tarfile.open(first) as archive:
        files = {member.name: archive.extractfile(member) for member in archive}
        content = {name: file.read() for name, file in files.items() if file is not None}
    [manifest] = json.loads(content["index.json"])["manifests"]
    assert manifest["annotations"] == {"io.containerd.image.name": "goslo.local/tool:1"}
    blobs = {name: data for name, data in content.items() if name.startswith("blobs/")}
    assert all(name == f"blobs/sha256/{hashlib.sha256(data).hexdigest()}" for name, data in blobs.items())
    described = json.loads(blobs[_blob(manifest)])
    config = json.loads(blobs[_blob(described["config"])])
    assert config["config"]["Entrypoint"] == ["/tool"]
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in described["layers"]]


def _blob(descriptor: dict[str, Any]) -> str:
    return "blobs/sha256/" + str(descriptor["digest"]).removeprefix("sha256:")


def test_certificates_are_signed_by_the_authority_of_their_door(place: Layout) -> None:
    certificates = [
        *pki.control_plane_certificates(["127.0.0.1", "10.200.128.1"]),
        *pki.node_certificates("n", "10.0.0.1"),
    ]
    pki.issue(place, certificates)
    authorities = {"ca", "etcd-ca", "front-proxy-ca"}
    for one in certificates:
        assert _verifies(place, one.authority, one.name), one.name
        assert not any(_verifies(place, other, one.name) for other in authorities - {one.authority})
    text = _openssl("x509", "-in", str(place.certificate("apiserver")), "-noout", "-text")
    assert "IP Address:10.200.128.1" in text
    assert "DNS:kubernetes.default.svc" in text
    assert "Subject: O = system:nodes, CN = system:node:n" in _openssl(
        "x509", "-in", str(place.certificate("kubelet")), "-noout", "-text"
    )


def test_issuing_again_keeps_what_is_there_and_makes_what_was_cut_short(place: Layout) -> None:
    certificates = pki.control_plane_certificates(["127.0.0.1"])
    pki.issue(place, certificates)
    before = {path.name: path.read_bytes() for path in place.pki.iterdir()}
    place.certificate("admin").unlink()  # its key was written, its certificate was not
    pki.issue(place, certificates)
    after = {path.name: path.read_bytes() for path in place.pki.iterdir()}
    assert {name for name in after if before.get(name) != after[name]} == {"admin.crt", "admin.key"}
    assert _verifies(place, "ca", "admin")


def _verifies(place: Layout, authority: str, name: str) -> bool:
    chain = ["verify", "-CAfile", str(place.certificate(authority)), str(place.certificate(name))]
    return subprocess.run(["openssl", *chain], capture_output=True).returncode == 0


def _openssl(*arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True).stdout


def test_a_file_that_says_so_already_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "config"
    settle(path, "one")
    written = path.stat()
    settle(path, "one")
    assert path.stat().st_ino == written.st_ino
    settle(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["config"]


def test_nothing_of_a_node_is_configured_outside_its_own_directories(place: Layout) -> None:
    allowed = (str(place.state), "/run/", "/usr/lib/cni", "unix:///run/", f"/{place.cgroup}")
    written = [
        json.dumps(nodeparts.kubelet_config(place, BLOCK)),
        json.dumps(nodeparts.kube_proxy_config(place, BLOCK)),
        json.dumps(nodeparts.cni_config(BLOCK)),
        nodeparts.containerd_config(place, "overlayfs"),
    ]
    paths = [word for text in written for word in text.split('"') if word.startswith(("/", "unix:"))]
    assert len(paths) > 10
    assert [path for path in paths if not path.startswith(allowed)] == []


def test_the_audit_log_is_opt_in(place: Layout) -> None:
    endpoint = Endpoint("127.0.0.1", "127.0.0.1", 6443, "10.96.0.0/20")

    def audit_flags(audit: bool) -> list[str]:
        flags = controlplane.apiserver(Path("kube-apiserver"), place, endpoint, 2379, node=False, audit=audit)
        return [flag for flag in flags if flag.startswith("--audit")]

    assert audit_flags(False) == []
    assert f"--audit-log-path={place.audit_log}" in audit_flags(True)


def test_kind_gets_what_the_native_node_has(place: Layout) -> None:
    asked = Spec("node", "kind", audit=True, flags={"kube-apiserver": ("--v=3", "--profiling")})
    config = kind_config(place, asked)
    patches = {patch["kind"]: patch for patch in map(json.loads, config["kubeadmConfigPatches"])}
    cluster = patches["ClusterConfiguration"]
    assert cluster["controllerManager"]["extraArgs"] == {"horizontal-pod-autoscaler-sync-period": "5s"}
    server = cluster["apiServer"]["extraArgs"]
    assert server["v"] == "3"
    assert server["profiling"] == "true"
    mounted = {mount["containerPath"]: mount["hostPath"] for mount in config["nodes"][0]["extraMounts"]}
    logs = server["audit-log-path"].rsplit("/", 1)[0]
    assert f"{mounted[logs]}/{place.audit_log.name}" == str(place.audit_log)
    assert server["audit-policy-file"] in mounted
    [volume] = cluster["apiServer"]["extraVolumes"]
    assert all(path.startswith(volume["mountPath"]) for path in mounted)
    assert patches["KubeletConfiguration"]["syncFrequency"] == "10s"


def test_every_object_of_metrics_server_is_applied_at_its_own_path() -> None:
    for path, item in addons.metrics_server():
        assert path.rsplit("/", 1)[1] == item["metadata"]["name"]
        namespace = item["metadata"].get("namespace")
        assert (f"/namespaces/{namespace}/" in path) == (namespace is not None)
        assert item["apiVersion"] in path
