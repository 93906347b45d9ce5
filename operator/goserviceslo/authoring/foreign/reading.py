"""Walking through an object of another tool, so that nothing in it is overlooked.

Each field that an importer takes is ticked off; what is left at the end is named, with its line.
"""

import re
from collections.abc import Iterator
from typing import Any

from goserviceslo.api.problems import path
from goserviceslo.authoring.documents import Document, Location
from goserviceslo.authoring.foreign.promise import Remark
from goserviceslo.ports import Json

_LABEL_VALUE = re.compile("(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


class Original:
    """An object of another tool, and what was said about it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.remarks: list[Remark] = []
        self._taken: set[Location] = set()

    def get(self, location: Location, default: Any = None) -> Any:
        """The value of a place; it is taken, with all below it. Null is absent."""
        self._taken.add(location)
        return self.peek(location, default)

    def peek(self, location: Location, default: Any = None) -> Any:
        """The value of a place, which is not taken by this."""
        value: Any = self.document.value
        for part in location:
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return default
        return default if value is None else value

    def fields(self, location: Location) -> Json:
        """The map of a place, which is taken; empty where there is none. What is something else is named."""
        value = self.get(location, {})
        if isinstance(value, dict):
            return value
        self.lose(location, "it is no map: write names and values, such as team: pay")
        return {}

    def text(self, location: Location) -> str:
        """The text of a place, which is taken; empty where there is none."""
        value = self.get(location)
        return value.strip() if isinstance(value, str) else ""

    def flag(self, location: Location) -> bool | None:
        """Whether a place says true or false, which is taken; None where it says neither. Something else is named."""
        value = self.get(location)
        if value is None or isinstance(value, bool):
            return value
        self.lose(location, f"{value!r} is neither true nor false: write one of them, without quotes")
        return None

    def items(self, location: Location) -> Iterator[Location]:
        """The places of a list's items; they are not taken."""
        value = self.peek(location)
        for index in range(len(value) if isinstance(value, list) else 0):
            yield (*location, index)

    def labels(self, but: str = "") -> dict[str, str]:
        """The object's own labels, less those with a prefix, as Kubernetes takes them; others are named."""
        kept = {}
        for name, value in self.fields(("metadata", "labels")).items():
            text = value[0] if isinstance(value, list) and len(value) == 1 else value
            if but and name.startswith(but):
                continue
            if isinstance(text, str) and _LABEL_VALUE.fullmatch(text):
                kept[name] = text
            else:
                self.lose(("metadata", "labels", name), "its value is none that Kubernetes takes")
        for name in self.fields(("metadata", "annotations")):
            if not name.startswith(("kubectl.kubernetes.io/", but or "kubectl.kubernetes.io/")):
                self.lose(("metadata", "annotations", name), "annotations are for people and tools of the original")
        return kept

    def lose(self, location: Location, sentence: str) -> None:
        """Something has no equivalent."""
        self._taken.add(location)
        self._remark(location, sentence, lost=True)

    def note(self, location: Location, sentence: str) -> None:
        """Something is there in another form."""
        self._remark(location, sentence, lost=False)

    def lose_rest(self) -> None:
        """Name every field that nobody has taken."""
        for location in self._untaken((), self.document.value):
            self.lose(location, "there is no such thing in a GoServiceSLO")

    def _untaken(self, location: Location, value: Any) -> Iterator[Location]:
        if location in self._taken or value in (None, {}, [], ""):
            return
        below = any(taken[: len(location)] == location for taken in self._taken)
        if not below or not isinstance(value, dict | list):
            yield location
            return
        for part, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from self._untaken((*location, part), child)

    def _remark(self, location: Location, sentence: str, *, lost: bool) -> None:
        document = self.document
        self.remarks.append(Remark(document.key(location), f"{path(location)}: {sentence}", lost, document.place()))
