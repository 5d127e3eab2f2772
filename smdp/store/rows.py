"""Records as rows and back."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

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
from smdp.store.schema import phase_of, sessions

Values = dict[str, Any]
Row = tuple[Any, ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BINDING = tuple(field.name for field in fields(Binding))
_SESSION = tuple(field.name for field in fields(Session) if field.name != "binding")
_SESSION_COLUMNS = tuple(column.name for column in sessions.c)
_ORDER = tuple(field.name for field in fields(Order))


def microseconds(at: datetime) -> int:
    """A time as it is stored."""
    return (at - _EPOCH) // _MICROSECOND


def time_of(stored: int) -> datetime:
    """A stored time."""
    return _EPOCH + timedelta(microseconds=stored)


def session_values(session: Session) -> Values:
    values: Values = {name: getattr(session, name) for name in _SESSION}
    values["created_at"] = microseconds(session.created_at)
    values["state"] = session.state.value
    binding = session.binding
    for name in _BINDING:
        values[name] = None if binding is None else getattr(binding, name)
    return values


def session_of(row: Row) -> Session:
    values = dict(zip(_SESSION_COLUMNS, row, strict=True))
    columns = [values.pop(name) for name in _BINDING]
    values["state"] = SessionState(values["state"])
    values["created_at"] = time_of(values["created_at"])
    return Session(**values, binding=_binding_of(columns))


def _binding_of(columns: list[Any]) -> Binding | None:
    otpk_dp, otpk_euicc, host_id, segments, offline = columns
    return None if otpk_dp is None else Binding(otpk_dp, otpk_euicc, host_id, segments, bool(offline))


def order_values(order: Order) -> Values:
    values: Values = {name: getattr(order, name) for name in _ORDER}
    values["created_at"] = microseconds(order.created_at)
    values["expires_at"] = None if order.expires_at is None else microseconds(order.expires_at)
    values["state"] = order.state.value
    values["phase"] = phase_of(order.state).value
    return values


def order_of(row: Row) -> Order:
    values = dict(zip(_ORDER, row[:-1], strict=True))
    values["state"] = State(values["state"])
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
    return Profile(iccid, metadata, needs, profile_type, operator, State(state), version)


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
