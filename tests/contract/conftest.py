"""A real API server with our CRD, one for all contract tests of a run.

Set GOSLO_CONTRACT_CLUSTER to a name to keep it running between runs; otherwise it goes when the tests are done.
"""

import base64
import json
import os
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from requests.adapters import HTTPAdapter

from localcluster import api_only
from localcluster.binaries import ensure

CRDS = Path(__file__).resolve().parents[2] / "crds"
REQUESTS_AT_ONCE = 8


@dataclass(frozen=True)
class ApiServer:
    """Where it is and how to talk to it, with administrator's rights."""

    kubeconfig: Path
    url: str
    kubectl_binary: Path
    ca_file: Path
    cert_file: Path
    key_file: Path

    def kubectl(self, *args: str, input: str | None = None) -> "subprocess.CompletedProcess[str]":  # noqa: A002
        """Run kubectl; the caller judges its exit code."""
        command = [str(self.kubectl_binary), f"--kubeconfig={self.kubeconfig}", *args]
        return subprocess.run(command, input=input, capture_output=True, text=True, timeout=120, check=False)

    def session(self) -> requests.Session:
        """Plain HTTP with the administrator's certificate, for several requests at once."""
        session = requests.Session()
        # Else a bundle or a proxy of the environment would go before ours.
        session.trust_env = False
        session.verify, session.cert = str(self.ca_file), (str(self.cert_file), str(self.key_file))
        session.mount(self.url, HTTPAdapter(pool_maxsize=REQUESTS_AT_ONCE))
        return session

    def ssl_context(self) -> ssl.SSLContext:
        """The same certificate for asyncio's clients."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        context.load_cert_chain(self.cert_file, self.key_file)
        return context


@pytest.fixture(scope="session")
def apiserver() -> Iterator[ApiServer]:
    """A running API server that has our CRD."""
    kept = os.environ.get("GOSLO_CONTRACT_CLUSTER")
    with (
        api_only(kept or f"contract-{os.getpid()}", keep=kept is not None) as cluster,
        tempfile.TemporaryDirectory() as directory,
    ):
        server = _described(cluster.kubeconfig, Path(directory))
        for arguments in (
            ("apply", "--server-side", "--force-conflicts", "-f", str(CRDS)),
            ("wait", "--for=condition=Established", "--timeout=60s", "-f", str(CRDS)),
        ):
            done = server.kubectl(*arguments)
            assert done.returncode == 0, done.stderr
        _wait_until_explained(server)
        yield server


def _wait_until_explained(server: ApiServer) -> None:
    """An established kind is served at once, but its schema is published up to some seconds later."""
    deadline = time.monotonic() + 60
    while (explained := server.kubectl("explain", "goserviceslo.spec")).returncode != 0:
        assert time.monotonic() < deadline, explained.stderr
        time.sleep(0.5)


def _described(kubeconfig: Path, directory: Path) -> ApiServer:
    config = json.loads(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]

    def written(name: str, encoded: str) -> Path:
        path = directory / name
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(encoded))
        return path

    return ApiServer(
        kubeconfig=kubeconfig,
        url=cluster["server"],
        kubectl_binary=ensure(["kubectl"])["kubectl"],
        ca_file=written("ca.crt", cluster["certificate-authority-data"]),
        cert_file=written("client.crt", user["client-certificate-data"]),
        key_file=written("client.key", user["client-key-data"]),
    )


@pytest.fixture
def fresh_namespace(apiserver: ApiServer) -> str:
    """The name of a namespace that nothing else uses."""
    name = f"test-{uuid4().hex[:12]}"
    made = apiserver.kubectl("create", "namespace", name)
    assert made.returncode == 0, made.stderr
    return name
