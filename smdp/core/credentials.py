"""The keys of an SM-DP+: one pair of DPauth and DPpb credentials for each CI it has certificates of."""

from dataclasses import dataclass
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import ExtensionOID

from wire import tlv
from wire.ports import Signed, Signer

SCALAR_OCTETS = 32
_DETERMINISTIC = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class KeySigner:
    """A Signer that holds its private key: ECDSA with SHA-256, RFC 6979, raw r || s."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._key = private_key

    def sign(self, what: str, data: bytes, suffix: bytes = b"") -> Signed:
        """Sign `data || suffix`."""
        r, s = utils.decode_dss_signature(self._key.sign(data + suffix, _DETERMINISTIC))
        return Signed(data, r.to_bytes(SCALAR_OCTETS, "big") + s.to_bytes(SCALAR_OCTETS, "big"))


@dataclass(frozen=True)
class DpCredentials:
    """DPauth and DPpb of one server OID under one CI.

    ci_pkid: SubjectKeyIdentifier of the CI both certificates chain to.
    """

    auth_certificate: bytes
    auth_signer: Signer
    pb_certificate: bytes
    pb_signer: Signer
    ci_pkid: bytes

    @cached_property
    def oid(self) -> bytes:
        """The server's OID, as the content octets of an OBJECT IDENTIFIER (SAN registeredID of CERT.DPauth)."""
        return registered_id(self.auth_certificate)

    @cached_property
    def curve(self) -> ec.EllipticCurve:
        """The curve of CERT.DPpb, on which one-time keys are made."""
        key = x509.load_der_x509_certificate(self.pb_certificate).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise TypeError("CERT.DPpb holds no elliptic-curve key")
        return key.curve


def registered_id(certificate: bytes) -> bytes:
    """The content octets of the registeredID in the SubjectAltName; ValueError when there is none."""
    names = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_oid(
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME
    )
    oid = tlv.parse(names.value.public_bytes(), 0x30).find(0x88)
    if oid is None:
        raise ValueError("the certificate has no registeredID")
    return oid.value
