"""Durations and key=value pairs as command-line values."""

from collections.abc import Sequence
from datetime import timedelta

import typer

from goserviceslo.api.duration import parse_duration


def duration(option: str, text: str) -> timedelta:
    """The time that an option's value spans; a sentence instead of a traceback where it is none."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    """`["a=b"]` as a mapping."""
    found = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise typer.BadParameter(f"{text!r}: write it as key=value", param_hint=option)
        found[name] = value
    return found
