"""What a certificate says, in words, for people and for `--json`."""

from datetime import datetime
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, Final

from certs import keys, roles, variants, x509
from certs.errors import PkiError
from certs.x509 import Extension, Fields, dotted
from wire.tlv import Tlv, parse

_ROLE_NAMES: Final = {
    **{policy_oid: (role.value, "v2") for role, policy_oid in roles.POLICY_OIDS.items()},
    **{policy_oid: (role.value, "v3") for role, policy_oid in variants.V3_POLICY_OIDS.items()},
    roles.POLICY_OIDS[roles.Role.CI]: ("CI", ""),
    variants.CI_SUBCA_OID: ("CI subCA", "v3"),
    variants.EUM_SUBCA_OID: ("EUM subCA", "v3"),
    variants.DP_SUBCA_OID: ("DP subCA", "v3"),
    variants.DS_SUBCA_OID: ("DS subCA", "v3"),
}
_PURPOSES: Final = {roles.SERVER_AUTH: "serverAuth", roles.CLIENT_AUTH: "clientAuth"}


def summary(certificate: bytes, now: datetime) -> dict[str, Any]:
    """The certificate's fields as JSON-ready values.

    role: by policy OID, "" where none is of SGP.22; days_left: whole days until notAfter, negative once expired.
    DecodeError if the bytes are no certificate.
    """
    fields = x509.read(certificate)
    try:
        return _summary(certificate, fields, now)
    except (ValueError, IndexError) as error:
        raise x509.not_a_certificate(error) from None


def _summary(certificate: bytes, fields: Fields, now: datetime) -> dict[str, Any]:
    policy_oids = _policies(fields)
    role, generation = next((_ROLE_NAMES[one] for one in policy_oids if one in _ROLE_NAMES), ("", ""))
    attributes = dict(x509.name_attributes(fields.subject))
    return {
        "role": role,
        "generation": generation,
        "policy_oids": policy_oids,
        "subject": _name(fields.subject),
        "issuer": _name(fields.issuer),
        "serial_hex": parse(x509.integer(fields.serial)).value.hex().upper(),
        "oid": fields.registered_id,
        "eid": attributes.get("serialNumber", ""),
        "eid_ranges": _eid_ranges(fields),
        "not_before": fields.not_before.isoformat(),
        "not_after": fields.not_after.isoformat(),
        "days_left": (fields.not_after - now).days,
        "valid_now": fields.not_before <= now <= fields.not_after,
        "ski_hex": fields.ski.hex().upper(),
        "aki_hex": fields.aki.hex().upper() if fields.aki else "",
        "curve": _curve(fields),
        "key_usage": _key_usage(fields),
        "extended_key_usage": _extended_key_usage(fields),
        "hosts": _hosts(fields),
        "crl_urls": _crl_urls(fields),
        "path_length": _path_length(fields),
        "is_ca": _is_ca(fields),
        "fingerprint_hex": sha256(certificate).hexdigest().upper(),
    }


def _name(der: bytes) -> str:
    return ", ".join(f"{kind}={text}" for kind, text in x509.name_attributes(der))


def _value(fields: Fields, extension_oid: str, tag: int = 0x30) -> Tlv | None:
    found: Extension | None = fields.extension(extension_oid)
    return parse(found.value, tag) if found else None


def _policies(fields: Fields) -> list[str]:
    value = _value(fields, x509.POLICIES)
    return [dotted(one.at(0, 0x06).value) for one in value.children] if value else []


def _eid_ranges(fields: Fields) -> list[str]:
    constraints = fields.extension(x509.NAME_CONSTRAINTS)
    if constraints is not None:
        return [prefix for _, prefix in x509.organisation_prefixes(constraints)]
    value = _value(fields, variants.PERMITTED_EINS)
    return [one.value.decode("ascii", "replace") for one in value.children] if value else []


def _curve(fields: Fields) -> str:
    try:
        return keys.curve_of_info(fields.spki)
    except PkiError:
        return "other"


def _key_usage(fields: Fields) -> list[str]:
    value = _value(fields, x509.KEY_USAGE, 0x03)
    if value is None:
        return []
    bits = int.from_bytes(value.value[1:3].ljust(2, b"\x00"), "big")
    return [usage for index, usage in enumerate(x509.KEY_USAGES) if bits & 0x8000 >> index]


def _extended_key_usage(fields: Fields) -> list[str]:
    value = _value(fields, x509.EXTENDED_KEY_USAGE)
    purposes = [dotted(one.value) for one in value.children] if value else []
    return [_PURPOSES.get(purpose, purpose) for purpose in purposes]


def _hosts(fields: Fields) -> list[str]:
    value = _value(fields, x509.SAN)
    names = value.children if value else ()
    dns = [one.value.decode("ascii", "replace") for one in names if one.tag == 0x82]
    return dns + [str(ip_address(one.value)) for one in names if one.tag == 0x87]


def _crl_urls(fields: Fields) -> list[str]:
    value = _value(fields, x509.CRL_DISTRIBUTION_POINTS)
    points = value.children if value else ()
    full_names = (name for point in points for name in point.children if name.tag == 0xA0)
    urls = (url for name in full_names for url in name.child(0xA0).children if url.tag == 0x86)
    return [url.value.decode("ascii", "replace") for url in urls]


def _is_ca(fields: Fields) -> bool:
    value = _value(fields, x509.BASIC_CONSTRAINTS)
    flag = value.find(0x01) if value else None
    return bool(flag and flag.value[0])


def _path_length(fields: Fields) -> int | None:
    value = _value(fields, x509.BASIC_CONSTRAINTS)
    length = value.find(0x02) if value else None
    return int.from_bytes(length.value, "big") if length else None
