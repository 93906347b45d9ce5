"""What a cluster could leave on this machine, looked for without its own records."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from localcluster import processes
from localcluster.layout import Layout

_KERNEL_SETTINGS = ("kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "vm/overcommit_memory")
_PLACES = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/pods", "/var/log/containers", "/etc/cni", "/opt/containerd")


@dataclass(frozen=True)
class Host:
    """The parts of this machine that nothing but a cluster touches while a test runs."""

    mounts: str
    firewall: str
    named_networks: str
    kernel_settings: tuple[str, ...]
    places: tuple[str, ...]


def host() -> Host:
    """This machine now."""
    mounts = sorted(line.split(" ", 1)[1] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return Host(
        mounts="\n".join(mounts),
        firewall=_said("iptables-save"),
        named_networks=_said("ip", "netns", "list"),
        kernel_settings=tuple(Path("/proc/sys", name).read_text() for name in _KERNEL_SETTINGS),
        places=tuple(place for place in _PLACES if Path(place).exists()),
    )


def signs(layout: Layout, block: str, namespaces: set[str]) -> list[str]:
    """What names one cluster: its directory, interface, addresses, control groups, and who lives in its namespaces.

    Other clusters may come and go beside it, so whole listings cannot be compared.
    """
    addresses = block.rsplit(".", 2)[0] + "."
    found = [line for line in _said("ip", "-oneline", "address").splitlines() if layout.host_interface in line]
    found += [
        line for line in _said("ip", "route", "show", "table", "all").splitlines() if f" {addresses}" in f" {line}"
    ]
    found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/{layout.cgroup}")]
    found += [str(layout.state)] if layout.state.exists() else []
    for pid in processes.pids():
        identity = processes.identify(pid)
        if identity is None or not identity.alive:
            continue
        try:
            told = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cgroup").read_bytes()
            lives_in = {Path(f"/proc/{pid}/ns/{kind}").readlink().as_posix() for kind in ("net", "mnt")}
        except OSError:
            continue
        if f"{layout.state}".encode() in told or layout.cgroup.encode() in told or lives_in & namespaces:
            found.append(f"process {pid}: {Path(f'/proc/{pid}/comm').read_text().strip()}")
    return found


def namespaces(pid: int) -> set[str]:
    """The network and the view of the file system that a process has."""
    return {Path(f"/proc/{pid}/ns/{kind}").readlink().as_posix() for kind in ("net", "mnt")}


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith("#"))
