"""APDUs in words: command names, status words, and the ES10 values put together from their blocks."""

from dataclasses import dataclass, field
from typing import Any

from lab.pdu import describe_es10
from wire import apdu, sw
from wire.errors import DecodeError

_NAMES = {
    0x04: "DEACTIVATE FILE",
    0x10: "TERMINAL PROFILE",
    0x12: "FETCH",
    0x14: "TERMINAL RESPONSE",
    0x20: "VERIFY PIN",
    0x24: "CHANGE PIN",
    0x26: "DISABLE PIN",
    0x28: "ENABLE PIN",
    0x2C: "UNBLOCK PIN",
    0x32: "INCREASE",
    0x44: "ACTIVATE FILE",
    apdu.INS_MANAGE_CHANNEL: "MANAGE CHANNEL",
    0x78: "GET IDENTITY",
    0x88: "AUTHENTICATE",
    0x89: "AUTHENTICATE",
    0xA2: "SEARCH RECORD",
    apdu.INS_SELECT: "SELECT",
    apdu.INS_TERMINAL_CAPABILITY: "TERMINAL CAPABILITY",
    0xB0: "READ BINARY",
    0xB2: "READ RECORD",
    apdu.INS_GET_RESPONSE: "GET RESPONSE",
    0xC2: "ENVELOPE",
    0xCA: "GET DATA",
    0xCB: "RETRIEVE DATA",
    0xD6: "UPDATE BINARY",
    0xDC: "UPDATE RECORD",
    apdu.INS_STORE_DATA: "STORE DATA",
    0xF2: "STATUS",
}
_PIN_COMMANDS = {0x20, 0x24, 0x26, 0x28, 0x2C}
_AUTHENTICATE = {0x88, 0x89}


@dataclass(slots=True)
class _Channel:
    """The blocks of the ES10 command or answer under way on one channel."""

    command: bytearray = field(default_factory=bytearray)
    answer: bytearray = field(default_factory=bytearray)


class ApduDecoder:
    """Follows one card's APDU exchange."""

    def __init__(self, reveal: frozenset[str] = frozenset()) -> None:
        self._reveal = reveal
        self._channels: dict[int, _Channel] = {}
        self._last: apdu.Command | None = None

    def decode(self, direction: str, raw: bytes) -> dict[str, Any]:
        """What to add to an `apdu` record; hides PINs and AKA keys by replacing `raw`."""
        try:
            return self._command(raw) if direction == "command" else self._response(raw)
        except DecodeError as error:
            return {"decode_error": str(error)}

    def _command(self, raw: bytes) -> dict[str, Any]:
        self._last = None
        command = apdu.Command.parse(raw)
        self._last = command
        members: dict[str, Any] = {"channel": command.channel, "name": command_name(command.ins)}
        if command.ins in _PIN_COMMANDS and command.data and "codes" not in self._reveal:
            members["raw"] = {"redacted": "codes", "octets": len(raw)}
        if command.ins == apdu.INS_STORE_DATA:
            channel = self._channels.setdefault(command.channel, _Channel())
            if command.p2 == 0:
                channel.command.clear()
            channel.answer.clear()
            channel.command += command.data
            if command.p1 & 0x80:
                members |= describe_es10(bytes(channel.command), "request")
                channel.command.clear()
        elif command.ins != apdu.INS_GET_RESPONSE:
            self._channels.pop(command.channel, None)
        return members

    def _response(self, raw: bytes) -> dict[str, Any]:
        response = apdu.Response.parse(raw)
        members: dict[str, Any] = {"sw": f"{response.sw:04X}", "meaning": sw.describe(response.sw)}
        command = self._last
        if command is None:
            return members
        members = {"channel": command.channel, "name": command_name(command.ins)} | members
        if command.ins in _AUTHENTICATE and response.data and "keys" not in self._reveal:
            members["raw"] = {"redacted": "keys", "octets": len(raw)}
        channel = self._channels.get(command.channel)
        if channel and command.ins in (apdu.INS_STORE_DATA, apdu.INS_GET_RESPONSE):
            channel.answer += response.data
            if channel.answer and response.sw1 != 0x61:
                members |= describe_es10(bytes(channel.answer), "response")
                channel.answer.clear()
        return members


def command_name(ins: int) -> str:
    """The name of the command with this INS."""
    return _NAMES.get(ins, f"INS {ins:02X}")
