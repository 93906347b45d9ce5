"""What comes of texts of other tools."""

from tests.unit.authoring.given import objects

from goserviceslo.authoring.foreign.importing import Import, ImportOptions, import_all
from goserviceslo.ports import Json


def imported(text: str, options: ImportOptions | None = None) -> Import:
    return import_all(objects(text), options or ImportOptions())


def spec(text: str, options: ImportOptions | None = None) -> Json:
    """The spec of the only resource."""
    (one,) = imported(text, options).resources
    found: Json = one.resource["spec"]
    return found


def lost(found: Import) -> list[str]:
    """Line and text of what was not carried over."""
    return [f"{remark.place.line}: {remark.text}" for remark in found.remarks if remark.lost]
