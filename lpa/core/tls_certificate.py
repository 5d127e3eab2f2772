"""What an SM-DP+ or SM-DS has to show in TLS besides a chain to a CI: a certificate that was made for it.

Chain, validity, host name and revocation are judged where the handshake is (`lpa.http.trust`).
Spec: SGP.22 v2.5 section 2.6.6, 2.6.7, 4.5.2.1 (CERT.DPtls, CERT.DStls)
"""

from enum import StrEnum
from typing import Final

from lpa.core.certificate import CERTIFICATE_POLICIES, ServerCertificate, extensions, public_key_info
from wire.errors import DecodeError
from wire.ids import decode_oid
from wire.tlv import parse


class TlsRole(StrEnum):
    """Whose TLS certificate it is."""

    DP = "dp-tls"
    DS = "ds-tls"


class Unfit(ValueError):
    """The certificate isn't one for a server's TLS: `where` in it, and what is wrong there."""

    def __init__(self, where: str, rule: str) -> None:
        self.where = where
        self.rule = rule
        super().__init__(f"{where}: {rule}")


KEY_USAGE: Final = "2.5.29.15"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
_CI: Final = "2.23.146.1.2.1.0"
_ROLES: Final = {
    TlsRole.DP: frozenset({"2.23.146.1.2.1.3", "2.23.146.1.2.1.0.0.1.0"}),
    TlsRole.DS: frozenset({"2.23.146.1.2.1.6", "2.23.146.1.2.1.0.0.2.0"}),
}
_PURPOSES: Final = {"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth"}
_CURVES: Final = {
    "1.2.840.10045.3.1.7": "P-256",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.2.250.1.223.101.256.1": "FRP256V1",
}
_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_DIGITAL_SIGNATURE: Final = 0x80


def is_ci(certificate: bytes) -> bool:
    """True for a GSMA CI, whose servers have roles to show; False for any other root, such as a public CA's."""
    try:
        return _CI in ServerCertificate.read(certificate).policies
    except ValueError:
        return False


def role_of(certificate: bytes) -> TlsRole:
    """The role of a server's TLS certificate (DER); Unfit names what is wrong with it."""
    try:
        found = dict(extensions(parse(certificate, 0x30)))
        _check_key(certificate)
        _check_usage(found)
        return _role(found)
    except DecodeError as error:
        raise Unfit("certificate", str(error)) from None


def _role(found: dict[str, bytes]) -> TlsRole:
    held = parse(found.get(CERTIFICATE_POLICIES, b"\x30\x00"), 0x30)
    policies = frozenset(decode_oid(item.at(0, 0x06).value) for item in held.children)
    for role, oids in _ROLES.items():
        if policies & oids:
            return role
    rule = f"no id-rspRole-dp-tls or id-rspRole-ds-tls, but {', '.join(sorted(policies)) or 'nothing'}"
    raise Unfit("certificatePolicies", rule)


def _check_key(certificate: bytes) -> None:
    algorithm = parse(public_key_info(certificate), 0x30).at(0, 0x30)
    identifiers = [decode_oid(one.value) for one in algorithm.children if one.tag == 0x06]
    if identifiers[:1] != [_EC_PUBLIC_KEY] or not set(identifiers[1:]) & _CURVES.keys():
        raise Unfit("subjectPublicKeyInfo", f"the key is on none of {', '.join(_CURVES.values())}")


def _check_usage(found: dict[str, bytes]) -> None:
    usage = parse(found[KEY_USAGE], 0x03).value if KEY_USAGE in found else b""
    if len(usage) < 2 or not usage[1] & _DIGITAL_SIGNATURE:
        raise Unfit("keyUsage", "digitalSignature is missing")
    listed = parse(found.get(EXTENDED_KEY_USAGE, b"\x30\x00"), 0x30).children
    missing = _PURPOSES.keys() - {decode_oid(one.value) for one in listed}
    if missing:
        raise Unfit("extendedKeyUsage", f"{' and '.join(sorted(_PURPOSES[one] for one in missing))} missing")
