"""Between a foreign LPA and a card: each APDU goes there and back as it is, is traced, and is followed for ES10."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, TypeAlias

from lab.apdu_log import ApduDecoder
from lab.errors import LabError
from lab.trace import Recorder
from lpa.card.link import CardLink
from lpa.core.errors import CardLinkError
from scenarios.faults import Fault
from scenarios.faults.link import FaultyLink
from scenarios.model import ScenarioError
from wire.errors import DecodeError
from wire.ports import Trace
from wire.tlv import parse, read_header

EVERYTHING: Final = frozenset({"keys", "upp", "codes"})
NO_APDU: Final = b"\x67\x00"
MORE: Final = b"\x61"
GET_EUICC_CHALLENGE, AUTHENTICATE_SERVER = 0xBF2E, 0xBF38


@dataclass(frozen=True, slots=True)
class PowerUp:
    """The LPA powered the card on, or reset it."""


@dataclass(frozen=True, slots=True)
class Es10Call:
    """One ES10 command, or segment of a package, over all its blocks, and its whole answer with the status word."""

    request: bytes
    answer: bytes
    sw: int

    @property
    def tag(self) -> int:
        """The outer tag of the request; 0 for what is no TLV."""
        try:
            return read_header(self.request)[0]
        except DecodeError:
            return 0


CardEvent: TypeAlias = PowerUp | Es10Call


class CardProxy:
    """What a slot holds (`euicc_sim.io.slot.PoweredCard`) in place of the card behind `link`, which is connected.

    faults: of the link; they stand between the LPA (recorded as role lpa) and the card (then recorded as role card).
    events: what the card itself saw and answered.
    """

    def __init__(self, link: CardLink, trace: Recorder, faults: Sequence[Fault] = ()) -> None:
        self.events: list[CardEvent] = []
        self._trace = trace.as_role("lpa")
        self._scope = ExitStack()
        for fault in faults:
            self._trace.record("fault", "", where="the link to the card", fault=repr(fault))
        if faults:
            behind = _Watched(link, trace.as_role("card"), self.events.append, lambda _: "")
            self._link: CardLink = _Watched(FaultyLink(behind, faults), self._trace, lambda _: None, self._session_of)
        else:
            self._link = _Watched(link, self._trace, self.events.append, self._session_of)
        self._answers = False

    def reset(self) -> bytes:
        """Power the card off and on; whatever follows belongs to another session."""
        self._begin_session()
        atr = self._link.reset()
        self.events.append(PowerUp())
        self._answers = True
        return atr

    def power_off(self) -> None:
        """Nothing reaches the card until its next reset, which takes the power away."""
        self._answers = False
        self._scope.close()

    def transmit(self, command: bytes) -> bytes:
        """The card's response; nothing at all from a card that is gone or has lost its power."""
        if not self._answers:
            return b""
        if len(command) < 4:
            self._trace.record("note", "", message=f"no command APDU: {command.hex().upper()}")
            return NO_APDU
        try:
            return self._link.transmit(command)
        except CardLinkError as error:
            self._trace.record("note", "", message=f"{type(error).__name__}: {error}")
            self._answers = False
            return b""
        except ScenarioError as error:
            raise LabError(f"the fault can't be applied: {error}", "correct its path") from None

    def _session_of(self, request: bytes) -> str:
        """The session that a whole ES10 command opens or names; "" where it goes on."""
        try:
            tag = read_header(request)[0]
            if tag == GET_EUICC_CHALLENGE:
                self._begin_session()
            if tag == AUTHENTICATE_SERVER:
                return parse(request).at(0, 0x30).child(0x80).value.hex().upper()
        except DecodeError:
            pass
        return ""

    def _begin_session(self) -> None:
        self._scope.close()
        self._scope.enter_context(self._trace.scope())


class _Watched:
    """A `CardLink` that records each APDU, and tells of each ES10 call.

    session_of: the transactionId that a whole command brings, or "".
    """

    def __init__(
        self, link: CardLink, trace: Trace, tell: Callable[[Es10Call], None], session_of: Callable[[bytes], str]
    ) -> None:
        self.waits = link.waits
        self._link = link
        self._trace = trace
        self._tell = tell
        self._session_of = session_of
        self._decoder = ApduDecoder(EVERYTHING)
        self._request = b""

    def connect(self) -> bytes:
        return self._link.connect()

    def disconnect(self) -> None:
        self._link.disconnect()

    def reset(self) -> bytes:
        atr = self._link.reset()
        self._decoder = ApduDecoder(EVERYTHING)
        self._request = b""
        self._trace.record("note", "", message="card reset", atr=atr)
        return atr

    def transmit(self, command: bytes) -> bytes:
        request = _value(self._decoder.decode("command", command))
        self._trace.record("apdu", self._session_of(request) if request else "", direction="command", raw=command)
        self._request = request or self._request
        response = self._link.transmit(command)
        self._trace.record("apdu", "", direction="response", raw=response)
        answer = _value(self._decoder.decode("response", response))
        if self._request and response[-2:-1] != MORE:
            self._tell(Es10Call(self._request, answer, int.from_bytes(response[-2:])))
            self._request = b""
        return response


def _value(decoded: dict[str, object]) -> bytes:
    """The whole ES10 value that an APDU completes; empty where it completes none."""
    return bytes.fromhex(str(decoded.get("pdu_hex", "")))
