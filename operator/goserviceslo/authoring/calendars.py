"""Lists of maintenance in ConfigMaps, among the objects of files."""

from collections.abc import Iterable, Mapping

from goserviceslo.api.calendar import parse_calendar
from goserviceslo.api.maintenance import CALENDAR_KEY, MaintenanceWindow
from goserviceslo.authoring.documents import Document, Unparsable
from goserviceslo.ports import Key


def calendars(objects: Iterable[Document | Unparsable]) -> dict[Key, Document]:
    """The ConfigMaps among these objects; the namespace of those that name none is empty."""
    found: dict[Key, Document] = {}
    for one in objects:
        if not isinstance(one, Document) or (one.api_version, one.kind) != ("v1", "ConfigMap"):
            continue
        metadata = one.value.get("metadata")
        if isinstance(metadata, dict):
            found[Key(str(metadata.get("namespace") or ""), str(metadata.get("name", "")))] = one
    return found


def named(known: Mapping[Key, Document], namespace: str, name: str) -> Document | None:
    """The ConfigMap that a resource of a namespace means; one that names no namespace is applied where that is."""
    return known.get(Key(namespace, name)) or known.get(Key("", name))


def windows_of(calendar: Document) -> tuple[MaintenanceWindow, ...] | list[str]:
    """The windows that a ConfigMap lists, or every reason to refuse it, with the place."""
    data = calendar.value.get("data")
    text = data.get(CALENDAR_KEY) if isinstance(data, dict) else None
    if not isinstance(text, str):
        advice = "write a list of windows as in spec.maintenance there, as text: after a |"
        return [f"{calendar.place(('data',))}: this ConfigMap has no text {CALENDAR_KEY}: {advice}."]
    found = parse_calendar(text)
    return [f"{calendar.place(('data', CALENDAR_KEY))}: {one}" for one in found] if isinstance(found, list) else found
