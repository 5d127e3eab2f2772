"""READ, UPDATE, SEARCH and INCREASE of transparent and record EFs.

Spec: ETSI TS 102 221 sections 11.1.3 to 11.1.8
"""

from euicc_sim.profile.access import Access
from euicc_sim.profile.image import FileEntry
from euicc_sim.profile.session import Channel, Profile, Refused, require_kind
from euicc_sim.profile.templates import Kind
from wire.apdu import Command, Response
from wire.sw import SW

_NEXT, _PREVIOUS, _ABSOLUTE = 0x02, 0x03, 0x04
_FORWARD, _BACKWARD, _ENHANCED = 0x04, 0x05, 0x06


def _offset_and_file(profile: Profile, channel: Channel, command: Command) -> tuple[int, FileEntry]:
    """Offset and EF of READ and UPDATE BINARY: 15 bits of offset, or a short identifier and 8 bits."""
    if not command.p1 & 0x80:
        return command.p1 << 8 | command.p2, profile.current_ef(channel)
    sfi = command.p1 & 0x1F
    if command.p1 & 0x60 or not 1 <= sfi <= 30:
        raise Refused(SW.INCORRECT_P1P2)
    return command.p2, profile.addressed_ef(channel, sfi)


def read_binary(profile: Profile, channel: Channel, command: Command) -> Response:
    """READ BINARY; 6282 where the file ends before Le."""
    offset, entry = _offset_and_file(profile, channel, command)
    require_kind(entry, Kind.TRANSPARENT)
    profile.require(entry, Access.READ, command.ins)
    if command.data:
        raise Refused(SW.WRONG_LENGTH)
    if offset >= entry.size:
        raise Refused(SW.WRONG_P1P2)
    wanted = 256 if command.le is None else command.le
    data = profile.files.content(entry)[offset : offset + wanted]
    is_open_end = command.le in (None, 256, 65536)
    return Response(data, SW.OK if len(data) == wanted or is_open_end else SW.END_OF_FILE)


def update_binary(profile: Profile, channel: Channel, command: Command) -> Response:
    """UPDATE BINARY."""
    offset, entry = _offset_and_file(profile, channel, command)
    require_kind(entry, Kind.TRANSPARENT)
    profile.require(entry, Access.UPDATE, command.ins)
    data = command.data
    if not data:
        raise Refused(SW.WRONG_LENGTH)
    if offset >= entry.size:
        raise Refused(SW.WRONG_P1P2)
    if offset + len(data) > entry.size:
        raise Refused(SW.WRONG_LENGTH)
    content = profile.files.content(entry)
    profile.files.write(entry, content[:offset] + data + content[offset + len(data) :])
    return Response(b"", SW.OK)


def _record_file(profile: Profile, channel: Channel, command: Command, access: Access) -> FileEntry:
    sfi = command.p2 >> 3
    if sfi == 31:
        raise Refused(SW.INCORRECT_P1P2)
    entry = profile.addressed_ef(channel, sfi)
    require_kind(entry, Kind.LINEAR, Kind.CYCLIC)
    profile.require(entry, access, command.ins)
    return entry


def _record_number(channel: Channel, command: Command, entry: FileEntry) -> int:
    """The record that P1 and the mode mean; RECORD_NOT_FOUND where there is none."""
    mode, last = command.p2 & 0x07, entry.records
    if mode == _ABSOLUTE:
        number = command.p1 or channel.record
    elif mode in (_NEXT, _PREVIOUS):
        if command.p1:
            raise Refused(SW.INCORRECT_P1P2)
        number = _neighbour(channel.record, last, mode, entry.kind is Kind.CYCLIC)
    else:
        raise Refused(SW.INCORRECT_P1P2)
    if not 1 <= number <= last:
        raise Refused(SW.RECORD_NOT_FOUND)
    return number


def _neighbour(current: int, last: int, mode: int, is_cyclic: bool) -> int:
    """The record after or before the pointer; an undefined pointer gives the first or last, cyclic files go round."""
    if not current:
        return 1 if mode == _NEXT else last
    number = current + 1 if mode == _NEXT else current - 1
    if is_cyclic and not 1 <= number <= last:
        return 1 if mode == _NEXT else last
    return number


def _records(content: bytes, entry: FileEntry) -> list[bytes]:
    size = entry.record_octets
    return [content[at : at + size] for at in range(0, len(content), size)]


def read_record(profile: Profile, channel: Channel, command: Command) -> Response:
    """READ RECORD; 6Cxx where Le is not the record length."""
    entry = _record_file(profile, channel, command, Access.READ)
    if command.data:
        raise Refused(SW.WRONG_LENGTH)
    number = _record_number(channel, command, entry)
    if command.le not in (None, 256, 65536, entry.record_octets):
        raise Refused(0x6C00 | entry.record_octets)
    if command.p1 == 0:
        channel.record = number
    return Response(_records(profile.files.content(entry), entry)[number - 1], SW.OK)


