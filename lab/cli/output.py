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
    """A table of `rows`; `columns` maps a row's key to its heading. A column with nothing in it isn't shown."""
    from lab.cli.tables import show_table

    if not rows:
        console().print(f"{title}: {empty}")
        return
    shown = [key for key in columns if any(_text(row.get(key)) for row in rows)]
    cells = [[_text(row.get(key)) for key in shown] for row in rows]
    show_table(console(), title, [columns[key] for key in shown], cells)


def print_fields(title: str, fields: Mapping[str, Any]) -> None:
    """One object, a line for each field that has a value."""
    from lab.cli.tables import show_fields

    known = {key: value for key, value in fields.items() if value not in (None, [], "")}
    show_fields(console(), title, [(key.replace("_", " "), _text(value)) for key, value in known.items()])


def _text(value: Any) -> str:
    """A value for people; what could steer a terminal (names and messages come from others) is shown as an escape."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(value))
