"""RETRIEVE DATA and SET DATA: the data objects of BER-TLV EFs.

A file's content is its data objects one after the other.
Spec: ETSI TS 102 221 sections 11.3.1 and 11.3.2
"""

from euicc_sim.profile.access import Access
from euicc_sim.profile.image import FileEntry
from euicc_sim.profile.session import Channel, Profile, Refused, require_kind
from euicc_sim.profile.templates import Kind
from wire.apdu import Command, Response
from wire.errors import DecodeError
from wire.sw import SW
from wire.tlv import Tlv, parse_all, read_header, tag_octets, tlv

_FIRST_BLOCK, _NEXT_BLOCK = 0x80, 0x00
_TAG_LIST = 0x5C
_MORE_DATA_AVAILABLE = 0x62F1
_MORE_DATA_EXPECTED = 0x63F1


def _file(profile: Profile, channel: Channel, command: Command, access: Access) -> FileEntry:
    if command.p1 > 30 or command.p2 not in (_FIRST_BLOCK, _NEXT_BLOCK):
        raise Refused(SW.INCORRECT_P1P2)
    entry = profile.addressed_ef(channel, command.p1)
    require_kind(entry, Kind.BER_TLV)
    profile.require(entry, access, command.ins)
    return entry


def _objects(content: bytes) -> tuple[Tlv, ...]:
    """The data objects stored; none where the profile put something else there."""
    try:
        return parse_all(content)
    except DecodeError:
        return ()


def retrieve_data(profile: Profile, channel: Channel, command: Command) -> Response:
    """RETRIEVE DATA: a data object block by block, or with tag 5C the list of tags."""
    entry = _file(profile, channel, command, Access.READ)
    if command.p2 == _FIRST_BLOCK:
        channel.retrieving = _find(_objects(profile.files.content(entry)), command.data)
    elif command.data:
        raise Refused(SW.WRONG_LENGTH)
    elif not channel.retrieving:
        raise Refused(SW.CONDITIONS_NOT_SATISFIED)
    wanted = 256 if command.le is None else command.le
    block, channel.retrieving = channel.retrieving[:wanted], channel.retrieving[wanted:]
    return Response(block, _MORE_DATA_AVAILABLE if channel.retrieving else SW.OK)


def _find(objects: tuple[Tlv, ...], tag: bytes) -> bytes:
    if not tag:
        raise Refused(SW.WRONG_LENGTH)
    if tag == bytes((_TAG_LIST,)):
        return tlv(_TAG_LIST, *(tag_octets(item.tag) for item in objects))
    for item in objects:
        if tag_octets(item.tag) == tag:
            return item.raw
    raise Refused(SW.REFERENCED_DATA_NOT_FOUND)


def set_data(profile: Profile, channel: Channel, command: Command) -> Response:
    """SET DATA: create or replace a data object, block by block; a tag alone or with length 0 deletes it."""
    entry = _file(profile, channel, command, Access.UPDATE)
    if not command.data:
        raise Refused(SW.WRONG_LENGTH)
    if command.p2 == _FIRST_BLOCK:
        channel.setting = b""
    elif not channel.setting:
        raise Refused(SW.CONDITIONS_NOT_SATISFIED)
    received, channel.setting = channel.setting + command.data, b""
    try:
        tag, start, length = read_header(received)
    except DecodeError:
        tag, start, length = _tag_alone(received)
    if start + length > entry.capacity:
        raise Refused(SW.NOT_ENOUGH_MEMORY)
    if len(received) > start + length:
        raise Refused(SW.INCORRECT_DATA)
    if len(received) < start + length:
        channel.setting = received
        return Response(b"", _MORE_DATA_EXPECTED)
    kept = [item.raw for item in _objects(profile.files.content(entry)) if item.tag != tag]
    if length:
        kept.append(received)
    content = b"".join(kept)
    if len(content) > entry.capacity:
        raise Refused(SW.NOT_ENOUGH_MEMORY)
    profile.files.write(entry, content)
    return Response(b"", SW.OK)


def _tag_alone(received: bytes) -> tuple[int, int, int]:
    """A tag with nothing after it means deletion; anything else that is not a data object is refused."""
    try:
        tag, start, _ = read_header(received + b"\x00")
    except DecodeError:
        raise Refused(SW.INCORRECT_DATA) from None
    return tag, start - 1, 0
