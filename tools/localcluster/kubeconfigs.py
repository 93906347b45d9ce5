"""Kubeconfig files, written as JSON (which every YAML reader reads), keys embedded, for their owner alone."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from .files import settle


def kubeconfig(name: str, server: str, authority: bytes, certificate: bytes, key: bytes) -> dict[str, Any]:
    """A kubeconfig with one cluster, one user and one context, all called ``name``."""

    def encoded(data: bytes) -> str:
        return base64.b64encode(data).decode()

    user = {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": encoded(authority)}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def write(path: Path, content: dict[str, Any]) -> None:
    """Write one, for its owner alone."""
    settle(path, json.dumps(content, indent=2) + "\n")
