"""SELECT, STATUS, ACTIVATE FILE, DEACTIVATE FILE and what they answer.

Spec: ETSI TS 102 221 sections 8.4, 8.5, 11.1.1, 11.1.2, 11.1.14, 11.1.15
"""

from euicc_sim.profile import image
from euicc_sim.profile.access import Access
from euicc_sim.profile.filesystem import ACTIVATED, DEACTIVATED
from euicc_sim.profile.image import FileEntry
from euicc_sim.profile.session import Channel, Profile, Refused, expected, require_no_data, require_p1p2
from euicc_sim.profile.staging import FID_CURRENT_APPLICATION
from euicc_sim.profile.templates import Kind
from wire.apdu import Command, Response
from wire.sw import SW
from wire.tlv import tlv

_BY_FID, _CHILD_DF, _PARENT, _BY_AID, _PATH_FROM_MF, _PATH_FROM_DF = 0x00, 0x01, 0x03, 0x04, 0x08, 0x09
_NO_DATA = 0x0C
_ANSWERS = (0x00, 0x04, _NO_DATA)
_TERMINATE = 0x40
_UICC_CHARACTERISTICS = 0x71
_TERMINAL_CAPABILITY_EXPECTED = 0x01


def control_parameters(profile: Profile, entry: FileEntry) -> bytes:
    """The FCP template (62) of a file.

    Spec: ETSI TS 102 221 section 11.1.1.4
    """
    parts = _directory_parameters(profile, entry) if entry.is_directory else _ef_parameters(profile, entry)
    return tlv(0x62, *parts)


def _state_and_security(profile: Profile, entry: FileEntry) -> bytes:
    """Life cycle state and security attributes; a file without EF.ARR has the compact form, read always."""
    state = tlv(0x8A, bytes((profile.files.life_cycle_state(entry),)))
    compact = b"\x00" if entry.is_directory else b"\x01\x00"
    return state + (tlv(0x8B, entry.arr) if entry.arr else tlv(0x8C, compact))


def _directory_parameters(profile: Profile, entry: FileEntry) -> list[bytes]:
    is_mf = entry.number == image.ROOT
    fid = FID_CURRENT_APPLICATION if entry.aid else entry.fid or 0
    proprietary = tlv(0x80, bytes((_UICC_CHARACTERISTICS,)))
    if is_mf:
        proprietary += tlv(0x87, bytes((_TERMINAL_CAPABILITY_EXPECTED,)))
    return [
        tlv(0x82, bytes((entry.descriptor, 0x21))),
        tlv(0x83, fid.to_bytes(2, "big")),
        tlv(0x84, entry.aid) if entry.aid else b"",
        tlv(0xA5, proprietary),
        _state_and_security(profile, entry),
        profile.pins.status_template(entry),
    ]


