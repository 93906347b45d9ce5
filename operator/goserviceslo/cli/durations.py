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


def some_time(option: str, text: str) -> timedelta:
    """The same, where no time at all would make no sense."""
    length = duration(option, text)
    if not length:
        raise typer.BadParameter(f"{text!r}: write more than 0s", param_hint=option)
    return length


def rule_interval(option: str, text: str) -> timedelta:
    """An interval at which rules count right."""
    from goserviceslo.engine.config import check_rule_interval

    length = duration(option, text)
    try:
        check_rule_interval(length)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    return length


def pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    """`["a=b"]` as a mapping."""
    found = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise typer.BadParameter(f"{text!r}: write it as key=value", param_hint=option)
        found[name] = value
    return found
