"""Tables for people: prose wraps between words; identifiers are never folded, so that they can be copied."""

import os
import textwrap
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

_BORDER_CELLS = 3  # of each column: its left border and a space on both sides


def column_widths(columns: Sequence[Sequence[str]], available: int) -> list[int] | None:
    """The width of each column in `available` cells altogether; None if some word would have to be folded.

    columns: of each, its cells. The widest columns give way first.
    """
    widths = [max(map(cell_len, cells), default=0) for cells in columns]
    least = [max((cell_len(word) for cell in cells for word in cell.split()), default=0) for cells in columns]
    if sum(least) > available:
        return None
    while sum(widths) > available:
        widest = max((n for n in range(len(widths)) if widths[n] > least[n]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def show_table(console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table; or, where the terminal is too narrow for one, a block of lines for each row."""
    columns = [[heading, *(row[n] for row in rows)] for n, heading in enumerate(headings)]
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = sum(max(map(cell_len, cells)) + _BORDER_CELLS for cells in columns) + 1
    widths = column_widths(columns, console.width - _BORDER_CELLS * len(columns) - 1)
    if widths is None:
        if title:
            console.print(title, style="bold")
        for row in rows:
            show_fields(console, "", [(heading, cell) for heading, cell in zip(headings, row, strict=True) if cell])
            console.print()
        return
    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.HEAVY_HEAD)
    for heading, column_width in zip(headings, widths, strict=True):
        table.add_column(heading, width=column_width)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def show_fields(console: Console, title: str, fields: Sequence[tuple[str, str]]) -> None:
    """A line for each field, wrapped between words."""
    if title:
        console.print(title, style="bold")
    indent = max((cell_len(name) for name, _ in fields), default=0) + 2
    for name, value in fields:
        lines = textwrap.wrap(
            value, max(console.width - indent, 1), break_long_words=False, break_on_hyphens=False
        ) or [""]
        console.print(name + " " * (indent - cell_len(name)), style="bold", end="")
        console.print(("\n" + " " * indent).join(lines), soft_wrap=True)
