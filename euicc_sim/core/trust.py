"""The card's own judgement of server certificates and CRLs: straight from a CI key that it knows.

A card has no clock, so validity periods are not judged; it knows CI keys, not CI names.
Spec: SGP.22 v2.5 sections 4.5.2 and 5.7.13
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtensionOID, SignatureAlgorithmOID

from euicc_sim.core.ecc import supported
from euicc_sim.core.settings import EuiccChain
from wire.ids import encode_oid

UNREADABLE = (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm)
"""What cryptography raises on certificates and CRLs that are not well-formed."""

_KNOWN_EXTENSIONS = {
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
}


class Role(Enum):
    """Roles of server certificates, by the object identifier of their policy (id-rspRole)."""

    DP_AUTH = "2.23.146.1.2.1.4"
    DP_PB = "2.23.146.1.2.1.5"
    DS_AUTH = "2.23.146.1.2.1.7"


class Defect(Enum):
    """Why a server certificate is refused, as far as results tell them apart."""

    INVALID = "invalid"
    CI_UNKNOWN = "CI unknown"
    CURVE_UNSUPPORTED = "curve unsupported"
    OID_MISSING = "object identifier missing"


class CertificateRefused(Exception):
    """A certificate that the card does not trust."""

    def __init__(self, defect: Defect, reason: str) -> None:
        super().__init__(reason)
        self.defect = defect
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """A trusted server certificate: what the session needs of it. oid: content octets of the SAN's registeredID."""

    role: Role
    oid: bytes
    public_key: ec.EllipticCurvePublicKey
    ci_pkid: bytes

    @property
    def curve_name(self) -> str:
        """The curve of its key, and so of the one-time keys."""
        return self.public_key.curve.name


def load_anchors(chains: tuple[EuiccChain, ...]) -> dict[bytes, ec.EllipticCurvePublicKey]:
    """CI PKId -> CI public key, in priority order; ValueError where a CI certificate is unusable."""
    anchors = {}
    for chain in chains:
        public_key = supported(x509.load_der_x509_certificate(chain.ci_certificate).public_key())
        if public_key is None:
            raise ValueError("the key of a CI certificate is on a curve that the card does not support")
        anchors[chain.ci_pkid] = public_key
    return anchors


def judge_server_certificate(
    der: bytes,
    anchors: Mapping[bytes, ec.EllipticCurvePublicKey],
    revoked: Mapping[bytes, frozenset[int]],
    roles: tuple[Role, ...],
) -> ServerCertificate:
    """The certificate's content if a CI in `anchors` issued it for one of `roles`; CertificateRefused otherwise.

    revoked: serial numbers on the CRLs loaded, by CI.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        return _judge(certificate, anchors, revoked, roles)
    except UNREADABLE as error:
        raise CertificateRefused(Defect.INVALID, f"not a well-formed certificate: {error}") from error


def _judge(
    certificate: x509.Certificate,
    anchors: Mapping[bytes, ec.EllipticCurvePublicKey],
    revoked: Mapping[bytes, frozenset[int]],
    roles: tuple[Role, ...],
) -> ServerCertificate:
    extensions = certificate.extensions
    ci_pkid = _issuer_of(extensions)
    if ci_pkid not in anchors:
        raise CertificateRefused(Defect.CI_UNKNOWN, "the authority key identifier names no CI that the card knows")
    if not signed_by(certificate, certificate.tbs_certificate_bytes, anchors[ci_pkid]):
        raise CertificateRefused(Defect.INVALID, "the CI's signature does not verify")
    if certificate.serial_number in revoked.get(ci_pkid, frozenset()):
        raise CertificateRefused(Defect.INVALID, "the certificate is on the CI's revocation list")
    role = _role_of(extensions, roles)
    _require_end_entity(certificate)
    try:
        public_key = supported(certificate.public_key())
    except UnsupportedAlgorithm:
        public_key = None
    if public_key is None:
        raise CertificateRefused(Defect.CURVE_UNSUPPORTED, "the key is on a curve that the card does not support")
    if public_key.curve.name != anchors[ci_pkid].curve.name:
        raise CertificateRefused(Defect.CURVE_UNSUPPORTED, "the key is on another curve than the CI's")
    return ServerCertificate(role, _oid_of(extensions), public_key, ci_pkid)


def signed_by(signed: x509.Certificate | x509.CertificateRevocationList, tbs: bytes, key: object) -> bool:
    """True if the CI's key verifies the signature over the to-be-signed octets as received."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    if signed.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        return False
    try:
        key.verify(signed.signature, tbs, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _issuer_of(extensions: x509.Extensions) -> bytes:
    try:
        identifier = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        identifier = None
    if identifier is None:
        raise CertificateRefused(Defect.INVALID, "no authority key identifier")
    return identifier


def _role_of(extensions: x509.Extensions, roles: tuple[Role, ...]) -> Role:
    try:
        policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        raise CertificateRefused(Defect.INVALID, "no certificate policies") from None
    named = {policy.policy_identifier.dotted_string for policy in policies}
    for role in roles:
        if role.value in named:
            return role
    wanted = " or ".join(role.name for role in roles)
    raise CertificateRefused(Defect.INVALID, f"no policy of the role {wanted}: {', '.join(sorted(named))}")


def _require_end_entity(certificate: x509.Certificate) -> None:
    extensions = certificate.extensions
    for extension in extensions:
        if extension.critical and extension.oid not in _KNOWN_EXTENSIONS:
            raise CertificateRefused(Defect.INVALID, f"unknown critical extension {extension.oid.dotted_string}")
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise CertificateRefused(Defect.INVALID, "no key usage") from None
    if not usage.digital_signature:
        raise CertificateRefused(Defect.INVALID, "key usage lacks digitalSignature")
    try:
        is_ca = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_ca = False
    if is_ca:
        raise CertificateRefused(Defect.INVALID, "a CA certificate is no server certificate")


def _oid_of(extensions: x509.Extensions) -> bytes:
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = None
    oids = names.get_values_for_type(x509.RegisteredID) if names else []
    if len(oids) != 1:
        raise CertificateRefused(Defect.OID_MISSING, f"{len(oids)} object identifiers in the subject's other names")
    return encode_oid(oids[0].dotted_string)
