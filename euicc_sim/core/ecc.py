"""Elliptic curves as the card uses them: raw signatures, one-time keys, key agreement.

Spec: SGP.22 v2.5 section 2.6.7 (ECDSA with SHA-256, raw r||s; NIST P-256 and brainpoolP256r1)
"""

from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from wire.ports import Entropy, Signed

CURVES: dict[str, ec.EllipticCurve] = {"secp256r1": ec.SECP256R1(), "brainpoolP256r1": ec.BrainpoolP256R1()}
"""The curves of this card, by name."""

_ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "brainpoolP256r1": 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
}
_VERIFY = ec.ECDSA(SHA256())
_SIGN = ec.ECDSA(SHA256(), deterministic_signing=True)
SIGNATURE_OCTETS = 64
SCALAR_OCTETS = 32


def verify(public_key: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> bool:
    """True if `signature` (r||s) over `data` verifies; any other length than 64 does not."""
    if len(signature) != SIGNATURE_OCTETS:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        public_key.verify(encode_dss_signature(r, s), data, _VERIFY)
    except InvalidSignature:
        return False
    return True


class SoftwareSigner:
    """Signs with a key in memory; deterministic by RFC 6979."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key

    @classmethod
    def from_pkcs8(cls, der: bytes) -> Self:
        """From an unencrypted PKCS#8 key; ValueError if it is none or on another curve."""
        key = load_der_private_key(der, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in CURVES:
            raise ValueError("not an EC private key on a supported curve")
        return cls(key)

    def sign(self, what: str, data: bytes, suffix: bytes = b"") -> Signed:
        """ECDSA-SHA256 over data || suffix."""
        r, s = decode_dss_signature(self._private_key.sign(data + suffix, _SIGN))
        return Signed(data, r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def one_time_key(curve_name: str, entropy: Entropy) -> ec.EllipticCurvePrivateKey:
    """A fresh private key; 8 surplus octets make the scalar's bias negligible.

    Spec: FIPS 186-5 appendix A.2.1
    """
    scalar = int.from_bytes(entropy.octets(SCALAR_OCTETS + 8), "big") % (_ORDERS[curve_name] - 1) + 1
    return private_key(curve_name, scalar.to_bytes(SCALAR_OCTETS, "big"))


def private_key(curve_name: str, scalar: bytes) -> ec.EllipticCurvePrivateKey:
    """The key with that scalar."""
    return ec.derive_private_key(int.from_bytes(scalar, "big"), CURVES[curve_name])


def scalar_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key's scalar, 32 octets."""
    return key.private_numbers().private_value.to_bytes(SCALAR_OCTETS, "big")


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public point, uncompressed: 04 || X || Y."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def agree(key: ec.EllipticCurvePrivateKey, peer_point: bytes) -> bytes:
    """The shared secret Z, the x-coordinate; ValueError if the point is not uncompressed or not on the curve."""
    if len(peer_point) != 65 or peer_point[0] != 0x04:
        raise ValueError("not an uncompressed point of 65 octets")
    peer = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, peer_point)
    return key.exchange(ec.ECDH(), peer)


def supported(public_key: object) -> ec.EllipticCurvePublicKey | None:
    """The key if it is on a curve of this card, else None."""
    if isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.name in CURVES:
        return public_key
    return None
