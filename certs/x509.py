"""X.509 as DER, from and to TLVs: names, extensions, the to-be-signed certificate, and reading one back.

Written on TLVs because SGP.22 wants what general builders refuse: validity to year 7496, EID prefixes as name
constraints; and the broken-certificate zoo wants what no correct builder will do.
Spec: RFC 5280 section 4.1; SGP.22 v2.5 section 4.5.2
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final, NamedTuple, Self

from certs import keys
from certs.keys import PrivateKey
from wire.errors import DecodeError
from wire.tlv import Tlv, parse, parse_all, tlv

SKI: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
SAN: Final = "2.5.29.17"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
NAME_CONSTRAINTS: Final = "2.5.29.30"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
POLICIES: Final = "2.5.29.32"
AKI: Final = "2.5.29.35"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"

_ATTRIBUTES: Final = {"CN": "2.5.4.3", "serialNumber": "2.5.4.5", "C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11"}
_ATTRIBUTE_NAMES: Final = {oid: name for name, oid in _ATTRIBUTES.items()}
_PRINTABLE: Final = {"C", "serialNumber"}
KEY_USAGES: Final = (
    "digitalSignature",
    "contentCommitment",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER, whole TLV."""
    return tlv(0x06, oid_octets(dotted))


def oid_octets(dotted: str) -> bytes:
    """The value of an OBJECT IDENTIFIER; ValueError if the text is none."""
    arcs = [int(arc) for arc in dotted.split(".")]
    if len(arcs) < 2 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39) or min(arcs) < 0:
        raise ValueError(f"{dotted!r} is not an object identifier")
    octets = bytearray()
    for arc in (40 * arcs[0] + arcs[1], *arcs[2:]):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        octets += bytes(reversed(groups))
    return bytes(octets)


def dotted(octets: bytes) -> str:
    """The text of an OBJECT IDENTIFIER's value."""
    arcs, arc = [], 0
    for octet in octets:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(number) for number in (first, arcs[0] - 40 * first, *arcs[1:]))


def integer(value: int) -> bytes:
    """INTEGER >= 0, whole TLV."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def time(moment: datetime) -> bytes:
    """UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5); ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    moment = moment.astimezone(UTC)
    text = moment.strftime("%m%d%H%M%SZ").encode()
    if moment.year < 2050:
        return tlv(0x17, b"%02d" % (moment.year % 100), text)
    return tlv(0x18, b"%04d" % moment.year, text)


def name(*attributes: tuple[str, str]) -> bytes:
    """A distinguished name from (CN | O | OU | C | serialNumber, text) pairs; UTF8String except C and serialNumber."""
    parts = []
    for kind, text in attributes:
        tag = 0x13 if kind in _PRINTABLE else 0x0C
        parts.append(tlv(0x31, tlv(0x30, oid(_ATTRIBUTES[kind]), tlv(tag, text.encode()))))
    return tlv(0x30, *parts)


def name_attributes(der: bytes) -> tuple[tuple[str, str], ...]:
    """The (kind, text) pairs of a distinguished name; kinds without a short name stay dotted."""
    pairs = []
    for relative in parse(der, 0x30).children:
        for attribute in relative.children:
            kind = dotted(attribute.at(0, 0x06).value)
            pairs.append((_ATTRIBUTE_NAMES.get(kind, kind), attribute.children[1].value.decode("utf-8", "replace")))
    return tuple(pairs)


class Extension(NamedTuple):
    """One extension; an empty value of SKI or AKI is filled in when the certificate is made."""

    oid: str
    critical: bool
    value: bytes

    @property
    def der(self) -> bytes:
        critical = tlv(0x01, b"\xff") if self.critical else b""
        return tlv(0x30, oid(self.oid), critical, tlv(0x04, self.value))


SUBJECT_KEY_IDENTIFIER: Final = Extension(SKI, False, b"")
AUTHORITY_KEY_IDENTIFIER: Final = Extension(AKI, False, b"")


