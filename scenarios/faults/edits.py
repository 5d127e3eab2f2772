"""Edits of TLV data, as frozen values: what a lie changes.

A path names a TLV from the outside in by tags in hex, the outermost one included: "30.84", "BF38.A0.30",
"A0.86[2]" (the third 86); "" is the whole.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from scenarios.model import ScenarioError
from wire.errors import DecodeError
from wire.tlv import Tlv, parse_all, tlv

_Change: TypeAlias = Callable[[int, bytes], bytes]
_STEP: Final = re.compile(r"([0-9A-F]+)(?:\[(\d+)\])?")


class Edit(Protocol):
    """Changes octets; printable, comparable."""

    def apply(self, data: bytes) -> bytes:
        """The changed octets; ScenarioError if the path isn't there."""


@dataclass(frozen=True, slots=True)
class Set:
    """Give the TLV at `path` another value."""

    path: str
    value: bytes

    def apply(self, data: bytes) -> bytes:
        return _rebuild(data, self.path, lambda tag, _: tlv(tag, self.value))


@dataclass(frozen=True, slots=True)
class Replace:
    """Put other octets (any number of TLVs, or no TLV at all) in the place of the TLV at `path`."""

    path: str
    octets: bytes

    def apply(self, data: bytes) -> bytes:
        return _rebuild(data, self.path, lambda _tag, _value: self.octets)


@dataclass(frozen=True, slots=True)
class Remove:
    """Leave the TLV at `path` out."""

    path: str

    def apply(self, data: bytes) -> bytes:
        return _rebuild(data, self.path, lambda _tag, _value: b"")


@dataclass(frozen=True, slots=True)
class Append:
    """Add octets at the end of the value of the TLV at `path`; with path "", after the whole."""

    path: str
    octets: bytes

    def apply(self, data: bytes) -> bytes:
        if not self.path:
            return data + self.octets
        return _rebuild(data, self.path, lambda tag, value: tlv(tag, value + self.octets))


@dataclass(frozen=True, slots=True)
class After:
    """Put octets behind the TLV at `path`, beside it."""

    path: str
    octets: bytes

    def apply(self, data: bytes) -> bytes:
        return _rebuild(data, self.path, lambda tag, value: tlv(tag, value) + self.octets)


@dataclass(frozen=True, slots=True)
class Flip:
    """Turn one bit (the lowest) of an octet in the value of the TLV at `path` around; -1 is the last octet."""

    path: str
    octet: int = -1

    def apply(self, data: bytes) -> bytes:
        def flip(tag: int, value: bytes) -> bytes:
            changed = bytearray(value)
            changed[self.octet] ^= 0x01
            return tlv(tag, bytes(changed))

        return _rebuild(data, self.path, flip)


@dataclass(frozen=True, slots=True)
class Swap:
    """Exchange the TLV at `path` with the one after it."""

    path: str

    def apply(self, data: bytes) -> bytes:
        parents, _, last = self.path.rpartition(".")
        if not parents:
            return _swap(data, last)
        return _rebuild(data, parents, lambda tag, value: tlv(tag, _swap(value, last)))


@dataclass(frozen=True, slots=True)
class CutOff:
    """Keep the first `octets` octets of the whole."""

    octets: int

    def apply(self, data: bytes) -> bytes:
        return data[: self.octets]


@dataclass(frozen=True, slots=True)
class Whole:
    """Other octets instead of the whole."""

    octets: bytes

    def apply(self, data: bytes) -> bytes:
        return self.octets


def _swap(data: bytes, step: str) -> bytes:
    parts = [part.raw for part in _parts(data)]
    place = _find(data, step)
    if place + 1 >= len(parts):
        raise ScenarioError(f"nothing follows {step}")
    parts[place], parts[place + 1] = parts[place + 1], parts[place]
    return b"".join(parts)


def _rebuild(data: bytes, path: str, change: _Change) -> bytes:
    if not path:
        raise ScenarioError("this edit needs a path")
    step, _, rest = path.partition(".")
    place = _find(data, step)
    found = _parts(data)
    one = found[place]
    new = tlv(one.tag, _rebuild(one.value, rest, change)) if rest else change(one.tag, one.value)
    return b"".join(part.raw for part in found[:place]) + new + b"".join(part.raw for part in found[place + 1 :])


def _parts(data: bytes) -> tuple[Tlv, ...]:
    try:
        return parse_all(data)
    except DecodeError as error:
        raise ScenarioError(f"an edit needs TLVs: {error}") from None


def _find(data: bytes, step: str) -> int:
    matched = _STEP.fullmatch(step)
    if not matched:
        raise ScenarioError(f"{step!r} is no step of a path: a tag in upper-case hex, [n] behind it for the n-th")
    tag, wanted = int(matched[1], 16), int(matched[2] or 0)
    places = [place for place, part in enumerate(_parts(data)) if part.tag == tag]
    if wanted >= len(places):
        raise ScenarioError(f"there is no {step} in {data[:16].hex().upper()}...")
    return places[wanted]
