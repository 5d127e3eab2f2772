"""A SQL database as the stores use it: a connection for each thread, compiled statements, one way to write records."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import ClauseElement, Engine, MetaData, Table, and_, bindparam, create_engine, event, insert, update
from sqlalchemy.pool import PoolProxiedConnection

from smdp.core.ports import Conflict
from smdp.store.memory import Memory
from smdp.store.statements import Prepared

BUSY_TIMEOUT_MS = 10_000
CHECKPOINT_PAGES = 4_000
CACHE_KIB = 32 * 1024
_REMEMBERED = 256
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


class Versioned(Protocol):
    """A record under optimistic locking; version 0 is a new one."""

    @property
    def version(self) -> int:
        """The version it was read with."""


Values = dict[str, Any]


class Kind:
    """How one kind of record is written.

    values: a record as columns; generated: the database makes the key; changes: the columns in which a record differs
    from what was read, where it is worth knowing.
    """

    def __init__(
        self,
        table: Table,
        key: str,
        values: Callable[[Any], Values],
        generated: bool = False,
        changes: Callable[[Any, Any], Values] | None = None,
    ) -> None:
        self.key, self.values, self.changes = key, values, changes
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


class _OfThread(threading.local):
    """What each thread has of its own."""

    def __init__(self) -> None:
        self.memory = Memory(_REMEMBERED)
        self.connection: PoolProxiedConnection | None = None
        self.cursor: Any = None


class Database:
    """One connection for each thread that uses it.

    in_process: calls are so short that they need no thread of their own (SQLite).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._local = _OfThread()
        dbapi = engine.dialect.loaded_dbapi
        self._lost: tuple[type[Exception], ...] = (dbapi.OperationalError, dbapi.InterfaceError)
        self._prepared: dict[ClauseElement, Prepared] = {}
        self.integrity_error: type[Exception] = dbapi.IntegrityError
        self.dialect = engine.dialect.name
        self.in_process = self.dialect == "sqlite"
        self._begin = "BEGIN IMMEDIATE" if self.in_process else "BEGIN"

    def close(self) -> None:
        """Give up this thread's connection and those that are idle."""
        self._hang_up()
        self._engine.dispose()

    def write(self, how: Kind, record: Versioned) -> None:
        """Insert a new record or update the one that was read; Conflict if somebody else changed it meanwhile."""
        if record.version == 0:
            values = how.values(record)
            values["version"] = 1
            self.run(how.insert, values)
            return
        key = getattr(record, how.key)
        before = self.memory.known((how, key))
        if how.changes is not None and before is not None and before.version == record.version:
            values = how.changes(record, before)
            values["version"] = record.version + 1
            statement = how.update(tuple(values))
        else:
            values = how.values(record)
            values["version"] = record.version + 1
            statement = how.update()
        values["_key"], values["_read"] = key, record.version
        if self.run(statement, values).rowcount != 1:
            raise Conflict(f"{type(record).__name__} was changed by somebody else")

    @property
    def memory(self) -> Memory:
        """What this thread has read and left, so that an update need only write what has changed."""
        return self._local.memory

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
        try:
            return prepared.run(self._cursor(), parameters)
        except self._lost:
            self._hang_up()
            raise

    def _cursor(self) -> Any:
        """This thread's one cursor: whoever executes something fetches it before anything else is executed."""
        local = self._local
        if local.cursor is None:
            local.connection = self._engine.raw_connection()
            local.cursor = local.connection.cursor()
        return local.cursor

    def _hang_up(self) -> None:
        connection = self._local.connection
        if connection is not None:
            self._local.connection = self._local.cursor = None
            connection.invalidate()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        cursor = self._cursor()
        cursor.execute(self._begin)
        try:
            yield
        except BaseException:
            if self._cursor() is cursor:
                cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")
