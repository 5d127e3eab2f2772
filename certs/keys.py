"""EC keys on the two curves of the test PKI: made from an Entropy port, deterministic signatures, PEM.

Spec: SGP.22 v2.5 section 2.6.7 (curves), SGP.26 (names "NIST" and "BRP")
"""

import hashlib
import secrets
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from certs.errors import PkiError
from wire.ports import Entropy
from wire.tlv import parse

PrivateKey = ec.EllipticCurvePrivateKey

_CURVES: Final[dict[str, ec.EllipticCurve]] = {"NIST": ec.SECP256R1(), "BRP": ec.BrainpoolP256R1()}
_ORDERS: Final = {
    "NIST": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "BRP": 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
}
_SHORT_NAMES: Final = {curve.name: name for name, curve in _CURVES.items()}
_SIGNATURE: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
CURVES: Final = tuple(_CURVES)


class SystemEntropy:
    """Entropy of the operating system."""

    def octets(self, count: int) -> bytes:
        return secrets.token_bytes(count)


def new_key(curve: str, entropy: Entropy) -> PrivateKey:
    """A private key on "NIST" or "BRP" from 40 octets of entropy (FIPS 186-4 appendix B.4.1: 64 extra bits)."""
    if curve not in _CURVES:
        raise PkiError(f"curve {curve!r} is unknown; there are {', '.join(CURVES)}")
    secret = int.from_bytes(entropy.octets(40), "big") % (_ORDERS[curve] - 1) + 1
    return ec.derive_private_key(secret, _CURVES[curve])


def curve_of(key: PrivateKey | ec.EllipticCurvePublicKey) -> str:
    """ "NIST" or "BRP"; PkiError for any other curve."""
    try:
        return _SHORT_NAMES[key.curve.name]
    except KeyError:
        raise PkiError(f"the key is on {key.curve.name}; SGP.22 knows P-256 and brainpoolP256r1") from None


def curve_of_info(spki: bytes) -> str:
    """ "NIST" or "BRP" from a SubjectPublicKeyInfo; PkiError for anything else."""
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PkiError(f"not a public key on a known curve ({error})") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise PkiError("not an EC public key")
    return curve_of(key)


def sign(key: PrivateKey, data: bytes) -> bytes:
    """ECDSA-SHA256 with the nonce of RFC 6979, DER-encoded as X.509 wants it."""
    return key.sign(data, _SIGNATURE)


def public_key_info(key: PrivateKey) -> bytes:
    """SubjectPublicKeyInfo, DER: named curve, uncompressed point."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_identifier(spki: bytes) -> bytes:
    """SHA-1 of the public key bits, 20 octets (RFC 5280 section 4.2.1.2 method 1): SKI, and the CI's "PKId"."""
    return hashlib.sha1(parse(spki, 0x30).at(1, 0x03).value[1:], usedforsecurity=False).digest()


def private_pem(key: PrivateKey) -> bytes:
    """The private key as unencrypted PKCS #8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: PrivateKey) -> bytes:
    """The public key as SubjectPublicKeyInfo PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def read_private_pem(pem: bytes) -> PrivateKey:
    """An EC private key on a known curve, SEC 1 or PKCS #8; PkiError says what is odd."""
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PkiError(f"not an unencrypted PEM private key ({error})") from None
    if not isinstance(key, PrivateKey):
        raise PkiError("not an EC private key")
    curve_of(key)
    return key
