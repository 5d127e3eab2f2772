"""The store in a SQL database, through SQLAlchemy Core: SQLite by default, PostgreSQL with the same code."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ClauseElement,
    Engine,
    Insert,
    Table,
    and_,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import PoolProxiedConnection

from smdp.core.ports import Conflict
from smdp.core.records import Installation, Operator, Order, Package, Profile, Record, Session
from smdp.core.states import State
from smdp.store import rows, schema
from smdp.store.schema import (
    DEFAULT,
    HOLDING,
    MATCHABLE,
    installations,
    operators,
    orders,
    packages,
    profiles,
    sessions,
)
from smdp.store.statements import Prepared

BUSY_TIMEOUT_MS = 10_000
CHECKPOINT_PAGES = 4_000
CACHE_KIB = 32 * 1024
MMAP_OCTETS = 256 * 1024 * 1024


def open_store(url: str) -> "SqlStore":
    """Open a store by its SQLAlchemy URL and make its tables; "sqlite:///lab/smdp.db", "postgresql+psycopg://..."."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    schema.metadata.create_all(engine)
    return SqlStore(engine)


def _configure_sqlite(connection: Any, _: object) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute(f"PRAGMA mmap_size = {MMAP_OCTETS}")


class _Kind(NamedTuple):
    """How one kind of record is written."""

    insert: ClauseElement
    update: ClauseElement
    values: Callable[[Any], dict[str, Any]]
    key: str


def _kind(table: Table, key: str, values: Callable[[Any], dict[str, Any]]) -> _Kind:
    changed: dict[str, Any] = {c.name: bindparam(c.name) for c in table.c if c.name != key}
    guarded = and_(table.c[key] == bindparam("_key"), table.c.version == bindparam("_read"))
    return _Kind(insert(table), update(table).where(guarded).values(changed), values, key)


_KINDS: dict[type, _Kind] = {
    Profile: _kind(profiles, "iccid", rows.profile_values),
    Package: _kind(packages, "iccid", rows.package_values),
    Order: _kind(orders, "order_id", rows.order_values),
    Session: _kind(sessions, "transaction_id", rows.session_values),
    Operator: _kind(operators, "identifier", rows.operator_values),
}


_SESSION = select(sessions).where(sessions.c.transaction_id == bindparam("transaction_id"))
_ORDER = select(orders).where(orders.c.order_id == bindparam("order_id"))
_ORDER_OF_PROFILE = select(orders).where(orders.c.iccid == bindparam("iccid"), HOLDING)
_ORDER_OF_MATCHING_ID = select(orders).where(orders.c.matching_id == bindparam("matching_id"), MATCHABLE)
_DEFAULT_ORDERS = (
    select(orders)
    .where(
        DEFAULT,
        orders.c.eid == bindparam("eid"),
    )
    .order_by(orders.c.created_at)
)
_ORDERS = select(orders).order_by(orders.c.created_at)
_PROFILE = select(profiles).where(profiles.c.iccid == bindparam("iccid"))
_PROFILES = select(profiles).order_by(profiles.c.iccid)
_HELD = select(orders.c.iccid).where(orders.c.iccid == profiles.c.iccid, HOLDING)
_FREE_PROFILE = (
    select(profiles)
    .where(
        profiles.c.profile_type == bindparam("profile_type"),
        profiles.c.state == State.AVAILABLE.value,
        ~_HELD.exists(),
    )
    .order_by(profiles.c.iccid)
    .limit(1)
)
_TYPES = select(profiles.c.profile_type, profiles.c.operator).distinct()
_PACKAGE = select(packages).where(packages.c.iccid == bindparam("iccid"))
_INSTALLATION = select(installations).where(
    installations.c.iccid == bindparam("iccid"), installations.c.eid == bindparam("eid")
)
_OPERATOR = select(operators).where(operators.c.identifier == bindparam("identifier"))
_DELETE_PROFILE = tuple(
    delete(table).where(table.c.iccid == bindparam("iccid")) for table in (profiles, packages, orders, installations)
)
_FORGET_SESSIONS = delete(sessions).where(sessions.c.created_at < bindparam("before"), sessions.c.otpk_dp.is_(None))


def _upsert(dialect: str) -> Insert:
    if dialect == "postgresql":
        statement = postgresql.insert(installations)
        return statement.on_conflict_do_update(index_elements=["iccid", "eid"], set_=dict(statement.excluded))
    lite = sqlite.insert(installations)
    return lite.on_conflict_do_update(index_elements=["iccid", "eid"], set_=dict(lite.excluded))


