"""The tables of webhooks, beside the management's. Times are microseconds since 1970-01-01 UTC."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from lab.store.schema import metadata

_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

subscriptions = Table(
    "webhook_subscriptions",
    metadata,
    Column("webhook_id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # sealed under the master key
    Column("description", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("previous_secret", LargeBinary, nullable=False),  # sealed; empty if there is none
    Column("previous_until", BigInteger),
    Column("version", Integer, nullable=False),
)

deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("destination", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("version", Integer, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_webhook_deliveries_lane", deliveries.c.lane, deliveries.c.state, deliveries.c.sequence)
Index("ix_webhook_deliveries_due", deliveries.c.state, deliveries.c.destination, deliveries.c.due_at)
Index("ix_webhook_deliveries_destination", deliveries.c.destination, deliveries.c.sequence)

attempts = Table(
    "webhook_attempts",
    metadata,
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("delivery", BigInteger, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("error", Text, nullable=False),
    sqlite_autoincrement=True,
)
