"""How an installed profile is stored: NVM entries that can change one by one.

files           every file's control parameters (fixed once installed)
content/NNNN    the content of EF number NNNN (hex); linked EFs have none of their own
state/NNNN      life cycle state of file NNNN after ACTIVATE or DEACTIVATE
pin/NNNN/RR     PIN with key reference RR of the directory NNNN: value, attributes, counters
puk/RR          unblocking PIN
aka/NNNN        authentication parameters of the application NNNN; sqn/NNNN its sequence numbers
data/NN         security domains, RFM, applications, CDMA parameters: kept as the elements that arrived
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Self

from euicc_sim.profile.templates import Kind

FILES = "files"
NONE = 0xFFFF
ROOT = 0
FID_MF = 0x3F00

_HEADER = Struct(">HHHBHIBBBBHH3sBBB")
"""number, parent, fid, descriptor, record octets, size, sfi, lcs, special, details, link, pin context,
ARR reference, and the lengths of AID, key references and maximum size."""


def content_key(number: int) -> str:
    """The entry of an EF's content."""
    return f"content/{number:04X}"


def state_key(number: int) -> str:
    """The entry of a file's life cycle state."""
    return f"state/{number:04X}"


def pin_key(context: int, reference: int) -> str:
    """The entry of a PIN."""
    return f"pin/{context:04X}/{reference:02X}"


def puk_key(reference: int) -> str:
    """The entry of an unblocking PIN."""
    return f"puk/{reference:02X}"


def aka_key(number: int) -> str:
    """The entry of an application's authentication parameters."""
    return f"aka/{number:04X}"


def sqn_key(number: int) -> str:
    """The entry of an application's sequence numbers."""
    return f"sqn/{number:04X}"


@dataclass(slots=True)
class FileEntry:
    """A file's control parameters; numbers identify files inside one profile, MF is 0.

    fid: None for an ADF without temporary identifier; link: the EF or DF whose content this file shares; pin_context:
    the directory whose PINs apply here; arr: EF.ARR file identifier and record, b"" if the file has no access rule.
    """

    number: int
    parent: int
    fid: int | None
    descriptor: int
    record_octets: int = 0
    size: int = 0
    sfi: int = 0
    lcs: int = 0x05
    special: int = 0
    details: int = 0x01
    link: int | None = None
    pin_context: int | None = None
    arr: bytes = b""
    aid: bytes = b""
    pin_references: bytes = b""
    maximum_size: bytes = b""

    @property
    def kind(self) -> Kind:
        """What the file descriptor octet says."""
        return Kind(self.descriptor & 0x3F)

    @property
    def is_directory(self) -> bool:
        """True for MF, DF and ADF."""
        return self.descriptor & 0x38 == 0x38 and self.descriptor & 0x3F != 0x39

    @property
    def records(self) -> int:
        """The number of records, 0 for files without."""
        return self.size // self.record_octets if self.record_octets else 0

    @property
    def capacity(self) -> int:
        """Octets that the content may take: the maximum size of a BER-TLV EF, else the size."""
        return int.from_bytes(self.maximum_size, "big") if self.maximum_size else self.size

    def encode(self) -> bytes:
        """The stored form."""
        header = _HEADER.pack(
            self.number,
            self.parent,
            NONE if self.fid is None else self.fid,
            self.descriptor,
            self.record_octets,
            self.size,
            self.sfi,
            self.lcs,
            self.special,
            self.details,
            NONE if self.link is None else self.link,
            NONE if self.pin_context is None else self.pin_context,
            self.arr or b"\x00\x00\x00",
            len(self.aid),
            len(self.pin_references),
            len(self.maximum_size),
        )
        return header + self.aid + self.pin_references + self.maximum_size

    @classmethod
    def decode_all(cls, stored: bytes) -> Iterator[Self]:
        """All entries of the stored `files` entry."""
        position = 0
        while position < len(stored):
            fields = _HEADER.unpack_from(stored, position)
            number, parent, fid, descriptor, record_octets, size, sfi, lcs, special, details, link, pins = fields[:12]
            arr, aid_octets, references, maximum = fields[12:]
            start = position + _HEADER.size
            middle, end = start + aid_octets, start + aid_octets + references
            yield cls(
                number,
                parent,
                None if fid == NONE else fid,
                descriptor,
                record_octets,
                size,
                sfi,
                lcs,
                special,
                details,
                None if link == NONE else link,
                None if pins == NONE else pins,
                b"" if arr == b"\x00\x00\x00" else arr,
                stored[start:middle],
                stored[middle:end],
                stored[end : end + maximum],
            )
            position = end + maximum


_PIN = Struct(">8sBBBBB")


@dataclass(slots=True)
class Pin:
    """A PIN as stored: value, whether it is enabled, its attributes, tries, and the reference of its unblocking PIN.

    attributes: 01 enabled at first, 02 can be changed, 04 can be disabled and enabled (a plausible reading of SAIP).
    """

    value: bytes
    enabled: bool
    attributes: int
    maximum: int
    left: int
    unblocking: int = 0

    def encode(self) -> bytes:
        """The stored form."""
        return _PIN.pack(self.value, self.enabled, self.attributes, self.maximum, self.left, self.unblocking)

    @classmethod
    def decode(cls, stored: bytes) -> Self:
        """The PIN from its stored form."""
        value, enabled, attributes, maximum, left, unblocking = _PIN.unpack(stored)
        return cls(value, bool(enabled), attributes, maximum, left, unblocking)

    @property
    def can_be_changed(self) -> bool:
        """Whether CHANGE PIN is allowed."""
        return bool(self.attributes & 0x02)

    @property
    def can_be_disabled(self) -> bool:
        """Whether DISABLE and ENABLE PIN are allowed."""
        return bool(self.attributes & 0x04)


@dataclass(slots=True)
class Puk:
    """An unblocking PIN as stored."""

    value: bytes
    maximum: int
    left: int

    def encode(self) -> bytes:
        """The stored form."""
        return self.value + bytes((self.maximum, self.left))

    @classmethod
    def decode(cls, stored: bytes) -> Self:
        """The unblocking PIN from its stored form."""
        return cls(stored[:8], stored[8], stored[9])