def key_usage(*usages: str) -> Extension:
    """KeyUsage, critical, from names such as "digitalSignature"."""
    bits = sum(0x8000 >> KEY_USAGES.index(usage) for usage in usages)
    octets = bits.to_bytes(2, "big").rstrip(b"\x00")
    unused = (octets[-1] & -octets[-1]).bit_length() - 1 if octets else 0
    return Extension(KEY_USAGE, True, tlv(0x03, bytes((unused,)), octets))


def basic_constraints(path_length: int | None = None) -> Extension:
    """BasicConstraints of a CA, critical."""
    path = b"" if path_length is None else integer(path_length)
    return Extension(BASIC_CONSTRAINTS, True, tlv(0x30, tlv(0x01, b"\xff"), path))


def policy(policy_oid: str, *, critical: bool = True) -> Extension:
    """CertificatePolicies with the one OID that tells the role."""
    return Extension(POLICIES, critical, tlv(0x30, tlv(0x30, oid(policy_oid))))


def extended_key_usage(*purposes: str) -> Extension:
    """ExtendedKeyUsage, critical."""
    return Extension(EXTENDED_KEY_USAGE, True, tlv(0x30, *(oid(purpose) for purpose in purposes)))


def alternative_names(hosts: Sequence[str] = (), registered_id: str = "") -> Extension:
    """SubjectAltName: dNSName (or iPAddress) per host, then the registeredID."""
    names = [_host_name(host) for host in hosts]
    if registered_id:
        names.append(tlv(0x88, oid_octets(registered_id)))
    return Extension(SAN, False, tlv(0x30, *names))


def _host_name(host: str) -> bytes:
    try:
        return tlv(0x87, ip_address(host).packed)
    except ValueError:
        pass
    if not host or not host.isascii() or any(character in host for character in ":/ "):
        raise ValueError(f"{host!r} is not a host name; give it without port or scheme, in ASCII")
    return tlv(0x82, host.encode())


def crl_distribution_points(*urls: str) -> Extension:
    """CRLDistributionPoints, one distribution point per URL."""
    points = (tlv(0x30, tlv(0xA0, tlv(0xA0, tlv(0x86, url.encode())))) for url in urls)
    return Extension(CRL_DISTRIBUTION_POINTS, False, tlv(0x30, *points))


def name_constraints(organisation: str, prefixes: Sequence[str]) -> Extension:
    """NameConstraints of a v2 EUM: one permitted directoryName {O, serialNumber = EID prefix} per prefix, critical.

    Spec: SGP.22 v2.5 section 4.5.2.1.0.2
    """
    subtrees = (tlv(0x30, tlv(0xA4, name(("O", organisation), ("serialNumber", prefix)))) for prefix in prefixes)
    return Extension(NAME_CONSTRAINTS, True, tlv(0x30, tlv(0xA0, *subtrees)))


@dataclass(frozen=True)
class Template:
    """What is to be certified: everything but key, serial number, issuer and the moment it starts."""

    subject: bytes
    days: int
    extensions: tuple[Extension, ...]

    def with_extension(self, extension: Extension) -> Self:
        """The extension in place of the one with the same OID, or added at the end."""
        if all(present.oid != extension.oid for present in self.extensions):
            return replace(self, extensions=(*self.extensions, extension))
        changed = (extension if present.oid == extension.oid else present for present in self.extensions)
        return replace(self, extensions=tuple(changed))

    def without(self, extension_oid: str) -> Self:
        """The same without that extension."""
        kept = (present for present in self.extensions if present.oid != extension_oid)
        return replace(self, extensions=tuple(kept))


ECDSA_WITH_SHA256: Final = tlv(0x30, oid("1.2.840.10045.4.3.2"))


def to_be_signed(
    template: Template,
    *,
    serial: int,
    issuer: bytes,
    issuer_ski: bytes,
    not_before: datetime,
    not_after: datetime,
    spki: bytes,
) -> bytes:
    """TBSCertificate; `issuer` is the issuer's DER name, `spki` the subject's SubjectPublicKeyInfo."""
    values = {SKI: tlv(0x04, keys.key_identifier(spki)), AKI: tlv(0x30, tlv(0x80, issuer_ski))}
    extensions = (one if one.value else one._replace(value=values[one.oid]) for one in template.extensions)
    return tlv(
        0x30,
        tlv(0xA0, integer(2)),
        integer(serial),
        ECDSA_WITH_SHA256,
        issuer,
        tlv(0x30, time(not_before), time(not_after)),
        template.subject,
        spki,
        tlv(0xA3, tlv(0x30, *(extension.der for extension in extensions))),
    )


