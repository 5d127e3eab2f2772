"""Small readings of TLVs that ES10 functions share; DecodeError wherever a value isn't what its type says.

DecodeError on a request becomes status word 6A80.
"""

from collections.abc import Mapping
from typing import TypeVar

from wire.errors import DecodeError
from wire.es10 import NamedBits
from wire.tlv import Tlv, tlv

Bits = TypeVar("Bits", bound=NamedBits)
ICCID_OCTETS = 10


def refuse(element: Tlv, rule: str) -> DecodeError:
    """The error for an element whose value breaks `rule`."""
    return DecodeError(f"{element.tag:X}", element.offset, rule)


def octets(element: Tlv, least: int, most: int | None = None) -> bytes:
    """The value if it has `least`..`most` octets (exactly `least` without `most`)."""
    if not least <= len(element.value) <= (least if most is None else most):
        raise refuse(element, f"{len(element.value)} octets")
    return element.value


def integer(element: Tlv) -> int:
    """A non-negative INTEGER, minimally encoded."""
    value = element.value
    if not value or value[0] & 0x80 or (len(value) > 1 and not value[0] and not value[1] & 0x80):
        raise refuse(element, "not a non-negative INTEGER in its shortest form")
    return int.from_bytes(value, "big")


def boolean(element: Tlv) -> bool:
    """A BOOLEAN; any octet but 00 is true."""
    return octets(element, 1) != b"\x00"


def text(element: Tlv, most_characters: int | None = None) -> str:
    """A UTF8String of at most so many characters."""
    try:
        value = element.value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse(element, "not UTF-8") from error
    if most_characters is not None and len(value) > most_characters:
        raise refuse(element, f"more than {most_characters} characters")
    return value


def bits(element: Tlv, flags: type[Bits]) -> Bits:
    """A BIT STRING of named bits; bits without a name are kept."""
    try:
        return flags.from_bits(element.value)
    except ValueError as error:
        raise refuse(element, str(error)) from error


def encode_integer(tag: int, value: int) -> bytes:
    """A non-negative INTEGER under `tag`."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def in_order(parent: Tlv, order: Mapping[int, int]) -> dict[int, Tlv]:
    """The known children by tag; each at most once and in the order of the type (`order`: tag -> rank).

    Unknown elements are skipped: EXTENSIBILITY IMPLIED.
    """
    found: dict[int, Tlv] = {}
    last = -1
    for element in parent.children:
        rank = order.get(element.tag)
        if rank is None:
            continue
        if rank <= last:
            raise refuse(element, "element is repeated or out of order")
        last = rank
        found[element.tag] = element
    return found


def ranks(*tags: int) -> dict[int, int]:
    """Tags of a SEQUENCE in their order, for `in_order`."""
    return {tag: rank for rank, tag in enumerate(tags)}
