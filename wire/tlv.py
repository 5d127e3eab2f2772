"""BER-TLV that keeps its bytes.

A `Tlv` is the slice that arrived: `raw` is never rebuilt, so what was signed stays what is verified.
Tags are written as their bytes read as a big-endian number: 0x30, 0x5F37, 0xBF38.
"""

from functools import lru_cache

from wire.errors import DecodeError

MAX_DEPTH = 32


@lru_cache(maxsize=1024)
def tag_octets(tag: int) -> bytes:
    """The tag's bytes: 0xBF38 -> BF38."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")


@lru_cache(maxsize=1024)
def length_octets(length: int) -> bytes:
    """A minimal definite length: 0..127 in one octet, then 81 xx, 82 xx xx, 83 xx xx xx."""
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encode one TLV whose value is the concatenation of `parts`."""
    value = b"".join(parts)
    return _header(tag, len(value)) + value


@lru_cache(maxsize=4096)
def _header(tag: int, length: int) -> bytes:
    return tag_octets(tag) + length_octets(length)


def read_header(data: bytes, offset: int = 0, path: str = "") -> tuple[int, int, int]:
    """Read tag and length at `offset`; returns (tag, value offset, value length).

    Accepts tags of up to three octets and definite, minimally encoded lengths; refuses all else with DecodeError.
    The value itself may lie beyond the end of `data` (stream parsers look ahead with this).
    """
    end = len(data)
    position = offset
    if position >= end:
        raise DecodeError(path, position, "tag expected, found the end")
    tag = data[position]
    position += 1
    if tag & 0x1F == 0x1F:
        if position >= end:
            raise DecodeError(path, position, "tag is cut off")
        octet = data[position]
        position += 1
        if (octet & 0x7F < 0x1F and not octet & 0x80) or octet == 0x80:
            raise DecodeError(path, offset, "tag number is not minimally encoded")
        tag = tag << 8 | octet
        if octet & 0x80:
            if position >= end:
                raise DecodeError(path, position, "tag is cut off")
            octet = data[position]
            position += 1
            if octet & 0x80:
                raise DecodeError(path, offset, "tag is longer than three octets")
            tag = tag << 8 | octet
    if position >= end:
        raise DecodeError(path, position, "length expected, found the end")
    length = data[position]
    position += 1
    if length >= 0x80:
        count = length & 0x7F
        if count == 0:
            raise DecodeError(path, position - 1, "indefinite length is not DER")
        if count > 4:
            raise DecodeError(path, position - 1, "length is longer than four octets")
        if position + count > end:
            raise DecodeError(path, position, "length is cut off")
        length = int.from_bytes(data[position : position + count], "big")
        if length < 0x80 or (count > 1 and length < 1 << 8 * (count - 1)):
            raise DecodeError(path, position - 1, "length is not minimally encoded")
        position += count
    return tag, position, length


class Tlv:
    """One TLV as received: `tag`, `raw` (whole), `value` (content), and its place in the outermost value."""

    __slots__ = ("_children", "offset", "raw", "tag", "value")

    def __init__(self, raw: bytes, tag: int, value: bytes, offset: int = 0) -> None:
        self.raw = raw
        self.tag = tag
        self.value = value
        self.offset = offset
        self._children: tuple[Tlv, ...] | None = None

    def __repr__(self) -> str:
        return f"Tlv({self.tag:X}, {self.value.hex().upper()})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tlv) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    @property
    def constructed(self) -> bool:
        """True if the tag says that the value is made of TLVs."""
        return bool(tag_octets(self.tag)[0] & 0x20)

    @property
    def children(self) -> tuple["Tlv", ...]:
        """The TLVs inside; DecodeError if the value is not a sequence of TLVs."""
        children = self._children
        if children is None:
            value_at = self.offset + len(self.raw) - len(self.value)
            try:
                children = self._children = _walk(self.value, value_at)
            except DecodeError as error:
                raise _inside(f"{self.tag:X}", error) from None
        return children

    def find(self, tag: int) -> "Tlv | None":
        """The first child with `tag`, or None."""
        for child in self.children:
            if child.tag == tag:
                return child
        return None

    def child(self, tag: int) -> "Tlv":
        """The first child with `tag`; DecodeError if there is none."""
        found = self.find(tag)
        if found is None:
            raise DecodeError(f"{self.tag:X}", self.offset, f"element {tag:X} is missing")
        return found

    def at(self, index: int, tag: int) -> "Tlv":
        """The child at `index`, which must have `tag`: by position and tag, as signed data is located."""
        children = self._children or self.children
        if index >= len(children) or (found := children[index]).tag != tag:
            raise DecodeError(f"{self.tag:X}", self.offset, f"element {index} is not {tag:X}")
        return found


def _walk(data: bytes, base: int) -> tuple[Tlv, ...]:
    found = []
    position, end = 0, len(data)
    while position < end:
        tag = data[position]
        start = position + 2
        # one octet of tag and one of length: nearly all TLVs, so they are read in place
        if tag & 0x1F == 0x1F or start > end or (length := data[position + 1]) >= 0x80:
            try:
                tag, start, length = read_header(data, position)
            except DecodeError as error:
                raise DecodeError("", base + error.offset, error.rule) from None
        after = start + length
        if after > end:
            raise DecodeError(f"{tag:X}", base + start, "value is cut off")
        found.append(Tlv(data[position:after], tag, data[start:after], base + position))
        position = after
    return tuple(found)


def _inside(path: str, error: DecodeError) -> DecodeError:
    return DecodeError(f"{path}.{error.path}" if path and error.path else path or error.path, error.offset, error.rule)


def parse_all(data: bytes, path: str = "") -> tuple[Tlv, ...]:
    """A concatenation of TLVs, to the last octet; DecodeError otherwise."""
    try:
        return _walk(bytes(data), 0)
    except DecodeError as error:
        raise _inside(path, error) from None


def parse(data: bytes, tag: int | None = None) -> Tlv:
    """Exactly one TLV, nothing after it, with `tag` if one is given; DecodeError otherwise."""
    data = bytes(data)
    found_tag, start, length = read_header(data)
    if tag is not None and found_tag != tag:
        raise DecodeError("", 0, f"tag {tag:X} expected, found {found_tag:X}")
    if start + length > len(data):
        raise DecodeError(f"{found_tag:X}", start, "value is cut off")
    if start + length < len(data):
        raise DecodeError("", start + length, f"{len(data) - start - length} octets follow the value")
    return Tlv(data, found_tag, data[start:], 0)
