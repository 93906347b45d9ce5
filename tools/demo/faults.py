"""The service's own switch to fail, thrown on every pod."""

from demo.kubectl import Kubectl


def _pods(kubectl: Kubectl, namespace: str, app: str) -> list[str]:
    return [
        pod["metadata"]["name"]
        for pod in kubectl.items("pods", namespace, f"app={app}")
        if "deletionTimestamp" not in pod["metadata"] and pod["status"].get("phase") == "Running"
    ]


def break_service(
    kubectl: Kubectl, *, errors: float, delay: str, namespace: str = "shop", app: str = "checkout"
) -> list[str]:
    """Let this share of answers be 500, and every answer come later by `delay`; names of the pods that now fail."""
    pods = _pods(kubectl, namespace, app)
    for pod in pods:
        kubectl.proxy("POST", f"{namespace}/pods/{pod}:8081", "fault", errors=errors, delay=delay)
    return pods


def heal_service(kubectl: Kubectl, *, namespace: str = "shop", app: str = "checkout") -> list[str]:
    """End the failure on every pod; their names."""
    pods = _pods(kubectl, namespace, app)
    for pod in pods:
        kubectl.proxy("DELETE", f"{namespace}/pods/{pod}:8081", "fault")
    return pods
