"""A SQL database as the stores use it: a connection for each thread, compiled statements, one way to write records."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import ClauseElement, Engine, MetaData, Table, and_, bindparam, create_engine, event, insert, update
from sqlalchemy.pool import PoolProxiedConnection

from smdp.core.ports import Conflict
from smdp.store.statements import Prepared

BUSY_TIMEOUT_MS = 10_000
CHECKPOINT_PAGES = 4_000
CACHE_KIB = 32 * 1024
_REMEMBERED = 64
MMAP_OCTETS = 256 * 1024 * 1024


def open_engine(url: str, metadata: MetaData) -> Engine:
    """An engine for a SQLAlchemy URL, its tables made; "sqlite:///lab/smdp.db", "postgresql+psycopg://..."."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    metadata.create_all(engine)
    return engine


def _configure_sqlite(connection: Any, _: object) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute(f"PRAGMA mmap_size = {MMAP_OCTETS}")


RecordT = TypeVar("RecordT")


class Versioned(Protocol):
    """A record under optimistic locking; version 0 is a new one."""

    @property
    def version(self) -> int:
        """The version it was read with."""


class Kind:
    """How one kind of record is written; generated: the database makes the key."""

    def __init__(
        self, table: Table, key: str, values: Callable[[Any], dict[str, Any]], generated: bool = False
    ) -> None:
        self.key, self.values = key, values
        columns: dict[str, Any] = {c.name: bindparam(c.name) for c in table.c if c.name != key}
        self.insert: ClauseElement = insert(table).values(columns) if generated else insert(table)
        self._table = table
        self._columns = tuple(columns)
        self._updates: dict[tuple[str, ...], ClauseElement] = {}

    def update(self, columns: tuple[str, ...] = ()) -> ClauseElement:
        """The update of these columns (all, without), if the version is still the one that was read."""
        statement = self._updates.get(columns)
        if statement is None:
            table = self._table
            changed: dict[str, Any] = {name: bindparam(name) for name in columns or self._columns}
            guard = and_(table.c[self.key] == bindparam("_key"), table.c.version == bindparam("_read"))
            statement = self._updates[columns] = update(table).where(guard).values(changed)
        return statement


class Database:
    """One connection for each thread that uses it.

    in_process: calls are so short that they need no thread of their own (SQLite).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._local = threading.local()
        self._prepared: dict[ClauseElement, Prepared] = {}
        self.integrity_error: type[Exception] = engine.dialect.loaded_dbapi.IntegrityError
        self.dialect = engine.dialect.name
        self.in_process = self.dialect == "sqlite"
        self._begin = "BEGIN IMMEDIATE" if self.in_process else "BEGIN"

    def close(self) -> None:
        """Give up this thread's connection and those that are idle."""
        connection: PoolProxiedConnection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection
        self._engine.dispose()

    def write(self, how: Kind, record: Versioned) -> None:
        """Insert a new record or update the one that was read; Conflict if somebody else changed it meanwhile."""
        values = how.values(record)
        values["version"] = record.version + 1
        if record.version == 0:
            self.run(how.insert, values)
            return
        statement = how.update()
        before = self._read.pop((how, values[how.key]), None)
        if before is not None and before.version == record.version:
            old = how.values(before)
            values = {name: value for name, value in values.items() if name == how.key or value != old[name]}
            statement = how.update(tuple(name for name in values if name != how.key))
        values["_key"], values["_read"] = values[how.key], record.version
        if self.run(statement, values).rowcount != 1:
            raise Conflict(f"{type(record).__name__} was changed by somebody else")

    def remember(self, how: Kind, key: object, record: RecordT) -> RecordT:
        """Keep what this thread has just read, so that an update need only write what has changed."""
        read = self._read
        if len(read) >= _REMEMBERED:
            read.clear()
        read[how, key] = record
        return record

    @property
    def _read(self) -> dict[tuple[Kind, object], Any]:
        read: dict[tuple[Kind, object], Any] | None = getattr(self._local, "read", None)
        if read is None:
            read = self._local.read = {}
        return read

    def one(self, statement: ClauseElement, **parameters: object) -> Any:
        """The first row, or None."""
        return self.run(statement, parameters).fetchone()

    def all(self, statement: ClauseElement, **parameters: object) -> Any:
        """Every row."""
        return self.run(statement, parameters).fetchall()

    def run(self, statement: ClauseElement, parameters: dict[str, Any]) -> Any:
        """Execute a statement and return its cursor."""
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = Prepared(statement, self._engine.dialect)
        return prepared.run(self._cursor(), parameters)

    def _cursor(self) -> Any:
        connection: PoolProxiedConnection | None = getattr(self._local, "connection", None)
        if connection is None or not connection.is_valid:
            connection = self._local.connection = self._engine.raw_connection()
        return connection.cursor()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        cursor = self._cursor()
        cursor.execute(self._begin)
        try:
            yield
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")
