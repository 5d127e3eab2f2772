"""Virtual readers under test: a served card in a thread of its own, and the reader's end of the wire."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from euicc_sim.core.card import Card, provision
from euicc_sim.io.messages import Stop
from euicc_sim.io.nvm_memory import MemoryNvm
from euicc_sim.io.slot import Slot
from tests.support.card_bench import TraceLog, card_settings
from tests.support.entropy import SeededEntropy

JOIN_S = 20.0


def fresh_card() -> Card:
    """A card that nobody has powered yet."""
    nvm = MemoryNvm()
    provision(nvm, card_settings())
    return Card(nvm, SeededEntropy(), TraceLog())


def fresh_slot() -> Slot:
    """A fresh card in a slot."""
    return Slot(fresh_card())


@contextmanager
def in_thread(serve: Callable[[Stop], None]) -> Iterator[Stop]:
    """`serve` in a thread while the block runs; it must end once stopped, and not with an exception."""
    stop = Stop()
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            serve(stop)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(JOIN_S)
        assert not thread.is_alive(), "the reader does not stop"
        stop.close()
    assert not errors, errors


class ReaderEnd:
    """The reader's end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        connection.settimeout(JOIN_S)

    @classmethod
    def to(cls, port: int) -> "ReaderEnd":
        """Connect as a reader to a card's port."""
        return cls(socket.create_connection(("127.0.0.1", port), JOIN_S))

    def send(self, message_hex: str) -> None:
        """One message."""
        message = bytes.fromhex(message_hex)
        self.connection.sendall(len(message).to_bytes(2, "big") + message)

    def receive(self) -> str:
        """One message, in hex."""
        return self._octets(int.from_bytes(self._octets(2), "big")).hex().upper()

    def ask(self, message_hex: str) -> str:
        """A message that is answered, and its answer."""
        self.send(message_hex)
        return self.receive()

    def is_closed(self) -> bool:
        """True once the card's end has closed."""
        return self.connection.recv(1) == b""

    def close(self) -> None:
        """Pull the cable."""
        self.connection.close()

    def _octets(self, count: int) -> bytes:
        received = b""
        while len(received) < count:
            more = self.connection.recv(count - len(received))
            if not more:
                raise EOFError("the card closed the connection")
            received += more
        return received
