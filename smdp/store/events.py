"""The tables of an SM-DS; one database for each SM-DS, which may be that of an SM-DP+."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    true,
)

from smdp.core.events import DsSession, EventRecord
from smdp.core.ports import Conflict
from smdp.store import rows, schema
from smdp.store.database import Database, Kind, open_engine

events = Table(
    "smds_events",
    schema.metadata,
    Column("eid", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("rsp_server_address", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("root_event_id", Text, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("version", Integer, nullable=False),
    sqlite_autoincrement=True,
)
Index("ux_smds_events_key", events.c.eid, events.c.event_id, unique=True)

sessions = Table(
    "smds_sessions",
    schema.metadata,
    Column("transaction_id", LargeBinary, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("server_address", Text, nullable=False),
    Column("server_challenge", LargeBinary, nullable=False),
    Column("euicc_ci_pkid", LargeBinary, nullable=False),
)


def _event_values(event: EventRecord) -> rows.Values:
    values: rows.Values = {field.name: getattr(event, field.name) for field in fields(EventRecord)}
    values["created_at"] = rows.microseconds(event.created_at)
    return values


def _event(row: rows.Row) -> EventRecord:
    values: dict[str, Any] = dict(zip((column.name for column in events.c), row, strict=True))
    values["confirmed"] = bool(values["confirmed"])
    values["created_at"] = rows.time_of(values["created_at"])
    return EventRecord(**values)


def _session(row: rows.Row) -> DsSession:
    transaction_id, created_at, server_address, server_challenge, euicc_ci_pkid = row
    return DsSession(
        bytes(transaction_id),
        rows.time_of(created_at),
        server_address,
        bytes(server_challenge),
        bytes(euicc_ci_pkid),
    )


_EVENT: Final = Kind(events, "sequence", _event_values, generated=True)
_BY_KEY = select(events).where(events.c.eid == bindparam("eid"), events.c.event_id == bindparam("event_id"))
_OF_EID = (
    select(events).where(events.c.eid == bindparam("eid"), events.c.confirmed == true()).order_by(events.c.sequence)
)
_ALL = select(events).order_by(events.c.sequence)
_DELETE_EVENT = delete(events).where(
    events.c.sequence == bindparam("sequence"), events.c.version == bindparam("version")
)
_ADD_SESSION = insert(sessions)
_TAKE_SESSION = delete(sessions).where(sessions.c.transaction_id == bindparam("transaction_id")).returning(*sessions.c)
_FORGET_SESSIONS = delete(sessions).where(sessions.c.created_at < bindparam("before"))


def open_events(url: str) -> "SqlEvents":
    """Open the store of an SM-DS by its SQLAlchemy URL and make its tables."""
    return SqlEvents(open_engine(url, schema.metadata))


class SqlEvents(Database):
    """An `EventStore` (smdp.core.events)."""

    def add_session(self, session: DsSession) -> None:
        values = {field.name: getattr(session, field.name) for field in fields(DsSession)}
        self.run(_ADD_SESSION, values | {"created_at": rows.microseconds(session.created_at)})

    def take_session(self, transaction_id: bytes) -> DsSession | None:
        taken = self.all(_TAKE_SESSION, transaction_id=transaction_id)
        return _session(taken[0]) if taken else None

    def forget_sessions(self, before: datetime) -> int:
        return int(self.run(_FORGET_SESSIONS, {"before": rows.microseconds(before)}).rowcount)

    def add_event(self, event: EventRecord) -> EventRecord:
        try:
            self.write(_EVENT, event)
        except self.integrity_error as error:
            raise Conflict(str(error)) from error
        stored = self.event(event.eid, event.event_id)
        if stored is None:
            raise Conflict("the event was deleted at once")
        return stored

    def confirm_event(self, event: EventRecord) -> None:
        self.write(_EVENT, replace(event, confirmed=True))

    def delete_event(self, event: EventRecord) -> None:
        self.run(_DELETE_EVENT, {"sequence": event.sequence, "version": event.version})

    def event(self, eid: str, event_id: str) -> EventRecord | None:
        row = self.one(_BY_KEY, eid=eid, event_id=event_id)
        return None if row is None else _event(row)

    def events(self, eid: str) -> Sequence[EventRecord]:
        return [_event(row) for row in self.all(_OF_EID, eid=eid)]

    def all_events(self) -> Sequence[EventRecord]:
        """Every event, confirmed or not, in the order of registration."""
        return [_event(row) for row in self.all(_ALL)]
