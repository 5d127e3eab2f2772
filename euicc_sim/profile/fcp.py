"""File control parameters as a profile element gives them, and how a file's first content is made from them.

Spec: SAIP Fcp, ProprietaryInfo and File; ETSI TS 102 221 section 11.1.1.4
"""

from dataclasses import dataclass

from euicc_sim.profile.structure import Element, bad_values, octets, optional_octets
from euicc_sim.profile.templates import EMPTY, Kind, Pattern, TemplateFile
from wire.tlv import Tlv

MAX_RECORDS = 254
MAX_RECORD_OCTETS = 255
_FCP_TAGS = (0x82, 0x83, 0x84, 0x8A, 0x8B, 0x80, 0xC6, 0x88, 0xA5, 0xC7)
_PROPRIETARY_TAGS = (0xC0, 0xC1, 0xC2, 0x86, 0x84)
_KINDS = frozenset(kind.value for kind in Kind)
_LIFE_CYCLE_STATES = (0x01, 0x03, 0x04, 0x05)


@dataclass(slots=True)
class Fcp:
    """A decoded Fcp; None for fields that are absent. link b"" cuts a link, sfi None with has_sfi means no SFI."""

    descriptor: int | None = None
    record_octets: int | None = None
    fid: int | None = None
    aid: bytes = b""
    lcs: int = 0x05
    arr: bytes | None = None
    size: int | None = None
    pin_references: bytes | None = None
    sfi: int | None = None
    has_sfi: bool = False
    special: int | None = None
    pattern: Pattern | None = None
    maximum_size: bytes = b""
    details: int = 0x01
    link: bytes | None = None

    @property
    def kind(self) -> Kind | None:
        """What the file descriptor says."""
        return None if self.descriptor is None else Kind(self.descriptor & 0x3F)


def read_fcp(element: Element, tlv: Tlv) -> Fcp:
    """Decode an Fcp (A1 in a template element, 62 in file management); ElementError."""
    descriptor, fid, aid, lcs, arr, size, pins, sfi, proprietary, link = element.slots(tlv, *_FCP_TAGS)
    descriptor_octet, record_octets = _descriptor(descriptor)
    special = details = None
    maximum_size = b""
    pattern = None
    if proprietary is not None:
        special, fill, repeat, maximum, details = element.slots(proprietary, *_PROPRIETARY_TAGS)
        if fill is not None and repeat is not None:
            raise bad_values("both fillPattern and repeatPattern")
        if fill is not None:
            pattern = Pattern.fill(octets(fill, "fillPattern", 1, 200))
        elif repeat is not None:
            pattern = Pattern.repeat(octets(repeat, "repeatPattern", 1, 200))
        maximum_size = optional_octets(maximum, "maximumFileSize", b"", 1, 4)
    lcs_octet = optional_octets(lcs, "lcsi", b"\x05", 1)[0]
    if lcs_octet not in _LIFE_CYCLE_STATES:
        raise bad_values(f"lcsi {lcs_octet:02X}")
    link_path = None if link is None else octets(link, "linkPath", 0, 8)
    if link_path is not None and len(link_path) % 2:
        raise bad_values("linkPath has an odd length")
    return Fcp(
        descriptor=descriptor_octet,
        record_octets=record_octets,
        fid=None if fid is None else int.from_bytes(octets(fid, "fileID", 2), "big"),
        aid=optional_octets(aid, "dfName", b"", 5, 16),
        lcs=lcs_octet,
        arr=_arr(arr),
        size=None if size is None else int.from_bytes(octets(size, "efFileSize", 1, 4), "big"),
        pin_references=None if pins is None else octets(pins, "pinStatusTemplateDO", 0, 32),
        sfi=_sfi(sfi),
        has_sfi=sfi is not None,
        special=None if special is None else octets(special, "specialFileInformation", 1)[0],
        pattern=pattern,
        maximum_size=maximum_size,
        details=optional_octets(details, "fileDetails", b"\x01", 1)[0],
        link=link_path,
    )


