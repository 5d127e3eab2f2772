"""Access rules: what EF.ARR says about a file, evaluated against the PINs that are verified.

Spec: ETSI TS 102 221 section 9.2.7; ISO/IEC 7816-4 section 5.4.3 (expanded format)
"""

from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache

from euicc_sim.profile import image
from euicc_sim.profile.filesystem import FileSystem
from euicc_sim.profile.image import FileEntry
from wire.errors import DecodeError
from wire.tlv import Tlv, parse, read_header

IsVerified = Callable[[int], bool]
"""Whether the PIN with a key reference is satisfied, seen from the file's directory."""

_AM_BITS, _AM_INSTRUCTION = 0x80, 0x84
_ALWAYS, _NEVER, _PIN, _OR, _AND = 0x90, 0x97, 0xA4, 0xA0, 0xAF
_KEY_REFERENCE = 0x83
_MAX_DEPTH = 8


class Access(IntEnum):
    """Access mode bits of an EF."""

    READ = 0x01
    UPDATE = 0x02
    WRITE = 0x04
    DEACTIVATE = 0x08
    ACTIVATE = 0x10
    TERMINATE = 0x20
    DELETE = 0x40


def _data_objects(record: bytes) -> list[Tlv]:
    """The data objects of an EF.ARR record up to its padding; DecodeError."""
    objects: list[Tlv] = []
    position = 0
    while position < len(record) and record[position] not in (0x00, 0xFF):
        _, start, length = read_header(record, position)
        end = start + length
        if end > len(record):
            raise DecodeError("EF.ARR", start, "value is cut off")
        objects.append(parse(record[position:end]))
        position = end
    return objects


@lru_cache(maxsize=512)
def _rules(record: bytes) -> tuple[tuple[Tlv, tuple[Tlv, ...]], ...]:
    """(access mode, security conditions) pairs of a record; none if the record is not well-formed."""
    try:
        objects = _data_objects(record)
    except DecodeError:
        return ()
    rules: list[tuple[Tlv, list[Tlv]]] = []
    for item in objects:
        if 0x80 <= item.tag <= 0x8F:
            rules.append((item, []))
        elif rules:
            rules[-1][1].append(item)
    return tuple((mode, tuple(conditions)) for mode, conditions in rules)


def _is_met(condition: Tlv, is_verified: IsVerified, depth: int = 0) -> bool:
    if depth > _MAX_DEPTH:
        return False
    if condition.tag == _ALWAYS:
        return True
    try:
        children = condition.children if condition.constructed else ()
    except DecodeError:
        return False
    if condition.tag == _PIN:
        references = [child.value for child in children if child.tag == _KEY_REFERENCE]
        return len(references) == 1 and len(references[0]) == 1 and is_verified(references[0][0])
    if condition.tag == _OR:
        return any(_is_met(child, is_verified, depth + 1) for child in children)
    if condition.tag == _AND:
        return bool(children) and all(_is_met(child, is_verified, depth + 1) for child in children)
    return False


def is_allowed(record: bytes, access: Access | None, instruction: int, is_verified: IsVerified) -> bool:
    """Whether a rule lets a command through: by its access mode bit, or by its instruction where it has no bit."""
    for mode, conditions in _rules(record):
        if mode.tag == _AM_BITS:
            applies = access is not None and len(mode.value) == 1 and bool(mode.value[0] & access)
        else:
            applies = mode.tag == _AM_INSTRUCTION and mode.value == bytes((instruction,))
        if applies and any(_is_met(condition, is_verified) for condition in conditions):
            return True
    return False


def rule_record(files: FileSystem, entry: FileEntry) -> bytes | None:
    """The EF.ARR record that a file refers to, sought from the file's directory upwards; None if there is none."""
    fid, number = int.from_bytes(entry.arr[:2], "big"), entry.arr[2]
    directory = files.parent(entry)
    while True:
        arr = files.child(directory.number, fid)
        if arr is not None and arr.record_octets:
            content = files.content(arr)
            record = content[(number - 1) * arr.record_octets : number * arr.record_octets] if number else b""
            return record or None
        if directory.number == image.ROOT:
            return None
        directory = files.parent(directory)
