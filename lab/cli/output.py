"""Results on stdout, as JSON or for people; everything else on stderr."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


def console() -> "Console":
    """People's results: stdout."""
    from rich.console import Console

    return Console(highlight=False, markup=False)


def messages() -> "Console":
    """Progress, notes and questions: stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False)


def print_json(value: object) -> None:
    """One JSON value, snake_case keys, on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_table(title: str, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], empty: str = "none") -> None:
    """A table of `rows`; `columns` maps a row's key to its heading."""
    from rich.table import Table

    if not rows:
        console().print(f"{title}: {empty}")
        return
    table = Table(title=title, title_justify="left")
    for heading in columns.values():
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(_text(row.get(key)) for key in columns))
    console().print(table)


def print_fields(title: str, fields: Mapping[str, Any]) -> None:
    """One object, a line for each field that has a value."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in fields.items():
        if value not in (None, [], ""):
            table.add_row(key.replace("_", " "), _text(value))
    console().print(table)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)