def _descriptor(component: Tlv | None) -> tuple[int | None, int | None]:
    if component is None:
        return None, None
    value = octets(component, "fileDescriptor", 2, 4)
    octet = value[0]
    if octet & 0x80 or octet & 0x3F not in _KINDS:
        raise bad_values(f"file descriptor {value.hex().upper()}")
    has_records = Kind(octet & 0x3F).has_records
    if len(value) != (4 if has_records else 2):
        raise bad_values(f"file descriptor {value.hex().upper()}")
    if not has_records:
        return octet, None
    record_octets = int.from_bytes(value[2:4], "big")
    if not 1 <= record_octets <= MAX_RECORD_OCTETS:
        raise bad_values(f"record length {record_octets}")
    return octet, record_octets


def _arr(component: Tlv | None) -> bytes | None:
    if component is None:
        return None
    value = octets(component, "securityAttributesReferenced", 1, 3)
    if len(value) == 2:
        raise bad_values("securityAttributesReferenced has 2 octets")
    return value


def _sfi(component: Tlv | None) -> int | None:
    if component is None or not component.value:
        return None
    octet = octets(component, "shortEFID", 1)[0]
    if octet & 0x07 or not 1 <= octet >> 3 <= 30:
        raise bad_values(f"shortEFID {octet:02X}")
    return octet >> 3


@dataclass(slots=True)
class Writes:
    """What fillFileOffset and fillFileContent write: (position, octets), and the position reached."""

    pieces: list[tuple[int, bytes]]
    position: int = 0

    def skip(self, octets_skipped: int) -> None:
        """fillFileOffset: counted from the position reached so far."""
        self.position += octets_skipped

    def write(self, content: bytes) -> None:
        """fillFileContent."""
        self.pieces.append((self.position, content))
        self.position += len(content)

    @property
    def end(self) -> int:
        """The octet after the last one written."""
        return max((position + len(content) for position, content in self.pieces), default=0)


@dataclass(frozen=True, slots=True)
class Shape:
    """Structure and size of an EF that is to be created."""

    descriptor: int
    record_octets: int
    size: int


def shape_of(fcp: Fcp, template: TemplateFile | None, writes: Writes) -> Shape:
    """Structure and size: what the profile says, else the template, else the end of the content; ElementError."""
    descriptor = fcp.descriptor
    if descriptor is None:
        if template is None or template.kind is None:
            raise bad_values("no file descriptor")
        descriptor = 0x40 | template.kind.value
    kind = Kind(descriptor & 0x3F)
    if template is not None and template.kind is not None and kind is not template.kind:
        raise bad_values(f"file descriptor {descriptor:02X} is not that of the template")
    record_octets = fcp.record_octets or (template.record_octets if template else None) or 0
    if kind.has_records and not record_octets:
        raise bad_values("no record length")
    size = fcp.size
    if size is None and fcp.maximum_size:
        size = int.from_bytes(fcp.maximum_size, "big")
    if size is None and template is not None and template.size is not None:
        size = template.size
        if kind.has_records and template.record_octets:
            size = template.size // template.record_octets * record_octets
    if size is None:
        size = writes.end
        if kind.has_records:
            size += -size % record_octets
    _check_size(kind, record_octets, size)
    return Shape(descriptor, record_octets, size)


def _check_size(kind: Kind, record_octets: int, size: int) -> None:
    if not size:
        raise bad_values("no file size")
    if kind.has_records:
        if size % record_octets:
            raise bad_values(f"file size {size} is not a multiple of the record length {record_octets}")
        if size // record_octets > MAX_RECORDS:
            raise bad_values(f"{size // record_octets} records")
    elif kind is Kind.TRANSPARENT and size > 0xFFFF:
        raise bad_values(f"file size {size}")


def first_content(shape: Shape, pattern: Pattern | None, writes: Writes) -> bytes:
    """The content after creation: the pattern (per record), then what is written over it; ElementError."""
    kind = Kind(shape.descriptor & 0x3F)
    if writes.end > shape.size:
        raise bad_values(f"content ends at octet {writes.end} of a file of {shape.size} octets")
    if kind is Kind.BER_TLV:
        return _plain(writes)
    pattern = pattern or EMPTY
    if kind.has_records:
        content = bytearray(pattern.octets(shape.record_octets) * (shape.size // shape.record_octets))
    else:
        content = bytearray(pattern.octets(shape.size))
    for position, piece in writes.pieces:
        content[position : position + len(piece)] = piece
    return bytes(content)


def _plain(writes: Writes) -> bytes:
    """A BER-TLV file begins with the data objects written, one after the other."""
    content = bytearray(writes.end)
    for position, piece in writes.pieces:
        content[position : position + len(piece)] = piece
    return bytes(content)
