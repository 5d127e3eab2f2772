"""Statements written in SQLAlchemy Core, compiled once for a dialect, and run on its driver without further ado.

What the expression language would do on every execution costs more than the database; a hot path runs compiled text.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.sql.compiler import SQLCompiler


class Prepared:
    """One compiled statement; parameters by name."""

    __slots__ = ("_constants", "_pick", "text")

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.text = compiled.string
        self._pick = _picker(compiled.positiontup) if compiled.positional and compiled.positiontup else None
        names = compiled.positiontup or compiled.binds
        self._constants = {
            name: value for name, value in compiled.params.items() if name in names and value is not None
        }

    def run(self, cursor: Any, parameters: Mapping[str, Any]) -> Any:
        """Execute on a DBAPI cursor and return it."""
        values = {**self._constants, **parameters} if self._constants else parameters
        return cursor.execute(self.text, values if self._pick is None else self._pick(values))


def _picker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What makes a row of positional parameters out of named ones."""
    if len(names) == 1:
        (name,) = names
        return lambda values: (values[name],)
    return itemgetter(*names)
