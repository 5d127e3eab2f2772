"""Network side of AKA, written from the standards for tests alone: Milenage and Tuak vectors for a RAND and SQN."""

import hashlib
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ROTATIONS = (64, 0, 32, 64, 96)


class Vector(NamedTuple):
    """What the network sends (rand, autn) and expects back."""

    rand: bytes
    autn: bytes
    res: bytes
    ck: bytes
    ik: bytes


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def milenage(k: bytes, opc: bytes, rand: bytes, sqn: bytes, amf: bytes) -> dict[str, bytes]:
    """f1 to f5* of 3GPP TS 35.206."""
    encrypt = Cipher(algorithms.AES(k), modes.ECB()).encryptor().update

    def rotated(block: bytes, bits: int) -> bytes:
        number = int.from_bytes(block, "big")
        return ((number << bits | number >> (128 - bits)) & (1 << 128) - 1).to_bytes(16, "big")

    temp = encrypt(xor(rand, opc))
    in1 = sqn + amf + sqn + amf
    out = [xor(encrypt(xor(temp, rotated(xor(in1, opc), ROTATIONS[0]))), opc)]
    for index in range(1, 5):
        block = xor(rotated(xor(temp, opc), ROTATIONS[index]), (1 << index - 1).to_bytes(16, "big"))
        out.append(xor(encrypt(block), opc))
    return {
        "f1": out[0][:8],
        "f1*": out[0][8:],
        "f2": out[1][8:],
        "f3": out[2],
        "f4": out[3],
        "f5": out[1][:6],
        "f5*": out[4][:6],
    }


def milenage_vector(k: bytes, opc: bytes, rand: bytes, sqn: bytes, amf: bytes) -> Vector:
    """An authentication vector of 3GPP TS 33.102."""
    f = milenage(k, opc, rand, sqn, amf)
    return Vector(rand, xor(sqn, f["f5"]) + amf + f["f1"], f["f2"], f["f3"], f["f4"])


def tuak_vector(k: bytes, topc: bytes, rand: bytes, sqn: bytes, amf: bytes) -> Vector:
    """A vector of 3GPP TS 35.231: 64-bit RES and MAC, 128-bit CK and IK, one Keccak iteration."""
    long_key = len(k) == 32

    def keccak(instance: int, rand: bytes, amf: bytes, sqn: bytes) -> bytes:
        fields = (topc, bytes((instance | long_key,)), b"TUAK1.0", rand, amf, sqn)
        state = b"".join(field[::-1] for field in fields) + k[::-1].ljust(32, b"\0")
        return hashlib.shake_256(state).digest(136)

    mac = keccak(0x08, rand, amf, sqn)[:8][::-1]
    out = keccak(0x40 | 0x08, rand, bytes(2), bytes(6))
    res, ck, ik, ak = (out[at : at + octets][::-1] for at, octets in ((0, 8), (32, 16), (64, 16), (96, 6)))
    return Vector(rand, xor(sqn, ak) + amf + mac, res, ck, ik)
