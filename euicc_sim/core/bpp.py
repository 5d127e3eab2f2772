"""The bound profile package as a stream: push octets in, complete elements come out, in the one legal order.

Where the LPA cuts its segments doesn't matter; order and announced lengths are hard.
Spec: SGP.22 v2.5 sections 2.5.4 and 5.7.6
"""

from collections.abc import Iterator
from typing import NamedTuple

from wire.errors import DecodeError
from wire.es10 import BppCommandId
from wire.tlv import Tlv, read_header

BOUND_PROFILE_PACKAGE = 0xBF36
INITIALISE_SECURE_CHANNEL = 0xBF23
MAX_ELEMENT_OCTETS = 0x4000
"""Far above the 1020 octets that SCP03t allows: keeps what a wrong length makes the card buffer within bounds."""


class Section(NamedTuple):
    """A part of the package: its tag, the tag of its elements, how many it may have, its ES8+ command."""

    tag: int
    element_tag: int
    most: int | None
    command: BppCommandId
    optional: bool = False


SECTIONS = (
    Section(0xA0, 0x87, 1, BppCommandId.configureISDP),
    Section(0xA1, 0x88, None, BppCommandId.storeMetadata),
    Section(0xA2, 0x87, 1, BppCommandId.replaceSessionKeys, optional=True),
    Section(0xA3, 0x86, None, BppCommandId.loadProfileElements),
)


class BppStructureError(Exception):
    """The package breaks order or lengths; `command` is the ES8+ command that was expected there."""

    def __init__(self, command: BppCommandId, rule: str) -> None:
        super().__init__(rule)
        self.command = command
        self.rule = rule


class BppElement(NamedTuple):
    """A complete element: which command it belongs to, its octets, and whether it ends its section."""

    command: BppCommandId
    element: Tlv
    ends_section: bool


class BppReader:
    """Takes a bound profile package octet by octet."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._package_left = 0
        self._next_section = -1
        self._section: Section | None = None
        self._section_left = 0
        self._elements = 0
        self.complete = False
        """True once the last element of the last section has come, and the announced length is used up."""

    @property
    def command(self) -> BppCommandId:
        """The ES8+ command that the stream is in."""
        if self._section:
            return self._section.command
        if self._next_section < 0:
            return BppCommandId.initialiseSecureChannel
        return SECTIONS[min(self._next_section, len(SECTIONS) - 1)].command

    def feed(self, octets: bytes) -> Iterator[BppElement]:
        """Take octets; yields the elements they complete, raises BppStructureError where the package goes wrong."""
        self._buffer += octets
        while self._buffer:
            if self.complete:
                raise self._wrong(f"{len(self._buffer)} octets follow the package")
            header = self._header()
            if header is None:
                return
            tag, start, length = header
            if self._next_section < 0:
                item = self._initialise(tag, start, length)
            elif self._section is None:
                self._open_section(tag, start, length)
                continue
            else:
                item = self._element(tag, start, length, self._section)
            if item is None:
                return
            yield item

    def _wrong(self, rule: str) -> BppStructureError:
        return BppStructureError(self.command, rule)

    def _header(self) -> tuple[int, int, int] | None:
        """Tag, header size and value length of the next TLV; None until the header is complete."""
        buffer = self._buffer
        size = 2 if buffer[0] & 0x1F == 0x1F else 1
        if len(buffer) <= size:
            return None
        if 0x80 < buffer[size] <= 0x84:
            size += buffer[size] & 0x0F
        if len(buffer) <= size:
            return None
        try:
            return read_header(bytes(buffer[: size + 1]))
        except DecodeError as error:
            raise self._wrong(error.rule) from error

    def _initialise(self, tag: int, start: int, length: int) -> BppElement | None:
        if not self._package_left:
            if tag != BOUND_PROFILE_PACKAGE or not length:
                raise self._wrong(f"tag {BOUND_PROFILE_PACKAGE:X} with content expected, found {tag:X}")
            self._package_left = length
            del self._buffer[:start]
            header = self._header() if self._buffer else None
            if header is None:
                return None
            tag, start, length = header
        if tag != INITIALISE_SECURE_CHANNEL:
            raise self._wrong(f"tag {INITIALISE_SECURE_CHANNEL:X} expected, found {tag:X}")
        element = self._take(tag, start, length, self._package_left)
        if element is None:
            return None
        item = BppElement(self.command, element, ends_section=True)
        self._package_left -= len(element.raw)
        self._next_section = 0
        return item

    def _open_section(self, tag: int, start: int, length: int) -> None:
        section = SECTIONS[self._next_section]
        if section.optional and tag != section.tag:
            self._next_section += 1
            section = SECTIONS[self._next_section]
        if tag != section.tag:
            raise self._wrong(f"tag {section.tag:X} expected, found {tag:X}")
        if start + length > self._package_left or not length:
            raise self._wrong(f"{tag:X} of {length} octets does not fit in the package")
        del self._buffer[:start]
        self._package_left -= start + length
        self._section, self._section_left, self._elements = section, length, 0

    def _element(self, tag: int, start: int, length: int, section: Section) -> BppElement | None:
        if tag != section.element_tag:
            raise self._wrong(f"tag {section.element_tag:X} expected in {section.tag:X}, found {tag:X}")
        if section.most is not None and self._elements >= section.most:
            raise self._wrong(f"more than {section.most} element in {section.tag:X}")
        element = self._take(tag, start, length, self._section_left)
        if element is None:
            return None
        self._elements += 1
        self._section_left -= len(element.raw)
        ends_section = not self._section_left
        if ends_section:
            self._next_section += 1
            self._section = None
            if self._next_section == len(SECTIONS):
                if self._package_left:
                    raise BppStructureError(section.command, f"{self._package_left} octets are left in the package")
                self.complete = True
        return BppElement(section.command, element, ends_section)

    def _take(self, tag: int, start: int, length: int, room: int) -> Tlv | None:
        size = start + length
        if size > room or size > MAX_ELEMENT_OCTETS:
            raise self._wrong(f"{tag:X} of {length} octets does not fit")
        if len(self._buffer) < size:
            return None
        raw = bytes(self._buffer[:size])
        del self._buffer[:size]
        return Tlv(raw, tag, raw[start:])
