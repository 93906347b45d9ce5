"""A node's network: a namespace of its own, and one wire from it to the host.

The namespace has no name: it lives as long as a process in it does, and the wire and the host's routes end with it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from .addresses import Block, parse_routes

NODE_INTERFACE = "eth0"


def connect(interface: str, namespace_pid: int, block: Block) -> None:
    """Lay the wire between the host and the namespace of a process, with addresses and routes at both ends."""
    remove_host_interface(interface)
    inside = ["nsenter", f"--net=/proc/{namespace_pid}/ns/net"]
    prefix = block.wire.prefixlen
    node, host = str(block.node), str(block.host)
    _run("ip", "link", "add", interface, "type", "veth", "peer", "name", NODE_INTERFACE, "netns", str(namespace_pid))
    _run(*inside, "ip", "link", "set", "lo", "up")
    _run(*inside, "ip", "address", "add", f"{node}/{prefix}", "dev", NODE_INTERFACE)
    _run(*inside, "ip", "link", "set", NODE_INTERFACE, "up")
    _run(*inside, "ip", "route", "add", "default", "via", host)
    _run(*inside, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    _run("ip", "address", "add", f"{host}/{prefix}", "dev", interface)
    _run("ip", "link", "set", interface, "up")
    for network in (block.pods, block.services):
        _run("ip", "route", "add", str(network), "via", node, "dev", interface)


def connected(interface: str, block: Block) -> bool:
    """Whether the wire is there and was laid to the end: the route to the services is the last thing made."""
    if not _exists(interface):
        return False
    said = subprocess.run(
        ["ip", "-4", "-json", "route", "show", "dev", interface], capture_output=True, text=True, check=True
    )
    return block.services in parse_routes(said.stdout)


def remove_host_interface(interface: str) -> None:
    """Take the wire away, and with it the host's routes through it; nothing if there is none."""
    if _exists(interface):
        done = subprocess.run(["ip", "link", "delete", interface], capture_output=True, text=True)
        if done.returncode != 0 and _exists(interface):
            raise RuntimeError(f"ip link delete {interface}: {done.stderr.strip()}")


def _exists(interface: str) -> bool:
    return Path("/sys/class/net", interface).exists()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
