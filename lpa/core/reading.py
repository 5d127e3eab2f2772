"""Reading what peers send: every decoding failure becomes a `ProtocolViolation` that names the peer and the object."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from lpa.core.errors import ProtocolViolation
from wire.tlv import Tlv


@contextmanager
def reading(who: Literal["card", "server"], what: str) -> Iterator[None]:
    """Turn DecodeError, IdentifierError, UnicodeError, binascii and pydantic errors into `ProtocolViolation`."""
    try:
        yield
    except ValueError as error:
        raise ProtocolViolation(who, what, str(error)) from error


def integer(value: Tlv) -> int:
    """The content of an INTEGER or enumerated value."""
    if not 1 <= len(value.value) <= 8:
        raise ValueError(f"INTEGER {value.tag:X} has {len(value.value)} octets")
    return int.from_bytes(value.value, "big", signed=True)


def integer_octets(number: int) -> bytes:
    """The content octets of an INTEGER in DER."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def optional_text(parent: Tlv, tag: int) -> str | None:
    """A UTF8String child, or None."""
    found = parent.find(tag)
    return None if found is None else found.value.decode("utf-8")
