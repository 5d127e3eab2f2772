"""A decoded value as plain dicts, lists and text: what traces and tools show."""

from functools import lru_cache
from typing import Any

from asn1crypto import core, crl, x509

from wire import asn1

_MAX_NUMBER = 1 << 63


def describe(value: Any) -> Any:
    """JSON-able form of an asn1crypto value.

    SEQUENCE -> dict with the standard's field names (absent fields left out, unknown elements by their tag),
    CHOICE -> {alternative: value}, SEQUENCE OF -> list, OCTET STRING -> upper-case hex, named number -> "name(n)",
    named bits -> list of names, other bits -> "0101", OID -> dotted text, certificate -> summary.
    """
    if isinstance(value, x509.Certificate):
        return _certificate(value)
    if isinstance(value, crl.CertificateList):
        return _certificate_list(value)
    if isinstance(value, core.Choice):
        return {value.name: describe(value.chosen)}
    if isinstance(value, core.Sequence):
        return _sequence(value)
    if isinstance(value, core.SequenceOf):
        return [describe(value[index]) for index in range(len(value))]
    if isinstance(value, core.Integer):
        return _integer(value)
    if isinstance(value, core.BitString):
        return _bit_string(value)
    if isinstance(value, core.Null):
        return True
    if isinstance(value, core.ObjectIdentifier):
        return value.dotted
    native = value.native
    if isinstance(native, bytes):
        return native.hex().upper()
    return native if isinstance(native, (bool, str)) else str(native)


def _sequence(value: core.Sequence) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for index in range(len(value)):
        child = value[index]
        if isinstance(child, core.Void):
            continue
        if isinstance(child, asn1.Unknown):
            described[f"unknown {child.tag_hex}"] = child.native
        else:
            described[value._fields[index][0]] = describe(child)
    return described


def _integer(value: core.Integer) -> int | str:
    number = int(value)
    if value._map is not None:
        return f"{value._map.get(number, 'unknown')}({number})"
    return number if -_MAX_NUMBER <= number < _MAX_NUMBER else value.contents.hex().upper()


def _bit_string(value: core.BitString) -> list[str] | str:
    if value._map is None:
        return "".join(str(bit) for bit in value.native)
    named = [name for _, name in sorted(value._map.items()) if name in value.native]
    return named + [f"bit{bit}" for bit in sorted(bit for bit in value.native if isinstance(bit, int))]


def _certificate(value: x509.Certificate) -> dict[str, Any]:
    return dict(_summary(value.dump()))


@lru_cache(maxsize=256)
def _summary(der: bytes) -> dict[str, Any]:
    value = x509.Certificate.load(der)
    identifier = value.key_identifier
    return {
        "subject": value.subject.human_friendly,
        "issuer": value.issuer.human_friendly,
        "serial": f"{value.serial_number:X}",
        "ski": identifier.hex().upper() if identifier else "",
    }


def _certificate_list(value: crl.CertificateList) -> dict[str, Any]:
    revoked = value["tbs_cert_list"]["revoked_certificates"]
    return {"issuer": value.issuer.human_friendly, "revoked": 0 if isinstance(revoked, core.Void) else len(revoked)}
