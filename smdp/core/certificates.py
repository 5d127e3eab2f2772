"""A certificate reduced to what this server judges by; anything it cannot judge makes loading fail.

Spec: SGP.22 v2.5 section 4.5.2.1 (certificate profiles), SGP.14 (EID ranges).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID, SignatureAlgorithmOID

from wire.errors import DecodeError
from wire.tlv import parse

SHA256_ECDSA: Final = ec.ECDSA(hashes.SHA256())
CACHED_CERTIFICATES: Final = 1024
PERMITTED_EINS: Final = x509.ObjectIdentifier("2.23.146.1.2.2.0")
_JUDGED: Final = frozenset(
    {
        ExtensionOID.KEY_USAGE,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.NAME_CONSTRAINTS,
        PERMITTED_EINS,
    }
)


class Role(Enum):
    """Roles as certificate policies name them."""

    CI = "2.23.146.1.2.1.0"
    CI_SUBCA = "2.23.146.1.2.1.0.0"
    EUICC = "2.23.146.1.2.1.1"
    EUICC_V3 = "2.23.146.1.2.1.0.0.0.0.0"
    EUM = "2.23.146.1.2.1.2"
    EUM_V3 = "2.23.146.1.2.1.0.0.0"
    EUM_SUBCA = "2.23.146.1.2.1.0.0.0.0"


_ROLES: Final = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class Certificate:
    """One X.509 certificate."""

    der: bytes
    tbs: bytes
    signature: bytes
    serial: int
    subject: bytes
    issuer: bytes
    name: str
    organization: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    public_key: ec.EllipticCurvePublicKey
    subject_key_id: bytes
    authority_key_id: bytes
    role: Role | None
    is_ca: bool
    path_length: int | None
    signs_certificates: bool
    signs_data: bool
    # (organisation, EID prefix); an empty organisation leaves it open. None: nothing is permitted here.
    permitted: tuple[tuple[str, str], ...] | None

    def valid_at(self, now: datetime) -> bool:
        """True inside notBefore..notAfter."""
        return self.not_before <= now <= self.not_after

    def permits(self, organization: str, eid: str) -> bool:
        """True if this EUM certificate may issue for this organisation and EID; the serialNumber is a prefix."""
        return any(
            eid.startswith(prefix) and (not owner or owner == organization) for owner, prefix in self.permitted or ()
        )


@lru_cache(maxsize=CACHED_CERTIFICATES)
def load(der: bytes) -> Certificate:
    """Read a certificate, once for the same octets.

    ValueError if it isn't one, has an unknown critical extension or a key of another kind.
    """
    certificate = x509.load_der_x509_certificate(der)
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("not an elliptic-curve key")
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        raise ValueError("signature algorithm is not ecdsa-with-SHA256")
    try:
        tbs = parse(der, 0x30).at(0, 0x30).raw
    except DecodeError as error:
        raise ValueError(str(error)) from error
    extensions = {extension.oid: extension for extension in certificate.extensions}
    for extension in extensions.values():
        if extension.critical and extension.oid not in _JUDGED:
            raise ValueError(f"unknown critical extension {extension.oid.dotted_string}")
    values = {oid: extension.value for oid, extension in extensions.items()}
    usage, basic = values.get(ExtensionOID.KEY_USAGE), values.get(ExtensionOID.BASIC_CONSTRAINTS)
    subject_key, authority_key = (
        values.get(ExtensionOID.SUBJECT_KEY_IDENTIFIER),
        values.get(ExtensionOID.AUTHORITY_KEY_IDENTIFIER),
    )
    is_ca = isinstance(basic, x509.BasicConstraints) and basic.ca
    return Certificate(
        der=der,
        tbs=tbs,
        signature=certificate.signature,
        serial=certificate.serial_number,
        subject=certificate.subject.public_bytes(),
        issuer=certificate.issuer.public_bytes(),
        name=_attribute(certificate.subject, NameOID.COMMON_NAME),
        organization=_attribute(certificate.subject, NameOID.ORGANIZATION_NAME),
        serial_number=_attribute(certificate.subject, NameOID.SERIAL_NUMBER),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        public_key=key,
        subject_key_id=subject_key.digest if isinstance(subject_key, x509.SubjectKeyIdentifier) else b"",
        authority_key_id=(authority_key.key_identifier or b"")
        if isinstance(authority_key, x509.AuthorityKeyIdentifier)
        else b"",
        role=_role(values.get(ExtensionOID.CERTIFICATE_POLICIES)),
        is_ca=is_ca,
        path_length=basic.path_length if isinstance(basic, x509.BasicConstraints) else None,
        signs_certificates=isinstance(usage, x509.KeyUsage) and usage.key_cert_sign,
        signs_data=isinstance(usage, x509.KeyUsage) and usage.digital_signature,
        permitted=_permitted(values),
    )


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    for attribute in name.get_attributes_for_oid(oid):
        return str(attribute.value)
    return ""


def _role(policies: x509.ExtensionType | None) -> Role | None:
    if isinstance(policies, x509.CertificatePolicies):
        for policy in policies:
            if policy.policy_identifier.dotted_string in _ROLES:
                return _ROLES[policy.policy_identifier.dotted_string]
    return None


def _permitted(values: dict[x509.ObjectIdentifier, x509.ExtensionType]) -> tuple[tuple[str, str], ...] | None:
    eins, constraints = values.get(PERMITTED_EINS), values.get(ExtensionOID.NAME_CONSTRAINTS)
    if isinstance(eins, x509.UnrecognizedExtension):
        try:
            return tuple(("", element.value.decode("ascii")) for element in parse(eins.value, 0x30).children)
        except ValueError as error:
            raise ValueError(f"permittedEins: {error}") from error
    if not isinstance(constraints, x509.NameConstraints):
        return None
    return tuple(
        (_attribute(subtree.value, NameOID.ORGANIZATION_NAME), _attribute(subtree.value, NameOID.SERIAL_NUMBER))
        for subtree in constraints.permitted_subtrees or ()
        if isinstance(subtree, x509.DirectoryName)
    )
