"""Cards in PC/SC readers, through pyscard (extra `pcsc`); importing this module needs it.

The card is taken exclusively, so that no other program selects something else between two blocks of a command.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from smartcard import scard

from lpa.card.worker import Worker
from lpa.core.errors import CardLinkError, CardRemoved, CardTimeout, NoReader

_PROTOCOLS = {"T=0": scard.SCARD_PROTOCOL_T0, "T=1": scard.SCARD_PROTOCOL_T1}
_REMOVED = {scard.SCARD_W_REMOVED_CARD, scard.SCARD_E_NO_SMARTCARD, scard.SCARD_E_READER_UNAVAILABLE}
_NO_READER = {
    scard.SCARD_E_NO_READERS_AVAILABLE,
    scard.SCARD_E_UNKNOWN_READER,
    scard.SCARD_E_NO_SERVICE,
    scard.SCARD_E_SERVICE_STOPPED,
}
_HINTS = {
    scard.SCARD_E_NO_SERVICE: "the PC/SC service does not run: start pcscd",
    scard.SCARD_E_SERVICE_STOPPED: "the PC/SC service was stopped: start pcscd",
    scard.SCARD_E_NO_READERS_AVAILABLE: "connect a reader, or plug a simulated card into vpcd",
    scard.SCARD_E_UNKNOWN_READER: "list the readers; names and numbers change when readers are plugged",
    scard.SCARD_E_NO_SMARTCARD: "put a card into the reader",
    scard.SCARD_E_SHARING_VIOLATION: "another program uses the card: end it, then try again",
    scard.SCARD_E_PROTO_MISMATCH: "the card speaks another protocol than asked for",
    scard.SCARD_W_UNRESPONSIVE_CARD: "the card gives no ATR: is it the right way round, and is it a card?",
    scard.SCARD_W_UNPOWERED_CARD: "the card has no power: take it out and put it back",
    scard.SCARD_W_REMOVED_CARD: CardRemoved.hint,
    scard.SCARD_E_NOT_TRANSACTED: f"the card stopped answering; if it was taken out: {CardRemoved.hint}",
    scard.SCARD_W_SECURITY_VIOLATION: "this user may not use PC/SC: check the permissions (polkit) of pcscd",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader; `atr` is empty where there is no card in it."""

    name: str
    atr: bytes


def _error(code: int, what: str) -> CardLinkError:
    hint = _HINTS.get(code, "")
    text = f"{what}: {scard.SCardGetErrorMessage(code)}"
    if code in _REMOVED:
        return CardRemoved(text, hint)
    if code in _NO_READER:
        return NoReader(text, hint)
    return CardLinkError(text, hint)


def _context() -> Any:
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code != scard.SCARD_S_SUCCESS:
        raise _error(code, "PC/SC")
    return context


def _names(context: Any) -> list[str]:
    code, names = scard.SCardListReaders(context, [])
    if code == scard.SCARD_E_NO_READERS_AVAILABLE:
        return []
    if code != scard.SCARD_S_SUCCESS:
        raise _error(code, "listing the readers")
    return list(names)


def list_readers() -> tuple[Reader, ...]:
    """Every reader with the ATR of its card; CardLinkError where PC/SC itself fails."""
    context = _context()
    try:
        states = [(name, scard.SCARD_STATE_UNAWARE) for name in _names(context)]
        if not states:
            return ()
        code, found = scard.SCardGetStatusChange(context, 0, states)
        if code != scard.SCARD_S_SUCCESS:
            raise _error(code, "asking the readers")
        return tuple(Reader(name, bytes(atr)) for name, _, atr in found)
    finally:
        scard.SCardReleaseContext(context)


