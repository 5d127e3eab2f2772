"""Subscription concealment: the SUCI that GET IDENTITY answers.

Spec: 3GPP TS 33.501 annex C, TS 31.102 sections 4.4.11.8 and 7.5, TS 24.501 section 9.11.3.4
"""

from collections.abc import Iterator

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wire.errors import DecodeError
from wire.ports import Entropy
from wire.tlv import read_header

NULL_SCHEME, PROFILE_A, PROFILE_B = 0, 1, 2
_SUPI_TYPE_IMSI = b"\x01"
_MAC_OCTETS = 8
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def bcd(digits: str) -> bytes:
    """Digits as swapped nibbles, padded with F."""
    padded = digits + "F" * (len(digits) % 2)
    return bytes(int(padded[at + 1] + padded[at], 16) for at in range(0, len(padded), 2))


def plmn(mcc: str, mnc: str) -> bytes:
    """MCC and MNC as in TS 24.008: MCC2 MCC1, MNC3 MCC3, MNC2 MNC1."""
    third = mnc[2] if len(mnc) == 3 else "F"
    return bytes.fromhex(mcc[1] + mcc[0] + third + mcc[2] + mnc[1] + mnc[0])


def _items(content: bytes) -> dict[int, bytes]:
    """The TLVs at the start of a padded EF."""
    found: dict[int, bytes] = {}
    position = 0
    while position < len(content) and content[position] not in (0x00, 0xFF):
        tag, start, length = read_header(content, position)
        if start + length > len(content):
            raise DecodeError("SUCI_Calc_Info", start, "value is cut off")
        found.setdefault(tag, content[start : start + length])
        position = start + length
    return found


def _keys(content: bytes) -> list[tuple[int, bytes]]:
    """The home network public key list: (identifier, key)."""
    keys: list[tuple[int, bytes]] = []
    identifier: int | None = None
    position = 0
    while position < len(content):
        tag, start, length = read_header(content, position)
        value = content[start : start + length]
        if tag == 0x80 and length == 1:
            identifier = value[0]
        elif tag == 0x81 and identifier is not None and len(value) == length:
            keys.append((identifier, value))
            identifier = None
        position = start + length
    return keys


def choices(calculation_info: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(protection scheme, key identifier, home network public key) of EF.SUCI_Calc_Info, most preferred first.

    DecodeError if the content is not TLV.
    """
    items = _items(calculation_info)
    keys = _keys(items.get(0xA1, b""))
    priorities = items.get(0xA0, b"")
    for scheme, index in zip(priorities[::2], priorities[1::2], strict=False):
        if scheme == NULL_SCHEME:
            yield NULL_SCHEME, 0, b""
        elif scheme in (PROFILE_A, PROFILE_B) and 1 <= index <= len(keys):
            yield scheme, *keys[index - 1]


def _exchange(scheme: int, public_key: bytes, entropy: Entropy) -> tuple[bytes, bytes]:
    """An ephemeral public key and the secret shared with the home network; ValueError for a bad public key."""
    if scheme == PROFILE_A:
        ephemeral = X25519PrivateKey.from_private_bytes(entropy.octets(32))
        secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(public_key))
        return ephemeral.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), secret
    home = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    scalar = int.from_bytes(entropy.octets(32), "big") % (_P256_ORDER - 1) + 1
    private = ec.derive_private_key(scalar, ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return point, private.exchange(ec.ECDH(), home)


def conceal(scheme: int, public_key: bytes, plaintext: bytes, entropy: Entropy) -> bytes:
    """The scheme output: ephemeral public key, ciphertext, MAC (or the plaintext with the null scheme).

    Spec: 3GPP TS 33.501 section C.3; ValueError for a bad public key.
    """
    if scheme == NULL_SCHEME:
        return plaintext
    ephemeral, secret = _exchange(scheme, public_key, entropy)
    derived = X963KDF(hashes.SHA256(), 64, ephemeral).derive(secret)
    encryptor = Cipher(AES(derived[:16]), CTR(derived[16:32])).encryptor()
    ciphertext = encryptor.update(plaintext) + encryptor.finalize()
    tag = hmac.HMAC(derived[32:], hashes.SHA256())
    tag.update(ciphertext)
    return ephemeral + ciphertext + tag.finalize()[:_MAC_OCTETS]


def suci(imsi: str, mnc_digits: int, routing_indicator: bytes, calculation_info: bytes, entropy: Entropy) -> bytes:
    """The SUCI of an IMSI with the most preferred scheme that works; the null scheme if none is provisioned."""
    mcc, mnc, msin = imsi[:3], imsi[3 : 3 + mnc_digits], imsi[3 + mnc_digits :]
    try:
        candidates = list(choices(calculation_info))
    except DecodeError:
        candidates = []
    for scheme, identifier, public_key in [*candidates, (NULL_SCHEME, 0, b"")]:
        try:
            output = conceal(scheme, public_key, bcd(msin), entropy)
        except ValueError:
            continue
        head = _SUPI_TYPE_IMSI + plmn(mcc, mnc) + routing_indicator[:2].ljust(2, b"\xff")
        return head + bytes((scheme, identifier)) + output
    raise AssertionError("the null scheme cannot fail")
