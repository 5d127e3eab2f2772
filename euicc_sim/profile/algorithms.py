"""Authentication algorithms: Milenage, TUAK and the USIM test algorithm behind one face.

Spec: 3GPP TS 35.206 (Milenage), TS 35.231 (TUAK), TS 34.108 section 8.1.2 (test algorithm), TS 33.102 section 6.3
"""

from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from euicc_sim.profile.keccak import keccak_f1600

DEFAULT_ROTATIONS = bytes.fromhex("4000204060")
DEFAULT_CONSTANTS = b"".join(octet.to_bytes(16, "big") for octet in (0, 1, 2, 4, 8))
_NO_AMF = bytes(2)
_NO_SQN = bytes(6)


class Algorithm(Protocol):
    """f1..f5* of TS 33.102: RAND 16 octets, SQN 6, AMF 2."""

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A, 8 octets."""

    def f1_star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S, 8 octets."""

    def f2345(self, rand: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """RES, CK, IK, AK."""

    def f5_star(self, rand: bytes) -> bytes:
        """AK for resynchronisation, 6 octets."""


def xor(left: bytes, right: bytes) -> bytes:
    """Bitwise exclusive or of equally long octets."""
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def _rotate_left(block: bytes, bits: int) -> bytes:
    size = 8 * len(block)
    bits %= size
    number = int.from_bytes(block, "big")
    return ((number << bits | number >> size - bits) & (1 << size) - 1).to_bytes(len(block), "big")


@dataclass(frozen=True, slots=True)
class Milenage:
    """Milenage with OPc and, where an operator has its own, rotation and xoring constants.

    Spec: 3GPP TS 35.206 section 4.1
    """

    key: bytes
    opc: bytes
    rotations: bytes = DEFAULT_ROTATIONS
    constants: bytes = DEFAULT_CONSTANTS

    def _encrypt(self, block: bytes) -> bytes:
        encryptor = Cipher(AES(self.key), ECB()).encryptor()
        return encryptor.update(block)

    def _out(self, number: int, rand: bytes) -> bytes:
        temp = self._encrypt(xor(rand, self.opc))
        rotated = _rotate_left(xor(temp, self.opc), self.rotations[number - 1])
        constant = self.constants[16 * (number - 1) : 16 * number]
        return xor(self._encrypt(xor(rotated, constant)), self.opc)

    def _out1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        temp = self._encrypt(xor(rand, self.opc))
        rotated = _rotate_left(xor((sqn + amf) * 2, self.opc), self.rotations[0])
        return xor(self._encrypt(xor(xor(temp, rotated), self.constants[:16])), self.opc)

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A."""
        return self._out1(rand, sqn, amf)[:8]

    def f1_star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S."""
        return self._out1(rand, sqn, amf)[8:]

    def f2345(self, rand: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """RES, CK, IK, AK."""
        out2 = self._out(2, rand)
        return out2[8:], self._out(3, rand), self._out(4, rand), out2[:6]

    def f5_star(self, rand: bytes) -> bytes:
        """AK for resynchronisation."""
        return self._out(5, rand)[:6]


@dataclass(frozen=True, slots=True)
class Tuak:
    """TUAK with TOPc; 64-bit MAC, 128-bit CK and IK, as the UICC interface carries them.

    Spec: 3GPP TS 35.231 section 6
    """

    key: bytes
    topc: bytes
    res_octets: int = 8
    iterations: int = 1

    def _out(self, instance: int, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        instance |= len(self.key) == 32
        fields = (self.topc, bytes((instance,)), b"TUAK1.0", rand, amf, sqn, self.key)
        state = b"".join(field[::-1] for field in fields).ljust(96, b"\x00")
        state += b"\x1f" + bytes(38) + b"\x80" + bytes(64)
        for _ in range(self.iterations):
            state = keccak_f1600(state)
        return state

    @staticmethod
    def _read(state: bytes, offset: int, octets: int) -> bytes:
        return state[offset : offset + octets][::-1]

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A."""
        return self._read(self._out(0x08, rand, sqn, amf), 0, 8)

    def f1_star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S."""
        return self._read(self._out(0x88, rand, sqn, amf), 0, 8)

    def f2345(self, rand: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """RES, CK, IK, AK."""
        length_code = {4: 0x00, 8: 0x08, 16: 0x10, 32: 0x20}[self.res_octets]
        state = self._out(0x40 | length_code, rand, _NO_SQN, _NO_AMF)
        read = self._read
        return read(state, 0, self.res_octets), read(state, 32, 16), read(state, 64, 16), read(state, 96, 6)

    def f5_star(self, rand: bytes) -> bytes:
        """AK for resynchronisation."""
        return self._read(self._out(0xC0, rand, _NO_SQN, _NO_AMF), 96, 6)


@dataclass(frozen=True, slots=True)
class UsimTest:
    """The test algorithm: everything follows from K xor RAND.

    Spec: 3GPP TS 34.108 section 8.1.2.1
    """

    key: bytes
    res_octets: int = 16

    def _mac(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        return xor(xor(self.key, rand)[:8], sqn + amf)

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A."""
        return self._mac(rand, sqn, amf)

    def f1_star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S."""
        return self._mac(rand, sqn, amf)

    def f2345(self, rand: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """RES, CK, IK, AK."""
        xdout = xor(self.key, rand)
        return xdout[: self.res_octets], _rotate_left(xdout, 8), _rotate_left(xdout, 16), xdout[3:9]

    def f5_star(self, rand: bytes) -> bytes:
        """AK for resynchronisation: the same as f5."""
        return xor(self.key, rand)[3:9]


def gsm_context(res: bytes, ck: bytes, ik: bytes) -> tuple[bytes, bytes]:
    """SRES and Kc from RES, CK, IK with the conversion functions c2 and c3.

    Spec: 3GPP TS 33.102 section 6.8.1.2
    """
    padded = res.ljust(16, b"\x00")
    sres = xor(xor(padded[0:4], padded[4:8]), xor(padded[8:12], padded[12:16]))
    return sres, xor(xor(ck[:8], ck[8:]), xor(ik[:8], ik[8:]))
