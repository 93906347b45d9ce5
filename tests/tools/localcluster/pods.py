"""Pods for tests of the cluster itself: they say who they are, and fetch what only a pod can reach."""

import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from localcluster.images import write_static_image
from localcluster.toolchain import environment, find

IMAGE = "goslo.local/probe:1"
NODE_PORT = 30080
_LABELS = {"app": "probe"}


def build_image(archive: Path) -> None:
    """Compile the probe and pack it."""
    with tempfile.TemporaryDirectory() as scratch:
        binary = Path(scratch, "probe")
        source = Path(__file__).parent / "probe"
        build = [str(find((1, 26)).go), "build", "-trimpath", "-buildvcs=false", "-o", str(binary), "."]
        subprocess.run(build, cwd=source, env=environment(), check=True)
        write_static_image(IMAGE, binary, archive)


def manifests(namespace: str = "default") -> list[tuple[str, dict[str, Any]]]:
    """Two pods and the Service in front of them, each object with its path."""
    container = {
        "name": "probe",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"limits": {"cpu": "100m", "memory": "32Mi"}},
        "readinessProbe": {"httpGet": {"port": 8080, "path": "/"}, "periodSeconds": 1},
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": _LABELS},
            "template": {
                "metadata": {"labels": _LABELS},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
            },
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {
            "type": "NodePort",
            "selector": _LABELS,
            "ports": [{"port": 80, "targetPort": 8080, "nodePort": NODE_PORT, "protocol": "TCP"}],
        },
    }
    return [
        (f"/apis/apps/v1/namespaces/{namespace}/deployments/probe", deployment),
        (f"/api/v1/namespaces/{namespace}/services/probe", service),
    ]


def answer(url: str, seconds: float = 180) -> str:
    """What a URL answers once it answers with success; raises ``TimeoutError``."""
    deadline = time.monotonic() + seconds
    seen = ""
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=6) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as refused:
            seen = refused.read().decode(errors="replace")
        except OSError as failure:
            seen = str(failure)
        time.sleep(0.2)
    raise TimeoutError(f"{url}: {seen}")


def through_pod(address: str, url: str) -> str:
    """What a pod gets from a URL, asked through its node's port."""
    return answer(f"http://{address}:{NODE_PORT}/fetch?{urllib.parse.urlencode({'url': url})}")
