"""Authentication and key agreement: an application's parameters, its sequence numbers and its verdict on AUTN.

Spec: 3GPP TS 33.102 section 6.3 and annex C; SAIP PE-AKAParameter
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from euicc_sim.profile.algorithms import (
    DEFAULT_CONSTANTS,
    DEFAULT_ROTATIONS,
    Algorithm,
    Milenage,
    Tuak,
    UsimTest,
    xor,
)
from wire.tlv import parse_all, tlv

SEQ_ENTRIES = 32
_IND_BITS = 5
_RESYNCHRONISATION_AMF = b"\x00\x00"
_TEST_RESYNCHRONISATION_AMF = b"\xff\xff"
_RES_OCTETS = {0: 4, 1: 8, 2: 16, 3: 32}


class AlgorithmId(IntEnum):
    """algorithmID of AlgoParameter."""

    MILENAGE = 1
    TUAK = 2
    USIM_TEST = 3


@dataclass(frozen=True, slots=True)
class AkaParameters:
    """AlgoParameter and the SQN options of one application, or the application whose parameters it shares.

    options: low three bits are the RES length for TUAK and the test algorithm (0: 32, 1: 64, 2: 128, 3: 256 bits; only
    02 is documented, the others are a plausible reading); Milenage always has 64 bits. sqn_options, counter_maximum:
    kept, without effect, as their coding is not public. sqn_delta and sqn_age_limit count SEQ, not SQN.
    """

    algorithm: AlgorithmId = AlgorithmId.MILENAGE
    options: int = 0
    key: bytes = b""
    opc: bytes = b""
    rotations: bytes = DEFAULT_ROTATIONS
    constants: bytes = DEFAULT_CONSTANTS
    counter_maximum: bytes = b""
    iterations: int = 1
    sqn_options: int = 0x02
    sqn_delta: int = 1 << 28
    sqn_age_limit: int = 1 << 28
    shared_with: int | None = None

    def encode(self) -> bytes:
        """The stored form."""
        if self.shared_with is not None:
            return tlv(0x8F, self.shared_with.to_bytes(2, "big"))
        return b"".join(
            (
                tlv(0x80, bytes((self.algorithm,))),
                tlv(0x81, bytes((self.options,))),
                tlv(0x82, self.key),
                tlv(0x83, self.opc),
                tlv(0x84, self.rotations),
                tlv(0x85, self.constants),
                tlv(0x86, self.counter_maximum),
                tlv(0x87, bytes((self.iterations,))),
                tlv(0x88, bytes((self.sqn_options,))),
                tlv(0x89, self.sqn_delta.to_bytes(6, "big")),
                tlv(0x8A, self.sqn_age_limit.to_bytes(6, "big")),
            )
        )

    @classmethod
    def decode(cls, stored: bytes) -> Self:
        """The parameters from their stored form."""
        values = {item.tag: item.value for item in parse_all(stored)}
        if 0x8F in values:
            return cls(shared_with=int.from_bytes(values[0x8F], "big"))
        return cls(
            AlgorithmId(values[0x80][0]),
            values[0x81][0],
            values[0x82],
            values[0x83],
            values[0x84],
            values[0x85],
            values[0x86],
            values[0x87][0],
            values[0x88][0],
            int.from_bytes(values[0x89], "big"),
            int.from_bytes(values[0x8A], "big"),
        )

    @property
    def res_octets(self) -> int | None:
        """Length of RES; None if the options name none."""
        if self.algorithm is AlgorithmId.MILENAGE:
            return 8
        octets = _RES_OCTETS.get(self.options)
        return octets if octets is None or self.algorithm is AlgorithmId.TUAK else min(octets, 16)

    def functions(self) -> Algorithm:
        """The algorithm with this application's key material."""
        res_octets = self.res_octets or 8
        if self.algorithm is AlgorithmId.MILENAGE:
            return Milenage(self.key, self.opc, self.rotations, self.constants)
        if self.algorithm is AlgorithmId.TUAK:
            return Tuak(self.key, self.opc, res_octets, self.iterations)
        return UsimTest(self.key, res_octets)


@dataclass(frozen=True, slots=True)
class SequenceNumbers:
    """The array SEQ_MS(0..31), the value last accepted for each index.

    Spec: 3GPP TS 33.102 annex C.2
    """

    values: tuple[int, ...]

    @classmethod
    def decode(cls, stored: bytes) -> Self:
        """The array from its stored form, 6 octets each."""
        return cls(tuple(int.from_bytes(stored[at : at + 6], "big") for at in range(0, 6 * SEQ_ENTRIES, 6)))

    def encode(self) -> bytes:
        """The stored form."""
        return b"".join(value.to_bytes(6, "big") for value in self.values)

    @property
    def highest(self) -> bytes:
        """SQN_MS, the highest sequence number ever accepted, with its index."""
        sequence = max(self.values)
        return (sequence << _IND_BITS | self.values.index(sequence)).to_bytes(6, "big")

    def accepts(self, sqn: bytes, delta: int, age_limit: int) -> bool:
        """Whether SQN is fresh: newer than what its index holds, not too far ahead, not too old."""
        number = int.from_bytes(sqn, "big")
        sequence, index = number >> _IND_BITS, number & (1 << _IND_BITS) - 1
        highest = max(self.values)
        return sequence > self.values[index] and sequence - highest <= delta and highest - sequence <= age_limit

    def after(self, sqn: bytes) -> "SequenceNumbers":
        """The array once SQN was accepted."""
        number = int.from_bytes(sqn, "big")
        values = list(self.values)
        values[number & (1 << _IND_BITS) - 1] = number >> _IND_BITS
        return SequenceNumbers(tuple(values))


@dataclass(frozen=True, slots=True)
class Agreed:
    """AUTN is genuine and fresh: what goes to the terminal and the array to store."""

    res: bytes
    ck: bytes
    ik: bytes
    sequence_numbers: SequenceNumbers


@dataclass(frozen=True, slots=True)
class SynchronisationFailure:
    """AUTN is genuine but its SQN is not fresh."""

    auts: bytes


def authenticate(
    parameters: AkaParameters, sequence_numbers: SequenceNumbers, rand: bytes, autn: bytes
) -> Agreed | SynchronisationFailure | None:
    """The 3G security context; None if the MAC is wrong.

    The test algorithm has no SQN options: every SQN is taken, and AMF FFFF asks for resynchronisation.
    Spec: 3GPP TS 33.102 section 6.3.3; TS 34.108 section 8.1.2.2
    """
    functions = parameters.functions()
    res, ck, ik, anonymity_key = functions.f2345(rand)
    sqn, amf, mac = xor(autn[:6], anonymity_key), autn[6:8], autn[8:16]
    if functions.f1(rand, sqn, amf) != mac:
        return None
    if parameters.algorithm is AlgorithmId.USIM_TEST:
        fresh = amf != _TEST_RESYNCHRONISATION_AMF
    else:
        fresh = sequence_numbers.accepts(sqn, parameters.sqn_delta, parameters.sqn_age_limit)
    if not fresh:
        sqn_ms = sequence_numbers.highest
        concealed = xor(sqn_ms, functions.f5_star(rand))
        return SynchronisationFailure(concealed + functions.f1_star(rand, sqn_ms, _RESYNCHRONISATION_AMF))
    return Agreed(res, ck, ik, sequence_numbers.after(sqn))
