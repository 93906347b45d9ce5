"""kubectl against one cluster: the same client that the demo's user has in hand."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

Json = dict[str, Any]

_WITHOUT_PODS_SECONDS = 30.0


class KubectlError(RuntimeError):
    """kubectl ended with an error; the text is what it said."""


class TookTooLong(RuntimeError):
    """What was waited for did not come; the text says what it was and what was seen last."""


class Kubectl:
    """Runs the kubectl binary with one kubeconfig."""

    def __init__(self, binary: Path, kubeconfig: Path) -> None:
        self.binary = binary
        self.kubeconfig = kubeconfig

    def __call__(self, *arguments: str, stdin: str | None = None, seconds: float = 120) -> str:
        """What kubectl prints; raises KubectlError with what it complains of."""
        result = subprocess.run(
            [str(self.binary), "--kubeconfig", str(self.kubeconfig), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if result.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(arguments)}: {result.stderr.strip() or result.stdout.strip()}")
        return result.stdout

    def get(self, kind: str, name: str, namespace: str) -> Json:
        """One object."""
        found: Json = json.loads(self("get", kind, name, "-n", namespace, "-o", "json"))
        return found

    def items(self, kind: str, namespace: str, selector: str = "") -> list[Json]:
        """The objects of a kind that a label selector picks."""
        found: list[Json] = json.loads(self("get", kind, "-n", namespace, "-l", selector, "-o", "json"))["items"]
        return found

    def apply(self, *objects: Json) -> None:
        """Apply objects server-side, as somebody who is not the operator."""
        document = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        self("apply", "--server-side", "--force-conflicts", "--field-manager=user", "-f", "-", stdin=document)

    def apply_files(self, *paths: Path) -> None:
        """Apply files or kustomizations' folders."""
        for path in paths:
            flag = "-k" if (path / "kustomization.yaml").exists() else "-f"
            self("apply", "--server-side", "--force-conflicts", flag, str(path))

    def proxy(self, method: str, target: str, path: str, **query: object) -> str:
        """An HTTP call to a pod or Service through the API server, which works wherever the cluster runs.

        `target` is as in `shop/services/loadgen:8080` or `shop/pods/checkout-1:8081`. A Service on a busy machine may
        be without a ready pod for some seconds, so what is asked of one is asked again for a while; calls must bear
        that. Raises KubectlError.
        """
        deadline = time.monotonic() + (_WITHOUT_PODS_SECONDS if "/services/" in target else 0)
        while True:
            try:
                return self._call(method, target, path, **query)
            except KubectlError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(1)

    def _call(self, method: str, target: str, path: str, **query: object) -> str:
        namespace, kind, name = target.split("/")
        text = f"?{urlencode(query)}" if query else ""
        url = f"/api/v1/namespaces/{namespace}/{kind}/{name}/proxy/{path.lstrip('/')}{text}"
        if method == "GET":
            return self("get", "--raw", url)
        if method == "DELETE":
            return self("delete", "--raw", url)
        return self("create", "--raw", url, "-f", "-", stdin="{}")

    def wait_rolled_out(self, kind: str, name: str, namespace: str, seconds: int = 300) -> None:
        """Until every replica of a workload runs its newest template."""
        self("rollout", "status", f"{kind}/{name}", "-n", namespace, f"--timeout={seconds}s", seconds=seconds + 10)


def until(what: str, look: Callable[[], Any], seconds: float, pause: float = 1.0) -> Any:
    """The first truthy thing that `look` gives; TookTooLong with the last failure when none comes in time."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            found = look()
        except KubectlError as error:
            found, last = None, error
        if found:
            return found
        time.sleep(pause)
    raise TookTooLong(f"{what} did not happen within {seconds:.0f} s" + (f"; last: {last}" if last else ""))
