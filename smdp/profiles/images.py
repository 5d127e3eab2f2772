"""The content that a File of a profile package describes: a pattern first, then pieces written at offsets.

Spec: TCA eUICC Profile Package: Interoperable Format, File type
"""

from smdp.profiles.errors import PackageError
from wire.tlv import Tlv

LARGEST_FILE_OCTETS = 0xFFFF


def declared_octets(file: Tlv) -> int:
    """efFileSize of the File; 0 if it leaves the size to its template."""
    descriptor = file.find(0xA1)
    size = descriptor.find(0x80) if descriptor else None
    return limited(int.from_bytes(size.value, "big")) if size else 0


def file_image(file: Tlv, template_octets: int) -> bytes | None:
    """The File's content, as large as it says or else as its template; None if it describes no content."""
    pattern = _pattern(file)
    pieces: list[tuple[int, bytes]] = []
    position = 0
    for part in file.children:
        if part.tag == 0x82:
            position += int.from_bytes(part.value, "big", signed=True)
        elif part.tag == 0x83:
            pieces.append((position, part.value))
            position += len(part.value)
        if not 0 <= position <= LARGEST_FILE_OCTETS:
            raise PackageError(f"file content at position {position}, beyond any file")
    if not pieces and pattern is None:
        return None
    size = max([declared_octets(file) or template_octets, *(start + len(piece) for start, piece in pieces)])
    image = bytearray(_filled(pattern, size))
    for start, piece in pieces:
        image[start : start + len(piece)] = piece
    return bytes(image)


def _pattern(file: Tlv) -> tuple[int, bytes] | None:
    descriptor = file.find(0xA1)
    proprietary = descriptor.find(0xA5) if descriptor else None
    for tag in (0xC1, 0xC2):
        pattern = proprietary.find(tag) if proprietary else None
        if pattern is not None and pattern.value:
            return tag, pattern.value
    return None


def _filled(pattern: tuple[int, bytes] | None, size: int) -> bytes:
    if pattern is None:
        return b"\xff" * size
    tag, octets = pattern
    if tag == 0xC1:
        return octets.ljust(size, octets[-1:])[:size]
    return (octets * (size // len(octets) + 1))[:size]


def limited(octets: int) -> int:
    """A file size; PackageError if no file can be that large."""
    if octets > LARGEST_FILE_OCTETS:
        raise PackageError(f"efFileSize of {octets} octets, larger than any file")
    return octets
