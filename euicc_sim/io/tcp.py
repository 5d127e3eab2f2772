"""Raw APDUs on a TCP port: the program that connects is the reader, in the messages of `io.messages`.

One reader at a time, as a card has one slot; the next is served when the first has gone.
"""

import contextlib
import socket
from collections.abc import Callable

from euicc_sim.io.messages import Stop, serve
from euicc_sim.io.slot import Slot


def serve_tcp(
    slot: Slot, stop: Stop, port: int, on_listening: Callable[[int], None] = lambda _: None, host: str = "127.0.0.1"
) -> None:
    """Serve reader after reader until `stop`; OSError if the port can't be had.

    port: 0 for any free one; `on_listening` is called with the port.
    """
    with contextlib.closing(socket.create_server((host, port), backlog=1)) as listener:
        on_listening(listener.getsockname()[1])
        while not stop.before(listener):
            connection, _ = listener.accept()
            with contextlib.closing(connection):
                if serve(connection, slot, stop):
                    return
