"""Elliptic curves as the kits use them: raw signatures, points, certificates."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from scenarios.model import CheckFailed
from wire.ports import Entropy
from wire.tlv import parse

_SHA256 = ec.ECDSA(hashes.SHA256())


def public_key(certificate: bytes) -> ec.EllipticCurvePublicKey:
    """The key of a certificate; CheckFailed if it is none on an elliptic curve."""
    try:
        key = load_der_x509_certificate(certificate).public_key()
    except ValueError as error:
        raise CheckFailed(f"not a certificate: {error}") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CheckFailed("the certificate has no key on an elliptic curve")
    return key


def verify(what: str, certificate: bytes, signature: bytes, data: bytes) -> None:
    """CheckFailed unless the raw signature over `data` is that of the certificate's key."""
    if len(signature) != 64:
        raise CheckFailed(f"{what}: the signature has {len(signature)} octets, not 64")
    half = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        public_key(certificate).verify(encode_dss_signature(*half), data, _SHA256)
    except InvalidSignature:
        raise CheckFailed(f"{what}: the signature is not good") from None


def issued(what: str, certificate: bytes, issuer: bytes) -> None:
    """CheckFailed unless `issuer`'s key signed the certificate."""
    try:
        one, above = load_der_x509_certificate(certificate), load_der_x509_certificate(issuer)
        one.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise CheckFailed(f"{what} was not issued by the certificate it should be: {error!r}") from None


def ephemeral(curve: ec.EllipticCurve, entropy: Entropy) -> ec.EllipticCurvePrivateKey:
    """A one-time key."""
    return ec.derive_private_key(int.from_bytes(entropy.octets(31)) + 1, curve)


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public point, uncompressed, 65 octets."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def agree(key: ec.EllipticCurvePrivateKey, peer: bytes) -> bytes:
    """The x-coordinate shared with the peer's point; CheckFailed if that isn't on the curve."""
    try:
        return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(key.curve, peer))
    except ValueError as error:
        raise CheckFailed(f"the peer's one-time key is no point of {key.curve.name}: {error}") from None


def registered_id(certificate: bytes) -> bytes:
    """The content octets of the registeredID in the subjectAltName; CheckFailed if there is none."""
    extensions = load_der_x509_certificate(certificate).extensions
    for extension in extensions:
        if extension.oid.dotted_string == "2.5.29.17":
            oid = parse(extension.value.public_bytes(), 0x30).find(0x88)
            if oid is not None:
                return oid.value
    raise CheckFailed("the certificate has no registeredID")


def subject(certificate: bytes) -> dict[str, str]:
    """Attribute OID -> value of the subject."""
    names = load_der_x509_certificate(certificate).subject
    return {name.oid.dotted_string: str(name.value) for name in names}
