"""Records as rows and back."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from smdp.core.records import (
    Binding,
    Call,
    Installation,
    Operator,
    Order,
    Package,
    Profile,
    Requirements,
    Session,
    SessionState,
)
from smdp.core.states import State
from smdp.store.schema import phase_of

Values = dict[str, Any]
Row = tuple[Any, ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BINDING = tuple(field.name for field in fields(Binding))
_BINDING_AT = [field.name for field in fields(Session)].index("binding")
_SESSION_STATES = {state.value: state for state in SessionState}
_STATES = {state.value: state for state in State}
_ORDER = tuple(field.name for field in fields(Order))


def microseconds(at: datetime) -> int:
    """A time as it is stored."""
    return (at - _EPOCH) // _MICROSECOND


def time_of(stored: int) -> datetime:
    """A stored time."""
    return _EPOCH + timedelta(microseconds=stored)


def _columns(record: Any, before: Any, how: Mapping[str, Callable[[Any], Values] | None]) -> Values:
    """The fields of a record as columns: all, or those that aren't the very objects they were before."""
    values: Values = {}
    for name, convert in how.items():
        value = getattr(record, name)
        if before is None or value is not getattr(before, name):
            if convert is None:
                values[name] = value
            else:
                values.update(convert(value))
    return values


def session_values(session: Session) -> Values:
    return _columns(session, None, _SESSION_FIELDS)


def session_changes(session: Session, before: Session) -> Values:
    """The columns in which a session differs from what was read."""
    return _columns(session, before, _SESSION_FIELDS)


def _binding_values(binding: Binding | None) -> Values:
    return {name: None if binding is None else getattr(binding, name) for name in _BINDING}


def session_of(row: Row) -> Session:
    values = list(row[:_BINDING_AT])
    values[1], values[2] = _SESSION_STATES[values[1]], time_of(values[2])
    values.append(_binding_of(row[_BINDING_AT:-2]))
    values.extend(row[-2:])
    return Session(*values)


def _binding_of(columns: Row) -> Binding | None:
    otpk_dp, otpk_euicc, host_id, segments, offline = columns
    return None if otpk_dp is None else Binding(otpk_dp, otpk_euicc, host_id, segments, bool(offline))


def order_values(order: Order) -> Values:
    return _columns(order, None, _ORDER_FIELDS)


def order_changes(order: Order, before: Order) -> Values:
    """The columns in which an order differs from what was read."""
    return _columns(order, before, _ORDER_FIELDS)


def _expiry_values(expires_at: datetime | None) -> Values:
    return {"expires_at": None if expires_at is None else microseconds(expires_at)}


def _state_values(state: State) -> Values:
    return {"state": state.value, "phase": phase_of(state).value}


def order_of(row: Row) -> Order:
    values = dict(zip(_ORDER, row, strict=False))
    values["state"] = _STATES[values["state"]]
    values["reusable"] = bool(values["reusable"])
    values["created_at"] = time_of(values["created_at"])
    if values["expires_at"] is not None:
        values["expires_at"] = time_of(values["expires_at"])
    return Order(**values)


def profile_values(profile: Profile) -> Values:
    needs = profile.requirements
    return {
        "iccid": profile.iccid,
        "metadata": profile.metadata,
        "package_version": ".".join(map(str, needs.package_version)),
        "services": " ".join(sorted(needs.services)),
        "install_octets": needs.install_octets,
        "profile_type": profile.profile_type,
        "operator": profile.operator,
        "state": profile.state.value,
        "version": profile.version,
    }


def profile_of(row: Row) -> Profile:
    iccid, metadata, package_version, services, install_octets, profile_type, operator, state, version = row
    major, minor, revision = map(int, package_version.split("."))
    needs = Requirements((major, minor, revision), frozenset(services.split()), install_octets)
    return Profile(iccid, metadata, needs, profile_type, operator, _STATES[state], version)


def package_values(package: Package) -> Values:
    return {field.name: getattr(package, field.name) for field in fields(Package)}


def package_of(row: Row) -> Package:
    return Package(*row)


def installation_values(installation: Installation) -> Values:
    values: Values = {field.name: getattr(installation, field.name) for field in fields(Installation)}
    values["reported_at"] = microseconds(installation.reported_at)
    return values


def installation_of(row: Row) -> Installation:
    iccid, eid, state, sequence_number, reported_at = row
    return Installation(iccid, eid, state, sequence_number, time_of(reported_at))


def call_values(call: Call) -> Values:
    values: Values = {field.name: getattr(call, field.name) for field in fields(Call)}
    values["at"] = microseconds(call.at)
    return values


def call_of(row: Row) -> Call:
    requester, identifier, content, answer, at, version = row
    return Call(requester, identifier, content, answer, time_of(at), version)


def operator_values(operator: Operator) -> Values:
    return {field.name: getattr(operator, field.name) for field in fields(Operator)}


def operator_of(row: Row) -> Operator:
    return Operator(*row)


_Converters = dict[str, Callable[[Any], Values] | None]
_SESSION_FIELDS: Final[_Converters] = dict.fromkeys(field.name for field in fields(Session)) | {
    "state": lambda state: {"state": state.value},
    "created_at": lambda at: {"created_at": microseconds(at)},
    "binding": _binding_values,
}
_ORDER_FIELDS: Final[_Converters] = dict.fromkeys(_ORDER) | {
    "state": _state_values,
    "created_at": lambda at: {"created_at": microseconds(at)},
    "expires_at": _expiry_values,
}