def update_record(profile: Profile, channel: Channel, command: Command) -> Response:
    """UPDATE RECORD; in a cyclic EF the oldest record is overwritten and becomes record 1."""
    entry = _record_file(profile, channel, command, Access.UPDATE)
    if entry.kind is Kind.CYCLIC:
        if command.p1 or command.p2 & 0x07 != _PREVIOUS:
            raise Refused(SW.INCORRECT_P1P2)
        number = 1
    else:
        number = _record_number(channel, command, entry)
    if len(command.data) != entry.record_octets:
        raise Refused(SW.WRONG_LENGTH)
    records = _records(profile.files.content(entry), entry)
    if entry.kind is Kind.CYCLIC:
        records = [command.data, *records[:-1]]
    else:
        records[number - 1] = command.data
    profile.files.write(entry, b"".join(records))
    if command.p1 == 0:
        channel.record = number
    return Response(b"", SW.OK)


def search_record(profile: Profile, channel: Channel, command: Command) -> Response:
    """SEARCH RECORD, simple and enhanced; 6282 where no record matches."""
    entry = _record_file(profile, channel, command, Access.READ)
    mode, pattern = command.p2 & 0x07, command.data
    start, direction, indication = command.p1 or channel.record, mode, b"\x00\x00"
    if mode == _ENHANCED:
        indication, pattern = pattern[:2], pattern[2:]
        direction, start = _enhanced(indication, command.p1, channel.record)
    elif mode in (_FORWARD, _BACKWARD):
        if not command.p1 and channel.record:
            start += 1 if mode == _FORWARD else -1
    else:
        raise Refused(SW.INCORRECT_P1P2)
    if not 1 <= len(pattern) <= entry.record_octets:
        raise Refused(SW.WRONG_LENGTH)
    last = entry.records
    if command.p1 > last:
        raise Refused(SW.RECORD_NOT_FOUND)
    if not command.p1 and not channel.record:
        start = 1 if direction == _FORWARD else last
    numbers = range(start, last + 1) if direction == _FORWARD else range(start, 0, -1)
    records = _records(profile.files.content(entry), entry)
    found = [number for number in numbers if _matches(records[number - 1], pattern, indication)]
    if not found:
        raise Refused(SW.END_OF_FILE)
    channel.record = found[0]
    wanted = 256 if command.le is None else command.le
    return Response(bytes(found[:wanted]), SW.OK)


def _enhanced(indication: bytes, p1: int, current: int) -> tuple[int, int]:
    """Direction and first record of an enhanced search."""
    if len(indication) < 2 or indication[0] & 0xF4 != 0x04:
        raise Refused(SW.INCORRECT_DATA)
    direction = _BACKWARD if indication[0] & 0x01 else _FORWARD
    start = p1 or current
    if indication[0] & 0x02 and start:
        start += 1 if direction == _FORWARD else -1
    return direction, start


def _matches(record: bytes, pattern: bytes, indication: bytes) -> bool:
    """Whether the pattern stands in the record where the search begins: at an offset, or from a first octet value."""
    if indication[0] & 0x08:
        begin = record.find(indication[1:2])
        return begin >= 0 and pattern in record[begin:]
    if not indication[0]:
        return record.startswith(pattern)
    return pattern in record[indication[1] :]


def increase(profile: Profile, channel: Channel, command: Command) -> Response:
    """INCREASE: newest value plus what is given becomes record 1; answers the new value and what was added."""
    sfi = command.p1 & 0x1F if command.p1 & 0x80 else 0
    if command.p2 or command.p1 & 0x60 or (command.p1 & 0x80 and not 1 <= sfi <= 30) or 0 < command.p1 < 0x80:
        raise Refused(SW.INCORRECT_P1P2)
    entry = profile.addressed_ef(channel, sfi)
    require_kind(entry, Kind.CYCLIC)
    profile.require(entry, None, command.ins)
    if not 1 <= len(command.data) <= min(127, entry.record_octets):
        raise Refused(SW.WRONG_LENGTH)
    records = _records(profile.files.content(entry), entry)
    value = int.from_bytes(records[0], "big") + int.from_bytes(command.data, "big")
    if value >= 1 << 8 * entry.record_octets:
        raise Refused(SW.INCREASE_MAXIMUM)
    newest = value.to_bytes(entry.record_octets, "big")
    profile.files.write(entry, b"".join([newest, *records[:-1]]))
    channel.record = 1
    return Response(newest + command.data, SW.OK)
