"""The card in pcscd's virtual reader: a client of the vpcd driver (package vsmartcard-vpcd).

Any PC/SC program then sees the card. vpcd listens on all interfaces; docs/interop.md shows how to keep it to loopback.
"""

import contextlib
import socket
from collections.abc import Callable

from euicc_sim.io.messages import Stop, serve
from euicc_sim.io.slot import Slot

HOST, PORT = "localhost", 35963
"""Where vpcd's first reader, "Virtual PCD 00 00", listens; "... 00 01" is on the next port."""
CONNECT_TIMEOUT_S = 5.0
RETRY_S = 0.5


def serve_vpcd(
    slot: Slot,
    stop: Stop,
    host: str = HOST,
    port: int = PORT,
    on_plugged: Callable[[], None] = lambda: None,
    on_unplugged: Callable[[], None] = lambda: None,
    retry_s: float = RETRY_S,
) -> None:
    """Keep the card plugged in until `stop`; waits for a pcscd that isn't there yet or restarts.

    `on_plugged` is called at each connection, `on_unplugged` when there is none: at first, and after it was lost.
    """
    is_told = False
    while not stop.wait(0):
        try:
            connection = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
        except OSError:
            if not is_told:
                on_unplugged()
            is_told = True
            stop.wait(retry_s)
            continue
        with contextlib.closing(connection):
            on_plugged()
            is_told = False
            if serve(connection, slot, stop):
                return
            stop.wait(retry_s)
