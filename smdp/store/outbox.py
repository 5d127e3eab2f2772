"""The outbox table: what has still to be told to other servers. Messages get in through `SqlStore.commit`."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, and_, bindparam, delete, select

from smdp.core.messages import Function, Message, MessageState
from smdp.core.ports import Conflict
from smdp.store import rows, schema
from smdp.store.database import Database, Kind

_NUMBER = BigInteger().with_variant(Integer, "sqlite")

messages = Table(
    "outbox",
    schema.metadata,
    Column("function", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("sequence", _NUMBER, primary_key=True, autoincrement=True),
    Column("version", Integer, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_outbox_lane", messages.c.lane, messages.c.sequence)
Index("ix_outbox_due", messages.c.state, messages.c.destination, messages.c.due_at)


def _values(message: Message) -> rows.Values:
    values: rows.Values = {field.name: getattr(message, field.name) for field in fields(Message)}
    values["function"], values["state"] = message.function.value, message.state.value
    values["created_at"], values["due_at"] = rows.microseconds(message.created_at), rows.microseconds(message.due_at)
    return values


def _message(row: rows.Row) -> Message:
    values: dict[str, Any] = dict(zip((column.name for column in messages.c), row, strict=True))
    values["function"], values["state"] = Function(values["function"]), MessageState(values["state"])
    values["created_at"], values["due_at"] = rows.time_of(values["created_at"]), rows.time_of(values["due_at"])
    return Message(**values)


KIND: Final = Kind(messages, "sequence", _values, generated=True)
_FORGET = delete(messages).where(
    messages.c.sequence == bindparam("sequence"), messages.c.version == bindparam("version")
)
_WAITING = messages.c.state == MessageState.WAITING.value
_earlier = messages.alias("earlier")
_IS_HEAD = ~(
    select(_earlier.c.sequence)
    .where(
        _earlier.c.lane == messages.c.lane,
        _earlier.c.sequence < messages.c.sequence,
        _earlier.c.state == MessageState.WAITING.value,
    )
    .exists()
)
_DUE = and_(_WAITING, messages.c.due_at <= bindparam("now"))
_DESTINATIONS = select(messages.c.destination).where(_DUE).distinct().order_by(messages.c.destination)
_HEADS = (
    select(messages)
    .where(_DUE, messages.c.destination == bindparam("destination"), _IS_HEAD)
    .order_by(messages.c.sequence)
    .limit(bindparam("count", type_=Integer))
)
_LANE = select(messages).where(_WAITING, messages.c.lane == bindparam("lane")).order_by(messages.c.sequence)
_ALL = select(messages).order_by(messages.c.sequence)


def forget(database: Database, message: Message) -> None:
    """Remove an acknowledged message; Conflict if somebody else has changed it meanwhile."""
    if database.run(_FORGET, {"sequence": message.sequence, "version": message.version}).rowcount != 1:
        raise Conflict("the message was changed by somebody else")


class SqlOutbox:
    """The outbox of a store, as its delivery needs it; also an `Outbox` (smdp.core.outbox)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.in_process = database.in_process

    def destinations(self, now: datetime) -> Sequence[str]:
        """Where there is something to be sent now."""
        return [row[0] for row in self._database.all(_DESTINATIONS, now=rows.microseconds(now))]

    def due(self, destination: str, now: datetime, count: int) -> Sequence[Message]:
        """The first waiting message of each lane to this destination, if it is due; oldest first."""
        found = self._database.all(_HEADS, now=rows.microseconds(now), destination=destination, count=count)
        return [_message(row) for row in found]

    def lane(self, lane: str) -> Sequence[Message]:
        """What waits in this lane, oldest first."""
        return [_message(row) for row in self._database.all(_LANE, lane=lane)]

    def messages(self) -> Sequence[Message]:
        """Everything waiting or dead, oldest first."""
        return [_message(row) for row in self._database.all(_ALL)]

    def save(self, message: Message) -> Message:
        """Store a changed message (a done one is forgotten) and return it as stored; Conflict if it is stale."""
        if message.state is MessageState.DONE:
            forget(self._database, message)
        else:
            self._database.write(KIND, message)
        return replace(message, version=message.version + 1)
