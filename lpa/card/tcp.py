"""A card behind a TCP port (`rsplab card serve NAME --tcp PORT`), in the messages of the vpcd reader.

Every message is a length of two octets, big-endian, and that many octets. One octet is a control: 00 power off,
01 power on, 02 reset, 04 get ATR (the only one that is answered); anything longer is a command APDU and is answered
by the response APDU. Here the agent is the reader and opens the connection.
"""

import socket

from lpa.core.errors import CardLinkError, CardRemoved, CardTimeout, NoReader

POWER_OFF, POWER_ON, RESET, GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"


class TcpLink:
    """A `CardLink` over TCP."""

    waits = True

    def __init__(self, host: str, port: int, timeout_s: float = 30.0) -> None:
        self._address = host, port
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None

    def connect(self) -> bytes:
        try:
            self._socket = socket.create_connection(self._address, self._timeout_s)
        except OSError as error:
            raise NoReader(
                f"no card at {self._name}: {error}", "start the card: rsplab card serve NAME --tcp PORT"
            ) from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._power(POWER_ON)

    def transmit(self, command: bytes) -> bytes:
        if len(command) < 2:
            raise CardLinkError("a command APDU has more than one octet")
        self._send(command)
        response = self._receive()
        if not response:
            raise CardRemoved(f"the card at {self._name} has no power")
        return response

    def reset(self) -> bytes:
        return self._power(RESET)

    def disconnect(self) -> None:
        if self._socket is None:
            return
        try:
            self._send(POWER_OFF)
        except CardLinkError:
            pass
        finally:
            self._socket.close()
            self._socket = None

    @property
    def _name(self) -> str:
        return "{}:{}".format(*self._address)

    def _power(self, control: bytes) -> bytes:
        self._send(control)
        self._send(GET_ATR)
        return self._receive()

    def _send(self, message: bytes) -> None:
        try:
            self._connected().sendall(len(message).to_bytes(2, "big") + message)
        except OSError as error:
            raise CardRemoved(f"the card at {self._name} closed the connection: {error}") from None

    def _receive(self) -> bytes:
        length = int.from_bytes(self._octets(2), "big")
        return self._octets(length)

    def _octets(self, count: int) -> bytes:
        received = b""
        while len(received) < count:
            try:
                more = self._connected().recv(count - len(received))
            except TimeoutError:
                raise CardTimeout(f"the card at {self._name} did not answer within {self._timeout_s:g} s") from None
            except OSError as error:
                raise CardRemoved(f"the card at {self._name} closed the connection: {error}") from None
            if not more:
                raise CardRemoved(f"the card at {self._name} closed the connection")
            received += more
        return received

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise CardLinkError("the card is not connected")
        return self._socket
