"""Shares as OpenSLO writes them: `target: 0.999`, or `targetPercent: 99.9`."""

from decimal import Decimal

from goserviceslo.api.percent import format_percent
from goserviceslo.authoring.documents import Location
from goserviceslo.authoring.foreign.reading import Original


class NoShare(ValueError):
    """A share that is not there, or is none; the text says what to write."""


def percent(original: Original, place: Location, field: str) -> str:
    """A share of one of these fields as percent, which are both taken. Raises NoShare."""
    share, of_hundred = (original.get((*place, name)) for name in (field, f"{field}Percent"))
    if share is None and of_hundred is None:
        raise NoShare(f"it names no {field}: write {field}: 0.99")
    try:
        said = [format_percent(Decimal(str(share)) * 100)] if share is not None else []
        said += [format_percent(Decimal(str(of_hundred)))] if of_hundred is not None else []
    except ArithmeticError:
        raise NoShare(f"its {field} is no number: write {field}: 0.99") from None
    if len(set(said)) > 1:
        raise NoShare(f"its {field} is {said[0]}%, and {said[1]}% by {field}Percent: write one of the two")
    return said[0]
