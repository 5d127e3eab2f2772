"""The tables of the management, beside those of the servers (`smdp.store.schema`) in the same database.

Times are microseconds since 1970-01-01 UTC.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    event,
    text,
)

metadata = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})

# A number that the database counts up; SQLite does so for INTEGER only.
_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

profiles = Table(
    "esim_profiles",
    metadata,
    Column("profile_id", Text, primary_key=True),
    Column("iccid", Text, nullable=False),
    Column("eid", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("profile_type", Text, nullable=False),
    Column("mno", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("activation_code", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("updated_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("version", Integer, nullable=False),
)
# One living profile an ICCID; a deleted one may be made again.
LIVING = text("state <> 'DELETED'")
Index("ux_esim_profiles_iccid", profiles.c.iccid, unique=True, sqlite_where=LIVING, postgresql_where=LIVING)

devices = Table(
    "esim_devices",
    metadata,
    Column("device_id", Text, primary_key=True),
    Column("eid", Text, nullable=False, unique=True),
    Column("device_info", JSON, nullable=False),
    Column("card", Text, nullable=False),  # as `rsplab lpa --card` takes it
    Column("registered_at", BigInteger, nullable=False, index=True),
    Column("version", Integer, nullable=False),
)

CONFIRMATION_CODE = "esim_operations.confirmation_code"
"""The place, with the operation's id, for which a confirmation code is sealed."""

operations = Table(
    "esim_operations",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("iccid", Text, nullable=False, index=True),
    Column("eid", Text, nullable=False, index=True),
    Column("state", Text, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("updated_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("progress", JSON, nullable=False),  # {step, done, total, text}
    Column("parameters", JSON, nullable=False),
    Column("result", JSON),
    Column("error", JSON),
    Column("session", Text, nullable=False),  # transactionId of the RSP session: where to look in the trace
    Column("decision", Text, nullable=False),  # of the user who was asked: ACCEPT, REJECT, POSTPONE
    Column("confirmation_code", Text, nullable=False),  # sealed, until it is used
    Column("cancel_requested", Boolean, nullable=False),
    Column("owner", Text, nullable=False),  # the process that carries it out
    Column("lease_until", BigInteger, nullable=False),
    Column("actor", JSON, nullable=False),
    Column("version", Integer, nullable=False),
)

events = Table(
    "esim_events",
    metadata,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("subject", Text, nullable=False, index=True),  # what changed: an ICCID, EID, id
    Column("iccid", Text, nullable=False, index=True),
    Column("eid", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("operation_id", Text, nullable=False),
    Column("actor", JSON, nullable=False),  # {name, source, requestId}
    Column("data", JSON, nullable=False),
)

# How far each reader of the events has come.
readers = Table(
    "esim_event_readers",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of a secret of 256 random bits
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("replaces", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

audit = Table(
    "api_audit",
    metadata,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("before_digest", Text, nullable=False),
    Column("after_digest", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

answers = Table(
    "api_answers",  # to POST requests with an Idempotency-Key
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("status", Integer, nullable=False),  # 0 while the request is being carried out
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

quotas = Table(
    "api_quotas",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("minute", BigInteger, nullable=False),
    Column("used", Integer, nullable=False),
)


def _forbid_changes(_: Table, connection: Connection, **__: object) -> None:
    """The audit log only grows, even for those who write SQL by hand (they would have to drop this first)."""
    for verb in ("UPDATE", "DELETE"):
        name = f"api_audit_no_{verb.lower()}"
        if connection.dialect.name == "sqlite":
            body = f"TRIGGER {name} BEFORE {verb} ON api_audit BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        else:
            body = f"RULE {name} AS ON {verb} TO api_audit DO INSTEAD NOTHING"
        connection.exec_driver_sql(f"CREATE {body}")


event.listen(audit, "after_create", _forbid_changes)
