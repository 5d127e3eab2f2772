"""Operator constants of the authentication algorithms, derived from the operator's secret."""

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SHAKE256_RATE_OCTETS = 136


def milenage_opc(k: bytes, op: bytes) -> bytes:
    """OPc = E_K(OP) xor OP. Spec: TS 35.206 section 4.1."""
    encryptor = Cipher(algorithms.AES(k), modes.ECB()).encryptor()
    return bytes(left ^ right for left, right in zip(encryptor.update(op), op, strict=True))


def tuak_topc(k: bytes, top: bytes, iterations: int = 1) -> bytes:
    """TOPc from TOP. Spec: TS 35.231 section 6.1.

    Tuak pads its 1600-bit Keccak state exactly as SHAKE256 pads a message of 96 octets, and applies the permutation
    once more per output block: the output after n permutations is the n-th block that SHAKE256 squeezes.
    """
    instance = b"\x01" if len(k) == 32 else b"\x00"
    message = top[::-1] + instance + b"TUAK1.0"[::-1] + bytes(16 + 2 + 6) + k[::-1].ljust(32, b"\0")
    squeezed = hashlib.shake_256(message).digest(SHAKE256_RATE_OCTETS * iterations)
    return squeezed[SHAKE256_RATE_OCTETS * (iterations - 1) :][:32][::-1]
