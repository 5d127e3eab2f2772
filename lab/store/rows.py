"""Records as rows and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from lab.store import schema
from lab.store.records import (
    Actor,
    ApiKey,
    AuditEntry,
    Change,
    DeviceRecord,
    Operation,
    OperationKind,
    OperationState,
    ProfileRecord,
    ProfileState,
)
from smdp.store.rows import microseconds, time_of

Values = dict[str, Any]
_TIMES = frozenset(
    {"created_at", "updated_at", "expires_at", "registered_at", "ended_at", "lease_until", "revoked_at", "at"}
)
_READERS: dict[str, dict[type, Any]] = {
    "state": {ProfileRecord: ProfileState, Operation: OperationState},
    "kind": {Operation: OperationKind},
}


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of record is kept; `order` are the columns by which it is listed."""

    record_type: type
    table: Table
    key: str
    order: tuple[str, ...]

    def values(self, record: Any) -> Values:
        """The row of a record."""
        values: Values = {}
        for item in fields(self.record_type):
            value = getattr(record, item.name)
            if item.name in _TIMES:
                value = None if value is None else microseconds(value)
            elif isinstance(value, Actor):
                value = asdict(value)
            values[item.name] = value
        if self.record_type is Operation and values["lease_until"] is None:
            values["lease_until"] = 0
        return values

    def record(self, row: Mapping[Any, Any]) -> Any:
        """The record of a row."""
        values: Values = {}
        for item in fields(self.record_type):
            value = row[item.name]
            if item.name in _TIMES:
                value = None if value is None else time_of(value)
            elif item.name == "actor" and isinstance(value, dict):
                value = Actor(**value)
            elif (reader := _READERS.get(item.name, {}).get(self.record_type)) is not None:
                value = reader(value)
            values[item.name] = value
        return self.record_type(**values)


def change_values(change: Change) -> Values:
    """The row of a new event: the database makes its number."""
    values = KINDS[Change].values(change)
    del values["number"]
    return values


def when(at: datetime) -> int:
    """A time as conditions need it."""
    return microseconds(at)


KINDS: dict[type, Kind] = {
    kind.record_type: kind
    for kind in (
        Kind(ProfileRecord, schema.profiles, "profile_id", ("created_at", "profile_id")),
        Kind(DeviceRecord, schema.devices, "device_id", ("registered_at", "device_id")),
        Kind(Operation, schema.operations, "operation_id", ("created_at", "operation_id")),
        Kind(Change, schema.events, "event_id", ("number",)),
        Kind(ApiKey, schema.keys, "key_id", ("created_at", "key_id")),
        Kind(AuditEntry, schema.audit, "number", ("number",)),
    )
}
