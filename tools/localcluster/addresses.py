"""Addresses of a cluster: free ports on loopback, or a block of private addresses that nothing here uses."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import random
import socket
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

_LOWEST_PORT, _HIGHEST_PORT = 20_000, 32_000


class NoFreeBlock(RuntimeError):
    """Every block that a cluster could take overlaps a route of the host or another cluster."""


@dataclass(frozen=True)
class Block:
    """The addresses of one node cluster: a /16 of 10.0.0.0/8 of which pods, services and the wire take parts."""

    network: IPv4Network

    @property
    def pods(self) -> IPv4Network:
        return self._part(0, 24)

    @property
    def services(self) -> IPv4Network:
        return self._part(128, 20)

    @property
    def wire(self) -> IPv4Network:
        """Between the host and the node."""
        return self._part(255, 24)

    @property
    def host(self) -> IPv4Address:
        return self.wire[1]

    @property
    def node(self) -> IPv4Address:
        return self.wire[2]

    @property
    def api_service(self) -> IPv4Address:
        """The address of Service ``default/kubernetes``: the first of its range."""
        return self.services[1]

    def _part(self, third_byte: int, prefix: int) -> IPv4Network:
        return IPv4Network((int(self.network.network_address) + (third_byte << 8), prefix))


def choose_block(taken: Iterable[IPv4Network]) -> Block:
    """The first of 10.200.0.0/16 .. 10.254.0.0/16 that overlaps nothing; raises ``NoFreeBlock``."""
    used = list(taken)
    for second_byte in range(200, 255):
        network = IPv4Network(f"10.{second_byte}.0.0/16")
        if not any(network.overlaps(other) for other in used):
            return Block(network)
    raise NoFreeBlock("10.200.0.0/16 to 10.254.0.0/16 all overlap a route of this machine or another cluster")


def parse_routes(ip_json: str) -> list[IPv4Network]:
    """The destinations in what ``ip -json route`` prints, but for the default route."""
    destinations = [entry["dst"] for entry in json.loads(ip_json or "[]")]
    return [ipaddress.IPv4Network(one, strict=False) for one in destinations if one != "default"]


def host_routes() -> list[IPv4Network]:
    """Every IPv4 destination that the host routes, in all its tables."""
    said = subprocess.run(
        ["ip", "-4", "-json", "route", "show", "table", "all"], capture_output=True, text=True, check=True
    )
    return parse_routes(said.stdout)


def free_ports(count: int) -> list[int]:
    """Distinct TCP ports that are free on loopback now.

    Below those that the kernel gives to outgoing connections (32768 and up on Linux): a server that is restarted must
    find its port free again, and not in use by somebody's connection.
    """
    found: dict[int, socket.socket] = {}
    try:
        while len(found) < count:
            port = random.randrange(_LOWEST_PORT, _HIGHEST_PORT)
            if port not in found:
                with contextlib.suppress(OSError):
                    found[port] = socket.create_server(("127.0.0.1", port))
        return list(found)
    finally:
        for one in found.values():
            one.close()