def _ef_parameters(profile: Profile, entry: FileEntry) -> list[bytes]:
    descriptor = bytes((entry.descriptor, 0x21))
    if entry.kind.has_records:
        descriptor += entry.record_octets.to_bytes(2, "big") + bytes((entry.records,))
    proprietary = tlv(0xC0, bytes((entry.special,)))
    if entry.kind is Kind.BER_TLV:
        proprietary += tlv(0x84, bytes((entry.details,)))
        proprietary += tlv(0x86, entry.maximum_size) if entry.maximum_size else b""
    size_octets = max(2, (entry.size.bit_length() + 7) // 8)
    return [
        tlv(0x82, descriptor),
        tlv(0x83, (entry.fid or 0).to_bytes(2, "big")),
        tlv(0xA5, proprietary),
        _state_and_security(profile, entry),
        tlv(0x80, entry.size.to_bytes(size_octets, "big")),
        tlv(0x88, bytes((entry.sfi << 3,)) if entry.sfi else b""),
    ]


def select(profile: Profile, channel: Channel, command: Command) -> Response:
    """SELECT; a refused one leaves the current selection as it was."""
    answer = command.p2 & 0x0C
    if (command.p1 != _BY_AID and command.p2 & ~0x0C) or command.p2 & 0x90 or answer not in _ANSWERS:
        raise Refused(SW.INCORRECT_P1P2)
    if command.p1 == _BY_AID:
        entry = _application(profile, channel, command)
        if command.p2 & 0x60 == _TERMINATE:
            leave_application(profile, channel)
            channel.directory, channel.ef, channel.record = image.ROOT, None, 0
            return Response(b"", SW.OK)
        if command.p2 & 0x60:
            raise Refused(SW.INCORRECT_P1P2)
        if channel.application != entry.number:
            leave_application(profile, channel)
        channel.application = entry.number
    else:
        entry = _file(profile, channel, command)
    parameters = b"" if answer == _NO_DATA else control_parameters(profile, entry)
    _make_current(channel, entry)
    sw = SW.FILE_DEACTIVATED if profile.files.is_deactivated(entry) else SW.OK
    return Response(parameters, sw)


def _make_current(channel: Channel, entry: FileEntry) -> None:
    if entry.is_directory:
        channel.directory, channel.ef = entry.number, None
    else:
        channel.directory, channel.ef = entry.parent, entry.number
    channel.record, channel.retrieving, channel.setting = 0, b"", b""


def leave_application(profile: Profile, channel: Channel) -> None:
    """End the channel's application session; local PINs go with the last channel that has it."""
    number, channel.application = channel.application, None
    if number is not None and all(other.application != number for other in profile.channels.values()):
        profile.pins.leave_application(profile.files.files[number])


def _application(profile: Profile, channel: Channel, command: Command) -> FileEntry:
    """The ADF with the AID, or one of those that its right-truncated form means."""
    if not 5 <= len(command.data) <= 16:
        raise Refused(SW.NOT_FOUND if len(command.data) <= 16 else SW.WRONG_LENGTH)
    candidates = [entry for entry in profile.files.applications if entry.aid.startswith(command.data)]
    numbers = [entry.number for entry in candidates]
    occurrence = command.p2 & 0x03
    position = numbers.index(channel.application) if channel.application in numbers else None
    if occurrence == 0x00:
        index = 0
    elif occurrence == 0x01:
        index = len(candidates) - 1
    elif occurrence == 0x02:
        index = 0 if position is None else position + 1
    else:
        index = len(candidates) - 1 if position is None else position - 1
    if not 0 <= index < len(candidates):
        raise Refused(SW.NOT_FOUND)
    return candidates[index]


def _file(profile: Profile, channel: Channel, command: Command) -> FileEntry:
    data, files = command.data, profile.files
    if command.p1 == _PARENT:
        require_no_data(command)
        if channel.directory == image.ROOT:
            raise Refused(SW.NOT_FOUND)
        return files.parent(files.files[channel.directory])
    if command.p1 == _BY_FID and not data:
        return files.mf
    if command.p1 not in (_BY_FID, _CHILD_DF, _PATH_FROM_MF, _PATH_FROM_DF):
        raise Refused(SW.INCORRECT_P1P2)
    if not data or len(data) % 2 or (command.p1 in (_BY_FID, _CHILD_DF) and len(data) != 2):
        raise Refused(SW.LC_INCONSISTENT)
    path = tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    if command.p1 == _BY_FID:
        found = _by_fid(profile, channel, path[0])
    elif command.p1 == _CHILD_DF:
        found = files.child(channel.directory, path[0])
        found = found if found is not None and found.is_directory else None
    elif command.p1 == _PATH_FROM_DF:
        found = files.path(channel.directory, path)
    elif path[0] == FID_CURRENT_APPLICATION:
        found = None if channel.application is None else files.path(channel.application, path[1:])
    else:
        found = files.path(image.ROOT, path)
    if found is None:
        raise Refused(SW.NOT_FOUND)
    return found


def _by_fid(profile: Profile, channel: Channel, fid: int) -> FileEntry | None:
    """The file that an identifier means here: MF, active ADF, child, current DF, parent, DF beside the current one."""
    files = profile.files
    if fid == image.FID_MF:
        return files.mf
    if fid == FID_CURRENT_APPLICATION:
        return None if channel.application is None else files.files[channel.application]
    current = files.files[channel.directory]
    found = files.child(current.number, fid)
    if found is not None or current.number == image.ROOT:
        return found
    parent = files.parent(current)
    for entry in (current, parent):
        if entry.fid == fid and not entry.aid:
            return entry
    beside = files.child(parent.number, fid)
    return beside if beside is not None and beside.is_directory else None


def status(profile: Profile, channel: Channel, command: Command) -> Response:
    """STATUS: the current directory or the name of the current application."""
    require_no_data(command)
    if command.p1 not in (0x00, 0x01, 0x02) or command.p2 not in (0x00, 0x01, _NO_DATA):
        raise Refused(SW.INCORRECT_P1P2)
    if command.p2 == _NO_DATA:
        return Response(b"", SW.OK)
    if command.p2 == 0x00:
        data = control_parameters(profile, profile.files.files[channel.directory])
    elif channel.application is None:
        raise Refused(SW.REFERENCED_DATA_NOT_FOUND)
    else:
        data = tlv(0x84, profile.files.files[channel.application].aid)
    expected(command, len(data))
    return Response(data, SW.OK)


def _addressed_file(profile: Profile, channel: Channel, command: Command) -> FileEntry:
    if not command.data:
        require_p1p2(command)
        return profile.current_ef(channel)
    if command.p2 or command.p1 not in (_BY_FID, _PATH_FROM_MF, _PATH_FROM_DF):
        raise Refused(SW.INCORRECT_P1P2)
    entry = _file(profile, channel, command)
    if entry.is_directory:
        raise Refused(SW.FUNCTION_NOT_SUPPORTED)
    return entry


def deactivate_file(profile: Profile, channel: Channel, command: Command) -> Response:
    """DEACTIVATE FILE, for EFs."""
    entry = _addressed_file(profile, channel, command)
    if not profile.files.is_deactivated(entry):
        profile.require(entry, Access.DEACTIVATE, command.ins)
        profile.files.set_life_cycle_state(entry, DEACTIVATED)
    return Response(b"", SW.OK)


def activate_file(profile: Profile, channel: Channel, command: Command) -> Response:
    """ACTIVATE FILE, for EFs."""
    entry = _addressed_file(profile, channel, command)
    profile.require(entry, Access.ACTIVATE, command.ins)
    if profile.files.life_cycle_state(entry) != ACTIVATED:
        profile.files.set_life_cycle_state(entry, ACTIVATED)
    return Response(b"", SW.OK)
