"""Command and response APDUs, logical channel coding, STORE DATA chaining and the fixed AIDs."""

from dataclasses import dataclass
from typing import Self

from wire.errors import DecodeError

AID_ISD_R = bytes.fromhex("A0000005591010FFFFFFFF8900000100")
AID_ISD_P_BASE = bytes.fromhex("A0000005591010FFFFFFFF8900001000")
AIDS_NON_STANDARD_ISD_R = tuple(
    bytes.fromhex(aid)
    for aid in (
        "A0000005591010000000008900000300",
        "A0000005591010FFFFFFFF8900050500",
        "A0000005591010FFFFFFFF8900000177",
        "A06573746B6D65FFFF4953442D522030",
        "A06573746B6D65FFFF4953442D522031",
        "A06573746B6D65FFFFFFFF4953442D52",
    )
)

INS_SELECT = 0xA4
INS_MANAGE_CHANNEL = 0x70
INS_GET_RESPONSE = 0xC0
INS_TERMINAL_CAPABILITY = 0xAA
INS_STORE_DATA = 0xE2

STORE_DATA_MORE = 0x11
STORE_DATA_LAST = 0x91
MAX_CHANNEL = 19
MAX_STORE_DATA_BLOCKS = 256


def isd_p_aid(index: int) -> bytes:
    """The AID of the ISD-P instance `index` (0, 1, ...): 8900001000, 8900001100, ..."""
    number = 0x10 + index
    if not 0x10 <= number <= 0xFFFF:
        raise ValueError(f"no ISD-P AID for index {index}")
    return AID_ISD_P_BASE[:-3] + number.to_bytes(2, "big") + b"\x00"


def class_octet(base: int, channel: int) -> int:
    """CLA for `base` (0x00 interindustry or 0x80 proprietary) on a logical channel 0..19.

    Spec: ETSI TS 102 221 section 10.1.1 (first and further interindustry values).
    """
    if not 0 <= channel <= MAX_CHANNEL:
        raise ValueError(f"logical channel {channel} is not 0..{MAX_CHANNEL}")
    return base | channel if channel < 4 else base | 0x40 | (channel - 4)


@dataclass(frozen=True, slots=True)
class Command:
    """A command APDU; `le` is the number of octets expected (256 for Le 00, 65536 for Le 0000), None without Le."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None
    extended: bool = False

    @property
    def channel(self) -> int:
        """The logical channel that CLA names: 0..3 from the first, 4..19 from the further coding."""
        return (self.cla & 0x0F) + 4 if self.cla & 0x40 else self.cla & 0x03

    @property
    def base_class(self) -> int:
        """CLA without its channel: 0x00 or 0x80 where nothing else (secure messaging, chaining) is set."""
        return self.cla & 0xB0 if self.cla & 0x40 else self.cla & 0xFC

    @property
    def case(self) -> str:
        """The APDU case: "1", "2S", "3S", "4S", "2E", "3E" or "4E"."""
        number = 1 + (self.le is not None) + 2 * bool(self.data)
        if number == 1:
            return "1"
        return f"{number}{'E' if self._is_extended else 'S'}"

    @property
    def _is_extended(self) -> bool:
        return self.extended or len(self.data) > 255 or (self.le is not None and self.le > 256)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Decode a command APDU of any case; DecodeError where the lengths do not add up (status word 6700).

        Spec: ISO/IEC 7816-3 section 12.1.3
        """
        raw = bytes(raw)
        size = len(raw)
        if size < 4:
            raise DecodeError("command", size, "header of 4 octets expected")
        header = raw[0], raw[1], raw[2], raw[3]
        if size == 4:
            return cls(*header)
        if size == 5:
            return cls(*header, le=raw[4] or 256)
        if raw[4] != 0:
            return cls._parse_body(header, raw, 5, raw[4], le_octets=1)
        if size < 7:
            raise DecodeError("command", 4, "Lc is 00 but no extended length follows")
        length = raw[5] << 8 | raw[6]
        if size == 7:
            return cls(*header, le=length or 65536, extended=True)
        if length == 0:
            raise DecodeError("command", 5, "extended Lc is 0000")
        return cls._parse_body(header, raw, 7, length, le_octets=2)

    @classmethod
    def _parse_body(cls, header: tuple[int, int, int, int], raw: bytes, start: int, lc: int, le_octets: int) -> Self:
        data = raw[start : start + lc]
        trailer = raw[start + lc :]
        if len(data) < lc or len(trailer) not in (0, le_octets):
            raise DecodeError("command", start, f"Lc says {lc} octets, {len(raw) - start} octets follow")
        le = (int.from_bytes(trailer, "big") or 1 << 8 * le_octets) if trailer else None
        return cls(*header, data=data, le=le, extended=le_octets == 2)

    def encode(self) -> bytes:
        """The octets on the wire; extended lengths only where asked for or needed."""
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        size = len(self.data)
        if size > 0xFFFF or (self.le is not None and not 1 <= self.le <= 65536):
            raise ValueError("data or Le is too long for an APDU")
        if not self._is_extended:
            lc = bytes((size,)) if size else b""
            le = b"" if self.le is None else bytes((self.le & 0xFF,))
            return header + lc + self.data + le
        lc = b"\x00" + size.to_bytes(2, "big") if size else b""
        le = b"" if self.le is None else (b"" if size else b"\x00") + (self.le & 0xFFFF).to_bytes(2, "big")
        return header + lc + self.data + le


