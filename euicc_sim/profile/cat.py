"""Card application toolkit: pending proactive commands, FETCH, TERMINAL RESPONSE, TERMINAL PROFILE, ENVELOPE.

One per card, owned by core (it outlives a profile switch):
    cat.handles(command)            -> core passes TERMINAL PROFILE, FETCH, TERMINAL RESPONSE, ENVELOPE to process
    cat.status(sw)                  -> 91xx instead of 9000 while a proactive command waits; core asks for every answer
    cat.queue_refresh(mode, call)   -> REFRESH waits; call(general_result) on the TERMINAL RESPONSE
    cat.reset()                     -> card reset: profile of the terminal and pending commands are forgotten
Spec: ETSI TS 102 223, TS 102 221 section 7.4.2
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from wire.apdu import Command, Response
from wire.errors import DecodeError
from wire.sw import SW
from wire.tlv import parse, parse_all, tlv

_TERMINAL_PROFILE, _FETCH, _TERMINAL_RESPONSE, _ENVELOPE = 0x10, 0x12, 0x14, 0xC2
_REFRESH = 0x01
_UICC_TO_TERMINAL = bytes.fromhex("8182")


class RefreshMode(IntEnum):
    """Command qualifiers of REFRESH.

    Spec: ETSI TS 102 223 section 8.6
    """

    NAA_INIT_AND_FULL_FCN = 0x00
    FCN = 0x01
    NAA_INIT_AND_FCN = 0x02
    NAA_INIT = 0x03
    UICC_RESET = 0x04
    NAA_APPLICATION_RESET = 0x05
    NAA_SESSION_RESET = 0x06
    STEERING_OF_ROAMING = 0x07
    STEERING_OF_ROAMING_I_WLAN = 0x08
    EUICC_PROFILE_STATE_CHANGE = 0x09
    APPLICATION_UPDATE = 0x0A


@dataclass(frozen=True, slots=True)
class Proactive:
    """One proactive command: number, type, qualifier, the octets to FETCH, and who wants to know the result."""

    number: int
    kind: int
    qualifier: int
    octets: bytes
    on_result: Callable[[int], None]


class Cat:
    """The toolkit side of the card."""

    def __init__(self) -> None:
        self._queue: deque[Proactive] = deque()
        self._fetched: Proactive | None = None
        self._number = 0
        self.terminal_profile: bytes | None = None
        """The octets of the last TERMINAL PROFILE, None before the first."""

    @property
    def pending_octets(self) -> int:
        """Length of the proactive command that waits for FETCH, 0 if none does (the xx of 91xx)."""
        return len(self._queue[0].octets) if self._queue and self._fetched is None else 0

    @property
    def busy(self) -> bool:
        """True while a proactive command waits or its TERMINAL RESPONSE is outstanding."""
        return bool(self._queue) or self._fetched is not None

    def supports(self, mode: RefreshMode) -> bool:
        """Whether the terminal announced REFRESH and, for the eUICC profile state change, that mode.

        The bit of the latter (octet 34, bit 6) is read from an open decoder, not from the standard.
        """
        profile = self.terminal_profile or b""
        if len(profile) < 3 or not profile[2] & 0x80:
            return False
        return mode is not RefreshMode.EUICC_PROFILE_STATE_CHANGE or (len(profile) >= 34 and bool(profile[33] & 0x20))

    def queue_refresh(self, mode: RefreshMode, on_result: Callable[[int], None]) -> None:
        """Let a REFRESH wait for FETCH; on_result gets the general result octet of the TERMINAL RESPONSE.

        In mode UICC_RESET the terminal resets the card instead of answering: expect no call.
        """
        self._number = self._number % 254 + 1
        details = tlv(0x81, bytes((self._number, _REFRESH, mode)))
        octets = tlv(0xD0, details, tlv(0x82, _UICC_TO_TERMINAL))
        self._queue.append(Proactive(self._number, _REFRESH, mode, octets, on_result))

    def cancel(self) -> None:
        """Terminate the proactive session: nothing waits any more and nobody is told."""
        self._queue.clear()
        self._fetched = None

    def reset(self) -> None:
        """Card reset: the terminal's profile and all pending commands are forgotten."""
        self.cancel()
        self._number = 0
        self.terminal_profile = None

    def status(self, sw: int) -> int:
        """The status word to send instead of `sw`: 91xx for 9000 while a proactive command waits."""
        pending = self.pending_octets
        return 0x9100 | pending if sw == SW.OK and pending else sw

    @staticmethod
    def handles(command: Command) -> bool:
        """Whether the command belongs to the toolkit."""
        return command.ins in (_TERMINAL_PROFILE, _FETCH, _TERMINAL_RESPONSE, _ENVELOPE)

    def process(self, command: Command) -> Response:
        """Execute TERMINAL PROFILE, FETCH, TERMINAL RESPONSE or ENVELOPE (the caller applies `status`)."""
        if command.base_class != 0x80:
            return Response(b"", SW.CLASS_NOT_SUPPORTED)
        if command.p1 or command.p2:
            return Response(b"", SW.INCORRECT_P1P2)
        if command.ins == _FETCH:
            return self._fetch(command)
        if not command.data:
            return Response(b"", SW.WRONG_LENGTH)
        if command.ins == _TERMINAL_RESPONSE:
            return self._terminal_response(command)
        if command.ins == _TERMINAL_PROFILE:
            self.terminal_profile = command.data
            return Response(b"", SW.OK)
        return self._envelope(command)

    def _fetch(self, command: Command) -> Response:
        if command.data:
            return Response(b"", SW.WRONG_LENGTH)
        octets = self.pending_octets
        if not octets:
            return Response(b"", SW.CONDITIONS_NOT_SATISFIED)
        if command.le is not None and command.le not in (octets, 256):
            return Response(b"", 0x6C00 | octets)
        self._fetched = self._queue.popleft()
        return Response(self._fetched.octets, SW.OK)

    def _terminal_response(self, command: Command) -> Response:
        fetched = self._fetched
        if fetched is None:
            return Response(b"", SW.CONDITIONS_NOT_SATISFIED)
        try:
            fields = {item.tag & 0x7F: item.value for item in parse_all(command.data)}
        except DecodeError:
            return Response(b"", SW.INCORRECT_DATA)
        details, result = fields.get(0x01, b""), fields.get(0x03, b"")
        if details != bytes((fetched.number, fetched.kind, fetched.qualifier)) or not result:
            return Response(b"", SW.INCORRECT_DATA)
        self._fetched = None
        fetched.on_result(result[0])
        return Response(b"", SW.OK)

    @staticmethod
    def _envelope(command: Command) -> Response:
        """No toolkit application is on this card: a well-formed envelope is taken and has no effect."""
        try:
            parse(command.data)
        except DecodeError:
            return Response(b"", SW.INCORRECT_DATA)
        return Response(b"", SW.OK)
