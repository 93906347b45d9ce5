"""How Kubernetes names a Deployment's pods, written down apart from the operator.

`ComputeHash` prints a 32-bit sum in decimal and `SafeEncodeString` maps each character by its code modulo 27;
`SimpleNameGenerator` cuts the ReplicaSet's name and dash to 58 characters and appends five random ones.
"""

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(total: int) -> str:
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(total))


def pod_name(deployment: str, total: int, suffix: str) -> str:
    return f"{deployment}-{template_hash(total)}-"[:58] + suffix
