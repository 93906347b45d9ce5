"""Output for people: coloured and ruled where it goes to a terminal, plain and stable where it goes on."""

import sys
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person sees this stream as it is written."""
    return Console(file=stream or sys.stdout).is_terminal


def styled(text: str, style: str) -> None:
    """A line, in the style where there is a terminal."""
    if is_terminal():
        Console(soft_wrap=True).print(Text(text, style), highlight=False)
    else:
        print(text)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: ruled on a terminal, otherwise columns that are two spaces apart."""
    if is_terminal():
        ruled = Table(*headings)
        for row in rows:
            ruled.add_row(*row)
        Console().print(ruled)
        return
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
