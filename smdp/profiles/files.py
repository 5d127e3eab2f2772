"""The File type of a profile package: what a template's file is overridden or filled with.

Every function returns the content of one File; the caller gives it its tag inside the profile element.
"""

from collections.abc import Sequence

from wire.tlv import tlv

TEMPLATE_DEFAULT = b""


def _size(octets: int) -> bytes:
    return tlv(0x80, octets.to_bytes((octets.bit_length() + 7) // 8 or 1, "big"))


def transparent(content: bytes) -> bytes:
    """A transparent EF exactly as large as its content."""
    return tlv(0xA1, _size(len(content))) + tlv(0x83, content)


def filled(content: bytes) -> bytes:
    """An EF of the template's size that begins with `content`."""
    return tlv(0x83, content)


def linear(records: Sequence[bytes], record_octets: int | None = None) -> bytes:
    """A linear fixed EF with exactly these records, each padded with FF."""
    octets = record_octets or max(len(record) for record in records)
    content = b"".join(record.ljust(octets, b"\xff") for record in records)
    descriptor = tlv(0x82, b"\x42\x21" + octets.to_bytes(2, "big"))
    return tlv(0xA1, descriptor, _size(len(content))) + tlv(0x83, content)


def directory(key_references: bytes) -> bytes:
    """A DF (or the MF) whose PINs are `key_references`."""
    return tlv(0xA1, tlv(0xC6, key_references))


def application(temporary_fid: bytes, aid: bytes, key_references: bytes) -> bytes:
    """An ADF, known by its temporary file identifier while the package is installed."""
    return tlv(0xA1, tlv(0x83, temporary_fid), tlv(0x84, aid), tlv(0xC6, key_references))
