"""asn1crypto classes for modules with AUTOMATIC TAGS and EXTENSIBILITY IMPLIED, written with tags as on the wire.

A class names its own tag with `wire_tag=0xBF20`, a field with `at(0x82)` (the tag replaces the type's own) or
`around(0xA0)` (the tag is put around, as it must be for a CHOICE). What asn1crypto alone would lose is kept:
unknown elements at the end of a SEQUENCE, defaults that were sent explicitly, unnamed bits, and the bytes of
certificates.
"""

from enum import IntEnum
from functools import cache
from typing import Any

from asn1crypto import core, crl, x509

from wire.es10 import NamedBits

_CLASS_NAMES = ("universal", "application", "context", "private")
OPTIONAL = True

Range = tuple[int, int | None]


def split_tag(wire_tag: int) -> tuple[int, int, int]:
    """(class, constructed, number) of a tag as it reads in the bytes: 0xBF38 -> (2, 1, 56)."""
    octets = wire_tag.to_bytes((wire_tag.bit_length() + 7) // 8 or 1, "big")
    number = octets[0] & 0x1F
    if number == 0x1F:
        number = 0
        for octet in octets[1:]:
            number = number << 7 | octet & 0x7F
    return octets[0] >> 6, octets[0] >> 5 & 1, number


def join_tag(class_: int, constructed: int, number: int) -> int:
    """The tag as it reads in the bytes."""
    first = class_ << 6 | constructed << 5
    if number < 0x1F:
        return first | number
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(number & 0x7F | 0x80)
    return int.from_bytes(bytes([first | 0x1F, *reversed(octets)]), "big")


def _tagging(wire_tag: int) -> tuple[str, int]:
    class_, _, number = split_tag(wire_tag)
    return _CLASS_NAMES[class_], number


def _params(tagging: dict[str, Any], optional: bool, default: Any) -> dict[str, Any]:
    if optional:
        tagging["optional"] = True
    if default is not None:
        tagging["default"] = default
    return tagging


def at(wire_tag: int, optional: bool = False, default: Any = None) -> dict[str, Any]:
    """Field parameters: this tag in place of the type's own."""
    return _params({"implicit": _tagging(wire_tag)}, optional, default)


def around(wire_tag: int, optional: bool = False) -> dict[str, Any]:
    """Field parameters: this tag around a CHOICE."""
    return _params({"explicit": _tagging(wire_tag)}, optional, None)


def own(optional: bool = False) -> dict[str, Any]:
    """Field parameters: the type's own tag."""
    return _params({}, optional, None)


class _Tagged:
    """Adds the class keyword `wire_tag`."""

    wire_tag: int | None = None
    class_: int
    tag: int

    def __init_subclass__(cls, wire_tag: int | None = None, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if wire_tag is not None:
            cls.wire_tag = wire_tag
            cls.class_, _, cls.tag = split_tag(wire_tag)


class _Sized(_Tagged):
    """Adds the class keyword `size`: octets of an OCTET STRING, characters of a UTF8String, elements of a list."""

    size: Range | None = None

    def __init_subclass__(cls, size: int | Range | None = None, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if size is not None:
            cls.size = (size, size) if isinstance(size, int) else size


class OctetString(_Sized, core.OctetString):
    """OCTET STRING."""


class UTF8String(_Sized, core.UTF8String):
    """UTF8String."""


class Constructed(_Tagged, core.Asn1Value):
    """A constructed value whose content is not specified here; kept as its bytes."""

    method = 1

    @property
    def native(self) -> bytes:
        """The content octets."""
        contents: bytes = self.contents
        return contents


class OpenType(OctetString):
    """An open type: an OCTET STRING by implicit tagging, or any value inside an explicit tag; both are understood."""

    constructed_form = Constructed


class Boolean(_Tagged, core.Boolean):
    """BOOLEAN."""


class Null(_Tagged, core.Null):
    """NULL."""


class ObjectIdentifier(_Tagged, core.ObjectIdentifier):
    """OBJECT IDENTIFIER."""


class Integer(_Tagged, core.Integer):
    """INTEGER, with named numbers through `of` (unknown numbers are kept) and a range through `within`."""

    within: Range | None = None

    def __init_subclass__(cls, of: type[IntEnum] | None = None, within: Range | None = None, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if of is not None:
            cls._map = {int(member): member.name for member in of}
        if within is not None:
            cls.within = within


class BitString(_Tagged, core.BitString):
    """BIT STRING, with named bits through `of`; unnamed bits that are set are kept when it is re-encoded."""

    def __init_subclass__(cls, of: type[NamedBits] | None = None, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if of is not None:
            cls._map = {int(member).bit_length() - 1: member.name for member in of}

    def dump(self, force: bool = False) -> bytes:
        if force and self._map is not None and any(isinstance(bit, int) for bit in self.native):
            self._header = None
            force = False
        octets: bytes = super().dump(force=force)
        return octets


class Unknown(core.Asn1Value):
    """An element that this version of the standard does not define, kept as it arrived."""

    def __init__(self, raw: bytes = b"") -> None:
        super().__init__()
        self.raw = raw
        self.contents = raw

    @property
    def tag_hex(self) -> str:
        """The element's tag in upper-case hex."""
        first = self.raw[:1]
        rest = self.raw[1:] if first and first[0] & 0x1F == 0x1F else b""
        end = next((index for index, octet in enumerate(rest) if not octet & 0x80), -1)
        return (first + rest[: end + 1]).hex().upper()

    @property
    def native(self) -> str:
        """Upper-case hex of the whole element."""
        return self.raw.hex().upper()

    def dump(self, force: bool = False) -> bytes:
        """The element as it arrived."""
        return self.raw


class Sequence(_Tagged, core.Sequence):
    """SEQUENCE that keeps unknown elements at its end and defaults that were sent explicitly."""

    _contents: bytes | None
    children: list[Any] | None

    _sent_defaults: frozenset[int] = frozenset()

    def _parse_children(self, recurse: bool = False) -> None:
        loaded = self._contents is not None
        super()._parse_children()
        if self.children is None:
            self.children = []
        for index, child in enumerate(self.children):
            if index >= len(self._fields):
                self.children[index] = Unknown(child[3] + child[4] + child[5])
            elif isinstance(child, tuple) and child[1] and hasattr(child[6], "constructed_form"):
                self.children[index] = (*child[:6], child[6].constructed_form, *child[7:])
        if loaded:
            self._sent_defaults = frozenset(
                index
                for index, (field, child) in enumerate(zip(self._fields, self.children, strict=False))
                if "default" in field[2] and isinstance(child, tuple)
            )

    def __setitem__(self, key: str | int, value: Any) -> None:
        super().__setitem__(key, value)
        index = key if isinstance(key, int) else self._field_map[key]
        self._sent_defaults -= {index}

    def _set_contents(self, force: bool = False) -> None:
        if self.children is None:
            self._parse_children()
        parts: list[bytes] = []
        for index, child in enumerate(self.children or ()):
            if isinstance(child, tuple) and not force:
                octets = child[3] + child[4] + child[5]
            else:
                octets = self._lazy_child(index).dump(force=force)
            if index < len(self._fields) and index not in self._sent_defaults:
                _, spec, params = self._fields[index]
                if "default" in params and spec(**params).dump() == octets:
                    continue
            parts.append(octets)
        self._contents = b"".join(parts)
        self._header = None
        self._trailer = b""

    def dump(self, force: bool = False) -> bytes:
        """DER; with `force` every element is encoded anew."""
        if self._contents is None:
            self._set_contents()
        octets: bytes = super().dump(force=force)
        return octets


class SequenceOf(_Sized, core.SequenceOf):
    """SEQUENCE OF; `of` is the element type."""

    def __init_subclass__(cls, of: type[core.Asn1Value] | None = None, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if of is not None:
            cls._child_spec = of

    def _make_value(self, value: Any) -> Any:
        if isinstance(value, (tuple, dict)) and issubclass(self._child_spec, core.Choice):
            value = self._child_spec(value)
        return super()._make_value(value)


class Choice(core.Choice):
    """CHOICE; its own tag, if it has one, is around the alternative's."""

    wire_tag: int | None = None

    def __init_subclass__(cls, wire_tag: int | None = None, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if wire_tag is not None:
            cls.wire_tag = wire_tag
            cls.class_, _, cls.tag = split_tag(wire_tag)
            cls.explicit = ((cls.class_, cls.tag),)


class Certificate(x509.Certificate):
    """RFC 5280 Certificate; its bytes are never re-encoded."""

    def dump(self, force: bool = False) -> bytes:
        """The certificate as it arrived."""
        octets: bytes = super().dump()
        return octets


class CertificateList(crl.CertificateList):
    """RFC 5280 CertificateList; its bytes are never re-encoded."""

    def dump(self, force: bool = False) -> bytes:
        """The list as it arrived."""
        octets: bytes = super().dump()
        return octets


@cache
def octets(low: int, high: int) -> type[OctetString]:
    """OCTET STRING of low..high octets."""
    return type(f"OctetString{low}To{high}", (OctetString,), {"size": (low, high)})


@cache
def text(low: int, high: int) -> type[UTF8String]:
    """UTF8String of low..high characters."""
    return type(f"UTF8String{low}To{high}", (UTF8String,), {"size": (low, high)})
