"""Checks received TLVs against an asn1crypto class: structure, DER rules and constraints, with path and offset.

asn1crypto decodes lazily and leniently; here every element is visited before asn1crypto sees it.
"""

from functools import cache, lru_cache
from typing import Any, NamedTuple

from asn1crypto import core

from wire import asn1
from wire.errors import DecodeError
from wire.ids import IdentifierError, decode_oid
from wire.tlv import MAX_DEPTH, Tlv, parse
from wire.tlv import tlv as encode


class Slot(NamedTuple):
    """A field or alternative: the tags it may have on the wire, and whether a tag is put around its CHOICE."""

    name: str
    spec: Any
    tags: frozenset[int]
    wrapped: bool
    optional: bool


_NUMBERS = {"universal": 0, "application": 1, "context": 2, "private": 3}


def tags_of(spec: Any, params: dict[str, Any]) -> frozenset[int]:
    """The outer tags that a value of this type may have."""
    if "explicit" in params:
        class_, number = params["explicit"]
        return frozenset({asn1.join_tag(_NUMBERS[class_], 1, number)})
    if "implicit" in params:
        class_, number = params["implicit"]
        methods = (0, 1) if hasattr(spec, "constructed_form") else (spec.method,)
        return frozenset(asn1.join_tag(_NUMBERS[class_], method, number) for method in methods)
    if spec.explicit:
        class_, number = spec.explicit[0]
        return frozenset({asn1.join_tag(class_, 1, number)})
    if issubclass(spec, core.Choice):
        return frozenset().union(*(slot.tags for slot in alternatives_of(spec)))
    return frozenset({asn1.join_tag(spec.class_ or 0, spec.method or 0, spec.tag)})


def _slot(field: tuple[Any, ...]) -> Slot:
    name, spec, *rest = field
    params = rest[0] if rest else {}
    wrapped = "explicit" in params or bool(spec.explicit)
    return Slot(name, spec, tags_of(spec, params), wrapped, "optional" in params or "default" in params)


@cache
def fields_of(spec: Any) -> tuple[Slot, ...]:
    """The fields of a SEQUENCE class, in order."""
    return tuple(_slot(field) for field in spec._fields)


@cache
def alternatives_of(spec: Any) -> tuple[Slot, ...]:
    """The alternatives of a CHOICE class."""
    return tuple(_slot(alternative) for alternative in spec._alternatives)


def check(tlv: Tlv, spec: Any, strict: bool) -> None:
    """Visit every element of `tlv` as a value of `spec`; DecodeError at the first that breaks a rule.

    strict: DER's rules for values hold (TRUE is FF, integers and named bits minimal), not only those for structure.
    """
    if tlv.tag not in (tags := tags_of(spec, {})):
        expected = " or ".join(f"{tag:X}" for tag in sorted(tags))
        raise DecodeError("", tlv.offset, f"tag {expected} expected, found {tlv.tag:X}")
    _Checker(strict).value(tlv, spec, bool(spec.explicit), "", 0)


def lint_tlv(tlv: Tlv, path: str, strict: bool = True, depth: int = 0) -> None:
    """DER rules on a TLV of which only the tags are known."""
    _Checker(strict).unknown(tlv, path, depth)


@lru_cache(maxsize=256)
def _is_sound(content: bytes, spec: Any, strict: bool, depth: int) -> bool:
    """True if this content of a certificate or CRL has nothing to object to: the same ones come again and again."""
    try:
        _Checker(strict).unknown(parse(encode(0x30, content)), "", depth)
        _ = spec.load(encode(0x30, content), strict=True).native
    except Exception:  # the caller finds out what and where
        return False
    return True


