"""The APDUs of a trace as a pcap file, which Wireshark dissects: GSMTAP (SIM) in UDP packets to port 4729.

Spec: GSMTAP version 2 header; libpcap file format 2.4, link type 228 (raw IPv4)
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

GSMTAP_PORT: Final = 4729
_LINK_TYPE_IPV4: Final = 228
_GSMTAP_VERSION: Final = 2
_GSMTAP_HEADER_WORDS: Final = 4
_GSMTAP_TYPE_SIM: Final = 4
_GSMTAP_SIM_APDU: Final = 0
_SNAPSHOT_OCTETS: Final = 262144


def to_pcap(events: Sequence[Mapping[str, Any]]) -> bytes:
    """One packet for each command with its response; what the trace redacts is left out."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, _SNAPSHOT_OCTETS, _LINK_TYPE_IPV4)
    return header + b"".join(_record(at, apdu) for at, apdu in _exchanges(events))


def _exchanges(events: Sequence[Mapping[str, Any]]) -> Iterable[tuple[datetime, bytes]]:
    """(time of the command, command and response as one, as GSMTAP wants them)."""
    commands: dict[str, tuple[datetime, bytes]] = {}
    for event in events:
        if event["kind"] != "apdu" or "raw_hex" not in event:
            continue
        role, raw = str(event["role"]), bytes.fromhex(event["raw_hex"])
        at = datetime.fromisoformat(str(event["time"]).replace("Z", "+00:00"))
        if event["direction"] == "command":
            commands[role] = at, raw
        elif role in commands:
            sent_at, command = commands.pop(role)
            yield sent_at, command + raw


def _record(at: datetime, apdu: bytes) -> bytes:
    packet = _ipv4(_udp(_gsmtap(apdu)))
    seconds = int(at.timestamp())
    return struct.pack("<IIII", seconds, at.microsecond, len(packet), len(packet)) + packet


def _gsmtap(apdu: bytes) -> bytes:
    """The header before the APDU; what belongs to radio (slot, ARFCN, levels, frame) is zero."""
    first = bytes((_GSMTAP_VERSION, _GSMTAP_HEADER_WORDS, _GSMTAP_TYPE_SIM, 0))
    return first + struct.pack(">HbbIBBBB", 0, 0, 0, 0, _GSMTAP_SIM_APDU, 0, 0, 0) + apdu


def _udp(payload: bytes) -> bytes:
    return struct.pack(">HHHH", GSMTAP_PORT, GSMTAP_PORT, 8 + len(payload), 0) + payload


def _ipv4(payload: bytes) -> bytes:
    loopback = bytes((127, 0, 0, 1))
    fields = 0x45, 0, 20 + len(payload), 0, 0, 64, 17
    without = struct.pack(">BBHHHBBH4s4s", *fields, 0, loopback, loopback)
    return struct.pack(">BBHHHBBH4s4s", *fields, _checksum(without), loopback, loopback) + payload


def _checksum(header: bytes) -> int:
    total: int = sum(struct.unpack(">10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
