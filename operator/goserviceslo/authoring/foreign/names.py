"""Names of other tools as names that Kubernetes takes."""

import re

_LONGEST = 63


def dns_label(text: str) -> str:
    """Lower-case letters, digits and dashes, at most 63 of them; `slo` where nothing is left."""
    plain = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text).lower())
    return plain.strip("-")[:_LONGEST].rstrip("-") or "slo"