class SqlStore:
    """A Store in a database; one connection for each thread that uses it.

    in_process: calls are so short that they need no thread of their own (SQLite).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._local = threading.local()
        self._prepared: dict[ClauseElement, Prepared] = {}
        self._integrity_error: type[Exception] = engine.dialect.loaded_dbapi.IntegrityError
        self.in_process = engine.dialect.name == "sqlite"
        self._begin = "BEGIN IMMEDIATE" if self.in_process else "BEGIN"
        self._upsert_installation = _upsert(engine.dialect.name)

    def close(self) -> None:
        """Give up this thread's connection and those that are idle."""
        connection: PoolProxiedConnection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection
        self._engine.dispose()

    def commit(self, *records: Record) -> None:
        """Store all records or none; raises Conflict when one of them is stale or breaks a uniqueness rule."""
        try:
            if len(records) == 1:
                self._write(records[0])
            else:
                with self._transaction():
                    for record in records:
                        self._write(record)
        except self._integrity_error as error:
            raise Conflict(str(error)) from error

    def session(self, transaction_id: bytes) -> Session | None:
        row = self._one(_SESSION, transaction_id=bytes(transaction_id))
        return None if row is None else rows.session_of(row)

    def order(self, order_id: str) -> Order | None:
        return self._order(_ORDER, order_id=order_id)

    def order_of_profile(self, iccid: str) -> Order | None:
        return self._order(_ORDER_OF_PROFILE, iccid=iccid)

    def order_of_matching_id(self, matching_id: str) -> Order | None:
        return self._order(_ORDER_OF_MATCHING_ID, matching_id=matching_id)

    def default_orders(self, eid: str) -> Sequence[Order]:
        return [rows.order_of(row) for row in self._all(_DEFAULT_ORDERS, eid=eid)]

    def orders(self) -> Sequence[Order]:
        return [rows.order_of(row) for row in self._all(_ORDERS)]

    def profile(self, iccid: str) -> Profile | None:
        row = self._one(_PROFILE, iccid=iccid)
        return None if row is None else rows.profile_of(row)

    def profiles(self) -> Sequence[Profile]:
        return [rows.profile_of(row) for row in self._all(_PROFILES)]

    def free_profile(self, profile_type: str) -> Profile | None:
        row = self._one(_FREE_PROFILE, profile_type=profile_type)
        return None if row is None else rows.profile_of(row)

    def profile_types(self) -> dict[str, frozenset[str]]:
        types: dict[str, frozenset[str]] = {}
        for profile_type, operator in self._all(_TYPES):
            if profile_type:
                types[profile_type] = types.get(profile_type, frozenset()) | {operator}
        return types

    def package(self, iccid: str) -> Package | None:
        row = self._one(_PACKAGE, iccid=iccid)
        return None if row is None else rows.package_of(row)

    def installation(self, iccid: str, eid: str) -> Installation | None:
        row = self._one(_INSTALLATION, iccid=iccid, eid=eid)
        return None if row is None else rows.installation_of(row)

    def operator(self, identifier: str) -> Operator | None:
        row = self._one(_OPERATOR, identifier=identifier)
        return None if row is None else rows.operator_of(row)

    def delete_profile(self, iccid: str) -> None:
        with self._transaction():
            for statement in _DELETE_PROFILE:
                self._run(statement, {"iccid": iccid})

    def forget_sessions(self, before: datetime) -> int:
        return int(self._run(_FORGET_SESSIONS, {"before": rows.microseconds(before)}).rowcount)

    def _order(self, statement: ClauseElement, **parameters: object) -> Order | None:
        row = self._one(statement, **parameters)
        return None if row is None else rows.order_of(row)

    def _write(self, record: Record) -> None:
        if isinstance(record, Installation):
            self._run(self._upsert_installation, rows.installation_values(record))
            return
        kind = _KINDS[type(record)]
        values = kind.values(record)
        values["version"] = record.version + 1
        if record.version == 0:
            self._run(kind.insert, values)
            return
        values["_key"], values["_read"] = values[kind.key], record.version
        if self._run(kind.update, values).rowcount != 1:
            raise Conflict(f"{type(record).__name__} was changed by somebody else")

    def _one(self, statement: ClauseElement, **parameters: object) -> Any:
        return self._run(statement, parameters).fetchone()

    def _all(self, statement: ClauseElement, **parameters: object) -> Any:
        return self._run(statement, parameters).fetchall()

    def _run(self, statement: ClauseElement, parameters: dict[str, Any]) -> Any:
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
    def _transaction(self) -> Iterator[None]:
        cursor = self._cursor()
        cursor.execute(self._begin)
        try:
            yield
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")
