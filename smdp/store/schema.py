"""The tables of a server. Times are microseconds since 1970-01-01 UTC."""

from enum import IntEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from smdp.core.states import ENDED, State
from smdp.core.states import MATCHABLE as MATCHABLE_STATES


class Phase(IntEnum):
    """What the indexes need to know of an order's state."""

    PREPARED = 0  # holds its profile, has no Matching ID yet
    OPEN = 1  # its Matching ID is taken
    DONE = 2  # holds its profile, its Matching ID is dead
    ENDED = 3  # holds nothing


def phase_of(state: State) -> Phase:
    """The phase of an order in this state."""
    if state in MATCHABLE_STATES:
        return Phase.OPEN
    if state in ENDED:
        return Phase.ENDED
    return Phase.PREPARED if state in (State.ALLOCATED, State.LINKED) else Phase.DONE


metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"},
)

profiles = Table(
    "profiles",
    metadata,
    Column("iccid", Text, primary_key=True),
    Column("metadata", LargeBinary, nullable=False),
    Column("package_version", Text, nullable=False),
    Column("services", Text, nullable=False),
    Column("install_octets", Integer, nullable=False),
    Column("profile_type", Text, nullable=False, index=True),
    Column("operator", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

packages = Table(
    "packages",
    metadata,
    Column("iccid", Text, primary_key=True),
    Column("upp", LargeBinary, nullable=False),
    Column("replace_session_keys", LargeBinary, nullable=False),
    Column("segments", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("iccid", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("operator", Text, nullable=False),
    Column("profile_type", Text, nullable=False),
    Column("matching_id", Text),
    Column("eid", Text),
    Column("confirmation_code_hash", LargeBinary),
    Column("confirmation_failures", Integer, nullable=False),
    Column("confirmation_limit", Integer, nullable=False),
    Column("download_attempts", Integer, nullable=False),
    Column("download_limit", Integer),
    Column("expires_at", BigInteger),
    Column("reusable", Boolean, nullable=False),
    Column("smds_address", Text),
    Column("bound_in", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("phase", Integer, nullable=False),
)

# Conditions of partial indexes; queries state them in the same words, or SQLite would not use the index.
# They look at the phase, which changes more seldom than the state: a download then leaves all of them alone.
MATCHABLE = text(f"length(matching_id) > 0 AND phase = {Phase.OPEN.value}")
DEFAULT = text(f"length(matching_id) = 0 AND phase = {Phase.OPEN.value}")
HOLDING = text(f"phase < {Phase.ENDED.value}")
Index("ux_orders_matching_id", orders.c.matching_id, unique=True, sqlite_where=MATCHABLE, postgresql_where=MATCHABLE)
Index("ix_orders_eid", orders.c.eid, sqlite_where=DEFAULT, postgresql_where=DEFAULT)
Index("ux_orders_iccid", orders.c.iccid, unique=True, sqlite_where=HOLDING, postgresql_where=HOLDING)

sessions = Table(
    "sessions",
    metadata,
    Column("transaction_id", LargeBinary, primary_key=True),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("server_address", Text, nullable=False),
    Column("server_challenge", LargeBinary, nullable=False),
    Column("euicc_ci_pkid", LargeBinary, nullable=False),
    Column("dp_ci_pkid", LargeBinary, nullable=False),
    Column("svn", LargeBinary, nullable=False),
    Column("eid", Text, nullable=False),
    Column("euicc_certificate", LargeBinary, nullable=False),
    Column("smdp_signature2", LargeBinary, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("iccid", Text, nullable=False),
    Column("otpk_dp", LargeBinary),
    Column("otpk_euicc", LargeBinary),
    Column("host_id", LargeBinary),
    Column("segments", LargeBinary),
    Column("offline", Boolean),
    Column("result", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
)

installations = Table(
    "installations",
    metadata,
    Column("iccid", Text, primary_key=True),
    Column("eid", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("sequence_number", BigInteger, nullable=False),
    Column("reported_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

operators = Table(
    "operators",
    metadata,
    Column("identifier", Text, primary_key=True),
    Column("certificate", LargeBinary, nullable=False),
    Column("notification_url", Text, nullable=False),
    Column("notification_roots", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("requester", Text, primary_key=True),
    Column("identifier", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
)
