"""Reading what a system under test sent: what is missing or malformed there fails the scenario, it breaks nothing."""

from scenarios.model import CheckFailed
from wire.errors import DecodeError
from wire.tlv import Tlv, parse, parse_all


def whole(raw: bytes, tag: int, what: str = "") -> Tlv:
    """`raw` as one TLV of this tag."""
    try:
        return parse(raw, tag)
    except DecodeError as error:
        raise CheckFailed(f"{what or f'{tag:X}'} does not decode: {error}") from None


def children(element: Tlv) -> tuple[Tlv, ...]:
    """The TLVs inside."""
    try:
        return element.children
    except DecodeError as error:
        raise CheckFailed(f"the content of {element.tag:X} does not decode: {error}") from None


def every(raw: bytes) -> tuple[Tlv, ...]:
    """`raw` as a row of TLVs."""
    try:
        return parse_all(raw)
    except DecodeError as error:
        raise CheckFailed(f"the answer does not decode: {error}") from None


def find(element: Tlv, *path: int) -> Tlv | None:
    """The TLV at a path of tags under `element`, or None."""
    found: Tlv | None = element
    for tag in path:
        if found is None:
            return None
        found = next((child for child in children(found) if child.tag == tag), None)
    return found


def dig(element: Tlv, *path: int) -> Tlv:
    """The TLV at a path of tags under `element`; CheckFailed if it is missing."""
    found = find(element, *path)
    if found is None:
        raise CheckFailed(f"{element.tag:X} has no {'.'.join(f'{tag:X}' for tag in path)}")
    return found


def integer(element: Tlv) -> int:
    """The value of an INTEGER."""
    if not element.value:
        raise CheckFailed(f"{element.tag:X} is an INTEGER without octets")
    return int.from_bytes(element.value, "big", signed=True)


def text(element: Tlv) -> str:
    """The value of a UTF8String."""
    try:
        return element.value.decode()
    except UnicodeDecodeError:
        raise CheckFailed(f"{element.tag:X} is not UTF-8: {element.value.hex().upper()}") from None
