"""The store in a SQL database, through SQLAlchemy Core: SQLite by default, PostgreSQL with the same code."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ClauseElement, Engine, Insert, bindparam, delete, literal, literal_column, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from smdp.core.messages import Message, MessageState
from smdp.core.ports import Conflict
from smdp.core.records import Call, Installation, Operator, Order, Package, Profile, Record, Session
from smdp.core.states import DOWNLOADABLE, State
from smdp.store import outbox, rows, schema
from smdp.store.database import Database, Kind, open_engine
from smdp.store.memory import Key
from smdp.store.schema import (
    DEFAULT,
    HOLDING,
    MATCHABLE,
    calls,
    installations,
    operators,
    orders,
    packages,
    profiles,
    sessions,
)
from wire.ports import Vault


def open_store(url: str, vault: Vault | None = None) -> "SqlStore":
    """Open a store by its SQLAlchemy URL and make its tables; "sqlite:///lab/smdp.db", "postgresql+psycopg://...".

    vault: seals profile packages and their keys.
    """
    return SqlStore(open_engine(url, schema.metadata), vault)


_KINDS: dict[type, Kind] = {
    Profile: Kind(profiles, "iccid", rows.profile_values),
    Package: Kind(packages, "iccid", rows.package_values),
    Order: Kind(orders, "order_id", rows.ORDER.columns, changes=rows.ORDER.changes),
    Session: Kind(sessions, "transaction_id", rows.SESSION.columns, changes=rows.SESSION.changes),
    Call: Kind(calls, "identifier", rows.call_values),
    Operator: Kind(operators, "identifier", rows.operator_values),
    Message: outbox.KIND,
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
        orders.c.state != State.CONFIRMED.value,
    )
    .order_by(orders.c.created_at)
)
_EXPIRED_WITH_EVENT = select(orders).where(
    or_(*(orders.c.state == state.value for state in sorted(DOWNLOADABLE))),
    orders.c.expires_at <= bindparam("now"),
    orders.c.smds_address.is_not(None),
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
_FREE_PROFILE_FOR = _FREE_PROFILE.where(profiles.c.operator.in_([literal_column("''"), bindparam("operator")]))
_CALL = select(calls).where(calls.c.requester == bindparam("requester"), calls.c.identifier == bindparam("identifier"))
_TYPES = select(profiles.c.profile_type, profiles.c.operator).distinct()
_PACKAGE = select(packages).where(packages.c.iccid == bindparam("iccid"))
_PROTECTED_PACKAGE = select(
    packages.c.iccid, literal(b""), packages.c.replace_session_keys, packages.c.segments, packages.c.version
).where(packages.c.iccid == bindparam("iccid"))
_INSTALLATION = select(installations).where(
    installations.c.iccid == bindparam("iccid"), installations.c.eid == bindparam("eid")
)
_OPERATOR = select(operators).where(operators.c.identifier == bindparam("identifier"))
_OPERATORS = select(operators).order_by(operators.c.identifier)
_DELETE_PROFILE = tuple(
    delete(table).where(table.c.iccid == bindparam("iccid")) for table in (profiles, packages, orders, installations)
)
_FORGET_SESSIONS = delete(sessions).where(sessions.c.created_at < bindparam("before"), sessions.c.otpk_dp.is_(None))


def _upsert(dialect: str) -> Insert:
    """What an eUICC reported last by its own count counts, whatever arrives when."""
    statement: postgresql.Insert | sqlite.Insert
    statement = postgresql.insert(installations) if dialect == "postgresql" else sqlite.insert(installations)
    return statement.on_conflict_do_update(
        index_elements=["iccid", "eid"],
        set_=dict(statement.excluded),
        where=installations.c.sequence_number <= statement.excluded.sequence_number,
    )


class SqlStore(Database):
    """A Store in a database."""

    def __init__(self, engine: Engine, vault: Vault | None = None) -> None:
        super().__init__(engine)
        self._vault = vault
        self._upsert_installation = _upsert(self.dialect)

    def commit(self, *records: Record) -> None:
        """Store all records or none.

        Raises Conflict when one of them is stale, breaks a uniqueness rule, or came of something recalled that is.
        """
        memory = self.memory
        kept = [(_key_of(record), record) for record in records if isinstance(record, (Session, Order))]
        if not self._unchanged(memory.unproved(key for key, _ in kept)):
            raise Conflict("something recalled was changed by somebody else")
        try:
            if len(records) == 1:
                self._write(records[0])
            elif records:
                with self.transaction():
                    for record in records:
                        self._write(record)
        except BaseException as error:
            memory.forget(key for key, _ in kept)
            if isinstance(error, self.integrity_error):
                raise Conflict(str(error)) from error
            raise
        for key, record in kept:
            memory.keep(key, record._replace(version=record.version + 1))

    def proved(self) -> bool:
        return self._unchanged(self.memory.unproved())

    def session(self, transaction_id: bytes) -> Session | None:
        row = self.one(_SESSION, transaction_id=bytes(transaction_id))
        if row is None:
            return None
        session = rows.session_of(row)
        self.memory.keep((_KINDS[Session], row[0]), session)
        return session

    def recall_session(self, transaction_id: bytes) -> Session | None:
        key = _KINDS[Session], transaction_id
        known: Session | None = self.memory.recall(key) if self.in_process else None
        return known or self.session(transaction_id)

    def order(self, order_id: str) -> Order | None:
        return self._order(_ORDER, order_id=order_id)

    def recall_order(self, order_id: str) -> Order | None:
        key = _KINDS[Order], order_id
        known: Order | None = self.memory.recall(key) if self.in_process else None
        return known or self.order(order_id)

    def order_of_profile(self, iccid: str) -> Order | None:
        return self._order(_ORDER_OF_PROFILE, iccid=iccid)

    def order_of_matching_id(self, matching_id: str) -> Order | None:
        return self._order(_ORDER_OF_MATCHING_ID, matching_id=matching_id)

    def default_orders(self, eid: str) -> Sequence[Order]:
        return [rows.order_of(row) for row in self.all(_DEFAULT_ORDERS, eid=eid)]

    def expired_orders_with_event(self, now: datetime) -> Sequence[Order]:
        return [rows.order_of(row) for row in self.all(_EXPIRED_WITH_EVENT, now=rows.microseconds(now))]

    def orders(self) -> Sequence[Order]:
        return [rows.order_of(row) for row in self.all(_ORDERS)]

    def profile(self, iccid: str) -> Profile | None:
        row = self.one(_PROFILE, iccid=iccid)
        return None if row is None else rows.profile_of(row)

    def profiles(self) -> Sequence[Profile]:
        return [rows.profile_of(row) for row in self.all(_PROFILES)]

    def free_profile(self, profile_type: str, operator: str | None = None) -> Profile | None:
        if operator is None:
            row = self.one(_FREE_PROFILE, profile_type=profile_type)
        else:
            row = self.one(_FREE_PROFILE_FOR, profile_type=profile_type, operator=operator)
        return None if row is None else rows.profile_of(row)

    def profile_types(self) -> dict[str, frozenset[str]]:
        types: dict[str, frozenset[str]] = {}
        for profile_type, operator in self.all(_TYPES):
            if profile_type:
                types[profile_type] = types.get(profile_type, frozenset()) | {operator}
        return types

    def package(self, iccid: str) -> Package | None:
        return self._package(_PACKAGE, iccid)

    def protected_package(self, iccid: str) -> Package | None:
        return self._package(_PROTECTED_PACKAGE, iccid)

    def installation(self, iccid: str, eid: str) -> Installation | None:
        row = self.one(_INSTALLATION, iccid=iccid, eid=eid)
        return None if row is None else rows.installation_of(row)

    def operator(self, identifier: str) -> Operator | None:
        row = self.one(_OPERATOR, identifier=identifier)
        return None if row is None else rows.operator_of(row)

    def operators(self) -> Sequence[Operator]:
        return [rows.operator_of(row) for row in self.all(_OPERATORS)]

    def call(self, requester: str, identifier: str) -> Call | None:
        row = self.one(_CALL, requester=requester, identifier=identifier)
        return None if row is None else rows.call_of(row)

    def delete_profile(self, iccid: str) -> None:
        with self.transaction():
            for statement in _DELETE_PROFILE:
                self.run(statement, {"iccid": iccid})

    def forget_sessions(self, before: datetime) -> int:
        return int(self.run(_FORGET_SESSIONS, {"before": rows.microseconds(before)}).rowcount)

    def _unchanged(self, recalled: Mapping[Key, Any]) -> bool:
        for (how, key), record in recalled.items():
            self.memory.forget([(how, key)])
            if record != (self.session(key) if how is _KINDS[Session] else self.order(key)):
                return False
        return True

    def _order(self, statement: ClauseElement, **parameters: object) -> Order | None:
        row = self.one(statement, **parameters)
        if row is None:
            return None
        order = rows.order_of(row)
        self.memory.keep((_KINDS[Order], row[0]), order)
        return order

    def _package(self, statement: ClauseElement, iccid: str) -> Package | None:
        row = self.one(statement, iccid=iccid)
        if row is None:
            return None
        package = rows.package_of(row)
        return package if self._vault is None else _with_secrets(package, self._vault.open)

    def _write(self, record: Record) -> None:
        match record:
            case Installation():
                self.run(self._upsert_installation, rows.installation_values(record))
            case Message(state=MessageState.DONE):
                outbox.forget(self, record)
            case Package() if self._vault is not None:
                self.write(_KINDS[Package], _with_secrets(record, self._vault.seal))
            case _:
                self.write(_KINDS[type(record)], record)


def _key_of(record: Session | Order) -> Key:
    if isinstance(record, Session):
        return _KINDS[Session], record.transaction_id
    return _KINDS[Order], record.order_id


def _with_secrets(package: Package, change: Callable[[bytes, str], bytes]) -> Package:
    """The package with its plaintext and its keys sealed, or open; protected segments tell nothing without those."""
    upp, keys = package.upp, package.replace_session_keys
    return Package(
        package.iccid,
        change(upp, f"packages.upp {package.iccid}") if upp else upp,
        change(keys, f"packages.keys {package.iccid}") if keys else keys,
        package.segments,
        package.version,
    )
