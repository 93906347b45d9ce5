"""Tables of cases whose names are sentences."""

from collections.abc import Mapping
from typing import Any

import pytest


def cases(names: str, rows: Mapping[str, Any]) -> pytest.MarkDecorator:
    """Parametrize with one case per row, named by its key."""
    return pytest.mark.parametrize(names, list(rows.values()), ids=list(rows))