class _Checker:
    def __init__(self, strict: bool) -> None:
        self.strict = strict

    def value(self, tlv: Tlv, spec: Any, wrapped: bool, path: str, depth: int) -> None:
        if wrapped:
            inner = _children(tlv, path)
            if len(inner) != 1:
                raise DecodeError(path, tlv.offset, f"one element expected inside {tlv.tag:X}, found {len(inner)}")
            self.choice(inner[0], spec, path, depth + 1)
        elif issubclass(spec, asn1.Choice):
            self.choice(tlv, spec, path, depth)
        elif issubclass(spec, asn1.Sequence):
            self.sequence(tlv, spec, path, depth)
        elif issubclass(spec, asn1.SequenceOf):
            self.sequence_of(tlv, spec, path, depth)
        elif issubclass(spec, core.Sequence):
            self.foreign(tlv, spec, path, depth)
        elif tlv.constructed:
            self.unknown(tlv, path, depth)
        else:
            self.primitive(tlv, spec, path)

    def choice(self, tlv: Tlv, spec: Any, path: str, depth: int) -> None:
        for slot in alternatives_of(spec):
            if tlv.tag in slot.tags:
                self.value(tlv, slot.spec, slot.wrapped, _join(path, slot.name), depth + 1)
                return
        expected = ", ".join(f"{tag:X}" for slot in alternatives_of(spec) for tag in sorted(slot.tags))
        raise DecodeError(path, tlv.offset, f"tag {tlv.tag:X} is none of the alternatives {expected}")

    def sequence(self, tlv: Tlv, spec: Any, path: str, depth: int) -> None:
        slots = fields_of(spec)
        position = 0
        for child in _children(tlv, path):
            while position < len(slots) and child.tag not in slots[position].tags and slots[position].optional:
                position += 1
            if position < len(slots):
                slot = slots[position]
                if child.tag not in slot.tags:
                    expected = " or ".join(f"{tag:X}" for tag in sorted(slot.tags))
                    raise DecodeError(
                        _join(path, slot.name), child.offset, f"tag {expected} expected, found {child.tag:X}"
                    )
                self.value(child, slot.spec, slot.wrapped, _join(path, slot.name), depth + 1)
                position += 1
            elif any(child.tag in slot.tags for slot in slots):
                raise DecodeError(path, child.offset, f"element {child.tag:X} is repeated or out of order")
            elif any(child.tag ^ _constructed_bit(child.tag) in slot.tags for slot in slots):
                form = "primitive" if child.constructed else "constructed"
                raise DecodeError(path, child.offset, f"element {child.tag:X} has to be {form}")
            else:
                self.unknown(child, _join(path, f"{child.tag:X}"), depth + 1)
        for slot in slots[position:]:
            if not slot.optional:
                end = tlv.offset + len(tlv.raw)
                raise DecodeError(_join(path, slot.name), end, "mandatory element is missing")

    def sequence_of(self, tlv: Tlv, spec: Any, path: str, depth: int) -> None:
        children = _children(tlv, path)
        _check_size(len(children), spec.size, "elements", path, tlv.offset)
        child_spec = spec._child_spec
        tags = tags_of(child_spec, {})
        for index, child in enumerate(children):
            child_path = f"{path}[{index}]"
            if child.tag not in tags:
                expected = " or ".join(f"{tag:X}" for tag in sorted(tags))
                raise DecodeError(child_path, child.offset, f"tag {expected} expected, found {child.tag:X}")
            self.value(child, child_spec, bool(child_spec.explicit), child_path, depth + 1)

    def foreign(self, tlv: Tlv, spec: Any, path: str, depth: int) -> None:
        """A certificate or CRL: asn1crypto's own class, whatever its outer tag here."""
        if _is_sound(tlv.value, spec, self.strict, depth):
            return
        self.unknown(tlv, path, depth)
        try:
            _ = spec.load(encode(0x30, tlv.value), strict=True).native
        except Exception as error:  # a certificate may break inside asn1crypto in any way; the contract is DecodeError
            raise DecodeError(path, tlv.offset, _first_line(error)) from error

    def unknown(self, tlv: Tlv, path: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise DecodeError(path, tlv.offset, f"nested deeper than {MAX_DEPTH} levels")
        if tlv.constructed:
            for child in _children(tlv, path):
                self.unknown(child, _join(path, f"{child.tag:X}"), depth + 1)
        elif tlv.tag in _UNIVERSAL:
            self.primitive(tlv, _UNIVERSAL[tlv.tag], path)

    def primitive(self, tlv: Tlv, spec: Any, path: str) -> None:
        value, offset = tlv.value, tlv.offset
        start = offset + len(tlv.raw) - len(value)
        if issubclass(spec, core.OctetString):
            _check_size(len(value), getattr(spec, "size", None), "octets", path, offset)
        elif issubclass(spec, core.UTF8String):
            try:
                length = len(value.decode("utf-8"))
            except UnicodeDecodeError as error:
                raise DecodeError(path, start + error.start, "not UTF-8") from None
            _check_size(length, getattr(spec, "size", None), "characters", path, offset)
        elif issubclass(spec, core.Integer):
            self.integer(value, spec, path, offset)
        elif issubclass(spec, core.BitString):
            self.bit_string(value, spec, path, offset)
        elif issubclass(spec, core.Boolean):
            if len(value) != 1 or (self.strict and value not in (b"\x00", b"\xff")):
                raise DecodeError(path, offset, "BOOLEAN is not 00 or FF")
        elif issubclass(spec, core.Null):
            if value:
                raise DecodeError(path, offset, "NULL has a value")
        elif issubclass(spec, core.ObjectIdentifier):
            try:
                decode_oid(value)
            except IdentifierError as error:
                raise DecodeError(path, start + error.where, f"OBJECT IDENTIFIER: {error.rule}") from None

    def integer(self, value: bytes, spec: Any, path: str, offset: int) -> None:
        if not value:
            raise DecodeError(path, offset, "INTEGER is empty")
        if self.strict and len(value) > 1 and (value[0] << 8 | value[1]) >> 7 in (0, 0x1FF):
            raise DecodeError(path, offset, "INTEGER is not minimally encoded")
        within = getattr(spec, "within", None)
        if within is not None:
            number = int.from_bytes(value, "big", signed=True)
            low, high = within
            if number < low or (high is not None and number > high):
                raise DecodeError(path, offset, f"INTEGER is not in {low}..{'MAX' if high is None else high}")

    def bit_string(self, value: bytes, spec: Any, path: str, offset: int) -> None:
        if not value or value[0] > 7 or (len(value) == 1 and value[0]):
            raise DecodeError(path, offset, "BIT STRING has no valid number of unused bits")
        unused = value[0]
        if not self.strict or len(value) == 1:
            return
        if value[-1] & (1 << unused) - 1:
            raise DecodeError(path, offset, "unused bits of BIT STRING are not zero")
        if spec._map is not None and not value[-1] >> unused & 1:
            raise DecodeError(path, offset, "BIT STRING with named bits ends with a zero bit")


_UNIVERSAL = {
    0x01: core.Boolean,
    0x02: core.Integer,
    0x03: core.BitString,
    0x05: core.Null,
    0x06: core.ObjectIdentifier,
    0x0A: core.Integer,
    0x0C: core.UTF8String,
}


def _constructed_bit(tag: int) -> int:
    return 0x20 << 8 * (max(tag.bit_length() - 1, 0) // 8)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [repr(error)])[0]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _children(tlv: Tlv, path: str) -> tuple[Tlv, ...]:
    try:
        return tlv.children
    except DecodeError as error:
        raise DecodeError(path, error.offset, error.rule) from None


def _check_size(found: int, size: asn1.Range | None, unit: str, path: str, offset: int) -> None:
    if size is None:
        return
    low, high = size
    if found < low or (high is not None and found > high):
        wanted = str(low) if low == high else f"{low}..{'MAX' if high is None else high}"
        raise DecodeError(path, offset, f"{wanted} {unit} expected, found {found}")
