"""Names and labels of Kubernetes as command-line values: what the API server would refuse is refused here."""

import re
from collections.abc import Sequence

import typer

from goserviceslo.cli.durations import pairs

# As in `api.text`, which takes longer to load than most commands to run.
_DNS_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LONGEST_NAME, _LONGEST_PREFIX = 63, 253


def namespace(option: str, text: str | None) -> str | None:
    """The name of a namespace; None stays None."""
    if text is not None and not _DNS_LABEL.fullmatch(text):
        raise typer.BadParameter(
            f"{text!r}: write at most 63 lower-case letters, digits and dashes, such as shop", param_hint=option
        )
    return text


def object_name(option: str, text: str | None) -> str | None:
    """The name of a Deployment and of the resource that is named like it; None stays None."""
    if text is not None and (len(text) > _LONGEST_NAME or not _is_subdomain(text)):
        raise typer.BadParameter(
            f"{text!r}: write at most 63 lower-case letters, digits, dashes and dots, such as checkout",
            param_hint=option,
        )
    return text


def labels(option: str, texts: Sequence[str]) -> dict[str, str]:
    """`["release=x"]` as the labels of an object."""
    found = pairs(option, texts)
    for key, value in found.items():
        prefix, slash, name = key.rpartition("/")
        if not _QUALIFIED.fullmatch(name) or (slash and (len(prefix) > _LONGEST_PREFIX or not _is_subdomain(prefix))):
            raise typer.BadParameter(
                f"{key!r}: write at most 63 letters, digits, dashes, underscores and dots, such as release or "
                "example.com/release",
                param_hint=option,
            )
        if value and not _QUALIFIED.fullmatch(value):
            raise typer.BadParameter(
                f"{value!r}: write at most 63 letters, digits, dashes, underscores and dots, with a letter or digit at "
                "both ends, such as monitoring",
                param_hint=option,
            )
    return found


def _is_subdomain(text: str) -> bool:
    return all(_DNS_LABEL.fullmatch(part) for part in text.split("."))