def signed(to_be_signed_der: bytes, key: PrivateKey) -> bytes:
    """Certificate or CertificateList: the to-be-signed part, the algorithm, the signature."""
    return tlv(0x30, to_be_signed_der, ECDSA_WITH_SHA256, tlv(0x03, b"\x00", keys.sign(key, to_be_signed_der)))


@dataclass(frozen=True)
class Fields:
    """The fields of a certificate as they stand in its DER."""

    to_be_signed: bytes
    serial: int
    issuer: bytes
    not_before: datetime
    not_after: datetime
    subject: bytes
    spki: bytes
    extensions: tuple[Extension, ...]
    signature: bytes

    def extension(self, extension_oid: str) -> Extension | None:
        return next((one for one in self.extensions if one.oid == extension_oid), None)

    @property
    def ski(self) -> bytes:
        """subjectKeyIdentifier, or what it would be where the certificate has none."""
        found = self.extension(SKI)
        return parse(found.value, 0x04).value if found else keys.key_identifier(self.spki)

    @property
    def aki(self) -> bytes | None:
        """authorityKeyIdentifier.keyIdentifier."""
        found = self.extension(AKI)
        identifier = parse(found.value, 0x30).find(0x80) if found else None
        return identifier.value if identifier else None

    @property
    def registered_id(self) -> str:
        """registeredID of the subjectAltName, dotted; "" if there is none."""
        found = self.extension(SAN)
        identifier = parse(found.value, 0x30).find(0x88) if found else None
        return dotted(identifier.value) if identifier else ""


def read(certificate: bytes) -> Fields:
    """Slice a DER certificate into its fields; DecodeError if it isn't one."""
    try:
        return _read(certificate)
    except (ValueError, IndexError) as error:
        raise not_a_certificate(error) from None


def not_a_certificate(error: Exception) -> DecodeError:
    """What went wrong while slicing a certificate, as the one error that decoding raises."""
    return error if isinstance(error, DecodeError) else DecodeError("Certificate", 0, str(error))


def _read(certificate: bytes) -> Fields:
    whole = parse(certificate, 0x30)
    tbs = whole.at(0, 0x30)
    start = 1 if tbs.find(0xA0) else 0
    validity = tbs.at(start + 3, 0x30)
    block = tbs.find(0xA3)
    return Fields(
        to_be_signed=tbs.raw,
        serial=int.from_bytes(tbs.at(start, 0x02).value, "big", signed=True),
        issuer=tbs.at(start + 2, 0x30).raw,
        not_before=_moment(validity.children[0]),
        not_after=_moment(validity.children[1]),
        subject=tbs.at(start + 4, 0x30).raw,
        spki=tbs.at(start + 5, 0x30).raw,
        extensions=tuple(_extension(one) for one in block.at(0, 0x30).children) if block else (),
        signature=whole.at(2, 0x03).value[1:],
    )


def _extension(one: Tlv) -> Extension:
    critical = one.find(0x01)
    return Extension(dotted(one.at(0, 0x06).value), bool(critical and critical.value[0]), one.child(0x04).value)


def _moment(element: Tlv) -> datetime:
    text = element.value.decode("ascii")
    if element.tag == 0x17:
        text = ("20" if text[:2] < "50" else "19") + text
    return datetime.strptime(text + "+0000", "%Y%m%d%H%M%SZ%z")


def organisation_prefixes(constraints: Extension) -> tuple[tuple[str, str], ...]:
    """The (O, EID prefix) pairs that the name constraints of an EUM permit."""
    pairs = []
    for subtree in parse_all(parse(constraints.value, 0x30).child(0xA0).value):
        directory_name = subtree.find(0xA4)
        if directory_name is not None:
            attributes = dict(name_attributes(directory_name.value))
            pairs.append((attributes.get("O", ""), attributes.get("serialNumber", "")))
    return tuple(pairs)
