"""Key agreement and SCP03t protection of the bound profile package, the server's end.

Spec: SGP.22 v2.5 sections 2.5.3, 2.5.4, annex G; BSI TR-03111 (X9.63 key derivation).
"""

from hashlib import sha256
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from wire.tlv import length_octets, tlv

KEY_TYPE_AES = 0x88
KEY_OCTETS = 16
MAC_OCTETS = 8
_BLOCK_OCTETS = 16
ENCRYPTED_PLAINTEXT_MAX = 1007  # 1007 octets make a TLV of 1020
MACED_PLAINTEXT_MAX = 1008


class SessionKeys(NamedTuple):
    """What a protected sequence starts from."""

    initial_mcv: bytes
    s_enc: bytes
    s_mac: bytes


def derive(shared_secret: bytes, host_id: bytes, eid: bytes) -> SessionKeys:
    """Session keys of one binding; shared_secret: the x-coordinate, eid: 16 octets."""
    shared_info = bytes((KEY_TYPE_AES, KEY_OCTETS, len(host_id))) + host_id + bytes((len(eid),)) + eid
    key_data = b"".join(sha256(shared_secret + bytes((0, 0, 0, n)) + shared_info).digest() for n in (1, 2))
    return SessionKeys(key_data[:16], key_data[16:32], key_data[32:48])


class Bsp:
    """One protected sequence of TLVs; its counter and MAC chaining value advance with each."""

    def __init__(self, keys: SessionKeys) -> None:
        self._mcv, s_enc, s_mac = keys
        self._cbc = Cipher(algorithms.AES(s_enc), modes.CBC(bytes(_BLOCK_OCTETS)))
        self._mac = CMAC(algorithms.AES(s_mac))
        self._counter = 1

    def encrypt_and_mac(self, tag: int, plaintext: bytes) -> bytes:
        """A protected 86 or 87.

        The ICV is the encrypted counter: in CBC from a zero IV just the block before the data's.
        """
        counter = self._counter.to_bytes(_BLOCK_OCTETS, "big")
        padded = plaintext + b"\x80" + bytes(-(len(plaintext) + 1) % _BLOCK_OCTETS)
        return self.mac_only(tag, self._cbc.encryptor().update(counter + padded)[_BLOCK_OCTETS:])

    def mac_only(self, tag: int, content: bytes) -> bytes:
        """A protected 88: in clear, with a MAC."""
        header = bytes((tag,)) + length_octets(len(content) + MAC_OCTETS)
        mac = self._mac.copy()
        mac.update(self._mcv + header + content)
        self._mcv = mac.finalize()
        self._counter += 1
        return header + content + self._mcv[:MAC_OCTETS]


def protect_elements(bsp: Bsp, upp: bytes) -> bytes:
    """The package as a row of 86 TLVs."""
    return b"".join(bsp.encrypt_and_mac(0x86, chunk) for chunk in _chunks(upp, ENCRYPTED_PLAINTEXT_MAX))


def protect_metadata(bsp: Bsp, metadata: bytes) -> bytes:
    """StoreMetadata as a row of 88 TLVs."""
    return b"".join(bsp.mac_only(0x88, chunk) for chunk in _chunks(metadata, MACED_PLAINTEXT_MAX))


def replace_session_keys(keys: SessionKeys) -> bytes:
    """ReplaceSessionKeysRequest (BF26) that announces these profile protection keys."""
    return tlv(0xBF26, tlv(0x80, keys.initial_mcv), tlv(0x81, keys.s_enc), tlv(0x82, keys.s_mac))


def _chunks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]
