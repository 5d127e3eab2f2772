"""The events in the order of their commits, for those who carry them further: webhooks, streams, metrics."""

from sqlalchemy import insert, select, update

from lab.store import schema
from lab.store.ledger import Ledger, Reading, Transaction, table_of
from lab.store.records import Change


def changes_after(reading: Reading, number: int, limit: int = 100) -> list[Change]:
    """The next events."""
    return reading.find(Change, table_of(Change).c.number > number, limit=limit)


def newest(ledger: Ledger) -> int:
    """The number of the last event, 0 if there is none."""
    with ledger.reading() as reading:
        last = reading.first(Change)
    return last.number if last else 0


def position(reading: Reading, reader: str) -> int:
    """How far this reader has come; 0 at first."""
    row = reading.connection.execute(select(schema.readers.c.number).where(schema.readers.c.reader == reader)).first()
    return 0 if row is None else int(row[0])


def advance(transaction: Transaction, reader: str, number: int) -> None:
    """Note how far this reader has come, in the transaction in which it did its work."""
    found = schema.readers.c.reader == reader
    if transaction.connection.execute(update(schema.readers).where(found).values(number=number)).rowcount == 0:
        transaction.connection.execute(insert(schema.readers).values(reader=reader, number=number))
