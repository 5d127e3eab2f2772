"""Faults on the link between an LPA and its card, as a link around a link."""

from collections.abc import Sequence

from lpa.card.link import CardLink
from lpa.core.errors import CardRemoved
from scenarios.faults.model import CardAnswer, ClosedChannel, Fault, PowerCut, ResultCode, StatusWord
from wire.apdu import INS_GET_RESPONSE, INS_STORE_DATA, Command, close_channel
from wire.errors import DecodeError
from wire.tlv import read_header, tlv


class FaultyLink:
    """A `CardLink` that does what its faults say."""

    def __init__(self, link: CardLink, faults: Sequence[Fault]) -> None:
        self._link = link
        self._faults = faults
        self._commands = 0
        self._functions: dict[int, int] = {}
        self._answers: dict[int, int] = {}
        self._tag = 0
        self._held: bytes | None = None

    @property
    def waits(self) -> bool:
        return self._link.waits

    def connect(self) -> bytes:
        self._held = None
        return self._link.connect()

    def reset(self) -> bytes:
        self._held = None
        return self._link.reset()

    def disconnect(self) -> None:
        self._link.disconnect()

    def transmit(self, command: bytes) -> bytes:
        self._count(command)
        if command[1:2] == bytes((INS_GET_RESPONSE,)) and self._held is not None:
            return self._next_piece()
        for fault in self._faults:
            match fault:
                case PowerCut(at, es10, before) if self._is(at, es10):
                    if not before:
                        self._link.transmit(command)
                    self._link.reset()
                    raise CardRemoved("the card lost its power")
                case StatusWord(sw, at, es10, times) if any(self._is(at + n, es10) for n in range(times)):
                    return sw.to_bytes(2)
                case ResultCode(es10, code, at, times) if any(self._is(at + n, es10) for n in range(times)):
                    return tlv(es10, tlv(0x80, bytes((code,)))) + b"\x90\x00"
                case ClosedChannel(at, es10) if self._is(at, es10):
                    self._link.transmit(close_channel(Command.parse(command).channel).encode())
        return self._changed(command, self._link.transmit(command))

    def asked(self, es10: int) -> int:
        """How many STORE DATA chains began with this tag."""
        return self._functions.get(es10, 0)

    def _count(self, command: bytes) -> None:
        self._commands += 1
        self._tag = 0
        try:
            parsed = Command.parse(command)
            if parsed.ins == INS_STORE_DATA and parsed.p2 == 0:
                self._tag = read_header(parsed.data)[0]
                self._functions[self._tag] = self._functions.get(self._tag, 0) + 1
        except DecodeError:
            return

    def _is(self, at: int, es10: int) -> bool:
        if es10:
            return self._tag == es10 and self._functions[es10] == at
        return self._commands == at

    def _changed(self, command: bytes, response: bytes) -> bytes:
        """Fetch the whole answer where one is to be changed, and hand it out in pieces."""
        wanted = [fault for fault in self._faults if isinstance(fault, CardAnswer)]
        if not wanted or command[1] != INS_STORE_DATA:
            return response
        data, status = response[:-2], response[-2:]
        channel_class = command[0] & 0x4F
        while status[0] == 0x61:
            more = self._link.transmit(bytes((channel_class, INS_GET_RESPONSE, 0, 0, status[1])))
            data, status = data + more[:-2], more[-2:]
        if not data:
            return status
        tag = read_header(data)[0]
        for fault in wanted:
            done = self._answers.get(tag, 0)
            if fault.es10 == tag and (not fault.times or done < fault.times):
                self._answers[tag] = done + 1
                data = fault.edit.apply(data)
        self._held = data
        return b"\x61" + bytes((min(len(data), 256) & 0xFF,)) if data else status

    def _next_piece(self) -> bytes:
        assert self._held is not None
        piece, rest = self._held[:256], self._held[256:]
        self._held = rest or None
        return piece + (b"\x61" + bytes((min(len(rest), 256) & 0xFF,)) if rest else b"\x90\x00")
