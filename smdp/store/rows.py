"""Records as rows and back."""

from collections.abc import Callable
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
_BINDING_AT = Session._fields.index("binding")
_SESSION_STATES = {state.value: state for state in SessionState}
_STATES = {state.value: state for state in State}
_STATE_AT, _REUSABLE_AT, _CREATED_AT, _EXPIRES_AT = map(
    Order._fields.index, ("state", "reusable", "created_at", "expires_at")
)


def microseconds(at: datetime) -> int:
    """A time as it is stored."""
    return (at - _EPOCH) // _MICROSECOND


def time_of(stored: int) -> datetime:
    """A stored time."""
    return _EPOCH + timedelta(microseconds=stored)


class Fields:
    """How the fields of a record that is a tuple become columns: as they are, but for those that `converters` names."""

    def __init__(self, names: tuple[str, ...], **converters: Callable[[Any], Values]) -> None:
        self._names = names
        self._converters = tuple(converters.items())

    def columns(self, record: tuple[Any, ...]) -> Values:
        """All columns."""
        return self._converted(dict(zip(self._names, record, strict=True)))

    def changes(self, record: tuple[Any, ...], before: tuple[Any, ...]) -> Values:
        """The columns of fields that aren't the very objects they were before."""
        pairs = zip(self._names, record, before, strict=True)
        return self._converted({name: value for name, value, old in pairs if value is not old})

    def _converted(self, values: Values) -> Values:
        for name, convert in self._converters:
            if name in values:
                values.update(convert(values.pop(name)))
        return values


def _binding_values(binding: Binding | None) -> Values:
    return {name: None if binding is None else getattr(binding, name) for name in _BINDING}


def session_of(row: Row) -> Session:
    values = list(row[:_BINDING_AT])
    values[1], values[2] = _SESSION_STATES[values[1]], time_of(values[2])
    values.append(_binding_of(row[_BINDING_AT:-2]))
    values.extend(row[-2:])
    return Session._make(values)


def _binding_of(columns: Row) -> Binding | None:
    otpk_dp, otpk_euicc, host_id, segments, offline = columns
    return None if otpk_dp is None else Binding(otpk_dp, otpk_euicc, host_id, segments, bool(offline))


def _expiry_values(expires_at: datetime | None) -> Values:
    return {"expires_at": None if expires_at is None else microseconds(expires_at)}


def _state_values(state: State) -> Values:
    return {"state": state.value, "phase": phase_of(state).value}


def order_of(row: Row) -> Order:
    values = list(row[: len(Order._fields)])
    values[_STATE_AT], values[_REUSABLE_AT] = _STATES[values[_STATE_AT]], bool(values[_REUSABLE_AT])
    values[_CREATED_AT] = time_of(values[_CREATED_AT])
    if values[_EXPIRES_AT] is not None:
        values[_EXPIRES_AT] = time_of(values[_EXPIRES_AT])
    return Order._make(values)


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


SESSION: Final = Fields(
    Session._fields,
    state=lambda state: {"state": state.value},
    created_at=lambda at: {"created_at": microseconds(at)},
    binding=_binding_values,
)
ORDER: Final = Fields(
    Order._fields,
    state=_state_values,
    created_at=lambda at: {"created_at": microseconds(at)},
    expires_at=_expiry_values,
)
