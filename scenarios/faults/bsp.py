"""Protection of a bound profile package for the server kit: SCP03t, and a protector that makes mistakes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from scenarios.faults.model import DamagedMac, DamagedSegment, Fault, FreshChaining, SkippedCounter
from wire.tlv import tlv

MAC_OCTETS = 8


class Keys(NamedTuple):
    """Initial MAC chaining value, encryption key, MAC key."""

    mcv: bytes
    enc: bytes
    mac: bytes


class Counting:
    """Numbers the protected segments of one package over all its key sets."""

    def __init__(self) -> None:
        self.next = 0


class Protector:
    """One protected sequence, the sender's end. Spec: SGP.22 v2.5 section 2.5.4 (SCP03t)."""

    def __init__(self, keys: Keys, numbers: Counting, faults: Sequence[Fault] = ()) -> None:
        self._mcv, self._enc, self._mac = keys
        self._counter = 1
        self._numbers = numbers
        self._faults = faults

    def protect(self, tag: int, plaintext: bytes) -> bytes:
        """A protected 86 or 87; an 88 stays in clear and gets a MAC only."""
        number = self._numbers.next
        self._numbers.next += 1
        if self._has(SkippedCounter, number):
            self._counter += 1
        if self._has(FreshChaining, number):
            self._mcv = bytes(16)
        data = plaintext if tag == 0x88 else self._encrypted(plaintext)
        self._counter += 1
        head = tlv(tag, data + bytes(MAC_OCTETS))[: -len(data) - MAC_OCTETS]
        cmac = CMAC(algorithms.AES(self._mac))
        cmac.update(self._mcv + head + data)
        self._mcv = cmac.finalize()
        mac = self._mcv[:MAC_OCTETS]
        if self._has(DamagedSegment, number):
            data = bytes((data[0] ^ 0x01,)) + data[1:]
        if self._has(DamagedMac, number):
            mac = mac[:-1] + bytes((mac[-1] ^ 0x01,))
        return head + data + mac

    def _encrypted(self, plaintext: bytes) -> bytes:
        padded = plaintext + b"\x80"
        padded += bytes(-len(padded) % 16)
        icv = _encryptor(self._enc, modes.ECB()).update(self._counter.to_bytes(16, "big"))
        encrypted: bytes = _encryptor(self._enc, modes.CBC(icv)).update(padded)
        return encrypted

    def _has(self, kind: type[Any], number: int) -> bool:
        return any(isinstance(fault, kind) and fault.segment == number for fault in self._faults)


def _encryptor(key: bytes, mode: Any) -> Any:
    return Cipher(algorithms.AES(key), mode).encryptor()
