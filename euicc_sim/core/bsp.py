"""The card's side of the bound profile package's protection: key derivation and SCP03t opening.

Spec: SGP.22 v2.5 section 2.6.4 and annex G; BSI TR-03111 section 4.3.3 (X9.63 KDF)
"""

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

from wire.tlv import Tlv

KEY_TYPE_AES = 0x88
KEY_OCTETS = 16
BLOCK_OCTETS = 16
MAC_OCTETS = 8
MAX_TLV_OCTETS = 1020
ENCRYPTED_TAGS = (0x86, 0x87)


class Scp03tStructureError(Exception):
    """A protected TLV has an impossible size or padding."""


class Scp03tSecurityError(Exception):
    """A protected TLV's MAC is wrong."""


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What the key derivation gives, or what ReplaceSessionKeys brings."""

    initial_mcv: bytes
    s_enc: bytes
    s_mac: bytes


def derive_session_keys(shared_secret: bytes, host_id: bytes, eid: bytes) -> SessionKeys:
    """Session keys from Z, the HostID of the control reference template and the card's own EID.

    Spec: SGP.22 v2.5 annex G
    """
    shared_info = bytes((KEY_TYPE_AES, KEY_OCTETS, len(host_id))) + host_id + bytes((len(eid),)) + eid
    blocks = (sha256(shared_secret + counter.to_bytes(4, "big") + shared_info).digest() for counter in (1, 2))
    material = b"".join(blocks)
    return SessionKeys(material[0:16], material[16:32], material[32:48])


class Scp03tOpener:
    """Opens protected TLVs in the order of the wire; its state moves with every TLV that verifies."""

    def __init__(self, keys: SessionKeys) -> None:
        self.replace_keys(keys)

    def replace_keys(self, keys: SessionKeys) -> None:
        """Go on with other keys and a new MAC chain; the block counter starts again at 1."""
        self._s_enc = AES(keys.s_enc)
        self._s_mac = AES(keys.s_mac)
        self._mcv = keys.initial_mcv
        self._counter = 1

    def open(self, element: Tlv) -> bytes:
        """The plaintext of one 86, 87 (decrypted) or 88 (MAC only); the MAC is checked before anything else.

        Raises Scp03tStructureError, Scp03tSecurityError.
        """
        if len(element.raw) > MAX_TLV_OCTETS:
            raise Scp03tStructureError(f"{len(element.raw)} octets, at most {MAX_TLV_OCTETS} are allowed")
        if len(element.value) < MAC_OCTETS:
            raise Scp03tStructureError("shorter than a MAC")
        cmac = CMAC(self._s_mac)
        cmac.update(self._mcv + element.raw[:-MAC_OCTETS])
        chained = cmac.finalize()
        if not compare_digest(chained[:MAC_OCTETS], element.value[-MAC_OCTETS:]):
            raise Scp03tSecurityError(f"MAC of TLV {self._counter} is wrong")
        data = element.value[:-MAC_OCTETS]
        if element.tag in ENCRYPTED_TAGS:
            data = self._decrypt(data)
        self._mcv = chained
        self._counter += 1
        return data

    def _decrypt(self, ciphertext: bytes) -> bytes:
        if not ciphertext or len(ciphertext) % BLOCK_OCTETS:
            raise Scp03tStructureError("ciphertext is not a number of whole blocks")
        counter_block = Cipher(self._s_enc, ECB()).encryptor()
        icv = counter_block.update(self._counter.to_bytes(BLOCK_OCTETS, "big"))
        decryptor = Cipher(self._s_enc, CBC(icv)).decryptor()
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        plaintext = padded.rstrip(b"\x00")
        if not plaintext.endswith(b"\x80") or len(padded) - len(plaintext) >= BLOCK_OCTETS:
            raise Scp03tStructureError("padding is not 80 00..")
        return plaintext[:-1]
