"""The messages of the vpcd reader, spoken with it (`io.vpcd`) and on a port of our own (`io.tcp`).

Every message is a length of two octets, big-endian, and that many octets. A message of one octet from the reader is a
control: 00 power off, 01 power on, 02 reset, 04 get ATR. Only 04 is answered, with the ATR; it comes at any time,
with power or without, to see whether the card is still there. Any other message is a command APDU and is answered by
the response APDU, which is empty where the card has no power.
"""

import contextlib
import select
import socket

from euicc_sim.io.slot import Slot

POWER_OFF, POWER_ON, RESET, GET_ATR = 0x00, 0x01, 0x02, 0x04
MESSAGE_TIMEOUT_S = 10.0
"""For the rest of a message whose first octets are here, and for a reader to take an answer."""
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class Stop:
    """Ends a reader's waiting from a signal handler or another thread."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)

    def set(self) -> None:
        """Stop as soon as the APDU in hand is answered; may be called any number of times."""
        with contextlib.suppress(BlockingIOError):
            self._writer.send(b"\x00")

    def wait(self, timeout_s: float) -> bool:
        """True if stopped within the time."""
        return bool(select.select([self._reader], [], [], timeout_s)[0])

    def before(self, other: socket.socket | int, timeout_s: float | None = None) -> bool | None:
        """Wait for either; True if stopped, False if `other` (a socket or file descriptor) has something, else None."""
        ready = select.select([self._reader, other], [], [], timeout_s)[0]
        return self._reader in ready if ready else None

    def close(self) -> None:
        """Give the sockets back."""
        self._reader.close()
        self._writer.close()


def serve(connection: socket.socket, slot: Slot, stop: Stop) -> bool:
    """Answer the reader at the other end until it goes (False) or `stop` is set (True); the card loses its power."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(MESSAGE_TIMEOUT_S)
    try:
        while not stop.before(connection):
            message = _receive(connection)
            if message is None:
                return False
            answer = _answer(slot, message)
            if answer is not None and not _send(connection, answer):
                return False
    finally:
        slot.power_off()
    return True


def _answer(slot: Slot, message: bytes) -> bytes | None:
    if len(message) != 1:
        return slot.transmit(message)
    if message[0] == GET_ATR:
        return slot.atr
    if message[0] in (POWER_ON, RESET):
        slot.power_on()
    elif message[0] == POWER_OFF:
        slot.power_off()
    return None


def _send(connection: socket.socket, message: bytes) -> bool:
    try:
        connection.sendall(len(message).to_bytes(2, "big") + message)
    except OSError:
        return False
    return True


def _receive(connection: socket.socket) -> bytes | None:
    """One message; None if the reader has gone or stopped in the middle of it."""
    try:
        header = _octets(connection, 2)
        return None if header is None else _octets(connection, int.from_bytes(header, "big"))
    except OSError:
        return None


def _octets(connection: socket.socket, count: int) -> bytes | None:
    """`count` octets, None at the end of the stream.

    vpcd writes length and body as two segments; without a quick ACK of the first, Nagle's algorithm holds the second
    back for the delayed ACK, some 40 ms an APDU. The kernel takes the option back after each receive.
    """
    received = b""
    while len(received) < count:
        if _QUICKACK is not None:
            connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        more = connection.recv(count - len(received))
        if not more:
            return None
        received += more
    return received
