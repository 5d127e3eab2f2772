"""Profile parameters from a TOML table, every key known by name."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from smdp.profiles.errors import ParameterError
from smdp.profiles.parameters import ProfileParameters
from smdp.profiles.values import Algorithm, NotificationRecipient, Suci, SuciKey, SuciScheme
from wire.es10 import NotificationEvent, PprIds, ProfileClass
from wire.ids import Iccid, IdentifierError

_EVENTS = {name: NotificationEvent[f"notification{name.capitalize()}"] for name in ("install", "enable", "disable")}
_EVENTS["delete"] = NotificationEvent.notificationDelete
_RULES = {"update_control": PprIds.pprUpdateControl, "ppr1": PprIds.ppr1, "ppr2": PprIds.ppr2}
_SCHEMES = {"A": SuciScheme.profile_a, "B": SuciScheme.profile_b}


def from_table(table: Mapping[str, Any], directory: Path = Path()) -> ProfileParameters:
    """Parameters from a table as TOML gives it; ParameterError names the key that is unknown or unusable.

    Keys are the fields of ProfileParameters; octets are hexadecimal text, `icon` is a file name relative to
    `directory`, `profile_class` and `algorithm` are names, `policy_rules` a list of update_control, ppr1, ppr2.
    """
    for name in table:
        if name not in _READERS:
            raise ParameterError(name, "no such parameter", f"use {', '.join(sorted(_READERS))}")
    for name in ("iccid", "imsi", "k"):
        if name not in table:
            raise ParameterError(name, "missing", "every profile needs it")
    values = {name: _READERS[name](name, value) for name, value in table.items()}
    if "icon" in values:
        values["icon"] = _file(directory / values["icon"])
    return ProfileParameters(**values)


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise ParameterError(field, f"{value!r} is not text", "put it in quotes")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ParameterError(field, f"{value!r} has half a character (a lone surrogate)", "write it whole")
    return value


def _flag(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ParameterError(field, f"{value!r} is neither true nor false", "write true or false")
    return value


def _number(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ParameterError(field, f"{value!r} is not a number", "write an integer")
    return value


def _octets(field: str, value: object) -> bytes:
    try:
        return bytes.fromhex(_text(field, value))
    except ValueError:
        raise ParameterError(field, "not hexadecimal octets", "write pairs of 0-9 and A-F") from None


def _list(field: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ParameterError(field, f"{value!r} is not a list", "put it in brackets")
    return value


def _texts(field: str, value: object) -> tuple[str, ...]:
    return tuple(_text(field, item) for item in _list(field, value))


def _subtable(field: str, value: object, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ParameterError(field, f"{value!r} is not a table", f"give a table with {', '.join(known)}")
    for name in value:
        if name not in known:
            raise ParameterError(f"{field}.{name}", "no such parameter", f"use {', '.join(known)}")
    return value


def _choice(field: str, value: object, choices: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or value not in choices:
        raise ParameterError(field, f"{value!r}", f"use {', '.join(choices)}")
    return choices[value]


def _iccid(field: str, value: object) -> Iccid:
    try:
        return Iccid(_text(field, value))
    except IdentifierError as error:
        raise ParameterError(field, str(error), "give 18 to 20 decimal digits") from None


def _algorithm(field: str, value: object) -> Algorithm:
    return Algorithm(_choice(field, value, {item.value: item.value for item in Algorithm}))


def _profile_class(field: str, value: object) -> ProfileClass:
    return ProfileClass[_choice(field, value, {item.name: item.name for item in ProfileClass})]


def _rules(field: str, value: object) -> PprIds:
    rules = PprIds(0)
    for item in _list(field, value):
        rules |= _choice(field, item, _RULES)
    return rules


def _events(field: str, value: object) -> NotificationEvent:
    events = NotificationEvent(0)
    for item in _list(field, value):
        events |= _choice(field, item, _EVENTS)
    return events


def _notifications(field: str, value: object) -> tuple[NotificationRecipient, ...]:
    recipients = []
    for item in _list(field, value):
        table = _subtable(field, item, ("address", "events"))
        address = _text(f"{field}.address", table.get("address", ""))
        if "events" in table:
            recipients.append(NotificationRecipient(address, _events(f"{field}.events", table["events"])))
        else:
            recipients.append(NotificationRecipient(address))
    return tuple(recipients)


def _suci(field: str, value: object) -> Suci:
    table = _subtable(field, value, ("routing_indicator", "keys", "in_usim"))
    keys = tuple(_suci_key(f"{field}.keys", key) for key in _list(f"{field}.keys", table.get("keys", [])))
    return Suci(
        routing_indicator=_text(f"{field}.routing_indicator", table.get("routing_indicator", "0")),
        keys=keys,
        in_usim=_flag(f"{field}.in_usim", table.get("in_usim", False)),
    )


def _suci_key(field: str, value: object) -> SuciKey:
    table = _subtable(field, value, ("scheme", "identifier", "public_key"))
    return SuciKey(
        scheme=_choice(f"{field}.scheme", table.get("scheme"), _SCHEMES),
        identifier=_number(f"{field}.identifier", table.get("identifier", 1)),
        public_key=_octets(f"{field}.public_key", table.get("public_key", "")),
    )


def _ota_keys(field: str, value: object) -> tuple[bytes, bytes, bytes]:
    keys = [_octets(field, item) for item in _list(field, value)]
    if len(keys) != 3:
        raise ParameterError(field, f"{len(keys)} keys", "give KIc, KID and KIK")
    return keys[0], keys[1], keys[2]


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise ParameterError("icon", f"{path} cannot be read: {error}", "name an existing file") from None


_Reader = Callable[[str, object], Any]
_BY_ANNOTATION: dict[str, _Reader] = {"str": _text, "bytes": _octets, "int": _number, "bool": _flag}
_BY_NAME: dict[str, _Reader] = {
    "iccid": _iccid,
    "algorithm": _algorithm,
    "profile_class": _profile_class,
    "policy_rules": _rules,
    "notifications": _notifications,
    "suci": _suci,
    "ota_keys": _ota_keys,
    "icon": _text,
    "hplmns": _texts,
    "emergency_numbers": _texts,
    "impus": _texts,
}


def _reader_of(field: "dataclasses.Field[Any]") -> _Reader:
    annotation = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
    return _BY_NAME.get(field.name) or _BY_ANNOTATION[annotation.removesuffix(" | None")]


_READERS = {field.name: _reader_of(field) for field in dataclasses.fields(ProfileParameters)}
