"""The management's database: reads, and transactions in which every change leaves an event and an audit line.

    with ledger.transaction(actor) as tx:
        tx.put(replace(profile, state=ENABLED))
        tx.emit(Change("profile.enabled", profile.iccid, ...))

Writers are serialised, so that the numbers of the events are in the order of their commits: a reader that has seen
number n has seen everything before it.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from lab.store import audit, rows, schema
from lab.store.records import LOCAL, Actor, Change
from smdp.core.ports import Conflict
from smdp.store.database import open_engine
from wire.ports import Clock

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RecordT = TypeVar("RecordT", bound="DataclassInstance")
_LOCK = 0x7273706C  # of the advisory lock that PostgreSQL's writers take


def open_ledger(url: str, clock: Clock) -> "Ledger":
    """The ledger in the database with this SQLAlchemy URL; its tables are made."""
    return Ledger(open_engine(url, schema.metadata), clock)


class Reading:
    """Records by key or by condition, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def get(self, kind: type[RecordT], key: str) -> RecordT | None:
        """The record with this primary key."""
        how = rows.KINDS[kind]
        return self.first(kind, how.table.c[how.key] == key)

    def first(self, kind: type[RecordT], *where: ColumnElement[bool]) -> RecordT | None:
        """The newest record for which the conditions hold."""
        found = self.find(kind, *where, limit=1, newest_first=True)
        return found[0] if found else None

    def find(
        self, kind: type[RecordT], *where: ColumnElement[bool], limit: int | None = None, newest_first: bool = False
    ) -> list[RecordT]:
        """Records for which the conditions hold, in the order in which they were made."""
        how = rows.KINDS[kind]
        order = [how.table.c[name].desc() if newest_first else how.table.c[name] for name in how.order]
        statement: Select[Any] = select(how.table).where(and_(True, *where)).order_by(*order)
        if limit is not None:
            statement = statement.limit(limit)
        return [how.record(row._mapping) for row in self.connection.execute(statement)]


class Transaction(Reading):
    """Reads and writes, all or nothing."""

    def __init__(self, connection: Connection, actor: Actor, clock: Clock) -> None:
        super().__init__(connection)
        self.actor = actor
        self.now = clock.now()
        self.changes: list[Change] = []

    def put(self, record: RecordT) -> RecordT:
        """Insert a new record (version 0), or update the one that was read; Conflict if somebody was faster."""
        how = rows.KINDS[type(record)]
        values = how.values(record)
        read: int = values["version"]
        values["version"] = read + 1
        try:
            if read == 0:
                self.connection.execute(insert(how.table).values(values))
            else:
                guard = and_(how.table.c[how.key] == values[how.key], how.table.c.version == read)
                if self.connection.execute(update(how.table).where(guard).values(values)).rowcount != 1:
                    raise Conflict(f"{type(record).__name__} was changed by somebody else")
        except IntegrityError as error:
            raise Conflict(f"{type(record).__name__} is there already") from error
        return replace(record, version=read + 1)

    def remove(self, record: object) -> None:
        """Delete a record."""
        how = rows.KINDS[type(record)]
        self.connection.execute(how.table.delete().where(how.table.c[how.key] == how.values(record)[how.key]))

    def emit(self, change: Change, before: object = None, after: object = None) -> Change:
        """Note an event, with a line in the audit log that has the digests of both states."""
        change = replace(change, event_id=uuid.uuid4().hex, at=self.now, actor=self.actor)
        number = self.connection.execute(insert(schema.events).values(rows.change_values(change))).inserted_primary_key
        change = replace(change, number=number[0] if number else 0)
        self.audit(change.type, change.subject, before=before, after=after)
        self.changes.append(change)
        return change

    def audit(
        self, action: str, resource: str, outcome: str = "done", before: object = None, after: object = None
    ) -> None:
        """A line in the audit log."""
        audit.append(self.connection, self.actor, self.now, action, resource, outcome, before, after)


class Ledger:
    """Opens connections; calls `listeners` with every committed change, in the thread that committed it."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self.listeners: list[Callable[[Change], None]] = []
        self._begin = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "BEGIN"

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """One connection for reads of committed records."""
        with self.engine.connect() as connection:
            yield Reading(connection)

    @contextmanager
    def transaction(self, actor: Actor = LOCAL) -> Iterator[Transaction]:
        """All or nothing; listeners hear of the changes after the commit."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql(self._begin)
            try:
                if self.engine.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                transaction = Transaction(connection, actor, self.clock)
                yield transaction
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
        for change in transaction.changes:
            for listener in self.listeners:
                listener(change)

    def close(self) -> None:
        """Give up the connections."""
        self.engine.dispose()


def table_of(kind: type) -> Table:
    """The table that holds this kind of record, for conditions."""
    return rows.KINDS[kind].table
