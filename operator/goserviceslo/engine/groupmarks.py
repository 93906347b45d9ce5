"""What tells a rule group that stands in a ruler from another version of it."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import orjson

from goserviceslo.api.duration import parse_duration
from goserviceslo.ports import Json, Key
from goserviceslo.slo.conventions import GROUP_PREFIX

_DURATIONS = frozenset({"interval", "query_offset", "for", "keep_firing_for"})

Marks = dict[str, bytes]
"""Of groups, by their name."""


def mark_of(group: Json) -> bytes:
    """Eight bytes that are equal for groups that mean the same.

    A ruler spells durations in its own way (`90s` is `1m30s`), and leaves out what is empty.
    """
    return hashlib.blake2b(orjson.dumps(_plain(group), option=orjson.OPT_SORT_KEYS), digest_size=8).digest()


def marks_of_ours(key: Key, groups: Sequence[Json]) -> Marks:
    """Of the groups that we made: one that a person put beside them is left alone."""
    names = f"{GROUP_PREFIX}/{key}/"
    return {group["name"]: mark_of(group) for group in groups if str(group.get("name", "")).startswith(names)}


def _plain(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        plain = {key: _plain(part, key) for key, part in value.items()}
        return {key: part for key, part in plain.items() if part not in ("", "0", None, {}, [])}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if name in _DURATIONS:
        with suppress(ValueError):
            return str(parse_duration(str(value)) // timedelta(milliseconds=1))
    return str(value)
