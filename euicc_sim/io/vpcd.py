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
POLL_S = 3.0
"""A reader that asks for nothing in this time has another card; pcscd asks several times a second."""


def serve_vpcd(
    slot: Slot,
    stop: Stop,
    host: str = HOST,
    port: int = PORT,
    on_plugged: Callable[[], None] = lambda: None,
    on_waiting: Callable[[], None] = lambda: None,
    retry_s: float = RETRY_S,
    poll_s: float = POLL_S,
) -> None:
    """Keep the card plugged in until `stop`; waits for a pcscd that isn't there yet or restarts, and for a free reader.

    `on_plugged` is called when the reader begins to ask, `on_waiting` once before that if it has to be waited for.
    """
    is_told = False
    while not stop.wait(0):
        try:
            connection = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
        except OSError:
            if not is_told:
                on_waiting()
            is_told = True
            stop.wait(retry_s)
            continue
        with contextlib.closing(connection):
            if stop.before(connection, poll_s) is None:
                if not is_told:
                    on_waiting()
                is_told = True
            if stop.before(connection):
                return
            if _is_open(connection):
                on_plugged()
                is_told = False
                if serve(connection, slot, stop):
                    return
        stop.wait(retry_s)


def _is_open(connection: socket.socket) -> bool:
    """Whether there is a message, and not the end."""
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return False