class PcscLink:
    """A `CardLink` to the card in a reader.

    reader: its number in `list_readers`, its name, or a part of its name that only one reader has;
    protocol: "T=0" or "T=1", by default whichever the card offers; timeout_s: for one command.
    """

    waits = True

    def __init__(self, reader: str, protocol: str | None = None, timeout_s: float = 30.0) -> None:
        if protocol is not None and protocol not in _PROTOCOLS:
            raise ValueError(f"the protocol is T=0 or T=1, not {protocol!r}")
        self._wanted = reader
        self._protocols = _PROTOCOLS[protocol] if protocol else scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        self._timeout_s = timeout_s
        self._context: Any = None
        self._card: Any = None
        self._active = 0
        self._removed = False
        self._worker = Worker()
        self.name = ""

    def connect(self) -> bytes:
        """Take the card exclusively; the ATR."""
        self._removed = False
        self._context = _context()
        self.name = self._choose(_names(self._context))
        code, self._card, self._active = scard.SCardConnect(
            self._context, self.name, scard.SCARD_SHARE_EXCLUSIVE, self._protocols
        )
        if code != scard.SCARD_S_SUCCESS:
            self._card = None
            self.disconnect()
            error = _error(code, self.name)
            raise NoReader(str(error), error.hint)
        return self._atr()

    def _choose(self, names: list[str]) -> str:
        if self._wanted.isdigit():
            if int(self._wanted) < len(names):
                return names[int(self._wanted)]
        elif self._wanted in names:
            return self._wanted
        matching = [name for name in names if self._wanted.lower() in name.lower() and not self._wanted.isdigit()]
        if len(matching) == 1:
            return matching[0]
        listed = "; ".join(f"{number}: {name}" for number, name in enumerate(names)) or "none"
        raise NoReader(
            f"no single reader is {self._wanted!r}; there are: {listed}", _HINTS[scard.SCARD_E_UNKNOWN_READER]
        )

    def transmit(self, command: bytes) -> bytes:
        """One APDU; CardTimeout after `timeout_s`, CardRemoved if the card was taken out."""
        protocol = scard.SCARD_PCI_T1 if self._active == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        code, response = self._within_time(lambda: scard.SCardTransmit(self._connected(), protocol, list(command)))
        if code != scard.SCARD_S_SUCCESS:
            raise self._failed(_error(code, self.name))
        if len(response) < 2:
            lost = f"{self.name}: an answer without status word; the card was taken out or lost its power"
            raise self._failed(CardRemoved(lost))
        return bytes(octet & 0xFF for octet in response)

    def reset(self) -> bytes:
        """Cut and restore the power, keeping the card exclusively; the ATR."""
        code, self._active = self._within_time(
            lambda: scard.SCardReconnect(
                self._connected(), scard.SCARD_SHARE_EXCLUSIVE, self._protocols, scard.SCARD_UNPOWER_CARD
            )
        )
        if code != scard.SCARD_S_SUCCESS:
            raise self._failed(_error(code, self.name))
        return self._atr()

    def _failed(self, error: CardLinkError) -> CardLinkError:
        self._removed = isinstance(error, CardRemoved)
        return error

    def disconnect(self) -> None:
        """Power the card off and give it back; a reader that is stuck is left alone.

        A card that was taken out is not powered off: pcscd 1.9.9 would not see the next card in that reader then.
        """
        disposition = scard.SCARD_LEAVE_CARD if self._removed else scard.SCARD_UNPOWER_CARD
        card, context, self._card, self._context = self._card, self._context, None, None
        with suppress(CardTimeout):
            if card is not None:
                self._within_time(lambda: scard.SCardDisconnect(card, disposition))
            if context is not None:
                self._within_time(lambda: scard.SCardReleaseContext(context))
        self._worker.stop()

    def _connected(self) -> Any:
        if self._card is None:
            raise CardLinkError("the reader is not connected")
        return self._card

    def _atr(self) -> bytes:
        code, _, _, _, atr = scard.SCardStatus(self._card)
        if code != scard.SCARD_S_SUCCESS:
            raise _error(code, self.name)
        return bytes(octet & 0xFF for octet in atr)

    def _within_time(self, call: Callable[[], Any]) -> Any:
        try:
            return self._worker.call(call, self._timeout_s)
        except TimeoutError:
            raise CardTimeout(f"{self.name}: no answer within {self._timeout_s:g} s") from None