@dataclass(frozen=True, slots=True)
class Response:
    """A response APDU: data and status word."""

    data: bytes
    sw: int

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Decode a response APDU; DecodeError if there is no status word."""
        raw = bytes(raw)
        if len(raw) < 2:
            raise DecodeError("response", len(raw), "status word of 2 octets expected")
        return cls(raw[:-2], raw[-2] << 8 | raw[-1])

    def encode(self) -> bytes:
        """Data, then the status word."""
        return self.data + self.sw.to_bytes(2, "big")

    @property
    def sw1(self) -> int:
        """The status word's first octet."""
        return self.sw >> 8

    @property
    def sw2(self) -> int:
        """The status word's second octet."""
        return self.sw & 0xFF


def select_aid(channel: int, aid: bytes, le: int | None = None) -> Command:
    """SELECT by AID, first or only occurrence, answering the FCI."""
    return Command(class_octet(0x00, channel), INS_SELECT, 0x04, 0x00, aid, le)


def get_response(channel: int, length: int, base_class: int = 0x00) -> Command:
    """GET RESPONSE for `length` octets (the xx of 61xx; 0 means 256) on the channel."""
    return Command(class_octet(base_class, channel), INS_GET_RESPONSE, 0x00, 0x00, le=length or 256)


def open_channel() -> Command:
    """MANAGE CHANNEL open; the card assigns the number and answers it."""
    return Command(0x00, INS_MANAGE_CHANNEL, 0x00, 0x00, le=1)


def close_channel(channel: int) -> Command:
    """MANAGE CHANNEL close of logical channel 1..19, sent on the basic channel."""
    return Command(0x00, INS_MANAGE_CHANNEL, 0x80, channel)


def store_data(channel: int, payload: bytes, block_octets: int = 255, le: int | None = None) -> list[Command]:
    """One ES10 command or BPP segment as a chain of STORE DATA blocks; P2 counts from 00 in every chain.

    Spec: SGP.22 v2.5 section 5.7.2
    """
    if not 1 <= block_octets <= 255:
        raise ValueError(f"a STORE DATA block carries 1..255 octets, not {block_octets}")
    blocks = [payload[start : start + block_octets] for start in range(0, len(payload), block_octets)]
    if not 1 <= len(blocks) <= MAX_STORE_DATA_BLOCKS:
        raise ValueError(f"{len(payload)} octets do not fit in 1..{MAX_STORE_DATA_BLOCKS} STORE DATA blocks")
    cla = class_octet(0x80, channel)
    last = len(blocks) - 1
    return [
        Command(cla, INS_STORE_DATA, STORE_DATA_LAST if number == last else STORE_DATA_MORE, number, block, le)
        for number, block in enumerate(blocks)
    ]
